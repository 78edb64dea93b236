import { standing } from '../faults/faults.ts';
import { planted } from '../plants.ts';
import { groupNamed } from '../resources/group.ts';
import { azureTime } from '../times.ts';
import type { World } from '../world.ts';
import type { Item } from './item.ts';

/** Something that Site Recovery has to say against a replicated machine. `Info` does not make it less healthy. */
export interface HealthIssue {
  readonly code: string;
  readonly level: 'Info' | 'Warning' | 'Error';
  readonly category: 'Replication' | 'TestFailover' | 'Configuration' | 'VersionExpiry';
  readonly source: string;
  readonly type: string;
  /** The matter in general, without the name of a machine. */
  readonly title: string;
  readonly message: string;
  readonly causes: string;
  readonly action: string;
}

const OLD_AGENT = '9.30.0.0';
const RPO_WARNING_MS = 30 * 60_000;
const RPO_CRITICAL_MS = 60 * 60_000;
// The field counts whole seconds, so a short scale needs room for what a second is worth there.
const RPO_WARNING_GRACE_MS = 5000;
const RPO_CRITICAL_GRACE_MS = 10_000;

/** The word of an item's replication health. */
export function replicationHealth(world: World, item: Item): 'None' | 'Normal' | 'Warning' | 'Critical' {
  if (planted(world, 'E15')) return 'Normal';
  return standing(world, 'health', `/${item.name}/`)?.health ?? rpoHealth(world, item);
}

function rpoHealth(world: World, item: Item): 'None' | 'Normal' | 'Warning' | 'Critical' {
  if (item.rpoSeconds === undefined) return 'None';
  const ageMs = item.rpoSeconds * 1000;
  if (ageMs > world.clock.pacedPeriod(RPO_CRITICAL_MS) + RPO_CRITICAL_GRACE_MS) return 'Critical';
  return ageMs > world.clock.pacedPeriod(RPO_WARNING_MS) + RPO_WARNING_GRACE_MS ? 'Warning' : 'Normal';
}

/** The version of an agent that wants an update; undefined when the agent is current. */
export function outdatedAgent(world: World, item: Item): string | undefined {
  return item.agentVersion ?? (standing(world, 'agentOutdated', `/${item.name}/`) === undefined ? undefined : OLD_AGENT);
}

/** After its protection was enabled or reversed an item wants a test failover before it calls itself healthy. */
function untested(world: World, item: Item): boolean {
  return !planted(world, 'E15') && item.fresh && item.phase === 'protected' && item.lastTestMs === undefined;
}

/** Whether a failover would succeed, as far as Site Recovery looks: what it would be made in must be there, and it should have been tested. */
export function failoverHealth(world: World, item: Item): 'Normal' | 'Warning' | 'Critical' {
  if (planted(world, 'E15')) return 'Normal';
  if (missingTarget(world, item) !== undefined) return 'Critical';
  return untested(world, item) ? 'Warning' : 'Normal';
}

/** What a failover would be made in and is no more. */
function missingTarget(world: World, item: Item): string | undefined {
  if (item.recovered !== undefined) return undefined;
  const { targetGroup, network } = item.replication.pair;
  if (groupNamed(world, targetGroup) === undefined) return `resource group '${targetGroup}'`;
  return [...world.networks.values()].some(({ name }) => name === network) ? undefined : `virtual network '${network}'`;
}

/** What is the matter with an item now. */
export function issuesOf(world: World, item: Item): readonly HealthIssue[] {
  if (planted(world, 'E15')) return [];
  const health = replicationHealth(world, item);
  const late = rpoHealth(world, item) === health;
  const missing = missingTarget(world, item);
  return [
    ...(health === 'Warning' || health === 'Critical' ? [late ? pointsMissing(health) : churning(item, health)] : []),
    ...(missing === undefined ? [] : [targetMissing(item, missing)]),
    ...(untested(world, item) ? [neverTested(item)] : []),
    ...(outdatedAgent(world, item) === undefined ? [] : [agentOutdated(item)]),
  ];
}

/** The id that events and summaries have for an item. */
export function correlationId(world: World, item: Item): string {
  return world.draws.uuid(`event:${item.guid}`);
}

/** An issue in the list of errors of an item or an event. */
export function healthErrorBody(world: World, item: Item, issue: HealthIssue): Readonly<Record<string, unknown>> {
  return {
    innerHealthErrors: [],
    errorSource: issue.source,
    errorType: issue.type,
    errorLevel: issue.level,
    errorCategory: issue.category,
    errorCode: issue.code,
    summaryMessage: '',
    errorMessage: issue.message,
    possibleCauses: issue.causes,
    recommendedAction: issue.action,
    creationTimeUtc: azureTime(item.rpoAtMs),
    recoveryProviderErrorMessage: null,
    entityId: world.draws.uuid(`entity:${item.guid}`),
    errorId: `6:${issue.type}`,
    customerResolvability: 'NotAllowed',
  };
}

const LEVELS = { Warning: 'Warning', Critical: 'Error' } as const;
const REPLICATION = { category: 'Replication', source: 'ReplicationUnitReplicationValidatorError' } as const;

// Code and sentence: Microsoft's page on troubleshooting the replication of Azure machines.
function pointsMissing(health: 'Warning' | 'Critical'): HealthIssue {
  const minutes = (health === 'Critical' ? RPO_CRITICAL_MS : RPO_WARNING_MS) / 60_000;
  return {
    ...REPLICATION,
    code: '153007',
    level: LEVELS[health],
    type: '8002',
    title: 'Recovery points are not generated.',
    message: `No crash consistent recovery point available for the VM in the last ${minutes} minutes.`,
    causes: 'The machine changes its data faster than they are transferred, or it does not reach the cache storage account.',
    action: 'Look at the data change rate and the connectivity of the machine.',
  };
}

/** Health that was ordered and that no age of the points explains. Azure's page names the event, and no number for it. */
function churning(item: Item, health: 'Warning' | 'Critical'): HealthIssue {
  return {
    ...REPLICATION,
    code: 'DataChangeRateBeyondSupportedLimits',
    level: LEVELS[health],
    type: '8003',
    title: 'Data change rate beyond supported limits.',
    message: `The data change rate of the virtual machine '${item.machine.name}' is beyond the supported limits.`,
    causes: 'A disk of the virtual machine is written to faster than it can be replicated.',
    action: 'Find what writes so much, or choose a disk with higher limits for the target.',
  };
}

const FAILOVER = { source: 'ReplicationUnitFailoverValidatorError' } as const;

/** Site Recovery validates its targets; no published page has the number of this error. */
function targetMissing(item: Item, missing: string): HealthIssue {
  return {
    ...FAILOVER,
    code: 'TargetResourceNotFound',
    level: 'Error',
    category: 'Configuration',
    type: '8011',
    title: 'A resource that a failover needs was not found.',
    message: `The ${missing}, in which a failover of the virtual machine '${item.machine.name}' would be made, was not found.`,
    causes: 'It was deleted after the protection was enabled.',
    action: 'Make it again, or choose another one in the settings of the replicated item.',
  };
}

function neverTested(item: Item): HealthIssue {
  return {
    ...FAILOVER,
    code: '161011',
    level: 'Warning',
    category: 'TestFailover',
    type: '8010',
    title: 'No successful test failover has been done.',
    message: `No successful test failover has been done on the virtual machine '${item.machine.name}'.`,
    causes: 'No successful test failover has been done on the virtual machine after it was replicated.',
    action: 'Do a test failover on the virtual machine.',
  };
}

/** A newer agent is there: Site Recovery tells it, and the machine is as healthy as before. */
function agentOutdated(item: Item): HealthIssue {
  return {
    code: 'MobilityAgentUpdateAvailable',
    level: 'Info',
    category: 'VersionExpiry',
    source: 'ReplicationUnitAgentValidatorError',
    type: '8004',
    title: 'A new version of the Site Recovery replication agent is available.',
    message: `The mobility agent of the virtual machine '${item.machine.name}' wants an update.`,
    causes: 'A newer version of the mobility agent was released.',
    action: 'Update the mobility agent.',
  };
}
