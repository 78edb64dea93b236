/** Whether a machine is protected by Azure Backup. `itemId` is undefined when no vault protects it. */
export interface AzureBackupStatus {
  readonly itemId: string | undefined;
  readonly policyName: string | undefined;
}

/** A machine as its vault protects it. States are the words of Azure. */
export interface AzureBackupItem {
  readonly id: string;
  readonly vmId: string | undefined;
  /** Also `SoftDeleted`: the backup was ended and its points are kept for a while; nothing is added until a person takes it back. */
  readonly protectionState: string | undefined;
  readonly lastBackupStatus: string | undefined;
  readonly lastBackupAtMs: number | undefined;
  readonly lastRecoveryPointAtMs: number | undefined;
  readonly policyId: string | undefined;
}

/** A recovery point of a protected machine. `tiers` are the places where it can be restored from now, for example `InstantRP`. */
export interface AzureBackupPoint {
  readonly id: string;
  readonly atMs: number;
  readonly kind: string | undefined;
  readonly tiers: readonly string[];
}

/** A job of Azure Backup. Lists leave out the expiry. */
export interface AzureBackupJob {
  readonly id: string;
  /** The client request id of the request that started the job. */
  readonly clientRequestId: string | undefined;
  /** For example `Backup` or `Restore`. */
  readonly operation: string | undefined;
  /** InProgress, Completed, CompletedWithWarnings, Failed, Cancelling or Cancelled; more words may come. */
  readonly status: string;
  /** Name of the machine. */
  readonly entityName: string | undefined;
  /** Group and name of the machine as Backup writes them, for example `iaasvmcontainerv2;rg-shop;web-01`. */
  readonly containerName: string | undefined;
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** When its recovery point expires, as the job tells it: cut to minutes, or to the day. */
  readonly expiresAtMs: number | undefined;
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}
