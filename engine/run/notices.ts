import type { LogLine } from '../store.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { RunRecord } from './record.ts';

/** What happened to a run between two looks at it, in the words that `notify` lists. */
export function noticeWords(before: RunRecord, after: RunRecord): readonly string[] {
  const words: string[] = [];
  if (before.state === 'queued' && after.state !== 'queued') words.push('started');
  if (before.state !== after.state && after.state !== 'running' && after.state !== 'cancelling' && after.state !== 'queued')
    words.push(after.state);
  if (before.rtoBreached !== true && after.rtoBreached === true) words.push('objective_breached');
  return words;
}

/** The notices of a runbook for these words, as lines of the run's log: the only channel of this release. */
export function noticeLines(plan: Plan, after: RunRecord, words: readonly string[], atMs: number): readonly LogLine[] {
  return words.flatMap((word) =>
    plan.definition.notify
      .filter(({ when }) => when.includes(word))
      .map(({ to }) => ({
        atMs,
        step: 'notify',
        stream: 'engine' as const,
        text: `notice to ${to}: ${plan.definition.title} #${after.number} ${word.replaceAll('_', ' ')}${reasonOf(after)}`,
      })),
  );
}

function reasonOf(run: RunRecord): string {
  return run.reason === undefined || run.state === 'waiting' ? '' : ` (${run.reason})`;
}
