import { periodMs } from '../estate.ts';
import { listLater, listNow } from '../lists.ts';
import type { EstateVault } from '../estate.ts';
import type { Vault, World } from '../world.ts';
import { backupVaultId, type BackupPolicy } from './item.ts';

const DAY_MS = 86_400_000;
/** Policies run at this hour, UTC; an estate names none. */
const RUN_HOUR = 22;
/** Only hour and minute of it mean anything. */
const RUN_TIME = `2026-01-01T${RUN_HOUR}:00:00Z`;
/** Azure makes this policy with every vault. */
const DEFAULT_POLICY: BackupPolicy = { name: 'DefaultPolicy', keep: '30d' };

/** The policies of a vault: those of the estate, and the one that every vault has. */
export function policiesOf({ backup }: Pick<EstateVault, 'backup'>): readonly BackupPolicy[] {
  const own = backup?.policies ?? [];
  return own.some(({ name }) => name === DEFAULT_POLICY.name) ? own : [...own, DEFAULT_POLICY];
}

/** The policy of a vault that has this name, in any casing. */
export function policyNamed(vault: Pick<Vault, 'backupPolicies'>, name: string): BackupPolicy | undefined {
  return vault.backupPolicies.find((policy) => policy.name.toLowerCase() === name.toLowerCase());
}

/** How long (real ms) it is until policies run the next time. */
export function untilNextRunMs(nowMs: number): number {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS + RUN_HOUR * 3_600_000;
  return today > nowMs ? today - nowMs : today + DAY_MS - nowMs;
}

/** A policy as its GET answers it. */
export function policyBody(world: World, vault: Vault, policy: BackupPolicy): Readonly<Record<string, unknown>> {
  const items = [...vault.backupItems.values()].filter((item) => item.policy.name === policy.name && item.protection !== 'softDeleted');
  return {
    id: `${backupVaultId(world, vault)}/backupPolicies/${policy.name}`,
    name: policy.name,
    type: 'Microsoft.RecoveryServices/vaults/backupPolicies',
    properties: {
      backupManagementType: 'AzureIaasVM',
      policyType: 'V1',
      instantRPDetails: {},
      schedulePolicy: {
        schedulePolicyType: 'SimpleSchedulePolicy',
        scheduleRunFrequency: 'Daily',
        scheduleRunTimes: [RUN_TIME],
        scheduleWeeklyFrequency: 0,
      },
      retentionPolicy: {
        retentionPolicyType: 'LongTermRetentionPolicy',
        dailySchedule: {
          retentionTimes: [RUN_TIME],
          retentionDuration: { count: Math.max(1, Math.floor(periodMs(policy.keep) / DAY_MS)), durationType: 'Days' },
        },
      },
      instantRpRetentionRangeInDays: 2,
      timeZone: 'UTC',
      protectedItemsCount: items.length,
    },
  };
}

/** Puts the policies into their list as they were before the simulator started. */
export function policiesListed(world: World, vault: Vault): void {
  for (const policy of vault.backupPolicies) listNow(world, listOf(vault), policy.name, policyBody(world, vault, policy));
}

/** Tells the list that policies have more or fewer items now. */
export function policiesChanged(world: World, vault: Vault): void {
  for (const policy of vault.backupPolicies) listLater(world, listOf(vault), policy.name, policyBody(world, vault, policy));
}

function listOf(vault: Pick<Vault, 'name'>): string {
  return `backup policies ${vault.name}`;
}
