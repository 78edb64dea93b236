import type { Plan } from '../plan/plan-record.ts';
import { formatDuration } from '../language/duration.ts';
import { dateOf, formatInstant } from '../language/instant.ts';
import { LATE_START_MS } from '../limits.ts';
import type { RunRecord, RunView, StepRecord } from './record.ts';
import { stepsById } from './waiting.ts';

/** One message that a runbook asks for: the channel, `kind:name`, and what it says. */
export interface Notice {
  readonly to: string;
  readonly text: string;
}

/** What people are to be told about a run that has moved on: each event once for each channel. Pure. */
export function noticesBetween(plan: Plan, before: RunView, after: RunView): readonly Notice[] {
  return [...runNotices(plan, after.run, noticeWords(before.run, after.run)), ...gateNotices(plan, before, after)];
}

/** What happened to a run between two looks at it, in the words that `notify` lists. */
function noticeWords(before: RunRecord, after: RunRecord): readonly string[] {
  const words: string[] = [];
  if (before.state === 'queued' && after.state !== 'queued') words.push('started');
  if (before.startedAtMs === undefined && lateMs(after) > LATE_START_MS) words.push('late');
  if (before.state !== after.state && after.state !== 'running' && after.state !== 'cancelling' && after.state !== 'queued')
    words.push(after.state);
  if (before.rtoBreached !== true && after.rtoBreached === true) words.push('objective_breached');
  return words;
}

function runNotices(plan: Plan, after: RunRecord, words: readonly string[]): readonly Notice[] {
  return words.flatMap((word) => {
    const why = word === 'late' ? lateText(after) : reasonOf(after);
    const text = `${plan.definition.title} #${after.number} ${word.replaceAll('_', ' ')}${why}`;
    return channelsFor(plan, word).map((to) => ({ to, text }));
  });
}

/** How long after its time the run of a slot has started, in milliseconds; 0 for other runs. */
function lateMs({ slotDueAtMs, startedAtMs }: RunRecord): number {
  return slotDueAtMs === undefined || startedAtMs === undefined ? 0 : startedAtMs - slotDueAtMs;
}

function lateText(run: RunRecord): string {
  const minutes = formatDuration(Math.floor(lateMs(run) / 60_000) * 60_000);
  return `: it started ${minutes} after its time, ${formatInstant(run.slotDueAtMs ?? 0)}`;
}

/** The notices about gates that were reminded of, or told to others, between two looks at a run. */
function gateNotices(plan: Plan, before: RunView, after: RunView): readonly Notice[] {
  const steps = stepsById(plan.definition);
  const head = `${plan.definition.title} #${after.run.number}`;
  return [...after.steps.values()].flatMap((record) => {
    const known = before.steps.get(record.path)?.noticed ?? [];
    return (record.noticed ?? []).slice(known.length).flatMap((notice) => {
      const body = steps.get(record.stepId)?.body;
      const escalated = notice === 'escalated';
      const channels = escalated ? (body?.kind === 'approval' ? (body.escalate?.to ?? []) : []) : channelsFor(plan, 'waiting');
      const text = escalated ? `nobody has decided about ${record.path}` : `${record.path} ends at ${endOf(record)} and nobody has decided`;
      return channels.map((to) => ({ to, text: `${head} ${text}` }));
    });
  });
}

function channelsFor({ definition }: Plan, word: string): readonly string[] {
  return [...new Set(definition.notify.flatMap(({ to, when }) => (when.includes(word) ? [to] : [])))];
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
