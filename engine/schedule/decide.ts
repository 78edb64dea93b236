import { follow } from '../edges.ts';
import type { RunId } from '../ids.ts';
import { formatInstant } from '../language/instant.ts';
import { OWED_SLOTS_MAX } from '../limits.ts';
import type { Ids, Ports } from '../ports.ts';
import { hasEnded, type RunOutcome } from '../run/run-state.ts';
import { missedNotices, parkedNotices } from './missed-notices.ts';
import { decideSlots } from './policies.ts';
import { SCHEDULE_EDGES, type ScheduleEvent } from './schedule-state.ts';
import { dueAtMs, nextSlot } from './slots.ts';
import type { ScheduleChange, SchedulePause, StoredSchedule } from './stored-schedule.ts';

const OPEN_MAX = 100;
/** So many periods of checks are decided one by one after a long time in which nobody looked. */
const SLOTS_KEPT = 2;

/** The id of the run of a slot: the same for everybody, so that a second start finds the first. It does not depend on the text of the schedule. */
export function slotRunId(ids: Pick<Ids, 'uuid5'>, id: string, slotMs: number): RunId {
  return ids.uuid5('schedule', id, String(slotMs)) as RunId;
}

/**
 * Decides about all slots of a schedule that have passed at `nowMs` (the store's clock) and moves its cursor behind them, in one write.
 * Somebody else may have decided first: then nothing is written. Throws STORE_UNAVAILABLE.
 */
export async function decideSchedule(
  ports: Pick<Ports, 'store' | 'ids' | 'log'>,
  id: string,
  nowMs: number,
): Promise<'written' | 'stale' | 'nothing'> {
  const stored = await ports.store.readSchedule(id);
  if (stored === undefined || (stored.state !== 'active' && stored.state !== 'paused')) return 'nothing';
  if (passedSlots(stored, nowMs).slots.length === 0) return 'nothing';
  const settled = await settle(ports, stored);
  const change = changeOf(settled, nowMs);
  const answer = await ports.store.writeSchedule(change);
  if (answer === 'written') tell(ports, stored, change);
  return answer;
}

function changeOf(stored: StoredSchedule, nowMs: number): ScheduleChange {
  const { rule } = stored;
  const passed = passedSlots(stored, nowMs);
  if (passed.slots.length > OWED_SLOTS_MAX) return rule.checks === true ? skippedAhead(stored, nowMs) : parkedChange(stored, nowMs);

  const halt = haltOf(stored, nowMs);
  const decisions = decideSlots({
    rule,
    slots: passed.slots,
    nowMs,
    open: stored.open,
    ...(halt.pause === undefined ? {} : { paused: { reason: halt.pause.reason, untilMs: halt.pause.untilMs ?? Number.POSITIVE_INFINITY } }),
  });
  const run = decisions.flatMap(({ slotMs, ...decision }) =>
    decision.to === 'run'
      ? [{ id: stored.id, slotMs, begun: false, ...(decision.afterMs === undefined ? {} : { afterMs: decision.afterMs }) }]
      : [],
  );
  const records = decisions.flatMap((decision) =>
    decision.to === 'run' ? [] : [{ slotMs: decision.slotMs, outcome: decision.to, reason: decision.reason, atMs: nowMs }],
  );
  const notices = missedNotices(rule, records);
  const events: readonly ScheduleEvent[] = [...halt.events, ...(passed.next === undefined ? (['ran_out'] as const) : [])];
  const { nextSlotMs: _, pause: __, ...rest } = stored;
  return {
    id: stored.id,
    expectedRev: stored.rev,
    run,
    records,
    ...(notices.length === 0 ? {} : { notices }),
    schedule: {
      ...rest,
      rev: stored.rev + 1,
      state: events.reduce((state, event) => follow(SCHEDULE_EDGES, state, event), stored.state),
      open: [...stored.open, ...run.map(({ slotMs }) => slotMs)].slice(-OPEN_MAX),
      ...(halt.stays === undefined ? {} : { pause: halt.stays }),
      ...(passed.next === undefined ? {} : { nextSlotMs: passed.next }),
    },
    ...(passed.next === undefined ? {} : { dueAtMs: dueAtMs(rule, passed.next) }),
  };
}

/** `slots` ends after one more than may be owed. */
function passedSlots({ rule, nextSlotMs }: StoredSchedule, nowMs: number): { readonly slots: readonly number[]; readonly next?: number } {
  const slots: number[] = [];
  let next = nextSlotMs;
  while (next !== undefined && dueAtMs(rule, next) <= nowMs && slots.length <= OWED_SLOTS_MAX) {
    slots.push(next);
    next = nextSlot(rule, next);
  }
  return { slots, ...(next === undefined ? {} : { next }) };
}

interface Halt {
  /** What keeps slots from running. */
  readonly pause?: SchedulePause;
  /** What goes on to keep them from it. */
  readonly stays?: SchedulePause;
  readonly events: readonly ScheduleEvent[];
}

function haltOf({ state, pause, rule, failures }: StoredSchedule, nowMs: number): Halt {
  if (state === 'paused' && pause !== undefined)
    return pause.untilMs !== undefined && pause.untilMs <= nowMs ? { pause, events: ['resumed'] } : { pause, stays: pause, events: [] };
  if (rule.pauseAfterFailures === undefined || failures < rule.pauseAfterFailures) return { events: [] };
  const failed: SchedulePause = { reason: `${failures} runs in a row have failed`, by: 'runward', atMs: nowMs };
  return { pause: failed, stays: failed, events: ['failed_often'] };
}

// So many slots at once mean a clock that leapt or a store that came back from a backup: what to do about it is for a person to say.
function parkedChange(stored: StoredSchedule, nowMs: number): ScheduleChange {
  const since = formatInstant(stored.nextSlotMs ?? nowMs);
  const pause = { reason: `more than ${OWED_SLOTS_MAX} slots are owed since ${since}: has a clock leapt?`, by: 'runward', atMs: nowMs };
  const state = follow(SCHEDULE_EDGES, stored.state, 'leapt');
  const notices = parkedNotices(stored.rule, stored.nextSlotMs ?? nowMs, pause.reason);
  const schedule = { ...stored, rev: stored.rev + 1, state, pause };
  return { id: stored.id, expectedRev: stored.rev, run: [], records: [], schedule, ...(notices.length === 0 ? {} : { notices }) };
}

// Checks change nothing, so nobody is asked: one record stands for the periods in which nobody looked, and the newest ones are decided as ever.
function skippedAhead(stored: StoredSchedule, nowMs: number): ScheduleChange {
  const firstMs = stored.nextSlotMs ?? nowMs;
  const fromMs = nextSlot(stored.rule, nowMs - (stored.rule.everyMs ?? 0) * SLOTS_KEPT) ?? nowMs;
  const change = changeOf({ ...stored, nextSlotMs: fromMs }, nowMs);
  const reason = `stands for every slot until ${formatInstant(fromMs)}: nobody looked`;
  return { ...change, records: [{ slotMs: firstMs, outcome: 'missed', reason, atMs: nowMs }, ...change.records] };
}

const FAILED: readonly RunOutcome[] = ['failed', 'timed_out', 'partially_failed'];

/** Takes runs that have ended out of those under way and counts failures in a row. */
async function settle({ store, ids }: Pick<Ports, 'store' | 'ids'>, stored: StoredSchedule): Promise<StoredSchedule> {
  const open: number[] = [];
  let { failures } = stored;
  for (const slotMs of stored.open) {
    const run = (await store.readRun(slotRunId(ids, stored.id, slotMs)))?.run;
    const [record] = run === undefined ? await store.listSlots(stored.id, { limit: 1, beforeMs: slotMs + 1 }) : [];
    const refused = record?.slotMs === slotMs;
    if (run === undefined ? !refused : !hasEnded(run.state)) open.push(slotMs);
    else if (run?.state === 'succeeded') failures = 0;
    else if (run === undefined ? record?.outcome === 'skipped' : FAILED.includes(run.state as RunOutcome)) failures += 1;
  }
  return { ...stored, open, failures };
}

function tell({ log }: Pick<Ports, 'log'>, before: StoredSchedule, { schedule, run, records }: ScheduleChange): void {
  for (const { slotMs, outcome, reason = '' } of records)
    log.warn('slot not run', { schedule: before.id, slot: formatInstant(slotMs), outcome, reason });
  for (const { slotMs } of run) log.info('slot taken', { schedule: before.id, slot: formatInstant(slotMs) });
  if (schedule === undefined || schedule.state === before.state) return;
  const fields = { schedule: before.id, from: before.state, to: schedule.state, reason: schedule.pause?.reason ?? '' };
  if (schedule.state === 'parked') log.error('schedule parked', fields);
  else log.warn('schedule changed its state', fields);
}
