import type { FSWatcher } from 'node:fs';
import type { Lock } from './access/locks.ts';
import type { BackupItem, BackupPolicy } from './backup/item.ts';
import type { BackupJob } from './backup/job.ts';
import type { ProtectionJob } from './backup/protection-job.ts';
import type { RestoreJob } from './backup/restore.ts';
import type { SoftDelete } from './backup/soft-delete-state.ts';
import type { Clock } from './clock.ts';
import type { DiskSnapshot } from './compute/disk-snapshots.ts';
import type { MachinePower, Provisioning } from './compute/power-state.ts';
import type { RunCommand } from './compute/run-command.ts';
import type { Estate } from './estate.ts';
import type { ArmedFault } from './faults/faults.ts';
import type { Ledger } from './ledger.ts';
import type { Lists } from './lists.ts';
import type { Journal } from './journal.ts';
import type { Isolation } from './machine/isolation.ts';
import type { Manifest } from './machine/points.ts';
import type { RunningScript } from './machine/shell.ts';
import type { Service } from './machine/workload.ts';
import type { Alert, RuleMemory } from './network/alerts.ts';
import type { PeeringState } from './network/peering-state.ts';
import type { Operation } from './operations.ts';
import type { Bucket } from './throttle.ts';
import type { Options } from './options.ts';
import type { Plant } from './plants.ts';
import type { Draws } from './random.ts';
import type { ResourceGroup } from './resources/group.ts';
import type { Monitoring } from './siterecovery/events.ts';
import type { Item } from './siterecovery/item.ts';
import type { Job } from './siterecovery/job.ts';
import type { Plan } from './siterecovery/plan.ts';

/** A virtual network. */
export interface Network {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly reachable: boolean;
  /** Its address space. */
  prefixes: readonly string[];
  dns: readonly string[];
  tags: Readonly<Record<string, string>>;
  subnets: readonly Subnet[];
  /** Its sides of peerings by their name. */
  readonly peerings: Map<string, Peering>;
  provisioning: 'Succeeded' | 'Updating' | 'Deleting';
  /** Counts its changes, for the etag. */
  version: number;
}

/** A part of a virtual network, with the keys of the group that guards it and of its ways out. */
export interface Subnet {
  readonly name: string;
  readonly prefix: string;
  readonly securityGroup: string | undefined;
  readonly routeTable: string | undefined;
  readonly natGateway: string | undefined;
}

/** A route table or a NAT gateway, which has no routes. */
export interface SubnetPart {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  tags: Readonly<Record<string, string>>;
  routes: readonly { readonly name: string; readonly properties: Readonly<Record<string, unknown>> }[];
  version: number;
}

/** One side of a peering; `remote` is the key of the other network. */
export interface Peering {
  readonly name: string;
  readonly remote: string;
  readonly remotePrefixes: readonly string[];
  allowVirtualNetworkAccess: boolean;
  allowForwardedTraffic: boolean;
  allowGatewayTransit: boolean;
  state: PeeringState;
  provisioning: 'Succeeded' | 'Updating' | 'Deleting';
}

/** A network interface; `machine` is the key of the machine it belongs to, if it belongs to one. */
export interface Nic {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly network: Network;
  subnet: string;
  address: string;
  isStatic: boolean;
  /** Key of the security group of its own. */
  securityGroup: string | undefined;
  machine: string | undefined;
  tags: Readonly<Record<string, string>>;
  provisioning: 'Succeeded' | 'Deleting';
  version: number;
}

/** A virtual machine: its Azure side and the folder that is its disk. */
export interface Machine {
  readonly key: string;
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly vmId: string;
  readonly hostname: string;
  readonly role: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly size: string;
  readonly image: string;
  readonly network: Network;
  readonly nic: string;
  readonly address: string;
  /** Without files: nothing runs inside, and no agent reports. */
  readonly bare: boolean;
  /** Where its ports really are; differs from the address in an isolated network. */
  readonly realAddress: string;
  /** Names of its disks, in its own group; data disks in the order of their numbers. */
  osDisk: string;
  dataDisks: readonly string[];
  /** What becomes of disks and interface when the machine is deleted. */
  readonly deleteOption: 'Delete' | 'Detach';
  patches: PatchRun | undefined;
  readonly createdMs: number;
  readonly root: string;
  power: MachinePower;
  powerChangedMs: number;
  provisioning: Provisioning;
  agentReady: boolean;
  bootedMs: number;
  boots: number;
  watcher: FSWatcher | undefined;
  readonly services: Map<string, Service>;
  readonly scripts: Set<RunningScript>;
  readonly runCommands: Map<string, RunCommand>;
}

/** The last installation of patches on a machine. */
export interface PatchRun {
  readonly activityId: string;
  readonly startMs: number;
  endMs: number | undefined;
  status: 'InProgress' | 'Succeeded' | 'Failed';
  readonly wanted: number;
  installed: number;
}

/** An own rule of a network security group. */
export interface SecurityRule {
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>> & {
    readonly priority: number;
    readonly direction: 'Inbound' | 'Outbound';
    readonly access: 'Allow' | 'Deny';
    readonly protocol: string;
  };
}

/** A network security group with its own rules. */
export interface SecurityGroup {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  tags: Readonly<Record<string, string>>;
  rules: readonly SecurityRule[];
  /** Counts its changes, for the etag. */
  version: number;
}

/** A managed disk. Files of a machine lie on its OS disk: while it is attached the machine's folder is the truth, afterwards `files` is. */
export interface Disk {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly sizeGb: number;
  readonly os: boolean;
  readonly createOption: string;
  readonly sourceId: string | undefined;
  readonly createdMs: number;
  tags: Readonly<Record<string, string>>;
  /** Key of the machine it is attached to. */
  owner: string | undefined;
  files: Manifest | undefined;
}

/** A restore point of a machine: its disks and files at one instant. */
export interface RestorePoint {
  readonly name: string;
  readonly machine: Machine;
  readonly atMs: number;
  readonly consistency: string;
  readonly files: Manifest;
  readonly disks: readonly { readonly name: string; readonly sizeGb: number; readonly lun: number | undefined }[];
  state: 'Creating' | 'Succeeded' | 'Deleting';
}

/** A collection of the restore points of one machine. */
export interface RestorePointCollection {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly sourceId: string;
  tags: Readonly<Record<string, string>>;
  readonly points: Map<string, RestorePoint>;
  state: 'Succeeded' | 'Deleting';
}

/** A recovery vault. */
export interface Vault {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly items: Map<string, Item>;
  readonly plans: Map<string, Plan>;
  readonly jobs: Map<string, Job>;
  readonly monitoring: Monitoring;
  readonly backupItems: Map<string, BackupItem>;
  readonly backupJobs: Map<string, BackupJob>;
  readonly restoreJobs: Map<string, RestoreJob>;
  /** Jobs that change how machines are protected. */
  readonly protectionJobs: Map<string, ProtectionJob>;
  readonly backupPolicies: readonly BackupPolicy[];
  /** Keys of the machines that Backup has found in the region of the vault. */
  readonly discovered: Set<string>;
  security: VaultSecurity;
}

/** What a vault does with backups that are deleted. */
export interface VaultSecurity {
  readonly softDelete: SoftDelete;
  readonly retentionDays: number;
  readonly enhancedSecurity: 'Enabled' | 'Disabled';
}

/** A request that nobody modelled. */
export interface Unmatched {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly reason: string;
}

/** Everything there is. Keys of maps are in lower case, since Azure compares names without case. */
export interface World {
  readonly options: Options;
  readonly estate: Estate;
  readonly filesFolder: string;
  readonly stateFolder: string;
  readonly imageFolder: string;
  readonly imageFiles: readonly string[];
  readonly contentFolder: string;
  readonly contentDigests: Map<string, { readonly version: string; readonly digest: string }>;
  readonly clock: Clock;
  readonly journal: Journal;
  /** How many times the world has been continued or put back: what is drawn for an answer alone must not come twice. */
  readonly generation: number;
  readonly draws: Draws;
  readonly ledger: Ledger;
  readonly faults: ArmedFault[];
  readonly plants: Set<Plant>;
  readonly unmatched: Unmatched[];
  /** The last element that a page of a list showed, by the path of the list. */
  readonly lastElements: Map<string, unknown>;
  readonly counts: Map<string, number>;
  readonly lists: Lists;
  readonly listDue: Map<string, number>;
  /** When what a list shows was made and last changed, by list and resource. */
  readonly listTimes: Map<string, Map<string, { readonly createdMs: number; readonly changedMs: number }>>;
  /** When a GET shows what was just put, by the id of the resource in lower case. */
  readonly readDue: Map<string, number>;
  readonly subscriptionId: string;
  /** Resource groups by their name. */
  readonly resourceGroups: Map<string, ResourceGroup>;
  /** Management locks by their id in lower case. */
  readonly locks: Map<string, Lock>;
  /** Buckets of requests, by what is counted and for whom. */
  readonly buckets: Map<string, Bucket>;
  readonly machines: Map<string, Machine>;
  readonly networks: Map<string, Network>;
  readonly nics: Map<string, Nic>;
  readonly disks: Map<string, Disk>;
  readonly securityGroups: Map<string, SecurityGroup>;
  readonly routeTables: Map<string, SubnetPart>;
  readonly natGateways: Map<string, SubnetPart>;
  /** Status of Traffic Manager endpoints that differs from the estate's. */
  readonly endpoints: Map<string, 'Enabled' | 'Disabled'>;
  /** Ids, in lower case, of profiles and alert rules of the estate that have been deleted. */
  readonly gone: Set<string>;
  /** Alerts in the order in which they fired, and what the rules have seen of late, by name. */
  readonly alerts: Alert[];
  readonly alertRules: Map<string, RuleMemory>;
  /** Rules that watch by now. */
  readonly watched: Set<string>;
  readonly diskSnapshots: Map<string, DiskSnapshot>;
  /** Keys of the machines in which a script of the unmanaged kind runs. */
  readonly actionScripts: Set<string>;
  readonly collections: Map<string, RestorePointCollection>;
  readonly vaults: Map<string, Vault>;
  readonly operations: Map<string, Operation>;
  readonly isolatedAddresses: { next: number; readonly prefix: string };
  isolation: Isolation;
  /** A region that is down. */
  downRegion: string | undefined;
  /** https://host:port, known when the server listens. */
  endpoint: string;
}

/** Key of a resource of a group. */
export function keyOf(group: string, name: string): string {
  return `${group}/${name}`.toLowerCase();
}

/** Location of a resource group; throws when there is no such group. */
export function locationOf(world: Pick<World, 'resourceGroups'>, group: string): string {
  const found = world.resourceGroups.get(group.toLowerCase());
  if (found === undefined) throw new Error(`there is no resource group ${group}`);
  return found.location;
}
