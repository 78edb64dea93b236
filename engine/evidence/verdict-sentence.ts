import { formatDuration } from '../language/duration.ts';
import type { Evidence, EvidenceObjective } from './document.ts';
import { measuredText } from './objectives.ts';

/** The verdict in one sentence, without hedging and without saying more than was measured. */
export function verdictSentence(evidence: Evidence): string {
  const { outcome, state, rto, rpo, cleanup, reason } = evidence.verdict;
  const head = outcome === undefined ? `Not ended: the run is ${state}` : `The run ${OUTCOMES[outcome] ?? outcome}`;
  const left = { verified: 'cleanup verified, nothing left', failed: 'cleanup was not verified', none: 'the runbook has no cleanup' }[
    cleanup
  ];
  return `${head}${reason === undefined ? '' : ` (${reason})`} · RTO ${figure(rto)} · RPO ${figure(rpo)} · ${left}`;
}

const OUTCOMES: Readonly<Record<string, string>> = {
  succeeded: 'succeeded',
  partially_failed: 'partially failed',
  failed: 'failed',
  cancelled: 'was cancelled',
  rejected: 'was rejected',
  timed_out: 'timed out',
};

function figure(objective: EvidenceObjective): string {
  const word = objective.verdict.replace('_', ' ');
  if (objective.measuredMs === undefined) return word;
  const target = objective.targetMs === undefined ? '' : ` of ${formatDuration(objective.targetMs)}`;
  return `${measuredText(objective.measuredMs)}${target} ${word}`;
}
