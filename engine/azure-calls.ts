import type { AzureBackupItem, AzureBackupJob, AzureBackupPoint, AzureBackupStatus } from './azure-backup.ts';
import type { AzureDisk, AzurePatchRun, AzureRestorePoint, AzureVmDisk } from './azure-compute.ts';
import type { GrantedRights } from './azure-rights.ts';
import type { AzureAlert, AzureAlertRule, AzureResource, AzureTrafficProfile, ResourceFilter } from './azure-resources.ts';
import type { JsonObject } from './json.ts';
import type { AzureOperation, ReversedProtection } from './azure-operations.ts';

/** How accepted work can be looked at again. A Site Recovery job id is a full ARM id. */
export interface AzureHandle {
  readonly opUrl?: string;
  readonly jobId?: string;
}

/** What Azure said about itself in an answer; kept as evidence. `dateMs` is Azure's own clock. */
export interface AzureReceipt {
  readonly status: number;
  readonly requestId?: string;
  readonly correlationId?: string;
  readonly dateMs?: number;
}

/** Why a request was refused without an effect. `conflict` means that other work is under way, or that the state does not allow it. */
export type AzureRefusal = 'denied' | 'locked' | 'missing' | 'invalid' | 'exists' | 'conflict';

/** The one request's answer, sorted by what it proves about an effect. */
export type AzureSubmitAnswer =
  | { readonly kind: 'accepted'; readonly handle: AzureHandle; readonly retryAfterMs: number; readonly receipt: AzureReceipt }
  | { readonly kind: 'completed'; readonly receipt: AzureReceipt }
  | { readonly kind: 'not_sent'; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'throttled'; readonly message: string; readonly retryAfterMs: number; readonly receipt: AzureReceipt }
  | {
      readonly kind: 'refused';
      readonly reason: AzureRefusal;
      readonly code: string;
      readonly message: string;
      readonly receipt: AzureReceipt;
    }
  | { readonly kind: 'ambiguous'; readonly message: string; readonly receipt?: AzureReceipt };

/** One look at an operation URL. `gone`, `denied` and `no_information` say nothing about the operation: look at the job or the target. */
export type AzurePollAnswer =
  | { readonly kind: 'running'; readonly retryAfterMs: number; readonly percent?: number }
  /** An operation of Backup has succeeded when its job exists: `jobName` is the job to follow. */
  | { readonly kind: 'succeeded'; readonly jobName?: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'no_information'; readonly retryAfterMs: number }
  | { readonly kind: 'unanswered'; readonly message: string; readonly retryAfterMs: number };

/** The answer to a read. `unanswered` may be asked again after the given time; the others are final for this moment. */
export type AzureReadAnswer<Value> =
  | { readonly kind: 'found'; readonly value: Value; readonly dateMs?: number }
  | { readonly kind: 'missing'; readonly message: string }
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'unanswered'; readonly message: string; readonly retryAfterMs: number };

/** A virtual machine. `powerState` is the word behind `PowerState/`, undefined while Azure does not say it. */
export interface AzureVm {
  readonly id: string;
  /** The unique id that a machine of the same name created later does not share. */
  readonly vmId: string | undefined;
  readonly name: string;
  readonly location: string;
  readonly os: 'linux' | 'windows' | undefined;
  readonly powerState: string | undefined;
  readonly provisioningState: string | undefined;
  /** Display status of the guest agent, for example `Ready`. */
  readonly agentStatus: string | undefined;
  readonly size: string | undefined;
  readonly zone: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Network interfaces, the primary one first. */
  readonly nicIds: readonly string[];
  /** Managed disks, the OS disk first. */
  readonly disks: readonly AzureVmDisk[];
  readonly patches: AzurePatchRun | undefined;
}

/** A network interface. `privateAddress` is that of its primary address configuration. */
export interface AzureNic {
  readonly id: string;
  readonly privateAddress: string | undefined;
  readonly subnetId: string | undefined;
  readonly hasPublicAddress: boolean;
}

/** A managed run command with its instance view. `executionState` decides; the provisioning state may lag behind. */
export interface AzureRunCommand {
  readonly name: string;
  /** Unknown, Pending, Running, Succeeded, Failed, TimedOut or Canceled. */
  readonly executionState: string | undefined;
  readonly exitCode: number | undefined;
  /** At most the last 4096 bytes. */
  readonly output: string;
  /** At most the last 4096 bytes. */
  readonly error: string;
  readonly executionMessage: string | undefined;
  /** Undefined before it has started. */
  readonly startedAtMs: number | undefined;
}

/** Work that Site Recovery says it is doing for an item or a plan. */
export interface AzureScenario {
  readonly name: string;
  readonly jobId: string | undefined;
}

/** A replicated item of Azure-to-Azure protection. */
export interface AzureReplicationItem {
  readonly id: string;
  readonly name: string;
  /** Name of the protected machine. */
  readonly friendlyName: string;
  readonly activeLocation: string | undefined;
  readonly protectionState: string | undefined;
  readonly replicationHealth: string | undefined;
  readonly testFailoverState: string | undefined;
  readonly allowedOperations: readonly string[];
  /** Undefined when nothing is under way. */
  readonly runningScenario: AzureScenario | undefined;
  readonly rpoMs: number | undefined;
  readonly rpoCalculatedAtMs: number | undefined;
  readonly sourceVmId: string | undefined;
  readonly testVmId: string | undefined;
  readonly testVmName: string | undefined;
  /** The machine that a failover has made, once there is one. */
  readonly recoveryVmId: string | undefined;
  /** The container that the item moves to when its protection is reversed. */
  readonly recoveryContainerId: string | undefined;
  readonly recoveryResourceGroupId: string | undefined;
  readonly primaryRegion: string | undefined;
  readonly recoveryRegion: string | undefined;
  readonly os: 'linux' | 'windows' | undefined;
  readonly multiVmGroupName: string | undefined;
  /** Stays while the machine is protected, also when the protection is reversed; undefined before the first copy is complete. */
  readonly lifecycleId: string | undefined;
  /** The machine that a failover will make, by the settings of the item. */
  readonly plannedRecoveryVmId: string | undefined;
  /** The recovery point that the last failover used. */
  readonly failoverPointId: string | undefined;
  /** Whether Site Recovery believes that a failover would succeed: Normal, Warning or Critical. */
  readonly failoverHealth: string | undefined;
  /** Codes of what Site Recovery finds wrong. */
  readonly healthErrors: readonly string[];
  readonly lastTestFailoverAtMs: number | undefined;
  /** Undefined: Azure does not tell. */
  readonly agentUpdateRequired: boolean | undefined;
  readonly agentExpiresAtMs: number | undefined;
  /** Names of disks that are not copied, and of those that must be copied anew; undefined: Azure does not tell. */
  readonly unprotectedDisks: readonly string[] | undefined;
  readonly resyncDisks: readonly string[] | undefined;
}

/** A replicated item as far as a list of its vault tells who it is. */
export type ListedReplicationItem = Pick<AzureReplicationItem, 'id' | 'name' | 'friendlyName'>;

/** A recovery point of an item. `kind` is the word of Azure, for example `CrashConsistent`. */
export interface AzureRecoveryPoint {
  readonly id: string;
  readonly kind: string;
  readonly atMs: number;
}

/** A recovery plan. Groups stand in the order in which Azure works on them; items are ARM ids. */
export interface AzureRecoveryPlan {
  readonly id: string;
  readonly name: string;
  readonly allowedOperations: readonly string[];
  readonly runningScenario: AzureScenario | undefined;
  readonly lastTestFailoverAtMs: number | undefined;
  readonly lastFailoverAtMs: number | undefined;
  /** The fabric of the site that the plan calls primary: it stays when protection changes direction, and its items then live elsewhere. */
  readonly primaryFabricId: string | undefined;
  readonly groups: readonly AzurePlanGroup[];
}

interface AzurePlanGroup {
  readonly type: string;
  readonly itemIds: readonly string[];
}

/** A Site Recovery job. Lists leave out activity id, errors and details; a fresh job has neither scenario nor target yet. */
export interface AzureJob {
  readonly id: string;
  /** The client request id of the request that started the job; undefined in lists. */
  readonly clientRequestId: string | undefined;
  readonly scenario: string | undefined;
  /** NotStarted, InProgress, Succeeded, Failed, Cancelled, Suspended or Other; more words may come. */
  readonly state: string;
  /** Name of the machine or plan it works on. */
  readonly targetName: string | undefined;
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** The recovery point that each machine was started from; empty while Azure does not tell it. */
  readonly recoveryPoints: readonly AzureUsedPoint[];
  readonly errors: readonly AzureFault[];
}

/** A machine with the time of the recovery point that it was started from. */
export interface AzureUsedPoint {
  readonly machine: string;
  readonly atMs: number;
}

/** One fault of a job: the innermost code and texts that Azure gave. */
export interface AzureFault {
  readonly code: string;
  readonly message: string;
}

/** A virtual network as far as it decides whether machines in it can reach anything else. */
export interface AzureNetwork {
  readonly id: string;
  readonly location: string;
  readonly addressPrefixes: readonly string[];
  readonly dnsServers: readonly string[];
  readonly peerings: readonly { readonly name: string; readonly state: string; readonly remoteId: string | undefined }[];
  readonly subnets: readonly AzureSubnet[];
}

export interface AzureSubnet {
  readonly name: string;
  readonly securityGroupId: string | undefined;
  readonly routeTableId: string | undefined;
  readonly natGatewayId: string | undefined;
}

/** A network security group: its own rules, without Azure's default ones. */
export interface AzureSecurityGroup {
  readonly id: string;
  readonly location: string;
  readonly etag: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** The rules as Azure writes them, without what only Azure may set. */
  readonly written: readonly { readonly name: string; readonly properties: JsonObject }[];
  readonly rules: readonly {
    readonly name: string;
    readonly direction: string;
    readonly access: string;
    readonly priority: number;
    readonly sources: readonly string[];
  }[];
}

/** A route table. `nextHopType` is for example `VirtualAppliance` or `None`. */
export interface AzureRouteTable {
  readonly id: string;
  readonly routes: readonly { readonly name: string; readonly prefix: string; readonly nextHopType: string }[];
}

/** A lock of Azure. `level` is Azure's word: `CanNotDelete` or `ReadOnly`. */
export interface AzureLock {
  readonly name: string;
  readonly level: string;
  readonly notes: string | undefined;
}

/** What can be read: the question and its value, by kind. Lists are complete: all pages, without doubles. */
export interface AzureReads {
  'vm.get': { readonly asks: { readonly vmId: string }; readonly value: AzureVm };
  'disk.get': { readonly asks: { readonly diskId: string }; readonly value: AzureDisk };
  'disk.list': { readonly asks: { readonly groupId: string }; readonly value: readonly AzureDisk[] };
  'restorePoint.get': { readonly asks: { readonly pointId: string }; readonly value: AzureRestorePoint };
  /** That the collection exists, and its tags; not what is in it. */
  'restorePoints.get': {
    readonly asks: { readonly collectionId: string };
    readonly value: { readonly id: string; readonly tags: Readonly<Record<string, string>> };
  };
  'nic.get': { readonly asks: { readonly nicId: string }; readonly value: AzureNic };
  'runCommand.get': { readonly asks: { readonly vmId: string; readonly name: string }; readonly value: AzureRunCommand };
  /** The names of the run commands of a machine; what they do is only told one by one. */
  'runCommand.list': { readonly asks: { readonly vmId: string }; readonly value: readonly string[] };
  'sr.item': { readonly asks: { readonly itemId: string }; readonly value: AzureReplicationItem };
  /** The protected items of a vault, as far as a list tells who they are. */
  'sr.items': { readonly asks: { readonly vaultId: string }; readonly value: readonly ListedReplicationItem[] };
  /** What a request to reverse the protection of an item must name; `invalid` when the vault or the settings lack something. */
  'sr.reversed': { readonly asks: { readonly itemId: string }; readonly value: ReversedProtection };
  'sr.points': { readonly asks: { readonly itemId: string }; readonly value: readonly AzureRecoveryPoint[] };
  'sr.plan': { readonly asks: { readonly planId: string }; readonly value: AzureRecoveryPlan };
  'sr.job': { readonly asks: { readonly jobId: string }; readonly value: AzureJob };
  'sr.jobs': { readonly asks: { readonly vaultId: string; readonly sinceMs: number }; readonly value: readonly AzureJob[] };
  'vm.list': { readonly asks: { readonly subscription: string }; readonly value: readonly AzureVm[] };
  'backup.status': { readonly asks: { readonly vmId: string; readonly location: string }; readonly value: AzureBackupStatus };
  'backup.item': { readonly asks: { readonly itemId: string }; readonly value: AzureBackupItem };
  'backup.points': { readonly asks: { readonly itemId: string; readonly sinceMs: number }; readonly value: readonly AzureBackupPoint[] };
  /** A recovery point with the staging account that restoring it in the region uses; `invalid` when the settings name none. */
  'backup.source': {
    readonly asks: { readonly pointId: string; readonly region: string };
    readonly value: { readonly tiers: readonly string[]; readonly atMs: number; readonly stagingAccountId: string };
  };
  'backup.restores': { readonly asks: { readonly vaultId: string; readonly sinceMs: number }; readonly value: readonly AzureBackupJob[] };
  'backup.job': { readonly asks: { readonly jobId: string }; readonly value: AzureBackupJob };
  'backup.jobs': { readonly asks: { readonly vaultId: string; readonly sinceMs: number }; readonly value: readonly AzureBackupJob[] };
  'net.network': { readonly asks: { readonly networkId: string }; readonly value: AzureNetwork };
  'net.securityGroup': { readonly asks: { readonly securityGroupId: string }; readonly value: AzureSecurityGroup };
  'trafficManager.profile': { readonly asks: { readonly profileId: string }; readonly value: AzureTrafficProfile };
  'resource.get': { readonly asks: { readonly id: string; readonly apiVersion: string | undefined }; readonly value: AzureResource };
  'resource.list': { readonly asks: ResourceFilter; readonly value: readonly AzureResource[] };
  'alert.get': { readonly asks: { readonly alertId: string }; readonly value: AzureAlert };
  'alert.rule': { readonly asks: { readonly ruleId: string }; readonly value: AzureAlertRule };
  /** What the identity that asks may do at a scope: a vault, a resource group or a subscription. */
  'auth.permissions': { readonly asks: { readonly scope: string }; readonly value: readonly GrantedRights[] };
  'auth.locks': { readonly asks: { readonly scope: string }; readonly value: readonly AzureLock[] };
  'net.routeTable': { readonly asks: { readonly routeTableId: string }; readonly value: AzureRouteTable };
}

export type AzureReadKind = keyof AzureReads;

/** A question of the given kind. */
export type AzureQuery<Kind extends AzureReadKind = AzureReadKind> = {
  readonly [K in Kind]: { readonly kind: K } & AzureReads[K]['asks'];
}[Kind];

/** What calls are for, the most urgent first. When little of a limit of Azure is left, looks at what is under way wait for the others. */
export type AzureNeed = 'send' | 'reconcile' | 'severe' | 'poll';

/** Limits of Azure that are used up, as one process knows them; names tell identity, subscription and bucket. Only hints leave and enter it. */
export interface AzureLimits {
  /** Calls back when an answer of Azure says that a bucket is empty for `forMs` milliseconds. */
  readonly onClosed: (tell: (bucket: string, forMs: number) => void) => void;
  /** Takes over what another process was told; names of other identities are ignored. */
  readonly hear: (bucket: string, forMs: number) => void;
}

/** Azure as named calls. Expected answers, refusals and lost connections are values; only broken invariants throw. */
export interface Azure {
  /** Sends the operation once, without retries and redirects; `requestId` (a UUID) is the client request id that Azure keeps with its work. */
  readonly submit: (operation: AzureOperation, requestId: string, signal: AbortSignal) => Promise<AzureSubmitAnswer>;
  /** Looks once at the operation URL of accepted work. */
  readonly poll: (handle: AzureHandle, signal: AbortSignal) => Promise<AzurePollAnswer>;
  readonly read: <Kind extends AzureReadKind>(
    query: AzureQuery<Kind>,
    signal: AbortSignal,
  ) => Promise<AzureReadAnswer<AzureReads[Kind]['value']>>;
  /** The same calls for another need than `poll`; absent where nothing is rationed. */
  readonly for?: (need: AzureNeed) => Azure;
}
