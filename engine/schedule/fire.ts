import { RunwardError } from '../errors.ts';
import type { RunId } from '../ids.ts';
import { formatInstant } from '../language/instant.ts';
import { DUE_AT_ONCE } from '../limits.ts';
import type { Heartbeat, Ports } from '../ports.ts';
import { hasEnded } from '../run/run-state.ts';
import { decideSchedule, slotRunId } from './decide.ts';
import type { PendingSlot, StoredSchedule } from './stored-schedule.ts';

/** How the run of a slot comes to be: planned first, and only then, when the plan holds, created. */
export interface SlotRuns<Planned> {
  readonly plan: (
    schedule: StoredSchedule,
    slotMs: number,
  ) => Promise<{ readonly kind: 'planned'; readonly planned: Planned } | { readonly kind: 'refused'; readonly reason: string }>;
  /** Creates the run under this id, or finds it. */
  readonly create: (schedule: StoredSchedule, runId: RunId, planned: Planned) => Promise<void>;
}

type FirePorts = Pick<Ports, 'store' | 'ids' | 'log'>;

/** Decisions only talk to the store; starts may read Azure to resolve targets. */
const DECIDE_AT_ONCE = 200;
const START_AT_ONCE = 50;
/** A slot whose run could not be started is left alone for this many beats, so that a broken answer does not make us hammer Azure. */
const REST_BEATS = 15;

/** Looks at schedules at every beat until the signal aborts. Any number of processes may do this at the same time: there is no leader. */
export async function fireForever<Planned>(
  ports: FirePorts,
  runs: SlotRuns<Planned>,
  options: { readonly heartbeat: Heartbeat; readonly signal: AbortSignal },
): Promise<void> {
  const resting = new Map<string, number>();
  while (!options.signal.aborted) {
    for (const [name, beats] of resting) {
      if (beats > 1) resting.set(name, beats - 1);
      else resting.delete(name);
    }
    try {
      await fireOnce(ports, runs, resting);
    } catch (error) {
      ports.log.warn('schedules could not be looked at and will be at the next beat', { reason: reasonOf(error) });
    }
    await options.heartbeat.next(options.signal);
  }
}

/** Decides about every slot that is due and starts every slot that is to run, also those that a process left behind when it died. Throws STORE_UNAVAILABLE. */
export async function fireOnce<Planned>(ports: FirePorts, runs: SlotRuns<Planned>, resting = new Map<string, number>()): Promise<void> {
  const { nowMs, ids } = await ports.store.dueSchedules(DUE_AT_ONCE);
  await someAtOnce(ids, DECIDE_AT_ONCE, (id) => decideSchedule(ports, id, nowMs));
  const pending = await ports.store.pendingSlots();
  const oldestFirst = pending.toSorted((left, right) => left.slotMs - right.slotMs);
  await someAtOnce(oldestFirst, START_AT_ONCE, async (slot) => {
    const name = `${slot.id} ${slot.slotMs}`;
    if (resting.has(name)) return;
    try {
      await startSlot(ports, runs, slot);
    } catch (error) {
      resting.set(name, REST_BEATS);
      await note(ports, slot, `it could not be started and is tried again: ${reasonOf(error)}`);
      const fields = { schedule: slot.id, slot: formatInstant(slot.slotMs), reason: reasonOf(error) };
      ports.log.warn('the run of a slot could not be started and will be tried again', fields);
    }
  });
}

async function startSlot<Planned>({ store, ids, log }: FirePorts, runs: SlotRuns<Planned>, slot: PendingSlot): Promise<void> {
  const { id, slotMs } = slot;
  const runId = slotRunId(ids, id, slotMs);
  const end = async (outcome: 'run' | 'skipped', reason?: string) => {
    const record = { slotMs, outcome, atMs: await store.nowMs(), ...(reason === undefined ? { runId } : { reason }) };
    const answer = await store.endSlot(id, record);
    const fields = { schedule: id, slot: formatInstant(slotMs), runId, reason: reason ?? '' };
    if (answer === 'begun') {
      await note({ store }, slot, `its run was begun and its plan is refused now: ${reason ?? ''}`);
      log.warn('the run of a slot was begun, and its plan is refused now', fields);
    }
    if (answer === 'ended') log.info(outcome === 'run' ? 'slot has its run' : 'slot skipped', fields);
  };

  if ((await store.readRun(runId)) !== undefined) return end('run');
  if (slot.afterMs !== undefined && (await isUnderWay({ store, ids }, id, slot.afterMs))) return;
  const schedule = await store.readSchedule(id);
  if (schedule === undefined) return end('skipped', 'the schedule was removed before the slot ran');
  const answer = await runs.plan(schedule, slotMs);
  if (answer.kind === 'refused') return end('skipped', answer.reason);
  // From here on the run may exist, whatever happens to this process: nobody may record a skip any more.
  if (!(await store.beginSlot(id, slotMs))) return;
  await runs.create(schedule, runId, answer.planned);
  await end('run');
}

/** A note is for people who ask; one that is not stored changes nothing. */
async function note({ store }: Pick<FirePorts, 'store'>, { id, slotMs }: PendingSlot, reason: string): Promise<void> {
  await store.noteSlot(id, slotMs, { reason, sinceMs: await store.nowMs() }).catch(() => undefined);
}

async function isUnderWay({ store, ids }: Pick<FirePorts, 'store' | 'ids'>, id: string, slotMs: number): Promise<boolean> {
  const stored = await store.readRun(slotRunId(ids, id, slotMs));
  if (stored !== undefined) return !hasEnded(stored.run.state);
  const [record] = await store.listSlots(id, { limit: 1, beforeMs: slotMs + 1 });
  return record?.slotMs !== slotMs;
}

async function someAtOnce<Item>(items: readonly Item[], count: number, act: (item: Item) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += count) await Promise.all(items.slice(at, at + count).map(act));
}

function reasonOf(error: unknown): string {
  return error instanceof RunwardError ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : String(error);
}
