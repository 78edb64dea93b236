import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { timeValue } from '../values.ts';
import { readAction } from './action.ts';
import { failedRead } from './azure-answer.ts';

/** What a recovery plan allows and does at the moment. */
export const asrPlanGet = readAction({
  name: 'asr.plan.get@1',
  summary: 'Read a recovery plan of Site Recovery',
  effect: 'read',
  severity: 'mild',
  target: 'none',
  input: z.strictObject({ plan: z.string().min(1).describe('ARM id of the recovery plan') }),
  result: {
    plan: 'string',
    allowed_operations: { list: 'string' },
    current_scenario: 'string',
    last_test_failover_time: 'timestamp',
    last_failover_time: 'timestamp',
  },
  timeoutMs: 120_000,
  permissions: rightsOf('sr.plan', 'sr.item'),
  read: async ({ azure }, { input, signal }) => {
    const plan = await azure.read({ kind: 'sr.plan', planId: input.plan }, signal);
    if (plan.kind !== 'found') return failedRead('the recovery plan', plan);
    const { allowedOperations, runningScenario, lastTestFailoverAtMs, lastFailoverAtMs } = plan.value;
    return {
      kind: 'succeeded',
      result: {
        plan: plan.value.id,
        allowed_operations: allowedOperations,
        current_scenario: runningScenario?.name ?? 'None',
        last_test_failover_time: lastTestFailoverAtMs === undefined ? null : timeValue(lastTestFailoverAtMs),
        last_failover_time: lastFailoverAtMs === undefined ? null : timeValue(lastFailoverAtMs),
      },
    };
  },
});
