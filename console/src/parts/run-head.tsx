import type { RunSummary } from '../../../engine/run/summary.ts';
import { hasEnded } from '../../../engine/run/run-state.ts';
import { plainText } from '../plain-text.ts';
import { clockText, measuredText } from '../time.ts';
import { runWords } from '../words.ts';
import type { Usual } from '../use-usual.ts';
import { StatusMark } from './status-mark.tsx';
import { Time } from './time.tsx';

interface Props {
  readonly run: RunSummary;
  readonly nowMs: number;
  readonly readAtMs: number;
  readonly usual: Usual | undefined;
}

/** What the run is, how it stands, and its clocks. */
export function RunHead({ run, nowMs, readAtMs, usual }: Props) {
  return (
    <>
      <h1>
        Run {run.number} · {plainText(run.title)}
      </h1>
      <p class="verdict" aria-live="polite">
        <StatusMark words={runWords(run.status)} /> {run.reason !== undefined && plainText(run.reason)}
      </p>
      <p class="dim">
        {run.purpose} · {run.environment} · started by {plainText(run.requester.name)} <Time at={run.createdAt} nowMs={nowMs} /> · plan{' '}
        <code title={run.planHash}>{run.planHash.slice(0, 12)}</code>
        {run.simulatedScale !== undefined && (
          <strong> · simulated Azure, {run.simulatedScale} times faster: it proves nothing about the real one</strong>
        )}
        {run.calledBy !== undefined && (
          <>
            {' '}
            · called by <a href={`/runs/${run.calledBy.number}`}>run {run.calledBy.number}</a> of {plainText(run.calledBy.runbook)}
          </>
        )}
        {run.outageAt !== undefined && (
          <>
            {' '}
            · outage since <Time at={run.outageAt} nowMs={nowMs} />
          </>
        )}
        {run.selfApproved === true && <strong> · approved by the person who started it</strong>}
      </p>
      {run.clockSkew !== undefined && <p>{plainText(run.clockSkew)}</p>}
      <Clocks run={run} nowMs={nowMs} readAtMs={readAtMs} usual={usual} />
    </>
  );
}

function Clocks({ run, nowMs, readAtMs, usual }: Props) {
  const { rto, rpo } = run.objectives;
  const ended = hasEnded(run.status);
  const endMs = run.endedAt === undefined ? nowMs : Date.parse(run.endedAt);
  // The recovery clock stands while a person is waited for, so it ticks here only while the run itself goes on.
  const ticksMs = !ended && run.status === 'running' && rto?.verdict === 'not_measured' ? Math.max(0, nowMs - readAtMs) : 0;
  return (
    <dl class="clocks">
      <div>
        <dt>Elapsed</dt>
        <dd>{run.startedAt === undefined ? 'not started' : clockText(endMs - Date.parse(run.startedAt))}</dd>
      </div>
      {usual !== undefined && (
        <div>
          <dt>Usual</dt>
          <dd title={`median of ${usual.runs} good runs`}>{clockText(usual.ms)}</dd>
        </div>
      )}
      {rto !== undefined && (
        <div>
          <dt>Recovery time</dt>
          <dd>{measured(rto.elapsedMs === undefined ? undefined : rto.elapsedMs + ticksMs, rto)}</dd>
        </div>
      )}
      {rpo !== undefined && (
        <div>
          <dt>Recovery point</dt>
          <dd>{measured(rpo.measuredMs, rpo)}</dd>
        </div>
      )}
      {ended && (
        <div>
          <dt>Evidence</dt>
          <dd>
            <EvidenceLinks run={run} />
          </dd>
        </div>
      )}
    </dl>
  );
}

function measured(ms: number | undefined, objective: { readonly targetMs: number; readonly verdict: string }): string {
  const verdicts: Readonly<Record<string, string>> = {
    met: '✓ met',
    breached: '✗ breached',
    not_measured: ms === undefined ? '? not measured' : '● running',
  };
  const word = verdicts[objective.verdict] ?? objective.verdict;
  const target = clockText(objective.targetMs);
  return ms === undefined ? `${word}, target ${target}` : `${measuredText(ms)} of ${target} ${word}`;
}

function EvidenceLinks({ run }: { readonly run: RunSummary }) {
  const path = `/runs/${run.number}/evidence`;
  return (
    <>
      <a href={`/api/v1${path}?format=html`}>page</a> · <a href={`/api/v1${path}?format=json`}>signed file</a>
    </>
  );
}
