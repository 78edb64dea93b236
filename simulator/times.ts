/** A time as Azure writes it: seven digits of fraction. The last four come from the milliseconds, so that equal times stay equal. */
export function azureTime(atMs: number): string {
  const ticks = String(subTicks(atMs)).padStart(4, '0');
  return new Date(atMs).toISOString().replace('Z', `${ticks}Z`);
}

const TICKS_1601_TO_1970 = 116_444_736_000_000_000n;

/** A time in ticks of 100 ns since 1601, as names of events have it; it agrees with `azureTime`. */
export function windowsTicks(atMs: number): bigint {
  return BigInt(Math.floor(atMs)) * 10_000n + BigInt(subTicks(atMs)) + TICKS_1601_TO_1970;
}

function subTicks(atMs: number): number {
  return (Math.floor(atMs) * 7919) % 10_000;
}

/** How Site Recovery writes "no time" inside a task. */
export const UNSET_TASK_TIME = '0001-01-01T00:00:00';
/** How Site Recovery writes "no time" in a scenario. */
export const UNSET_SCENARIO_TIME = '1753-01-01T01:01:01Z';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * Real durations in ms, before the pace shortens them: those of Site Recovery as seen in public recordings of azure-cli and azure-powershell
 * test sessions, the others estimates within what operators see.
 */
export const DURATIONS = {
  jobPickedUp: SECOND,
  testFailoverPrerequisites: 6 * SECOND,
  testFailoverCreate: 98 * SECOND,
  testFailoverStart: 45 * SECOND,
  cleanupLow: 30 * SECOND,
  cleanupHigh: 120 * SECOND,
  backupAccepted: 0.5 * SECOND,
  backupConfigured: 92 * SECOND,
  backupStopped: 20 * SECOND,
  backupDeleted: 45 * SECOND,
  backupCancelled: 15 * SECOND,
  containersRefreshed: 30 * SECOND,
  snapshotLow: 3 * MINUTE,
  snapshotHigh: 7 * MINUTE,
  vaultTransferLow: 10 * MINUTE,
  vaultTransferHigh: 40 * MINUTE,
  planPrerequisites: 3 * SECOND,
  failoverPrerequisites: 3 * SECOND,
  failoverShutdown: 64 * SECOND,
  failoverCreate: 95 * SECOND,
  commit: 37 * SECOND,
  enablePrerequisites: 10 * SECOND,
  enableTarget: 4 * MINUTE,
  enableReplication: 6 * MINUTE,
  enableSeeding: 20 * SECOND,
  enableProvider: 10 * SECOND,
  disablePrerequisites: 3 * SECOND,
  disable: 60 * SECOND,
  jobCancel: 5 * SECOND,
  jobRestart: SECOND,
  switchStage: 2 * SECOND,
  switchEnable: 7 * MINUTE,
  initialReplication: 20 * MINUTE,
  firstPoint: 5 * MINUTE,
  startLow: 20 * SECOND,
  startHigh: 60 * SECOND,
  deallocateLow: 30 * SECOND,
  deallocateHigh: 90 * SECOND,
  restartStop: 10 * SECOND,
  stopLow: 10 * SECOND,
  stopHigh: 40 * SECOND,
  stopHard: 5 * SECOND,
  vmDeleteLow: 30 * SECOND,
  vmDeleteHigh: 60 * SECOND,
  vmCreate: 40 * SECOND,
  vmUpdate: 20 * SECOND,
  reimage: 90 * SECOND,
  diskCreate: 30 * SECOND,
  diskDelete: 5 * SECOND,
  restorePoint: 60 * SECOND,
  restorePointDelete: 10 * SECOND,
  collectionDelete: 20 * SECOND,
  networkChange: 6 * SECOND,
  groupSweep: 5 * SECOND,
  groupParts: 15 * SECOND,
  patches: 5 * MINUTE,
  restoreLow: 3 * MINUTE,
  restoreHigh: 8 * MINUTE,
  restoreInstant: 50 * SECOND,
  agentReady: 20 * SECOND,
  runCommandOverhead: 20 * SECOND,
  runCommandDelete: 5 * SECOND,
  transferLow: 20 * SECOND,
  transferHigh: 90 * SECOND,
  rpoComputed: MINUTE,
  listLag: 5 * SECOND,
  readLag: 2 * SECOND,
  operationKept: 24 * 60 * MINUTE,
  jobKept: 30 * 24 * 60 * MINUTE,
} as const;
