import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { JsonObject } from '../json.ts';
import { durationValue, timeValue } from '../values.ts';
import { readAction } from './action.ts';
import { readItemNow } from './asr-item-now.ts';
import { rpoNowMs } from './asr-item-state.ts';
import { failed, failedRead } from './azure-answer.ts';

/** How a protected machine stands: health, recovery point objective now, newest recovery point, what may be done with it. */
export const asrItemGet = readAction({
  name: 'asr.item.get@1',
  summary: 'Read the replication state of a protected machine',
  effect: 'read',
  severity: 'mild',
  target: 'item',
  input: z.strictObject({}),
  result: {
    active_location: 'string',
    protection_state: 'string',
    replication_health: 'string',
    failover_health: 'string',
    test_failover_state: 'string',
    allowed_operations: { list: 'string' },
    rpo: 'duration',
    latest_recovery_point_time: 'timestamp',
    recovery_point_times: { map: 'timestamp' },
    current_scenario: 'string',
    health_errors: { list: 'string' },
    last_test_failover_time: 'timestamp',
    agent_update_required: 'bool',
    agent_expiry_time: 'timestamp',
    unprotected_disks: { list: 'string' },
    resync_disks: { list: 'string' },
    read_time: 'timestamp',
  },
  timeoutMs: 120_000,
  permissions: rightsOf('sr.item', 'sr.points'),
  read: async ({ azure, clock }, { target, signal }) => {
    if (!target) return failed('target_missing', 'this action needs a protected machine as its target');
    const item = await readItemNow({ azure }, target, signal);
    if (item.kind !== 'found') return failedRead(`protected machine ${target.name}`, item);
    const points = await azure.read({ kind: 'sr.points', itemId: item.value.id }, signal);
    if (points.kind !== 'found') return failedRead(`the recovery points of ${target.name}`, points);

    const readAtMs = item.dateMs ?? clock.nowMs();
    const rpoMs = rpoNowMs(item.value, readAtMs);
    const latest = points.value[0];
    const newest = [...Map.groupBy(points.value, ({ kind }) => kind)].map(([kind, [first]]) => [kind, timeOrNull(first?.atMs)] as const);
    return {
      kind: 'succeeded',
      result: {
        active_location: item.value.activeLocation ?? null,
        protection_state: item.value.protectionState ?? null,
        replication_health: item.value.replicationHealth ?? null,
        failover_health: item.value.failoverHealth ?? null,
        test_failover_state: item.value.testFailoverState ?? 'None',
        allowed_operations: item.value.allowedOperations,
        rpo: rpoMs === undefined ? null : durationValue(rpoMs),
        latest_recovery_point_time: timeOrNull(latest?.atMs),
        recovery_point_times: Object.fromEntries(newest),
        current_scenario: item.value.runningScenario?.name ?? 'None',
        health_errors: item.value.healthErrors,
        last_test_failover_time: timeOrNull(item.value.lastTestFailoverAtMs),
        agent_update_required: item.value.agentUpdateRequired ?? null,
        agent_expiry_time: timeOrNull(item.value.agentExpiresAtMs),
        unprotected_disks: item.value.unprotectedDisks ?? null,
        resync_disks: item.value.resyncDisks ?? null,
        read_time: timeValue(readAtMs),
      },
      observations: [
        {
          at: clock.nowMs(),
          what: 'Replication state',
          data: {
            item: item.value.id,
            protection_state: item.value.protectionState,
            replication_health: item.value.replicationHealth,
            failover_health: item.value.failoverHealth,
            allowed_operations: item.value.allowedOperations,
          },
        },
      ],
    };
  },
});

function timeOrNull(ms: number | undefined): JsonObject | null {
  return ms === undefined ? null : timeValue(ms);
}
