import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureAlert } from '../azure-resources.ts';
import type { JsonObject } from '../json.ts';
import { timeValue } from '../values.ts';
import { readAction } from './action.ts';
import { failed, failedRead } from './azure-answer.ts';

/**
 * Whether an alert of Azure Monitor fires. A rule raises another alert at each firing, so what an author knows beforehand is the rule:
 * one that has raised nothing in the last 30 days is quiet, one that is switched off cannot tell.
 */
export const azureAlertGet = readAction({
  name: 'azure.alert.get@1',
  summary: 'Read whether an alert of Azure Monitor fires, or whether a rule has one that does',
  effect: 'read',
  severity: 'mild',
  target: 'none',
  input: z.strictObject({
    alert: z.string().min(1).describe('ARM id of an alert rule (Microsoft.Insights/metricAlerts/...), or of one alert that it has raised'),
  }),
  result: { state: 'string', fired_at: 'timestamp', alert: 'string' },
  timeoutMs: 60_000,
  permissions: rightsOf('alert.get', 'alert.rule'),
  read: async ({ azure }, { input, signal }) => {
    if (/\/providers\/microsoft\.alertsmanagement\/alerts\//i.test(input.alert)) {
      const alert = await azure.read({ kind: 'alert.get', alertId: input.alert }, signal);
      return alert.kind === 'found' ? { kind: 'succeeded', result: resultOf(alert.value) } : failedRead('the alert', alert);
    }
    const rule = await azure.read({ kind: 'alert.rule', ruleId: input.alert }, signal);
    if (rule.kind !== 'found') return failedRead('the alert rule', rule);
    if (!rule.value.enabled) return failed('target', 'the alert rule is switched off: it fires for nothing');
    return { kind: 'succeeded', result: resultOf(rule.value.alert ?? { id: '', state: 'Resolved', firedAtMs: undefined }) };
  },
});

function resultOf({ id, state, firedAtMs }: AzureAlert): JsonObject {
  return { state: state ?? null, fired_at: firedAtMs === undefined ? null : timeValue(firedAtMs), alert: id };
}
