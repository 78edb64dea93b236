import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
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
    test_failover_state: 'string',
    allowed_operations: { list: 'string' },
    rpo: 'duration',
    latest_recovery_point_time: 'timestamp',
  },
  timeoutMs: 120_000,
  permissions: rightsOf('sr.item', 'sr.points'),
  read: async ({ azure, clock }, { target, signal }) => {
    if (!target) return failed('target_missing', 'this action needs a protected machine as its target');
    const item = await readItemNow({ azure }, target, signal);
    if (item.kind !== 'found') return failedRead(`protected machine ${target.name}`, item);
    const points = await azure.read({ kind: 'sr.points', itemId: item.value.id }, signal);
    if (points.kind !== 'found') return failedRead(`the recovery points of ${target.name}`, points);

    const rpoMs = rpoNowMs(item.value, item.dateMs ?? clock.nowMs());
    const latest = points.value[0];
    return {
      kind: 'succeeded',
      result: {
        active_location: item.value.activeLocation ?? null,
        protection_state: item.value.protectionState ?? null,
        replication_health: item.value.replicationHealth ?? null,
        test_failover_state: item.value.testFailoverState ?? 'None',
        allowed_operations: item.value.allowedOperations,
        rpo: rpoMs === undefined ? null : durationValue(rpoMs),
        latest_recovery_point_time: latest === undefined ? null : timeValue(latest.atMs),
      },
      observations: [
        {
          at: clock.nowMs(),
          what: 'Replication state',
          data: {
            item: item.value.id,
            protection_state: item.value.protectionState,
            replication_health: item.value.replicationHealth,
            allowed_operations: item.value.allowedOperations,
          },
        },
      ],
    };
  },
});
