import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { timeValue } from '../values.ts';
import { readAction } from './action.ts';
import { failedRead } from './azure-answer.ts';

/** Whether an alert of Azure Monitor still fires. */
export const azureAlertGet = readAction({
  name: 'azure.alert.get@1',
  summary: 'Read whether an alert of Azure Monitor fires',
  effect: 'read',
  severity: 'mild',
  target: 'none',
  input: z.strictObject({ alert: z.string().min(1).describe('ARM id of the alert') }),
  result: { state: 'string', fired_at: 'timestamp' },
  timeoutMs: 60_000,
  permissions: rightsOf('alert.get'),
  read: async ({ azure }, { input, signal }) => {
    const alert = await azure.read({ kind: 'alert.get', alertId: input.alert }, signal);
    if (alert.kind !== 'found') return failedRead('the alert', alert);
    const { state, firedAtMs } = alert.value;
    return { kind: 'succeeded', result: { state: state ?? null, fired_at: firedAtMs === undefined ? null : timeValue(firedAtMs) } };
  },
});
