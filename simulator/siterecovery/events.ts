import { fabricObjectId, replicationJobId } from '../arm-ids.ts';
import { DURATIONS, windowsTicks } from '../times.ts';
import { fabricId } from './fabrics.ts';
import { correlationId, healthErrorBody, issuesOf } from './health.ts';
import { sites } from './item.ts';
import type { Vault, World } from '../world.ts';
import type { HealthIssue } from './health.ts';
import type { Item } from './item.ts';
import type { Job } from './job.ts';

/** Something that happened to what a vault replicates. */
export interface ReplicationEvent {
  readonly name: string;
  readonly atMs: number;
  readonly properties: EventProperties;
}

interface EventProperties {
  readonly eventCode: string;
  readonly description: string;
  readonly eventType: 'VmHealth' | 'AgentHealth' | 'JobStatus';
  readonly severity: 'OK' | 'Warning' | 'Critical';
  readonly affectedObjectFriendlyName: string;
  readonly affectedObjectCorrelationId: string;
  readonly fabricId: string | null;
  readonly providerSpecificDetails: Readonly<Record<string, unknown>>;
  readonly eventSpecificDetails: Readonly<Record<string, unknown>> | null;
  readonly healthErrors: readonly unknown[];
}

/** What a vault remembers of the health of its items: the events, oldest first, and what each item was last said to suffer from. */
export interface Monitoring {
  readonly events: ReplicationEvent[];
  readonly seen: Map<string, string>;
}

const SEVERITIES = { OK: 'OK', Info: 'Warning', Warning: 'Warning', Error: 'Critical' } as const;
const MAX_TICKS = 2n ** 63n - 1n;

/** Looks at an item and writes down what has changed since the last look. */
export function watchHealth(world: World, item: Item): void {
  const issues = issuesOf(world, item);
  const agent = issues.filter(({ category }) => category === 'VersionExpiry');
  watch(world, item, { type: 'VmHealth', issues: issues.filter((issue) => !agent.includes(issue)) });
  watch(world, item, { type: 'AgentHealth', issues: agent });
}

function watch(
  world: World,
  item: Item,
  given: { readonly type: 'VmHealth' | 'AgentHealth'; readonly issues: readonly HealthIssue[] },
): void {
  const { type, issues } = given;
  const { seen } = item.vault.monitoring;
  const key = `${type} ${item.guid}`;
  const now = issues.map(({ code, level }) => `${code} ${level}`).join();
  if (now === (seen.get(key) ?? '')) return;
  seen.set(key, now);
  const worst = (['Error', 'Warning', 'Info'] as const).find((level) => issues.some((issue) => issue.level === level)) ?? 'OK';
  const severity = SEVERITIES[worst];
  note(world, item.vault, {
    kind: 'VmMonitoringEvent',
    properties: {
      eventCode: 'SRSVMHealthChanged',
      description: description(type, severity),
      eventType: type,
      severity,
      ...affected(world, item),
      eventSpecificDetails: null,
      healthErrors: issues.map((issue) => healthErrorBody(world, item, issue)),
    },
  });
}

function description(type: 'VmHealth' | 'AgentHealth', severity: string): string {
  if (type === 'AgentHealth')
    return severity === 'OK' ? 'The mobility agent is up to date.' : 'A newer version of the mobility agent is there.';
  return severity === 'OK' ? 'Virtual machine health is OK' : `Virtual machine health is in ${severity} state.`;
}

/** A job that failed, or ended with something to be looked at, is an event; one that ended well is none. */
export function noteJobEnd(world: World, job: Job): void {
  if (job.state !== 'Failed' && job.state !== 'CompletedWithInformation') return;
  const { vault, target } = job;
  const item = [...vault.items.values()].find(({ guid }) => guid === target.id);
  const word = job.state === 'Failed' ? 'Failed' : 'Completed with information';
  note(world, vault, {
    kind: 'JobStatusMonitoringEvent',
    properties: {
      eventCode: world.draws.uuid('event-code:job'),
      description: `${job.friendlyName} - ${word}`,
      eventType: 'JobStatus',
      severity: job.state === 'Failed' ? 'Critical' : 'Warning',
      ...(item === undefined ? affectedTarget(world, vault, target) : affected(world, item)),
      eventSpecificDetails: {
        instanceType: 'JobStatus',
        jobId: replicationJobId(world, vault, job.id),
        jobFriendlyName: job.friendlyName,
        jobStatus: job.state,
        affectedObjectType: target.type === 'RecoveryPlan' ? 'RecoveryPlan' : 'Vm',
      },
      healthErrors: job.errors.map(({ code, message, level }) => ({
        errorCode: code,
        errorLevel: level ?? 'Error',
        errorMessage: message,
        possibleCauses: 'See the message.',
        recommendedAction: 'Resolve the issue and retry the operation.',
      })),
    },
  });
}

type Affected = Pick<
  EventProperties,
  'affectedObjectFriendlyName' | 'affectedObjectCorrelationId' | 'fabricId' | 'providerSpecificDetails'
>;

function affected(world: World, item: Item): Affected {
  const { vault, machine, replication } = item;
  const { fabric, recoveryFabric } = sites(replication);
  return {
    affectedObjectFriendlyName: machine.name,
    affectedObjectCorrelationId: correlationId(world, item),
    fabricId: fabricId(world, { vault, name: fabric }),
    providerSpecificDetails: {
      instanceType: 'A2A',
      protectedItemName: item.name,
      fabricObjectId: fabricObjectId(world, machine.group, machine.name),
      fabricName: fabric,
      fabricLocation: replication.pair.from,
      remoteFabricName: recoveryFabric,
      remoteFabricLocation: replication.pair.to,
    },
  };
}

/** A plan, or a machine that is protected no more. */
function affectedTarget(world: World, vault: Vault, target: Job['target']): Affected {
  const plan = [...vault.plans.values()].find(({ guid }) => guid === target.id);
  return {
    affectedObjectFriendlyName: target.name,
    affectedObjectCorrelationId: target.id,
    fabricId: plan === undefined ? null : fabricId(world, { vault, name: plan.sites.fabric }),
    providerSpecificDetails: { instanceType: 'A2A' },
  };
}

/** Names run backwards in time: whoever sorts by them has the newest event first. Events are kept as long as jobs. */
function note(
  world: World,
  vault: Vault,
  given: { readonly kind: 'VmMonitoringEvent' | 'JobStatusMonitoringEvent'; readonly properties: EventProperties },
): void {
  const atMs = world.clock.nowMs();
  const { events } = vault.monitoring;
  const oldestMs = atMs - world.clock.pacedPeriod(DURATIONS.jobKept);
  const kept = events.filter((event) => event.atMs >= oldestMs);
  events.splice(0, events.length, ...kept);
  const name = `${given.kind};${MAX_TICKS - windowsTicks(atMs)}_${world.draws.nextUuid('replication-event')}`;
  events.push({ name, atMs, properties: given.properties });
}
