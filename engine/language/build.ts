import type { JsonValue } from '../json.ts';
import { buildSteps, type Building, inheritedOnFailure, inputsFrom, ms, onFailureFrom, placeAt } from './build-steps.ts';
import { parseInstantMs } from './instant.ts';
import type { HostEntry, Inventory, Objectives, OnFailure, Runbook, ScheduleDefinition, TargetSet } from './runbook.ts';
import type { HostSource, InventorySource, RunbookSource } from './schema-v1.ts';
import type { SourceText } from './source-text.ts';
import type { TreeNode } from './tree.ts';

const FINALLY_TIMEOUT_MS = 1_800_000;

/** The value of a document of kind Runbook that has no findings. */
export function buildRunbook(document: RunbookSource, root: TreeNode, source: SourceText): Runbook {
  const building: Building = { root, source };
  const onFailure = runbookOnFailure(document, building);
  return {
    name: document.metadata.name,
    title: document.metadata.title,
    owner: document.metadata.owner,
    ...(document.metadata.description === undefined ? {} : { description: document.metadata.description }),
    labels: document.metadata.labels ?? {},
    links: document.metadata.links ?? [],
    purposes: [document.purpose].flat(),
    environment: document.environment,
    timeoutMs: ms(document.timeout),
    finallyTimeoutMs: document.finally_timeout === undefined ? FINALLY_TIMEOUT_MS : ms(document.finally_timeout),
    inputs: inputsFrom(document.inputs ?? {}),
    vars: (document.vars ?? {}) as Readonly<Record<string, JsonValue>>,
    targets: targetsFrom(document, building),
    ...(document.objectives === undefined ? {} : { objectives: objectivesFrom(document.objectives) }),
    ...(document.readiness === undefined ? {} : { readiness: readinessFrom(document.readiness, building) }),
    ...gatesFrom(document),
    onFailure,
    steps: buildSteps(document.steps, ['steps'], { ...building, onFailure: inheritedOnFailure(onFailure) }),
    finally: buildSteps(document.finally ?? [], ['finally'], building),
    outputs: document.outputs ?? {},
    ...triggersFrom(document),
    notify: document.notify ?? [],
  };
}

// In a real failover a person looks at a failed step before anything else happens, unless the author decided otherwise.
function runbookOnFailure(document: RunbookSource, building: Building): OnFailure {
  if (document.on_failure !== undefined) return onFailureFrom(document.on_failure, ['on_failure'], building);
  return [document.purpose].flat().some((purpose) => purpose === 'failover' || purpose === 'failback') ? 'pause' : 'stop';
}

/** The value of a document of kind Inventory: the defaults are applied to each host, a host's own key wins. */
export function buildInventory(document: InventorySource): Inventory {
  return {
    name: document.metadata.name,
    title: document.metadata.title,
    environment: document.environment,
    hosts: document.hosts.map((host) => hostFrom({ ...document.defaults, ...host })),
  };
}

function hostFrom(host: HostSource): HostEntry {
  return { ...withoutUndefined(host), name: host.name, tags: host.tags ?? {} };
}

function targetsFrom(document: RunbookSource, building: Building): Readonly<Record<string, TargetSet>> {
  const sets = Object.entries(document.targets ?? {});
  return Object.fromEntries(sets.map(([id, set]) => [id, targetSetFrom(set, placeAt(building, ['targets', id]))]));
}

function targetSetFrom(set: NonNullable<RunbookSource['targets']>[string], at: TargetSet['at']): TargetSet {
  return {
    source: sourceOf(set),
    ...(set.where === undefined ? {} : { where: set.where }),
    max: set.max,
    onEmpty: set.on_empty ?? 'fail',
    onUnreachable: set.on_unreachable ?? 'fail',
    ...(set.sample === undefined
      ? {}
      : { sample: { ...withoutUndefined(set.sample), count: set.sample.count, weight: set.sample.weight ?? 'none' } }),
    at,
  };
}

function sourceOf(set: NonNullable<RunbookSource['targets']>[string]): TargetSet['source'] {
  if (set.inventory !== undefined) return { kind: 'inventory', name: set.inventory };
  if (set.azure !== undefined) {
    const { subscriptions, type, resource_groups: resourceGroups, locations, tags } = set.azure;
    return { kind: 'azure', subscriptions, type, tags: tags ?? {}, ...withoutUndefined({ resourceGroups, locations }) };
  }
  if (set.recovery_plan === undefined) return { kind: 'hosts', hosts: (set.hosts ?? []).map(hostFrom) };
  const { subscription, resource_group: resourceGroup, vault, name } = set.recovery_plan;
  return { kind: 'recovery_plan', subscription, resourceGroup, vault, name };
}

function objectivesFrom(objectives: NonNullable<RunbookSource['objectives']>): Objectives {
  const { rto, rpo, drill_every: drillEvery, clock } = objectives;
  return {
    ...(rto === undefined ? {} : { rtoMs: ms(rto) }),
    ...(rpo === undefined ? {} : { rpoMs: ms(rpo) }),
    ...(drillEvery === undefined ? {} : { drillEveryMs: ms(drillEvery) }),
    ...(clock?.start === undefined
      ? {}
      : { clock: { start: clock.start, ...(clock.stop === undefined ? {} : { stop: clock.stop }), count: clock.count ?? 'wall' } }),
  };
}

function readinessFrom(readiness: NonNullable<RunbookSource['readiness']>, building: Building): NonNullable<Runbook['readiness']> {
  const checks = buildSteps(readiness.checks, ['readiness', 'checks'], building);
  return { ...(readiness.every === undefined ? {} : { everyMs: ms(readiness.every) }), checks };
}

function gatesFrom(document: RunbookSource): Pick<Runbook, 'concurrency' | 'locks' | 'windows' | 'atWindowClose' | 'freeze'> {
  const { concurrency, locks, windows, at_window_close: atWindowClose, freeze } = document;
  return {
    ...(concurrency === undefined
      ? {}
      : { concurrency: { group: concurrency.group, limit: concurrency.limit ?? 1, onConflict: concurrency.on_conflict ?? 'queue' } }),
    ...withoutUndefined({ locks, windows, atWindowClose }),
    ...(freeze === 'exempt' ? { freeze } : {}),
  };
}

function triggersFrom({ triggers }: RunbookSource): Pick<Runbook, 'manual' | 'schedules' | 'webhooks'> {
  return { manual: triggers?.manual ?? true, schedules: (triggers?.schedules ?? []).map(scheduleFrom), ...webhooksFrom(triggers) };
}

function webhooksFrom(triggers: RunbookSource['triggers']): Pick<Runbook, 'webhooks'> {
  if (triggers?.webhooks === undefined) return {};
  // What is both allowed and set is set: a message cannot give it.
  const webhooks = triggers.webhooks.map(({ id, inputs = [], set = {} }) => ({
    id,
    inputs: inputs.filter((name) => !Object.hasOwn(set, name)),
    set: set as Readonly<Record<string, JsonValue>>,
  }));
  return { webhooks };
}

type ScheduleSource = NonNullable<NonNullable<RunbookSource['triggers']>['schedules']>[number];

function scheduleFrom(schedule: ScheduleSource): ScheduleDefinition {
  const { run, within, max } = schedule.missed ?? {};
  return {
    id: schedule.id,
    cron: schedule.cron,
    timezone: schedule.timezone,
    dayMatch: schedule.day_match ?? 'or',
    inputs: (schedule.inputs ?? {}) as Readonly<Record<string, JsonValue>>,
    jitterMs: schedule.jitter === undefined ? 0 : ms(schedule.jitter),
    overlap: schedule.overlap ?? 'skip',
    missed: { max: max ?? MISSED_MAX, ...withoutUndefined({ run, withinMs: within === undefined ? undefined : ms(within) }) },
    enabled: schedule.enabled ?? true,
    ...withoutUndefined({
      fromMs: schedule.from === undefined ? undefined : parseInstantMs(schedule.from),
      untilMs: schedule.until === undefined ? undefined : parseInstantMs(schedule.until),
      pauseAfterFailures: schedule.pause_after_failures,
    }),
  };
}

const MISSED_MAX = 10;

type Present<Shape> = { [Key in keyof Shape]?: Exclude<Shape[Key], undefined> };

function withoutUndefined<Shape extends object>(value: Shape): Present<Shape> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Present<Shape>;
}
