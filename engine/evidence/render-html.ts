import { formatDuration } from '../language/duration.ts';

import { formatInstant } from '../language/instant.ts';
import type { Evidence, EvidenceObjective, EvidenceStep } from './document.ts';
import { renderTimeline, tone } from './html-timeline.ts';
import { measuredText, usedPointMs } from './objectives.ts';
import { verdictSentence } from './verdict-sentence.ts';
import { STYLE } from './html-style.ts';
import type { Html } from './html.ts';
import { html, trusted } from './html.ts';

/**
 * One page for an auditor: verdict, objectives, approvals, what deviated, timeline, targets, observations and how to verify. Everything is
 * inside the file, nothing is fetched, nothing runs; the same document always gives the same bytes. The signed document stays the JSON file.
 */
export function renderEvidenceHtml(evidence: Evidence, fileName = 'evidence.json'): string {
  const { run } = evidence;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>Evidence: ${run.title} #${run.number}</title>
        <style>
          ${trusted(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${run.title} <span class="dim">#${run.number}</span></h1>
          <p class="dim">${run.runbook} · ${run.purpose} · ${run.environment} · run ${run.id}</p>
        </header>
        <main>
          <p class="verdict ${evidence.verdict.outcome === undefined ? 'open' : tone(evidence.verdict.outcome)}">
            ${verdictSentence(evidence)}
          </p>
          ${objectives(evidence)}${deviations(evidence)}${identity(evidence)}${approvals(evidence)}
          <h2>Timeline</h2>
          ${renderTimeline(evidence)} ${targets(evidence)}${observations(evidence)}${errors(evidence)}${proof(evidence, fileName)}
        </main>
      </body>
    </html> `;
  return page.html;
}

function objectives(evidence: Evidence): Html {
  const line = (name: string, o: EvidenceObjective): Html => {
    const measured = o.measuredMs === undefined ? 'not measured' : measuredText(o.measuredMs);
    const promised = o.targetMs === undefined ? 'nothing' : formatDuration(o.targetMs);
    return html`<tr>
      <th scope="row">${name}</th>
      <td>${measured}</td>
      <td>${promised}</td>
      <td class="${tone(o.verdict)}">${o.verdict.replace('_', ' ')}</td>
      <td>${o.how}</td>
    </tr> `;
  };
  return html`<h2>Objectives</h2>
    <table>
      <thead>
        <tr>
          <th></th>
          <th>Measured</th>
          <th>Promised</th>
          <th>Verdict</th>
          <th>How it was measured</th>
        </tr>
      </thead>
      <tbody>
        ${line('Recovery time (RTO)', evidence.verdict.rto)}${line('Recovery point (RPO)', evidence.verdict.rpo)}
      </tbody>
    </table>`;
}

function deviations(evidence: Evidence): Html {
  if (evidence.deviations.length === 0)
    return html`<h2>Deviations</h2>
      <p>None.</p>`;
  const items = evidence.deviations.map(
    ({ step, text }) => html`<li>${step === undefined ? '' : html`<code>${step}</code> `}${text}</li> `,
  );
  return html`<h2>Deviations</h2>
    <ul>
      ${items}
    </ul>`;
}

function identity({ run, plan, server, exportedAt }: Evidence): Html {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Asked for by', `${run.requester.name} (${run.trigger})`],
    ['Reason given', run.reasonGiven],
    ['Outage declared for', run.outageAt],
    ['Created', run.createdAt],
    ['Started', run.startedAt],
    ['Ended', run.endedAt],
    ['Durability of the store', run.durability],
    ['Plan', plan.hash],
    ['Exported', `${exportedAt} by runward ${server.version}`],
  ];
  return html`<h2>Run</h2>
    <table>
      <tbody>
        ${rows.map(([name, value]) =>
          value === undefined
            ? ''
            : html`<tr>
                <th scope="row">${name}</th>
                <td>${value}</td>
              </tr> `,
        )}
      </tbody>
    </table>`;
}

function approvals(evidence: Evidence): Html {
  if (evidence.approvals.length === 0)
    return html`<h2>Approvals and decisions</h2>
      <p>Nobody was asked.</p>`;
  const rows = evidence.approvals.map(
    (one) =>
      html`<tr>
        <td><code>${one.step}</code></td>
        <td>${one.message}</td>
        <td>${one.answer}${one.waive === undefined ? '' : `, waives readiness check ${one.waive}`}</td>
        <td>${one.by.name}</td>
        <td>${one.at}</td>
        <td>${one.reason}</td>
        <td class="open">${one.mark}</td>
      </tr> `,
  );
  return html`<h2>Approvals and decisions</h2>
    <table>
      <thead>
        <tr>
          <th>Gate</th>
          <th>Question</th>
          <th>Answer</th>
          <th>By</th>
          <th>At (UTC)</th>
          <th>Reason</th>
          <th>Mark</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`;
}

function targets(evidence: Evidence): Html {
  const rows = evidence.steps
    .filter((step) => step.target !== undefined && step.effect !== undefined && step.effect !== 'read')
    .map(
      (step) =>
        html`<tr>
          <td>${textOf(step.target?.['name']) ?? step.item}</td>
          <td><code>${step.path}</code></td>
          <td class="${tone(step.state)}">${step.state}</td>
          <td>${step.submittedAt}</td>
          <td>${recoveryPoint(step)}</td>
          <td><code>${step.requestId}</code></td>
          <td><code>${textOf(step.handle?.['jobId'])}</code></td>
        </tr> `,
    );
  if (rows.length === 0)
    return html`<h2>Effects on targets</h2>
      <p>The run changed nothing.</p>`;
  return html`<h2>Effects on targets</h2>
    <table>
      <thead>
        <tr>
          <th>Target</th>
          <th>Step</th>
          <th>State</th>
          <th>Accepted (UTC)</th>
          <th>Recovery point</th>
          <th>Request</th>
          <th>Job</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`;
}

function recoveryPoint(step: EvidenceStep): string | undefined {
  const ms = usedPointMs(step.result);
  return ms === undefined ? undefined : formatInstant(ms);
}

function observations(evidence: Evidence): Html {
  const seen = evidence.steps.flatMap((step) => step.observations.map((one) => ({ path: step.path, ...one })));
  const rows = seen.map(
    (one) =>
      html`<tr>
        <td>${one.at}</td>
        <td><code>${one.path}</code></td>
        <td>${one.what}</td>
        <td><code>${JSON.stringify(one.data)}</code></td>
      </tr> `,
  );
  return html`<h2>Observations</h2>
    <details>
      <summary>${seen.length} facts that were read from targets and Azure</summary>
      <table>
        <thead>
          <tr>
            <th>At (UTC)</th>
            <th>Step</th>
            <th>What</th>
            <th>Seen</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </details>`;
}

function errors(evidence: Evidence): Html {
  const rows = evidence.steps
    .filter((step) => step.error !== undefined)
    .map(
      (step) =>
        html`<tr>
          <td><code>${step.path}</code></td>
          <td>${textOf(step.error?.['kind'])}</td>
          <td>${textOf(step.error?.['message'])}</td>
        </tr> `,
    );
  if (rows.length === 0) return html``;
  return html`<h2>Errors</h2>
    <table>
      <thead>
        <tr>
          <th>Step</th>
          <th>Kind</th>
          <th>Message</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`;
}

function proof(evidence: Evidence, fileName: string): Html {
  return html`<h2>How to verify</h2>
    <p>
      This page is a rendering. What is signed is the JSON file beside it. On any computer with runward, without the server, and with the
      public key from the people who run it:
    </p>
    <pre>runward evidence verify ${fileName} --key ${evidence.signature.keyId}.pem</pre>
    <p>
      It checks the signature, every digest, the plan, the audit chain and that each effect was announced before it was submitted, and
      computes RTO and RPO again.
    </p>
    <table>
      <tbody>
        <tr>
          <th scope="row">Key id</th>
          <td><code>${evidence.signature.keyId}</code></td>
        </tr>
        <tr>
          <th scope="row">Signature</th>
          <td><code>${evidence.signature.value}</code></td>
        </tr>
        <tr>
          <th scope="row">Audit head</th>
          <td><code>${evidence.audit.head}</code> (${evidence.audit.entries.length} entries)</td>
        </tr>
      </tbody>
    </table>
    <details>
      <summary>${evidence.manifest.length} digests (SHA-256)</summary>
      <table>
        <tbody>
          ${evidence.manifest.map(
            ({ part, sha256 }) =>
              html`<tr>
                <td><code>${part}</code></td>
                <td><code>${sha256}</code></td>
              </tr> `,
          )}
        </tbody>
      </table>
    </details>
    <details>
      <summary>Public key inside the file</summary>
      <pre>${evidence.key.publicKey}</pre>
    </details>`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
