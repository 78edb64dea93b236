import type { AzureAlert, AzureAlertRule } from '../../engine/azure-resources.ts';
import { armIdPart, sameArmId } from '../../engine/ids.ts';
import { getResource, listResources, memberOf, textAt } from './arm.ts';
import type { Clients } from './clients.ts';

/** Reads an alert. */
export async function getAlert(clients: Clients, alertId: string, abortSignal: AbortSignal): Promise<AzureAlert> {
  return alertOf(await getResource(clients, alertId, abortSignal), alertId);
}

/**
 * Reads an alert rule and what it has raised. Each firing is an alert of its own, whose id nobody knows before, and Azure keeps alerts for
 * 30 days (Alerts - Get All). A rule with several targets fires while one of its alerts does.
 */
export async function getAlertRule(clients: Clients, ruleId: string, abortSignal: AbortSignal): Promise<AzureAlertRule> {
  const rule = await getResource(clients, ruleId, abortSignal);
  const subscription = encodeURIComponent(armIdPart(ruleId, 'subscriptions') ?? '');
  const query = `api-version=2019-03-01&alertRule=${encodeURIComponent(ruleId)}&timeRange=30d`;
  const path = `/subscriptions/${subscription}/providers/Microsoft.AlertsManagement/alerts?${query}`;
  const raised = (await listResources(clients, path, abortSignal))
    .filter((entry) => sameArmId(textAt(entry, 'properties', 'essentials', 'alertRule') ?? '', ruleId))
    .map((entry) => alertOf(entry, ''))
    .toSorted((left, right) => (right.firedAtMs ?? 0) - (left.firedAtMs ?? 0));
  return {
    id: textAt(rule, 'id') ?? ruleId,
    enabled: memberOf(rule, 'properties', 'enabled') !== false,
    alert: raised.find(({ state }) => state?.toLowerCase() === 'fired') ?? raised[0],
  };
}

function alertOf(alert: unknown, asked: string): AzureAlert {
  const essentials = memberOf(alert, 'properties', 'essentials');
  const atMs = Date.parse(textAt(essentials, 'startDateTime') ?? '');
  return {
    id: textAt(alert, 'id') ?? asked,
    state: textAt(essentials, 'monitorCondition'),
    firedAtMs: Number.isNaN(atMs) ? undefined : atMs,
  };
}
