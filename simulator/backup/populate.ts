import { periodMs } from '../estate.ts';
import { captureFiles } from '../machine/points.ts';
import type { EstateBackup } from '../estate.ts';
import type { Machine, Vault, World } from '../world.ts';
import { backupItemListed, backupNames, type BackupItem, newBackupItem } from './item.ts';

const DAY_MS = 86_400_000;
/** The last nightly backup of a machine was this long ago when the simulator starts. */
const NEWEST_LOW_MS = 0.7 * DAY_MS;
const NEWEST_HIGH_MS = 0.95 * DAY_MS;

/** Protects machines of the estate in a vault, with a history of daily recovery points. Throws when the estate names a policy or machine that it does not have. */
export function populateBackup(world: World, vault: Vault, given: EstateBackup): void {
  const { machines, except, policy: name, history } = given.items;
  const policy = given.policies.find((each) => each.name === name);
  if (policy === undefined) throw new Error(`${vault.name} has no backup policy ${name}`);
  const known = new Map([...world.machines.values()].map((machine) => [machine.name, machine]));
  const chosen = machines === 'all' ? [...known.keys()] : machines;
  for (const each of chosen) {
    const machine = known.get(each);
    if (machine === undefined) throw new Error(`the estate has no machine ${each}`);
    if (except.includes(each)) continue;
    const item = itemOf(world, { vault, machine, policy }, Math.floor(periodMs(history) / DAY_MS));
    vault.backupItems.set(backupNames(machine).item.toLowerCase(), item);
    backupItemListed(world, item);
  }
}

function itemOf(world: World, given: Pick<BackupItem, 'vault' | 'policy'> & { readonly machine: Machine }, days: number): BackupItem {
  const newestMs = world.clock.nowMs() - world.draws.between(`backup:${given.machine.key}`, NEWEST_LOW_MS, NEWEST_HIGH_MS);
  const files = given.machine.bare ? undefined : captureFiles(world, given.machine.root);
  const points = Array.from({ length: days }, (_, index) => {
    const atMs = Math.floor(newestMs - (days - 1 - index) * DAY_MS);
    return { name: pointName(atMs), atMs, files, hardenedMs: atMs };
  });
  return newBackupItem({ ...given, points });
}

/** Points are named by a long number. */
export function pointName(atMs: number): string {
  return String(Math.floor(atMs) * 10 + 7);
}
