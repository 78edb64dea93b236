import { z } from 'zod';
import type { AzureReplicationItem } from '../azure-calls.ts';
import type { PlanPoint } from '../azure-operations.ts';
import { PLAN_READS_AT_ONCE } from '../limits.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { storedTimeMs, timeValue } from '../values.ts';
import type { ActionPorts, Failed, Unanswered } from './action.ts';
import type { PlanState } from './asr-plan-state.ts';
import { RECOVERY_POINTS, type RecoveryPointChoice, choosePoint } from './asr-recovery-point.ts';
import { failed, failedRead } from './azure-answer.ts';

/** The inputs that say which point the machines of a plan start from. */
export const POINT_INPUT = {
  recovery_point: z.enum(RECOVERY_POINTS).default('latest-processed').describe('Which recovery point each machine starts from'),
  multi_vm_sync: z.boolean().default(true).describe('Machines of one replication group start from one common point'),
} as const;

const TYPES = {
  latest: 'Latest',
  'latest-processed': 'LatestProcessed',
  'latest-application-consistent': 'LatestApplicationConsistent',
  'latest-crash-consistent': 'LatestCrashConsistent',
} as const satisfies Record<RecoveryPointChoice, PlanPoint['pointType']>;

/** The point as a request of a plan names it. */
export function planPoint(input: { readonly recovery_point: RecoveryPointChoice; readonly multi_vm_sync: boolean }): PlanPoint {
  return { pointType: TYPES[input.recovery_point], multiVmSync: input.multi_vm_sync };
}

/** Refuses a plan in which a machine has no point of the wanted kind: Azure would find it out in the middle of the failover. */
export async function missingPoint(
  ports: Pick<ActionPorts, 'azure'>,
  choice: RecoveryPointChoice,
  at: { readonly state: PlanState; readonly signal: AbortSignal },
): Promise<Failed | Unanswered | undefined> {
  if (choice === 'latest') return undefined;
  const { machines } = at.state;
  for (let start = 0; start < machines.length; start += PLAN_READS_AT_ONCE) {
    const some = machines.slice(start, start + PLAN_READS_AT_ONCE);
    const answers = await Promise.all(some.map(({ item }) => ports.azure.read({ kind: 'sr.points', itemId: item.id }, at.signal)));
    for (const [index, answer] of answers.entries()) {
      const name = some[index]?.item.friendlyName ?? '';
      if (answer.kind !== 'found') return failedRead(`the recovery points of ${name}`, answer);
      const chosen = choosePoint(choice, answer.value);
      if (chosen.kind === 'none') return failed('target', `${name} cannot be failed over: ${chosen.message}`);
    }
  }
  return undefined;
}

/**
 * Why the points that were really used do not keep the promise of a common point; undefined when they do, or when it was not asked for.
 * There is one common point in each replication group and none across groups.
 */
export function brokenGroup(state: PlanState, asked: { readonly multi_vm_sync: boolean }, used: UsedPoints): string | undefined {
  if (!asked.multi_vm_sync) return undefined;
  const groups = Map.groupBy(
    state.machines.filter(({ item }) => item.multiVmGroupName !== undefined),
    ({ item }) => item.multiVmGroupName,
  );
  for (const [group, members] of groups) {
    const names = new Set(members.map(({ item }) => item.friendlyName));
    const apartMs = spreadMs(Object.entries(used).flatMap(([name, time]) => (names.has(name) ? [time] : [])));
    // Times lose their last digits on the way: only a whole second is a difference.
    if (apartMs >= 1000) return `the machines of ${group} were started from points that lie ${apartMs / 1000} s apart`;
  }
  return undefined;
}

/** How far stored times lie apart, in milliseconds. */
export function spreadMs(times: readonly JsonValue[]): number {
  const told = times.flatMap((time) => storedTimeMs(time) ?? []);
  return told.length === 0 ? 0 : Math.max(...told) - Math.min(...told);
}

/** The recovery point of each machine by its name; machines of which nothing tells it are left out. */
export type UsedPoints = Readonly<Record<string, JsonObject>>;

/** The recovery points that machines were started from: as the job told it, else as Site Recovery keeps it with the machine. */
export async function usedPoints(
  ports: Pick<ActionPorts, 'azure'>,
  { machines }: PlanState,
  from: {
    readonly ended: JsonObject | undefined;
    readonly signal: AbortSignal;
    readonly point?: (item: AzureReplicationItem) => string | undefined;
  },
): Promise<UsedPoints> {
  const told = toldPoints(from.ended);
  const used: Record<string, JsonObject> = { ...told };
  for (const { item } of machines) {
    const name = from.point?.(item)?.split('/').at(-1)?.toLowerCase();
    if (name === undefined || used[item.friendlyName] !== undefined) continue;
    const points = await ports.azure.read({ kind: 'sr.points', itemId: item.id }, from.signal);
    // A point that is not listed any more stays unknown: then nobody may say how much was lost.
    const found = points.kind === 'found' ? points.value.find(({ id }) => id.split('/').at(-1)?.toLowerCase() === name) : undefined;
    if (found !== undefined) used[item.friendlyName] = timeValue(found.atMs);
  }
  return used;
}

function toldPoints(ended: JsonObject | undefined): UsedPoints {
  const points = ended?.['recovery_points'];
  return typeof points === 'object' && points !== null && !Array.isArray(points) ? (points as UsedPoints) : {};
}
