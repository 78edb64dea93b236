import { standing } from '../faults/faults.ts';
import { isReachable } from '../faults/region.ts';
import { captureFiles } from '../machine/points.ts';
import { runScript } from '../machine/shell.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { periodMs } from '../estate.ts';
import { DURATIONS, azureTime } from '../times.ts';
import { watchHealth } from './events.ts';
import { itemChanged, itemId } from './item.ts';
import type { Manifest } from '../machine/points.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';

/** A recovery point: the files of the machine at an instant, usable once they have been transferred. */
export interface Point {
  readonly name: string;
  readonly atMs: number;
  readonly usableMs: number;
  readonly kind: 'CrashConsistent' | 'ApplicationConsistent';
  readonly multiVm: boolean;
  readonly files: Manifest;
}

const HOUR_MS = 3_600_000;
const DENSE_MS = 2 * HOUR_MS;

/** Gives items the points of the past, and lets them make new ones from now on. Members of one replication group share their instants. */
export function startReplication(world: World, items: readonly Item[]): void {
  const groups = Map.groupBy(items, (item) => (item.multiVmGroup === '' ? item.name : item.multiVmGroup));
  for (const [name, members] of groups) {
    for (const item of members) past(world, item);
    const policy = members[0]?.replication.policy;
    if (policy === undefined) continue;
    const crashMs = periodMs(policy.crashEvery);
    world.clock.afterPeriod(world.draws.next(`replication:${name}`) * crashMs, () =>
      every(world, members, { kind: 'CrashConsistent', everyMs: crashMs }),
    );
    const appMs = periodMs(policy.appEvery);
    world.clock.afterPeriod(appMs, () => every(world, members, { kind: 'ApplicationConsistent', everyMs: appMs }));
  }
  for (const item of items) computeRpo(world, item);
}

/** Lets an item that was made since the estate was make its first point, and more from then on. */
export function startFresh(world: World, item: Item): void {
  const { policy } = item.replication;
  const crashMs = periodMs(policy.crashEvery);
  const appMs = periodMs(policy.appEvery);
  addPoint(world, item, { kind: 'CrashConsistent', usableNow: true });
  world.clock.afterPeriod(crashMs, () => every(world, [item], { kind: 'CrashConsistent', everyMs: crashMs }));
  world.clock.afterPeriod(appMs, () => every(world, [item], { kind: 'ApplicationConsistent', everyMs: appMs }));
  computeRpo(world, item);
}

function past(world: World, item: Item): void {
  const files = captureFiles(world, item.machine.root);
  const { policy } = item.replication;
  const nowMs = world.clock.nowMs();
  const ages: number[] = [];
  for (let ageMs = periodMs(policy.keep) - HOUR_MS; ageMs > DENSE_MS; ageMs -= HOUR_MS) ages.push(ageMs);
  for (let ageMs = DENSE_MS; ageMs > 0; ageMs -= periodMs(policy.crashEvery)) ages.push(ageMs);
  const appEvery = periodMs(policy.appEvery);
  for (const ageMs of ages) {
    const kind = ageMs % appEvery < HOUR_MS && ageMs >= appEvery - HOUR_MS ? 'ApplicationConsistent' : 'CrashConsistent';
    const atMs = nowMs - world.clock.pacedPeriod(ageMs);
    item.points.push({ name: pointName(world, item), atMs, usableMs: atMs, kind, multiVm: item.multiVmGroup !== '', files });
  }
}

function every(world: World, items: readonly Item[], rhythm: { readonly kind: Point['kind']; readonly everyMs: number }): void {
  for (const item of items) {
    if (!item.replicating || !isReachable(world, item.machine)) continue;
    if (rhythm.kind === 'CrashConsistent') addPoint(world, item, { kind: rhythm.kind, usableNow: false });
    else quiesced(world, item, () => addPoint(world, item, { kind: rhythm.kind, usableNow: false }));
  }
  const current = items.filter((item) => isCurrent(item));
  if (current.length > 0) world.clock.afterPeriod(rhythm.everyMs, () => every(world, current, rhythm));
}

/** An application-consistent point first lets the machine write down what it holds in memory. */
function quiesced(world: World, item: Item, then: () => void): void {
  const { machine } = item;
  if (!world.journal.seen(() => existsSync(join(machine.root, 'usr/local/lib/quiesce')))) return then();
  const script = { id: `quiesce.${item.points.length}`, text: 'exec /usr/local/lib/quiesce', variables: {}, timeoutMs: 30_000 };
  runScript(world, machine, script, then);
}

/** Makes a point of the machine's files as they are now. */
export function addPoint(world: World, item: Item, wanted: { readonly kind: Point['kind']; readonly usableNow: boolean }): Point {
  const nowMs = world.clock.nowMs();
  const transferMs = world.clock.paced(world.draws.between(`transfer:${item.guid}`, DURATIONS.transferLow, DURATIONS.transferHigh));
  const point: Point = {
    name: pointName(world, item),
    atMs: nowMs,
    usableMs: wanted.usableNow ? nowMs : nowMs + transferMs,
    kind: wanted.kind,
    multiVm: item.multiVmGroup !== '',
    files: captureFiles(world, item.machine.root),
  };
  item.points.push(point);
  prune(world, item);
  return point;
}

function prune(world: World, item: Item): void {
  const nowMs = world.clock.nowMs();
  const keepMs = world.clock.pacedPeriod(periodMs(item.replication.policy.keep));
  const denseMs = world.clock.pacedPeriod(DENSE_MS);
  const hours = new Set<number>();
  const kept = item.points.filter((point, place) => {
    const ageMs = nowMs - point.atMs;
    if (place === item.points.length - 1) return true;
    if (ageMs > keepMs) return false;
    if (ageMs <= denseMs || point.kind === 'ApplicationConsistent') return true;
    const hour = Math.floor(point.atMs / world.clock.pacedPeriod(HOUR_MS));
    if (hours.has(hour)) return false;
    hours.add(hour);
    return true;
  });
  item.points.splice(0, item.points.length, ...kept);
}

function pointName(world: World, item: Item): string {
  return world.draws.nextUuid(`point:${item.guid}`);
}

/** The points of an item that can be used now, newest first. */
export function usablePoints(world: World, item: Item): readonly Point[] {
  const nowMs = world.clock.nowMs();
  const lag = standing(world, 'lagRpo', `/${item.name}/`);
  const newestMs = nowMs - world.clock.pacedPeriod((lag?.lagRpo ?? 0) * 1000);
  return item.points.filter((point) => point.usableMs <= nowMs && point.atMs <= newestMs).toReversed();
}

/** Whether an item is still the one of its name: one whose protection was reversed or disabled is not. */
export function isCurrent(item: Item): boolean {
  return item.vault.items.get(item.name.toLowerCase()) === item;
}

function computeRpo(world: World, item: Item): void {
  if (!isCurrent(item)) return;
  const newest = usablePoints(world, item)[0];
  const nowMs = world.clock.nowMs();
  // After a failover the last value stays as it is.
  if (newest !== undefined && item.recovered === undefined) {
    item.rpoSeconds = Math.max(0, Math.round((nowMs - newest.atMs) / 1000));
    item.rpoAtMs = nowMs;
    itemChanged(world, item);
  }
  watchHealth(world, item);
  world.clock.afterPeriod(DURATIONS.rpoComputed, () => computeRpo(world, item));
}

/** Id of a recovery point. */
export function pointId(world: World, item: Item, point: Point): string {
  return `${itemId(world, item)}/recoveryPoints/${point.name}`;
}

/** A recovery point as Site Recovery answers it. */
export function pointBody(world: World, item: Item, point: Point): Readonly<Record<string, unknown>> {
  return {
    id: pointId(world, item, point),
    name: point.name,
    type: 'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems/recoveryPoints',
    properties: {
      recoveryPointTime: azureTime(point.atMs),
      recoveryPointType: point.kind,
      providerSpecificDetails: {
        instanceType: 'A2A',
        recoveryPointSyncType: point.multiVm ? 'MultiVmSyncRecoveryPoint' : 'PerVmRecoveryPoint',
        disks: null,
      },
    },
  };
}
