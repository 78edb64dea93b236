import { azureTime } from '../times.ts';
import type { Machine, Vault, World } from '../world.ts';
import { backupNames, backupVaultId } from './item.ts';
import type { BackupJobState } from './job-state.ts';

/** What every job of Backup tells of itself. */
export interface ToldJob {
  readonly name: string;
  readonly vault: Pick<Vault, 'group' | 'name'>;
  readonly machine: Pick<Machine, 'group' | 'name'>;
  readonly operation: string;
  readonly activityId: string;
  readonly startMs: number;
  readonly endMs: number | undefined;
  readonly state: BackupJobState;
  readonly error: { readonly code: string; readonly message: string } | undefined;
  /** Whether a person or program asked for it, and not the policy. */
  readonly userTriggered: boolean;
  /** Whether it says that it can be cancelled while it runs. It says so longer than it is true. */
  readonly cancellable: boolean;
}

/** A job as GET answers it, or, without `extendedInfo`, as a list does. */
export function jobBody(
  world: World,
  job: ToldJob,
  extendedInfo: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  const { state, error, endMs } = job;
  return {
    id: `${backupVaultId(world, job.vault)}/backupJobs/${job.name}`,
    name: job.name,
    type: 'Microsoft.RecoveryServices/vaults/backupJobs',
    properties: {
      jobType: 'AzureIaaSVMJob',
      ...(state === 'InProgress' && job.cancellable ? { actionsInfo: [1] } : {}),
      containerName: backupNames(job.machine).container.slice('IaasVMContainer;'.length),
      isUserTriggered: job.userTriggered,
      duration: durationText((endMs ?? world.clock.nowMs()) - job.startMs),
      virtualMachineVersion: 'Compute',
      ...(error === undefined ? {} : { errorDetails: [{ errorCode: 1, errorTitle: error.code, errorString: error.message }] }),
      ...(extendedInfo === undefined ? {} : { extendedInfo }),
      entityFriendlyName: job.machine.name,
      backupManagementType: 'AzureIaasVM',
      operation: job.operation,
      status: state,
      startTime: azureTime(job.startMs),
      ...(endMs === undefined ? {} : { endTime: azureTime(endMs) }),
      activityId: job.activityId,
    },
  };
}

function durationText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return `PT${minutes === 0 ? '' : `${minutes}M`}${((ms % 60_000) / 1000).toFixed(7)}S`;
}
