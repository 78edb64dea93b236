import type { JsonObject } from './json.ts';

/** Requests that may have an effect. One operation is one call of the official SDK and one request; ids are ARM ids as Azure wrote them. */
export type AzureOperation =
  | { readonly kind: 'vm.start'; readonly vmId: string }
  | { readonly kind: 'vm.deallocate'; readonly vmId: string }
  | { readonly kind: 'vm.restart'; readonly vmId: string }
  | { readonly kind: 'vm.delete'; readonly vmId: string }
  | VmCreate
  | VmDiskSwap
  | VmInstallPatches
  | DiskCreate
  | { readonly kind: 'disk.tag'; readonly diskId: string; readonly tags: Readonly<Record<string, string>> }
  | { readonly kind: 'disk.delete'; readonly diskId: string }
  | NicCreate
  | { readonly kind: 'nic.delete'; readonly nicId: string }
  | SecurityRulesSet
  | { readonly kind: 'trafficManager.setEndpoint'; readonly endpointId: string; readonly status: 'Enabled' | 'Disabled' }
  | RestorePointsPut
  | { readonly kind: 'restorePoint.create'; readonly pointId: string; readonly consistency: string }
  | { readonly kind: 'restorePoint.delete'; readonly pointId: string }
  | RunCommandPut
  | { readonly kind: 'runCommand.delete'; readonly vmId: string; readonly name: string }
  | BackupTrigger
  | RestoreDisks
  | { readonly kind: 'sr.testFailover'; readonly itemId: string; readonly networkId: string; readonly recoveryPointId?: string }
  | { readonly kind: 'sr.testFailoverCleanup'; readonly itemId: string; readonly comments: string }
  | PlanTestFailover
  | { readonly kind: 'sr.plan.testFailoverCleanup'; readonly planId: string; readonly comments: string }
  | PlanFailover
  | { readonly kind: 'sr.plan.commit'; readonly planId: string }
  | SwitchProtection;

/** Creates the collection of the restore points of a machine, or replaces its tags: nothing else of one can be changed. */
export interface RestorePointsPut {
  readonly kind: 'restorePoints.create';
  readonly collectionId: string;
  readonly vmId: string;
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Creates a managed run command (version 2) under the given name; `timeoutMs` is rounded up to whole seconds. */
export interface RunCommandPut {
  readonly kind: 'runCommand.put';
  readonly vmId: string;
  readonly name: string;
  readonly location: string;
  readonly script: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly protectedParameters: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Backs a protected item up now; the recovery point expires at the given time (milliseconds since 1970). */
export interface BackupTrigger {
  readonly kind: 'backup.trigger';
  readonly itemId: string;
  readonly expiresAtMs: number;
}

/** The direction of a failover, as seen from the sites that a recovery plan was made for. */
export type FailoverDirection = 'PrimaryToRecovery' | 'RecoveryToPrimary';

/** Which point each machine of a plan starts from; the words of Azure for Azure-to-Azure protection. */
export interface PlanPoint {
  readonly pointType: 'Latest' | 'LatestProcessed' | 'LatestApplicationConsistent' | 'LatestCrashConsistent';
  /** Whether the machines of one replication group start from one common point. */
  readonly multiVmSync: boolean;
}

/** Starts copies of all machines of a plan in a network. */
export interface PlanTestFailover extends PlanPoint {
  readonly kind: 'sr.plan.testFailover';
  readonly planId: string;
  readonly direction: FailoverDirection;
  readonly networkId: string;
}

/** Fails all machines of a plan over; `shutdownPrimary` shuts them down first where they are now. */
export interface PlanFailover extends PlanPoint {
  readonly kind: 'sr.plan.failover';
  readonly planId: string;
  readonly direction: FailoverDirection;
  readonly shutdownPrimary: boolean;
}

/** Reverses the protection of one machine: it commits by itself, deletes the machine at the original side and gives the item a new id. */
export interface SwitchProtection extends ReversedProtection {
  readonly kind: 'sr.switchProtection';
  readonly itemId: string;
}

/** Where a machine is protected to after its protection was reversed; all ids are ARM ids. */
export interface ReversedProtection {
  readonly containerId: string;
  readonly policyId: string;
  readonly resourceGroupId: string;
  readonly disks: readonly {
    readonly diskId: string;
    readonly stagingAccountId: string;
    readonly replicaType: string | undefined;
    readonly targetType: string | undefined;
  }[];
}

/** Makes a machine from disks and an interface that exist; refused when the name is taken. */
export interface VmCreate {
  readonly kind: 'vm.create';
  readonly vmId: string;
  readonly location: string;
  readonly size: string;
  readonly os: 'linux' | 'windows';
  readonly osDiskId: string;
  readonly dataDisks: readonly { readonly lun: number; readonly diskId: string }[];
  readonly nicId: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Puts other disks into a deallocated machine; the old ones stay. */
export interface VmDiskSwap {
  readonly kind: 'vm.swapDisks';
  readonly vmId: string;
  readonly osDiskId: string;
  /** All data disks that the machine has afterwards; undefined leaves them as they are. */
  readonly dataDisks: readonly { readonly lun: number; readonly diskId: string }[] | undefined;
}

/** Installs patches; `maximumDurationMs` is rounded up to whole minutes. */
export interface VmInstallPatches {
  readonly kind: 'vm.installPatches';
  readonly vmId: string;
  readonly os: 'linux' | 'windows';
  readonly classifications: readonly string[];
  readonly exclude: readonly string[];
  readonly reboot: 'IfRequired' | 'Never' | 'Always';
  readonly maximumDurationMs: number;
}

/** Makes a disk from the restore point of one. */
export interface DiskCreate {
  readonly kind: 'disk.create';
  readonly diskId: string;
  readonly location: string;
  readonly sourceId: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Makes a network interface without a public address. */
export interface NicCreate {
  readonly kind: 'nic.create';
  readonly nicId: string;
  readonly location: string;
  readonly subnetId: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Replaces the own rules of a security group, if nobody changed it since it was read with this etag. */
export interface SecurityRulesSet {
  readonly kind: 'nsg.setRules';
  readonly securityGroupId: string;
  readonly etag: string;
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly rules: readonly { readonly name: string; readonly properties: JsonObject }[];
}

/** Restores the disks of a recovery point into a resource group; the disks get names of Backup's own and no tags. */
export interface RestoreDisks {
  readonly kind: 'backup.restoreDisks';
  /** The protected item: the vault that answers is its own. */
  readonly itemId: string;
  readonly pointId: string;
  readonly sourceVmId: string;
  readonly targetGroupId: string;
  readonly stagingAccountId: string;
  readonly region: string;
}
