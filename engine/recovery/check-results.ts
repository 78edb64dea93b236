import { canonicalJson, type JsonValue } from '../json.ts';
import type { Step } from '../language/runbook.ts';
import { READINESS_AGE_MAX_MS } from '../limits.ts';
import type { RunRecord, StepRecord } from '../run/record.ts';
import { phasePrefix, stepPath } from '../run/step-path.ts';
import { statusOf } from '../run/verdict.ts';
import { wasAnswered } from './answered.ts';
import type { UnaskedCheck } from './checks-only.ts';
import type { CheckState, ReadyWord } from './recovery-state.ts';

/** One check with what it said, why, and when (milliseconds since 1970). */
export interface CheckResult {
  readonly check: string;
  readonly name: string;
  readonly state: CheckState;
  readonly message?: string;
  readonly atMs?: number;
  readonly run?: number;
}

/** The checks of one runbook together. `atMs` is the time of the oldest result that counts. */
export interface Readiness {
  readonly word: ReadyWord;
  readonly atMs?: number;
  readonly checks: readonly CheckResult[];
}

/** What readiness is judged from: the checks as published now, and the newest run that made them and has ended. */
export interface CheckFacts {
  readonly checks: readonly Step[];
  readonly everyMs: number | undefined;
  /** Checks that are not made on their own: they count only when a person had them made. */
  readonly unasked: readonly UnaskedCheck[];
  /** Why the checks could not even be planned, where that is newer than the last run. */
  readonly refused?: string | undefined;
  readonly last?: { readonly run: RunRecord; readonly steps: readonly StepRecord[]; readonly checks: readonly Step[] };
  readonly nowMs: number;
}

const ITEMS_SHOWN = 3;

/** Judges the readiness checks of a runbook. A check that could not be read, was not made, or is older than twice its period is `unknown`. */
export function judgeChecks(facts: CheckFacts): Readiness {
  const checks = facts.checks.map((check) => resultOf(facts, check));
  const times = checks.flatMap(({ atMs }) => atMs ?? []);
  return { word: wordOf(checks), checks, ...(times.length === 0 ? {} : { atMs: Math.min(...times) }) };
}

/** The word for several results together: the worst one. Where nothing was looked at, nothing is known. */
export function wordOf(checks: readonly Pick<CheckResult, 'state'>[]): ReadyWord {
  if (checks.some(({ state }) => state === 'failed')) return 'not_ready';
  if (checks.some(({ state }) => state === 'unknown')) return 'unknown';
  return checks.some(({ state }) => state === 'passed') ? 'ready' : 'unknown';
}

function resultOf({ unasked, refused, last, everyMs, nowMs }: CheckFacts, check: Step): CheckResult {
  const head = { check: check.id, name: check.name };
  const unmade = (message: string): CheckResult => ({ ...head, state: 'unknown', message });
  if (refused !== undefined) return unmade(refused);
  const then = last?.checks.find(({ id }) => id === check.id);
  const without = unasked.find((one) => one.check === check.id);
  if (then === undefined && without !== undefined) return unmade(without.reason);
  if (last === undefined) return unmade('it was not made yet');
  if (then === undefined || !isSame(then, check)) return unmade('it was changed since it was made');
  const made = { ...head, ...saidBy(last, check), run: last.run.number };
  const periodMs = everyMs ?? READINESS_AGE_MAX_MS;
  if (made.atMs === undefined || nowMs - made.atMs <= 2 * periodMs) return made;
  const why = everyMs === undefined ? 'and it is not made on its own' : 'older than twice its period';
  return { ...made, state: 'unknown', message: `its last answer, ${made.state}, is too old: ${why}` };
}

// Where a check stands in the text is no part of what it checks.
function isSame(left: Step, right: Step): boolean {
  return textOf(left) === textOf(right);
}

function textOf(check: Step): string {
  const without = JSON.stringify(check, (key, value: unknown) => (key === 'at' || key === 'locks' ? undefined : value));
  return canonicalJson(JSON.parse(without) as JsonValue);
}

function saidBy(last: NonNullable<CheckFacts['last']>, check: Step): Pick<CheckResult, 'state' | 'message' | 'atMs'> {
  const path = stepPath(phasePrefix('readiness', last.run.readinessRound), check.id);
  const record = last.steps.find((step) => step.path === path);
  const atMs = record?.endedAtMs ?? last.run.endedAtMs;
  const made = atMs === undefined ? {} : { atMs };
  switch (statusOf(record)) {
    case 'succeeded':
    case 'recovered':
      return { state: 'passed', ...made };
    case 'skipped':
      return { state: 'skipped', message: 'there was nothing to look at', ...made };
    case 'failed':
    case 'timed_out':
    case 'partially_failed':
      return { ...failureOf(last.steps, record), ...made };
    case 'pending':
    case 'waiting':
    case 'running':
    case 'retrying':
    case 'rolled_back':
    case 'rollback_failed':
    case 'cancelled':
    case 'unknown':
      return { state: 'unknown', message: `it did not come to an end: ${last.run.reason ?? last.run.state}`, ...made };
  }
}

/** A fan-out has failed when one machine did; it is unknown when no machine failed and one could not be read. */
function failureOf(steps: readonly StepRecord[], record: StepRecord | undefined): Pick<CheckResult, 'state' | 'message'> {
  const items = steps.filter((step) => step.stepId === record?.stepId && step.itemKey !== undefined && step.error !== undefined);
  const broken = items.length === 0 ? [record].flatMap((one) => one ?? []) : items;
  const failed = broken.filter(({ error }) => wasAnswered(error));
  const told = (failed.length > 0 ? failed : broken).map(({ itemKey, error }) => {
    const message = error?.message ?? 'it failed';
    return itemKey === undefined ? message : `${itemKey}: ${message}`;
  });
  const more = told.length > ITEMS_SHOWN ? ` and ${told.length - ITEMS_SHOWN} more` : '';
  return { state: failed.length > 0 ? 'failed' : 'unknown', message: `${told.slice(0, ITEMS_SHOWN).join('; ')}${more}` };
}
