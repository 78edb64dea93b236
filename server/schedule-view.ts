import type { Permission } from '../engine/access/roles.ts';
import { RunwardError } from '../engine/errors.ts';
import { isTimeZone } from '../engine/language/instant.ts';
import { timeText } from '../engine/run/summary.ts';
import { cronWords } from '../engine/schedule/cron-words.ts';
import { lookFromMs, previewSlots, zonedText } from '../engine/schedule/preview.ts';
import { dueAtMs } from '../engine/schedule/slots.ts';
import type { PendingSlot, SlotRecord, StoredSchedule } from '../engine/schedule/stored-schedule.ts';
import type { ServerContext } from './context.ts';
import type { Caller } from './identify.ts';
import { demand, sees } from './identify.ts';

/** The schedule with an id. Throws NOT_FOUND_SCHEDULE, also for one that the caller may not see, and ACCESS_DENIED without the permission. */
export async function scheduleNamed(
  context: ServerContext,
  caller: Caller,
  asked: { readonly id: string; readonly permission?: Permission },
) {
  const stored = await context.ports.store.readSchedule(asked.id);
  if (stored === undefined || !sees(caller, placeOf(stored))) throw new RunwardError('NOT_FOUND_SCHEDULE', `no schedule "${asked.id}"`);
  if (asked.permission !== undefined) demand(caller, asked.permission, placeOf(stored));
  return stored;
}

/** Every schedule that the caller may see, by id. */
export async function listSchedules({ ports }: ServerContext, caller: Caller) {
  const seen = (await ports.store.listSchedules()).filter((schedule) => sees(caller, placeOf(schedule)));
  const pending = await ports.store.pendingSlots();
  return { items: await Promise.all(seen.map((schedule) => scheduleView(ports.store, schedule, pending))) };
}

/** A schedule as the API shows it. */
export async function scheduleView(store: ServerContext['ports']['store'], stored: StoredSchedule, slots?: readonly PendingSlot[]) {
  const pending = slots ?? (await store.pendingSlots());
  const { id, rule, state, pause, nextSlotMs } = stored;
  const words = cronWords(rule.cron);
  const [last] = await store.listSlots(id, { limit: 1 });
  const stuck = pending.find((slot) => slot.id === id && slot.trouble !== undefined);
  return {
    apiVersion: 'runward/v1' as const,
    kind: 'Schedule' as const,
    id,
    runbook: rule.runbook,
    environment: rule.environment,
    ...(rule.checks === true ? { checks: true as const } : {}),
    cron: rule.cron,
    ...(words === undefined ? {} : { words }),
    timezone: rule.timezone,
    state,
    overlap: rule.overlap,
    missed: rule.missed,
    jitterMs: rule.jitterMs,
    ...(rule.fromMs === undefined ? {} : { from: timeText(rule.fromMs) }),
    ...(rule.untilMs === undefined ? {} : { until: timeText(rule.untilMs) }),
    ...(rule.pauseAfterFailures === undefined ? {} : { pauseAfterFailures: rule.pauseAfterFailures }),
    failures: stored.failures,
    publishedBy: stored.writer.name,
    ...(nextSlotMs === undefined || state === 'parked' ? {} : { next: nextView(stored, nextSlotMs) }),
    ...(pause === undefined ? {} : { pause: pauseView(pause) }),
    ...(last === undefined ? {} : { last: recordView(last) }),
    ...(stuck?.trouble === undefined ? {} : { stuck: stuck.trouble.reason }),
  };
}

/** Coming and past slots. Throws USAGE_QUERY for a time or zone that cannot be read. */
export async function slotsView(
  { ports }: ServerContext,
  { id, rule }: StoredSchedule,
  query: { readonly from?: string | undefined; readonly count: number; readonly zone?: string | undefined },
) {
  const { from, count, zone } = query;
  const fromMs = from === undefined ? await ports.store.nowMs() : lookFromMs(from, rule.timezone);
  if (fromMs === undefined) throw new RunwardError('USAGE_QUERY', `from is RFC 3339 or a date such as 2027-03-27, not "${from}"`);
  if (zone !== undefined && !isTimeZone(zone))
    throw new RunwardError('USAGE_QUERY', `zone is an IANA name such as Europe/Berlin, not "${zone}"`);
  const rows = previewSlots(rule, { fromMs, count, ...(zone === undefined ? {} : { zone }) });
  return {
    apiVersion: 'runward/v1' as const,
    kind: 'Slots' as const,
    schedule: id,
    timezone: rule.timezone,
    next: rows.map(({ slotMs, startsAtMs, ...row }) => ({
      ...(slotMs === undefined || startsAtMs === undefined ? {} : { slot: timeText(slotMs), startsAt: timeText(startsAtMs) }),
      ...row,
    })),
    past: (await ports.store.listSlots(id, { limit: count })).map(recordView),
    pending: (await ports.store.pendingSlots()).filter((slot) => slot.id === id).map(pendingView),
  };
}

function placeOf({ rule }: StoredSchedule) {
  return { runbook: rule.runbook, environment: rule.environment };
}

function nextView({ rule }: StoredSchedule, slotMs: number) {
  return { slot: timeText(slotMs), startsAt: timeText(dueAtMs(rule, slotMs)), local: zonedText(rule.timezone, slotMs) };
}

function pauseView({ reason, by, atMs, untilMs }: NonNullable<StoredSchedule['pause']>) {
  return { reason, by, at: timeText(atMs), ...(untilMs === undefined ? {} : { until: timeText(untilMs) }) };
}

function pendingView({ slotMs, afterMs, begun, trouble }: PendingSlot) {
  const waits = afterMs === undefined ? 'it is being started' : `it waits for the end of the run of ${timeText(afterMs)}`;
  const since = trouble === undefined ? {} : { since: timeText(trouble.sinceMs) };
  return { slot: timeText(slotMs), reason: trouble?.reason ?? waits, begun, ...since };
}

/** What became of a slot, as the API shows it. */
export function recordView({ slotMs, atMs, ...record }: SlotRecord) {
  return { slot: timeText(slotMs), ...record, at: timeText(atMs) };
}
