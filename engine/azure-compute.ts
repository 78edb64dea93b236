/** A disk of a machine; `lun` is undefined for the OS disk. */
export interface AzureVmDisk {
  readonly id: string;
  readonly name: string;
  readonly lun: number | undefined;
}

/** The last installation of patches on a machine. */
export interface AzurePatchRun {
  readonly activityId: string | undefined;
  /** InProgress, Succeeded, CompletedWithWarnings, Failed or Unknown. */
  readonly status: string;
  readonly startedAtMs: number | undefined;
  readonly installed: number;
  readonly failed: number;
  readonly pending: number;
}

/** A managed disk. `ownerId` is the machine that it is attached to. */
export interface AzureDisk {
  readonly id: string;
  readonly name: string;
  readonly provisioningState: string | undefined;
  readonly sizeGb: number | undefined;
  readonly isOs: boolean;
  readonly ownerId: string | undefined;
  readonly createdAtMs: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** A restore point of a machine with the points of its disks. */
export interface AzureRestorePoint {
  readonly id: string;
  readonly provisioningState: string | undefined;
  readonly createdAtMs: number | undefined;
  readonly consistency: string | undefined;
  readonly disks: readonly {
    /** The disk that it was taken from. */
    readonly diskId: string;
    readonly name: string;
    readonly lun: number | undefined;
    /** What a new disk is made from. */
    readonly sourceId: string;
  }[];
}
