import type { LogLine } from '../store.ts';
import type { Plan } from '../plan/plan-record.ts';
import { dateOf } from '../language/instant.ts';
import type { RunRecord, RunView, StepRecord } from './record.ts';
import { stepsById } from './waiting.ts';

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

/** The notices about gates that were reminded of, or told to others, between two looks at a run. */
export function gateNotices(plan: Plan, views: { readonly before: RunView; readonly after: RunView }, atMs: number): readonly LogLine[] {
  const { before, after } = views;
  const steps = stepsById(plan.definition);
  const head = `${plan.definition.title} #${after.run.number}`;
  return [...after.steps.values()].flatMap((record) => {
    const known = before.steps.get(record.path)?.noticed ?? [];
    return (record.noticed ?? []).slice(known.length).flatMap((notice) => {
      const body = steps.get(record.stepId)?.body;
      const escalated = notice === 'escalated';
      const others = body?.kind === 'approval' ? (body.escalate?.to ?? []) : [];
      const channels = escalated ? others : plan.definition.notify.filter(({ when }) => when.includes('waiting')).map(({ to }) => to);
      const text = escalated ? `nobody has decided about ${record.path}` : `${record.path} ends at ${endOf(record)} and nobody has decided`;
      return channels.map((to) => ({ atMs, step: 'notify', stream: 'engine' as const, text: `notice to ${to}: ${head} ${text}` }));
    });
  });
}

function endOf({ deadlineAtMs }: StepRecord): string {
  return deadlineAtMs === undefined ? 'no time' : dateOf(deadlineAtMs).toISOString();
}

const CALLS_A_PERSON: readonly RunRecord['state'][] = ['unknown', 'paused', 'failed', 'timed_out'];

function reasonOf(run: RunRecord): string {
  const why = run.reason === undefined || run.state === 'waiting' ? '' : ` (${run.reason})`;
  // Whoever is woken by it knows nothing else: the first command stands in the notice.
  return CALLS_A_PERSON.includes(run.state) ? `${why}: runward status` : why;
}
