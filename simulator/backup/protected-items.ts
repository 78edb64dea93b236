import { advance } from '../transition.ts';
import type { World } from '../world.ts';
import { registrationChanged } from './discovery.ts';
import { backupItemChanged, backupNames, type BackupItem } from './item.ts';
import { startPolicyBackup } from './job.ts';
import { policiesChanged, untilNextRunMs } from './policy.ts';
import { isBeingChanged } from './protection-job.ts';
import { PROTECTION } from './protection-state.ts';

const DAY_MS = 86_400_000;

/** An item that is new or different now: its vault has it, and the lists learn of it. */
export function keepItem(world: World, item: BackupItem): void {
  item.vault.backupItems.set(backupNames(item.machine).item.toLowerCase(), item);
  tell(world, item);
}

/** An item that is no more: its points are gone, and its machine may be protected anew. */
export function dropItem(world: World, item: BackupItem): void {
  item.protection = advance(PROTECTION, item.protection, 'remove');
  item.points.splice(0);
  item.vault.backupItems.delete(backupNames(item.machine).item.toLowerCase());
  tell(world, item);
}

/** A deleted item stays for as long as its vault says, with its points, and nothing can be done with it but to take it back. */
export function holdDeleted(world: World, item: BackupItem): void {
  item.protection = advance(PROTECTION, item.protection, 'softDelete');
  const deletedMs = world.clock.nowMs();
  item.deletedMs = deletedMs;
  keepItem(world, item);
  world.clock.afterPeriod(item.vault.security.retentionDays * DAY_MS, () => {
    if (item.protection === 'softDeleted' && item.deletedMs === deletedMs) dropItem(world, item);
  });
}

function tell(world: World, item: BackupItem): void {
  backupItemChanged(world, item);
  registrationChanged(world, item);
  policiesChanged(world, item.vault);
}

/** Backs an item up whenever its policy says so, from the next time on, for as long as it is protected. */
export function runPolicy(world: World, item: BackupItem): void {
  const run = (): void => {
    if (item.protection === 'gone') return;
    const wanted = item.protection === 'pending' || item.protection === 'protected';
    if (wanted && item.running === undefined && !isBeingChanged(world, item.machine)) startPolicyBackup(world, item);
    world.clock.afterPeriod(DAY_MS, run);
  };
  world.clock.afterPeriod(untilNextRunMs(world.clock.nowMs()), run);
}
