import type { RecoveryPointChoice } from '../actions/asr-recovery-point.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { formatDuration } from '../language/duration.ts';
import { storedDurationMs, storedTimeMs } from '../values.ts';
import { type MachineFact, type ReadyWord, worstOf } from './recovery-state.ts';

/** One row of the table of a machine: what is, what it is held against, and what that makes. */
export interface JudgedFact<Name extends string = MachineFact> {
  readonly fact: Name;
  readonly state: ReadyWord;
  readonly is: string;
  readonly limit?: string;
  readonly message?: string;
  /** The figure and its limit in milliseconds, where they are times. */
  readonly isMs?: number;
  readonly limitMs?: number;
}

/** What was read about a machine or a plan in a check. Times are milliseconds since 1970. */
export interface ReadinessRead {
  /** The result of the action; undefined when it could not be read, and `message` says why. */
  readonly result: JsonObject | undefined;
  readonly message?: string;
  readonly atMs: number;
  readonly run: number;
  /** How often the check is made; its answer counts for twice as long. */
  readonly periodMs: number;
}

/** What the runbooks of an application promise and ask for. */
export interface RecoveryPromises {
  readonly rpoMs: number | undefined;
  readonly drillEveryMs: number | undefined;
  /** Which recovery points their failovers start from. */
  readonly points: readonly RecoveryPointChoice[];
}

/** How one machine stands: its worst row, or `unknown` with a reason when nothing of it counts. */
export interface MachineReadiness {
  readonly machine: string;
  readonly ready: ReadyWord;
  readonly message?: string;
  readonly atMs?: number;
  readonly run?: number;
  readonly facts: readonly JudgedFact[];
}

/** Judges one machine by the newest answer about it. An answer that is older than twice its period makes every row unknown. */
export function judgeMachine(
  machine: string,
  read: ReadinessRead | undefined,
  at: { readonly promises: RecoveryPromises; readonly nowMs: number },
): MachineReadiness {
  if (read === undefined)
    return { machine, ready: 'unknown', message: 'no readiness check reads it: add one that uses asr.item.get@1', facts: [] };
  const made = { atMs: read.atMs, run: read.run };
  if (read.result === undefined) return { machine, ready: 'unknown', message: read.message ?? 'it could not be read', ...made, facts: [] };
  const { result } = read;
  const facts = ROWS.map((row) => row({ result, promises: at.promises }));
  const old = tooOld(read, at.nowMs);
  const counted = old === undefined ? facts : facts.map((fact) => ({ ...fact, state: 'unknown' as const, message: old }));
  return {
    machine,
    ready: worstOf(counted.map(({ state }) => state)),
    ...(old === undefined ? {} : { message: old }),
    ...made,
    facts: counted,
  };
}

/** Why an answer does not count any more; undefined while it does. */
export function tooOld({ atMs, periodMs }: Pick<ReadinessRead, 'atMs' | 'periodMs'>, nowMs: number): string | undefined {
  return nowMs - atMs <= 2 * periodMs
    ? undefined
    : `the last answer is too old: older than twice its period of ${formatDuration(periodMs)}`;
}

interface Judged {
  readonly result: JsonObject;
  readonly promises: RecoveryPromises;
}

const POINT_GRACE_MS = 600_000;
const POINT_OLD_MS = 3_600_000;
const AGENT_ENDS_SOON_MS = 30 * 86_400_000;
const NEVER_TESTED_SINCE_REVERSAL = '161011';
const UNTOLD = 'Azure did not tell it, or the check was made by an older version';

/** The rows in the order in which they are shown. Source: the table of the recovery design; limits are inclusive. */
const ROWS: readonly ((judged: Judged) => JudgedFact)[] = [protection, health, rpo, recoveryPoint, leftover, agent, disks, testFailover];

function protection({ result }: Judged): JudgedFact {
  const state = result['protection_state'];
  if (typeof state !== 'string') return untold('protection');
  return { fact: 'protection', state: state.toLowerCase() === 'protected' ? 'ready' : 'not_ready', is: state, limit: 'Protected' };
}

// An empty health is the word None: Azure has not judged it, which is no good news.
const HEALTH: Readonly<Record<string, ReadyWord>> = { normal: 'ready', warning: 'at_risk', critical: 'not_ready', none: 'not_ready' };

// The data may arrive while a failover could not succeed, say for want of its network: Azure judges that apart.
const FAILOVER_HEALTH: Readonly<Record<string, ReadyWord>> = { normal: 'ready', warning: 'at_risk', critical: 'not_ready' };

function health({ result }: Judged): JudgedFact {
  const [told, toldOfFailover] = [result['replication_health'], result['failover_health']];
  if (told === undefined || toldOfFailover === undefined) return untold('health');
  const word = typeof told === 'string' ? told : 'None';
  const failover = typeof toldOfFailover === 'string' ? toldOfFailover : 'None';
  const ofFailover = FAILOVER_HEALTH[failover.toLowerCase()] ?? 'unknown';
  const state = worstOf([HEALTH[word.toLowerCase()] ?? 'unknown', ofFailover]);
  const is = ofFailover === 'ready' ? word : `${word}, of a failover ${failover}`;
  const errors = textsOf(result['health_errors']) ?? [];
  const why = errors.length === 0 ? {} : { message: `Site Recovery says ${errors.join(', ')}` };
  return { fact: 'health', state, is, limit: 'Normal', ...why };
}

function rpo({ result, promises }: Judged): JudgedFact {
  if (result['rpo'] === undefined) return untold('rpo');
  const isMs = storedDurationMs(result['rpo']);
  if (isMs === undefined)
    return { fact: 'rpo', state: 'not_ready', is: 'none', message: 'nothing is protected now, or Azure has not calculated it' };
  const row = { fact: 'rpo' as const, is: spanText(isMs), isMs };
  const limitMs = promises.rpoMs;
  if (limitMs === undefined) return { ...row, state: 'unknown', message: 'no runbook of the application promises objectives.rpo' };
  return { ...row, state: isMs <= limitMs ? 'ready' : isMs <= 2 * limitMs ? 'at_risk' : 'not_ready', limit: spanText(limitMs), limitMs };
}

const POINT_KINDS: Readonly<Record<RecoveryPointChoice, string | undefined>> = {
  latest: undefined,
  'latest-processed': undefined,
  'latest-application-consistent': 'ApplicationConsistent',
  'latest-crash-consistent': 'CrashConsistent',
};

/** True for a word that names a recovery point to start from. */
export function isPointChoice(value: unknown): value is RecoveryPointChoice {
  return typeof value === 'string' && Object.hasOwn(POINT_KINDS, value);
}

function recoveryPoint({ result, promises }: Judged): JudgedFact {
  const readAtMs = storedTimeMs(result['read_time']);
  if (readAtMs === undefined) return untold('recovery_point');
  const wanted = new Set(promises.points.map((choice) => POINT_KINDS[choice]));
  const rows = [...(wanted.size === 0 ? [undefined] : wanted)].map((kind) => newestPoint({ result, promises }, { kind, readAtMs }));
  const worst = worstOf(rows.map(({ state }) => state));
  return rows.find(({ state }) => state === worst) ?? untold('recovery_point');
}

function newestPoint(
  { result, promises }: Judged,
  { kind, readAtMs }: { readonly kind: string | undefined; readonly readAtMs: number },
): JudgedFact {
  const what = kind === undefined ? '' : ` ${kind.replace('Consistent', '-consistent').toLowerCase()}`;
  const times = result['recovery_point_times'];
  const byKind = typeof times === 'object' && times !== null && !Array.isArray(times) ? (times as JsonObject) : {};
  const pointMs = storedTimeMs(kind === undefined ? result['latest_recovery_point_time'] : byKind[kind]);
  if (pointMs === undefined) return { fact: 'recovery_point', state: 'not_ready', is: `no${what} point` };
  const isMs = Math.max(0, readAtMs - pointMs);
  const row = { fact: 'recovery_point' as const, is: `${spanText(isMs)} old${what}`, isMs };
  if (promises.rpoMs === undefined) return { ...row, state: 'unknown', message: 'no runbook of the application promises objectives.rpo' };
  const limitMs = promises.rpoMs + POINT_GRACE_MS;
  const state = isMs <= limitMs ? 'ready' : isMs <= POINT_OLD_MS ? 'at_risk' : 'not_ready';
  return { ...row, state, limit: spanText(limitMs), limitMs };
}

function leftover({ result }: Judged): JudgedFact {
  const allowed = textsOf(result['allowed_operations']);
  if (allowed === undefined) return untold('test_leftover');
  if (!allowed.some((word) => word.toLowerCase() === 'testfailovercleanup')) return { fact: 'test_leftover', state: 'ready', is: 'none' };
  return {
    fact: 'test_leftover',
    state: 'not_ready',
    is: 'a test failover',
    message: 'its cleanup is still to be made: no failover is possible',
  };
}

function agent({ result }: Judged): JudgedFact {
  const outdated = result['agent_update_required'];
  const endsAtMs = storedTimeMs(result['agent_expiry_time']);
  const readAtMs = storedTimeMs(result['read_time']);
  if (typeof outdated !== 'boolean' || readAtMs === undefined) return untold('agent');
  const leftMs = endsAtMs === undefined ? Infinity : endsAtMs - readAtMs;
  if (leftMs <= 0) return { fact: 'agent', state: 'not_ready', is: 'expired' };
  if (leftMs < AGENT_ENDS_SOON_MS)
    return {
      fact: 'agent',
      state: 'at_risk',
      is: `expires in ${spanText(leftMs)}`,
      limit: spanText(AGENT_ENDS_SOON_MS),
      isMs: leftMs,
      limitMs: AGENT_ENDS_SOON_MS,
    };
  return outdated ? { fact: 'agent', state: 'at_risk', is: 'update required' } : { fact: 'agent', state: 'ready', is: 'current' };
}

function disks({ result }: Judged): JudgedFact {
  const [open, stale] = [textsOf(result['unprotected_disks']), textsOf(result['resync_disks'])];
  if (open === undefined || stale === undefined) return untold('disks');
  const wrong = [...open.map((name) => `${name} is not protected`), ...stale.map((name) => `${name} must be copied anew`)];
  if (wrong.length === 0) return { fact: 'disks', state: 'ready', is: 'all protected' };
  return { fact: 'disks', state: 'not_ready', is: `${wrong.length} not protected`, message: wrong.join('; ') };
}

function testFailover({ result, promises }: Judged): JudgedFact {
  const readAtMs = storedTimeMs(result['read_time']);
  if (result['last_test_failover_time'] === undefined || readAtMs === undefined) return untold('test_failover');
  const testedAtMs = storedTimeMs(result['last_test_failover_time']);
  if (testedAtMs === undefined) {
    const errors = textsOf(result['health_errors']) ?? [];
    const reversed = errors.length > 0 && errors.every((code) => code === NEVER_TESTED_SINCE_REVERSAL);
    if (!reversed) return { fact: 'test_failover', state: 'not_ready', is: 'never', message: 'no test failover of it has succeeded' };
    return { fact: 'test_failover', state: 'at_risk', is: 'never', message: 'not tested since its protection was reversed' };
  }
  const isMs = Math.max(0, readAtMs - testedAtMs);
  const row = { fact: 'test_failover' as const, is: `${spanText(isMs)} ago`, isMs };
  const limitMs = promises.drillEveryMs;
  if (limitMs === undefined) return { ...row, state: 'unknown', message: 'no drill of the application says objectives.drill_every' };
  return { ...row, state: isMs < limitMs ? 'ready' : 'at_risk', limit: spanText(limitMs), limitMs };
}

function untold(fact: MachineFact): JudgedFact {
  return { fact, state: 'unknown', is: 'not known', message: UNTOLD };
}

/** The texts of a list; undefined when there is no list. */
export function textsOf(value: JsonValue | undefined): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : undefined;
}

// Rounded up: an age never looks younger than it is.
function spanText(ms: number): string {
  const unitMs = ms < 60_000 ? 1000 : ms < 86_400_000 ? 60_000 : 3_600_000;
  return formatDuration(Math.ceil(ms / unitMs) * unitMs);
}
