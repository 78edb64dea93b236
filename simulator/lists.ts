import { standing } from './faults/faults.ts';
import { planted } from './plants.ts';
import { DURATIONS } from './times.ts';
import type { World } from './world.ts';

/** What the lists of Azure show: the last body that has reached them, per kind and resource, oldest resource first. */
export type Lists = Map<string, Map<string, unknown>>;

/** What the estate begins with was made so long ago. */
const BEFORE_MS = 90 * 24 * 3_600_000;

/** A resource was put and answered 201: a GET says for up to two seconds that there is none. */
export function readLater(world: World, id: string): void {
  const key = id.toLowerCase();
  const lagMs = world.clock.paced(world.draws.next(`read-lag:${key}`) * DURATIONS.readLag);
  world.readDue.set(key, world.clock.nowMs() + lagMs);
  world.clock.afterPaced(lagMs, () => void world.readDue.delete(key));
}

/** Whether a GET shows a resource by now. */
export function isReadable(world: World, id: string): boolean {
  return planted(world, 'E22') || (world.readDue.get(id.toLowerCase()) ?? 0) <= world.clock.nowMs();
}

/** Puts a body into a list at once: how the world was before the simulator started. */
export function listNow(world: World, kind: string, id: string, body: unknown): void {
  listOf(world, kind).set(id.toLowerCase(), body);
  noteTimes(world, { kind, id: id.toLowerCase(), createdMs: world.clock.nowMs() - BEFORE_MS, gone: false });
}

/** A resource was made, changed or (body undefined) deleted: its lists learn of it up to five seconds later, in order. */
export function listLater(world: World, kind: string, id: string, body: unknown): void {
  const key = `${kind} ${id.toLowerCase()}`;
  const nowMs = world.clock.nowMs();
  noteTimes(world, { kind, id: id.toLowerCase(), createdMs: nowMs, gone: body === undefined });
  const ordered = standing(world, 'listLag', `/${id.toLowerCase()}/`)?.listLag ?? 0;
  const lagMs = world.clock.paced(world.draws.next(`list-lag:${key}`) * DURATIONS.listLag + ordered * 1000);
  const dueMs = Math.max(nowMs + lagMs, world.listDue.get(key) ?? 0);
  world.listDue.set(key, dueMs);
  const show = (): void => {
    const list = listOf(world, kind);
    if (body === undefined) list.delete(id.toLowerCase());
    else list.set(id.toLowerCase(), body);
  };
  if (planted(world, 'E21')) show();
  else world.clock.afterPaced(dueMs - nowMs, show);
}

/** Whether a list shows by now what a GET shows since `sinceMs`; one thing is always equally late. */
export function hasReachedList(world: World, id: string, sinceMs: number): boolean {
  if (planted(world, 'E21')) return sinceMs <= world.clock.nowMs();
  const share = Number.parseInt(world.draws.hex(`list-lag:${id.toLowerCase()}`, 8), 16) / 16 ** 8;
  const ordered = standing(world, 'listLag', `/${id.toLowerCase()}/`)?.listLag ?? 0;
  return sinceMs + world.clock.paced(share * DURATIONS.listLag + ordered * 1000) <= world.clock.nowMs();
}

/** The bodies a list shows now. */
export function listed(world: World, kind: string): readonly unknown[] {
  return [...listOf(world, kind).values()];
}

function noteTimes(
  world: World,
  given: { readonly kind: string; readonly id: string; readonly createdMs: number; readonly gone: boolean },
): void {
  const times = world.listTimes.get(given.kind) ?? new Map<string, { readonly createdMs: number; readonly changedMs: number }>();
  world.listTimes.set(given.kind, times);
  if (given.gone) return void times.delete(given.id);
  const createdMs = times.get(given.id)?.createdMs ?? given.createdMs;
  times.set(given.id, { createdMs, changedMs: given.createdMs });
}

function listOf(world: World, kind: string): Map<string, unknown> {
  const known = world.lists.get(kind);
  if (known !== undefined) return known;
  const made = new Map<string, unknown>();
  world.lists.set(kind, made);
  return made;
}
