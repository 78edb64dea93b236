/** What kind of thing a target is. */
export type TargetKind = 'azure_vm' | 'arc_machine' | 'host' | 'replication_item' | 'resource';

/** How scripts reach a machine. */
export type Via = 'run-command' | 'ssh' | 'local';

/** What tells a replicated machine from another one that was protected under its name. */
export interface ReplicatedMachine {
  /** ARM ids in lower case of the machine that is copied and of the one that a failover makes: reversing the protection swaps the two. */
  readonly machines: readonly string[];
  /** The id of this protection, once Site Recovery has given one; it stays when the protection is reversed. */
  readonly lifecycleId?: string;
}

/** What is kept of a machine of a recovery plan: enough to know it again. */
export type PlannedMachine = Pick<Target, 'id' | 'lockId' | 'name' | 'replicated'>;

/** One machine or resource of a plan. Absent facts are null, as expressions see them; `credential` is a secret reference, never a value. */
export interface Target {
  readonly key: string;
  readonly name: string;
  readonly kind: TargetKind;
  readonly id: string;
  /** The lasting identity that is locked: for replication items it stays the same when protection changes direction. */
  readonly lockId: string;
  readonly os: 'linux' | 'windows' | null;
  readonly address: string | null;
  readonly via: Via | null;
  readonly port: number | null;
  readonly user: string | null;
  readonly credential: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly location: string | null;
  readonly resourceGroup: string | null;
  readonly subscription: string | null;
  readonly recoveryGroup: number | null;
  readonly powerState: string | null;
  readonly environment: string | null;
  /** The unique id of a virtual machine, which one of the same name that was made later does not have. */
  readonly uniqueId?: string;
  /** Which machine a replication item protects; names of items may be given again. */
  readonly replicated?: ReplicatedMachine;
  /** Why the machine could not be reached when the plan was made: its items fail. */
  readonly unreachable?: string;
}
