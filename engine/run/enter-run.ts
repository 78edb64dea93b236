import type { Hold } from '../gates/hold.ts';
import type { RunId } from '../ids.ts';
import type { Store } from '../store.ts';
import { holderOfLock, lockOwner, runOf } from './lock-holder.ts';
import { nameId } from './named-locks.ts';
import type { RunRecord } from './record.ts';

const QUEUE_MAX = 500;

/** What a run needs for its whole time: a place in its group, and named locks. */
export interface Entry {
  readonly concurrency?: { readonly group: string; readonly limit: number } | undefined;
  readonly locks?: readonly string[] | undefined;
}

/** Takes everything that a run needs for its whole time, or nothing. Undefined: it may start; otherwise what it waits for. */
export async function enterRun(store: Store, run: RunRecord, entry: Entry): Promise<Hold | undefined> {
  const { concurrency, locks } = entry;
  const place = concurrency !== undefined && !(await isCallersGroup(store, run, concurrency.group));
  if (place) {
    const hold = (await isBehind(store, run, concurrency.group)) ?? (await takePlace(store, run.runId, concurrency));
    if (hold !== undefined) return hold;
  }
  const hold = locks === undefined ? undefined : await takeLocks(store, lockOwner(run), locks);
  // A place that is kept while waiting for a lock would keep others from working.
  if (hold !== undefined && place) await store.leaveGroup(concurrency.group, run.runId);
  return hold;
}

/** A run that is called within its caller's group works in the place of the caller: waiting for it would never end. */
async function isCallersGroup(store: Store, run: RunRecord, group: string): Promise<boolean> {
  const callers = await Promise.all((run.parent?.ancestors ?? []).map((runId) => store.readRun(runId)));
  return callers.some((caller) => caller?.run.group === group);
}

/** Gives a run a place in its group; what is full is told with the runs that have the places. */
export async function takePlace(
  store: Store,
  runId: RunId,
  { group, limit }: { readonly group: string; readonly limit: number },
): Promise<Hold | undefined> {
  for (;;) {
    const answer = await store.joinGroup(group, runId, limit);
    if (answer.kind === 'joined') return undefined;
    const members = await Promise.all(answer.members.map(async (member) => ({ member, ...(await runOf(store, member)) })));
    const gone = members.filter(({ over }) => over);
    // Their workers died between the end of the run and giving the place back.
    for (const { member } of gone) await store.leaveGroup(group, member);
    if (gone.length === 0)
      return { word: 'concurrency', message: `group ${group} is full: waiting for ${members.map(({ name }) => name).join(', ')}` };
  }
}

/** Runs of a group begin in the order in which they were accepted. */
async function isBehind(store: Store, run: RunRecord, group: string): Promise<Hold | undefined> {
  const queued = await store.listRuns({ limit: QUEUE_MAX, states: ['queued'] });
  const waits = (one: RunRecord): boolean => one.hold === undefined || one.hold.word === 'concurrency';
  const first = queued.filter((one) => one.group === group && one.number < run.number && waits(one)).at(-1);
  return first === undefined ? undefined : { word: 'concurrency', message: `run ${first.number} of group ${group} is first` };
}

async function takeLocks(store: Store, runId: RunId, names: readonly string[]): Promise<Hold | undefined> {
  for (;;) {
    const answer = await store.lock(names.map(nameId), runId);
    if (answer.kind === 'locked') return undefined;
    const other = await holderOfLock(store, answer);
    if (!other.over) return { word: 'lock', message: `waiting for ${other.name}, which holds ${answer.lockId.slice(nameId('').length)}` };
  }
}
