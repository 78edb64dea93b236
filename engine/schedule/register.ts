import { follow } from '../edges.ts';
import { RunwardError } from '../errors.ts';
import { canonicalJson } from '../json.ts';
import { OWED_SLOTS_MAX } from '../limits.ts';
import type { Ports } from '../ports.ts';
import type { Principal } from '../run/record.ts';
import { decideSchedule } from './decide.ts';
import { SCHEDULE_EDGES, type ScheduleState } from './schedule-state.ts';
import { dueAtMs, nextSlot } from './slots.ts';
import type { ScheduleChange, ScheduleRule, SlotRecord, StoredSchedule } from './stored-schedule.ts';

/** The schedules that a set of published runbooks has now. */
export interface Registration {
  readonly runbooks: ReadonlySet<string>;
  readonly rules: readonly ScheduleRule[];
  /** Who publishes now, and which of the runbooks. Schedules of others keep their writer: nobody's rights become somebody else's. */
  readonly writer: Principal;
  readonly published: ReadonlySet<string>;
}

const TRIES_MAX = 5;
const AT_ONCE = 200;

/**
 * Makes the stored schedules of these runbooks equal to their rules; a schedule that did not change is not written. Slots that are owed
 * under the old rule are decided first. `unknown` were never registered and are not published now: nobody can answer for them. Throws STORE_UNAVAILABLE.
 */
export async function registerSchedules(
  ports: Pick<Ports, 'store' | 'ids' | 'log'>,
  { runbooks, rules, writer, published }: Registration,
): Promise<{ readonly changed: readonly string[]; readonly removed: readonly string[]; readonly unknown: readonly string[] }> {
  const stored = new Map((await ports.store.listSchedules()).map((schedule) => [schedule.id, schedule]));
  const wanted = rules.map((rule) => ({ rule, digest: ports.ids.sha256(canonicalJson(rule)) }));
  const changed = wanted.filter(
    ({ rule, digest }) => stored.get(rule.id)?.digest !== digest && (published.has(rule.runbook) || stored.has(rule.id)),
  );
  const kept = new Set(rules.map(({ id }) => id));
  const removed = [...stored.values()].filter(({ id, rule }) => runbooks.has(rule.runbook) && !kept.has(id));

  for (let at = 0; at < changed.length; at += AT_ONCE) {
    await Promise.all(
      changed
        .slice(at, at + AT_ONCE)
        .map(({ rule, digest }) =>
          write(ports, rule.id, (before, nowMs) =>
            before?.digest === digest
              ? undefined
              : ruledChange(before, { rule, digest, nowMs, writer: published.has(rule.runbook) ? writer : (before?.writer ?? writer) }),
          ),
        ),
    );
  }
  for (const { id } of removed)
    await write(ports, id, (before, nowMs) =>
      before === undefined ? undefined : { id, expectedRev: before.rev, run: [], records: droppedRecords(before, nowMs) },
    );
  const unknown = rules.filter(({ id, runbook }) => !stored.has(id) && !published.has(runbook));
  return { changed: changed.map(({ rule }) => rule.id), removed: removed.map(({ id }) => id), unknown: unknown.map(({ id }) => id) };
}

async function write(
  ports: Pick<Ports, 'store' | 'ids' | 'log'>,
  id: string,
  change: (before: StoredSchedule | undefined, nowMs: number) => ScheduleChange | undefined,
): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const nowMs = await ports.store.nowMs();
    const stored = await ports.store.readSchedule(id);
    // What was owed under the old rule is decided by the old rule.
    if (stored?.nextSlotMs !== undefined && stored.nextSlotMs <= nowMs) await decideSchedule(ports, id, nowMs);
    const next = change(await ports.store.readSchedule(id), nowMs);
    if (next === undefined || (await ports.store.writeSchedule(next)) === 'written') return;
  }
  throw new RunwardError('STORE_BUSY', `schedule ${id} changes all the time: nothing was written, publish again`);
}

interface Ruling {
  readonly rule: ScheduleRule;
  readonly digest: string;
  readonly writer: Principal;
  readonly nowMs: number;
}

function ruledChange(before: StoredSchedule | undefined, { rule, digest, writer, nowMs }: Ruling): ScheduleChange {
  // The cursor of a parked schedule says what is owed; only who resumes it moves it.
  const keeps = before?.state === 'parked' || (before !== undefined && before.state !== 'disabled' && sameTimes(before.rule, rule));
  const kept = keeps ? before?.nextSlotMs : undefined;
  const next = rule.enabled ? (kept ?? nextSlot(rule, nowMs)) : undefined;
  const records = before === undefined || next === before.nextSlotMs ? [] : droppedRecords(before, nowMs);
  const state = stateAfter(before?.state ?? 'active', rule.enabled, next !== undefined);
  const isHeld = state === 'paused' || state === 'parked';
  const schedule: StoredSchedule = {
    id: rule.id,
    rev: (before?.rev ?? 0) + 1,
    digest,
    rule,
    writer,
    state,
    open: before?.open ?? [],
    failures: before?.failures ?? 0,
    ...(next === undefined ? {} : { nextSlotMs: next }),
    ...(isHeld && before?.pause !== undefined ? { pause: before.pause } : {}),
  };
  const isWatched = next !== undefined && state !== 'parked';
  return {
    id: rule.id,
    expectedRev: before?.rev ?? 0,
    schedule,
    run: [],
    records,
    ...(isWatched ? { dueAtMs: dueAtMs(rule, next) } : {}),
  };
}

// Slots that have passed and whose jitter has not: they are promised, and their schedule changes before they are due.
function droppedRecords({ rule, nextSlotMs }: StoredSchedule, nowMs: number): readonly SlotRecord[] {
  const records: SlotRecord[] = [];
  for (let slotMs = nextSlotMs; slotMs !== undefined && slotMs <= nowMs && records.length < OWED_SLOTS_MAX; slotMs = nextSlot(rule, slotMs))
    records.push({ slotMs, outcome: 'skipped', reason: 'the schedule was changed before its delayed start', atMs: nowMs });
  return records;
}

function stateAfter(before: ScheduleState, enabled: boolean, hasNext: boolean): ScheduleState {
  const move = (state: ScheduleState, event: string): ScheduleState => follow(SCHEDULE_EDGES, state, event);
  if (!enabled) return before === 'disabled' ? before : move(before, 'disabled');
  const on = before === 'disabled' ? move(before, 'enabled') : before;
  if (on === 'ended') return hasNext ? move(on, 'extended') : on;
  return hasNext || on === 'parked' ? on : move(on, 'ran_out');
}

function sameTimes(left: ScheduleRule, right: ScheduleRule): boolean {
  return canonicalJson(timesOf(left)) === canonicalJson(timesOf(right));
}

function timesOf({ cron, timezone, dayMatch, everyMs, fromMs, untilMs }: ScheduleRule) {
  return { cron, timezone, dayMatch, every: everyMs ?? null, from: fromMs ?? null, until: untilMs ?? null };
}
