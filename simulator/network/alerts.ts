import { request } from 'node:http';
import { z } from 'zod';
import { armError, resourceNotFound } from '../arm-errors.ts';
import { networkResourceId } from '../arm-ids.ts';
import { param } from '../route.ts';
import { azureTime } from '../times.ts';
import { isGone } from '../resources/gone.ts';
import { keyOf } from '../world.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

const HOUR_MS = 3_600_000;
const ALERTS = '/subscriptions/{subscriptionId}/providers/Microsoft.AlertsManagement/alerts';
const RULE = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Insights/metricAlerts/{ruleName}';
/** So often a rule looks at what it watches; not more often than this computer can bear. */
const LOOK_PERIOD_MS = 15_000;
const LOOK_LEAST_MS = 250;
const LOOK_TIMEOUT_MS = 2000;

const QUERY = z.strictObject({
  'api-version': z.string(),
  alertRule: z.string().optional(),
  timeRange: z.enum(['1h', '1d', '7d', '30d']).optional(),
  monitorCondition: z.enum(['Fired', 'Resolved']).optional(),
});

/** Alert rules of Azure Monitor, and the alerts that they have raised. */
export const ALERT_ROUTES: readonly Route[] = [
  { operation: 'Alerts_GetById', method: 'GET', path: `${ALERTS}/{alertId}`, apiVersions: ['2019-03-01'], handle: getAlert },
  { operation: 'Alerts_GetAll', method: 'GET', path: ALERTS, apiVersions: ['2019-03-01'], handle: listAlerts },
  { operation: 'MetricAlerts_Get', method: 'GET', path: RULE, apiVersions: ['2018-03-01'], handle: getRule },
];

type Rule = World['estate']['alertRules'][number];

/** An alert: each firing of a rule is one of its own, with an id that nobody knows before. */
export interface Alert {
  readonly id: string;
  readonly name: string;
  readonly target: string;
  readonly severity: number;
  readonly firedMs: number;
  readonly resolvedMs: number | undefined;
  readonly rule: string | undefined;
}

/** What a rule has seen of late. */
export interface RuleMemory {
  readonly illSinceMs: number | undefined;
  readonly wellSinceMs: number | undefined;
  /** The alert that it keeps firing. */
  readonly firing: string | undefined;
}

/** Takes note of what a rule has seen just now: it fires when it was ill for its window, and resolves when it was well for three of them. */
export function noteLook(world: World, name: string, well: boolean): void {
  const rule = rulesOf(world).find((each) => each.name === name);
  if (rule === undefined) return;
  const nowMs = world.clock.nowMs();
  const before = world.alertRules.get(name);
  const windowMs = world.clock.pacedPeriod(rule.windowMinutes * 60_000);
  const seen = {
    illSinceMs: well ? undefined : (before?.illSinceMs ?? nowMs),
    wellSinceMs: well ? (before?.wellSinceMs ?? nowMs) : undefined,
    firing: before?.firing,
  };
  const firing = world.alerts.find(({ id }) => id === seen.firing);
  if (firing === undefined && seen.illSinceMs !== undefined && nowMs - seen.illSinceMs >= windowMs) {
    const id = world.draws.nextUuid(`alert:${name}`);
    world.alerts.push({
      id,
      name,
      target: rule.front,
      severity: rule.severity,
      firedMs: nowMs,
      resolvedMs: undefined,
      rule: ruleId(world, rule),
    });
    world.alertRules.set(name, { ...seen, firing: id });
  } else if (firing !== undefined && seen.wellSinceMs !== undefined && nowMs - seen.wellSinceMs >= 3 * windowMs) {
    world.alerts.splice(world.alerts.indexOf(firing), 1, { ...firing, resolvedMs: nowMs });
    world.alertRules.set(name, { ...seen, firing: undefined });
  } else world.alertRules.set(name, seen);
}

/** The alerts that an estate begins with: they were raised an hour ago by a rule that is gone. */
export function alertsFromEstate(world: World): void {
  const firedMs = world.clock.nowMs() - HOUR_MS;
  for (const { id, name, fired, target } of world.estate.alerts)
    world.alerts.push({ id, name, target, severity: 1, firedMs, resolvedMs: fired ? undefined : firedMs, rule: undefined });
}

/** The rules of the estate that nobody has deleted. */
function rulesOf(world: World): readonly Rule[] {
  return world.estate.alertRules.filter((rule) => !isGone(world, { type: 'Microsoft.Insights/metricAlerts', ...rule }));
}

function getAlert(world: World, call: Call): Answer {
  const alert = world.alerts.find(({ id }) => id === param(call, 'alertId').toLowerCase());
  return alert === undefined ? armError(404, 'AlertNotFound', 'The alert was not found.') : { status: 200, body: alertBody(world, alert) };
}

function listAlerts(world: World, call: Call): Answer {
  const asked = QUERY.safeParse(Object.fromEntries(call.query));
  if (!asked.success) return armError(400, 'BadRequest', `The query is not valid: ${asked.error.issues[0]?.message ?? ''}`);
  const { alertRule, monitorCondition } = asked.data;
  for (const rule of rulesOf(world)) watch(world, rule);
  const value = world.alerts
    .filter(({ rule }) => alertRule === undefined || rule?.toLowerCase() === alertRule.toLowerCase())
    .map((alert) => alertBody(world, alert))
    .filter(({ properties }) => monitorCondition === undefined || properties.essentials.monitorCondition === monitorCondition);
  return { status: 200, body: { value } };
}

function getRule(world: World, call: Call): Answer {
  const [group, name] = [param(call, 'resourceGroupName'), param(call, 'ruleName')];
  const rule = rulesOf(world).find((each) => keyOf(each.group, each.name) === keyOf(group, name));
  if (rule === undefined) return resourceNotFound('Microsoft.Insights/metricAlerts', name, group);
  watch(world, rule);
  return {
    status: 200,
    body: {
      id: ruleId(world, rule),
      name: rule.name,
      type: 'Microsoft.Insights/metricAlerts',
      location: 'global',
      tags: {},
      properties: {
        description: `GET ${rule.path} of ${rule.front} fails`,
        severity: rule.severity,
        enabled: rule.enabled,
        scopes: [profileId(world, rule.front)],
        evaluationFrequency: 'PT1M',
        windowSize: `PT${rule.windowMinutes}M`,
        autoMitigate: true,
        actions: [],
      },
    },
  };
}

function alertBody(world: World, alert: Alert) {
  const { id, name, target, severity, firedMs, resolvedMs, rule } = alert;
  return {
    id: `/subscriptions/${world.subscriptionId}/providers/Microsoft.AlertsManagement/alerts/${id}`,
    name,
    type: 'Microsoft.AlertsManagement/alerts',
    properties: {
      essentials: {
        severity: `Sev${severity}`,
        signalType: 'Metric',
        alertState: 'New',
        monitorCondition: resolvedMs === undefined ? 'Fired' : 'Resolved',
        targetResourceName: target,
        monitorService: 'Platform',
        // Azure writes the ids of rules in lower case, whatever the rule is called.
        ...(rule === undefined ? {} : { alertRule: rule.toLowerCase() }),
        startDateTime: azureTime(firedMs),
        lastModifiedDateTime: azureTime(resolvedMs ?? firedMs),
        ...(resolvedMs === undefined ? {} : { monitorConditionResolvedDateTime: azureTime(resolvedMs) }),
      },
    },
  };
}

function ruleId(world: World, { group, name }: Rule): string {
  return `/subscriptions/${world.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Insights/metricAlerts/${name}`;
}

function profileId(world: World, name: string): string {
  const group = world.estate.trafficManager.find((profile) => profile.name === name)?.group ?? '';
  return networkResourceId(world, { group, type: 'trafficManagerProfiles', name });
}

/*
 * A rule begins to watch when somebody asks for it: before that nobody could tell, and a simulator that nobody asks about alerts has no
 * work with them. What it sees comes into the world from outside, and is written into its journal.
 */
function watch(world: World, rule: Rule): void {
  if (!rule.enabled || world.watched.has(rule.name) || world.journal.replaying()) return;
  world.watched.add(rule.name);
  const { journal } = world;
  const timer = setInterval(
    () => {
      look(world, rule).then(
        (well) => {
          if (journal !== world.journal) return clearInterval(timer);
          const atMs = world.clock.settle();
          journal.input({ kind: 'look', atMs, rule: rule.name, well });
          world.clock.at(atMs, () => noteLook(world, rule.name, well));
        },
        () => undefined,
      );
    },
    Math.max(LOOK_LEAST_MS, world.clock.pacedPeriod(LOOK_PERIOD_MS)),
  );
  timer.unref();
}

async function look(world: World, rule: Rule): Promise<boolean> {
  const front = world.estate.trafficManager.find(({ name }) => name === rule.front)?.front;
  return new Promise((resolve) => {
    const sent = request({ host: front?.address, port: front?.port, path: rule.path, timeout: LOOK_TIMEOUT_MS, agent: false }, (reply) => {
      reply.resume();
      resolve((reply.statusCode ?? 500) < 500);
    });
    sent.on('error', () => resolve(false));
    sent.on('timeout', () => sent.destroy());
    sent.end();
  });
}
