import { RunwardError } from '../engine/errors.ts';
import { buildEvidence } from '../engine/evidence/bundle.ts';
import { renderEvidence } from '../engine/evidence/parts.ts';
import { renderEvidenceHtml } from '../engine/evidence/render-html.ts';
import type { RunId } from '../engine/ids.ts';
import type { Ports } from '../engine/ports.ts';
import { hasEnded } from '../engine/run/run-state.ts';
import type { RunEvent } from '../engine/store.ts';
import type { ServerContext } from './context.ts';
import type { RunView } from './run-view.ts';

const PAGE = 500;

/** The evidence of an ended run as the text of a file. Throws CONFLICT_STATE while the run goes on, NOT_FOUND_RUN. */
export async function evidenceOf(context: ServerContext, view: RunView, format: 'json' | 'html') {
  const { run, steps, nowMs } = view.stored;
  if (!hasEnded(run.state))
    throw new RunwardError('CONFLICT_STATE', `run ${run.number} is ${run.state}: there is evidence when it has ended`);
  const { store, signer } = context.ports;
  // Before anything of it is handed out: what others hold evidence of stays, so that it can be held against it.
  if (run.purpose === 'readiness' && !(await store.referTo(run.runId)))
    throw new RunwardError('NOT_FOUND_RUN', `run ${run.number} is gone`);
  const storedPlan = await store.readPlan(run.runId);
  if (storedPlan === undefined) throw new RunwardError('NOT_FOUND_PLAN', `run ${run.number} has no plan any more`);
  const keyId = signer.sign('')?.keyId ?? '';
  const evidence = buildEvidence(context.ports, {
    run,
    steps,
    plan: view.plan,
    storedPlan,
    events: await allEvents(store, run.runId),
    audit: await store.readAudit(run.runId),
    exportedAtMs: nowMs,
    serverVersion: context.version,
    key: { id: keyId, publicKey: context.publicKey },
  });
  const name = `${run.number}-${run.runbook}.evidence`;
  if (format === 'json') return { text: renderEvidence(evidence), type: 'application/json; charset=utf-8', name: `${name}.json` };
  return { text: renderEvidenceHtml(evidence, `${name}.json`), type: 'text/html; charset=utf-8', name: `${name}.html` };
}

async function allEvents(store: Ports['store'], runId: RunId): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for (;;) {
    const page = await store.readEvents(runId, events.length, PAGE);
    events.push(...page);
    if (page.length < PAGE) return events;
  }
}
