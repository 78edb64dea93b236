import { armError, refusal } from '../arm-errors.ts';
import { fateOf } from '../faults/fate.ts';
import { moveOperation, openOperation } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import type { Answer, Call } from '../route.ts';
import type { Vault, World } from '../world.ts';
import { invalidInput, NO_JOB } from './find.ts';
import { backupVaultId } from './item.ts';
import { cancelBackup, isCancellableBackup } from './job.ts';
import { resultHeaders } from './operation-urls.ts';
import { cancelRestore, isCancellableRestore } from './restore.ts';

export const CANCEL_OPERATION = 'JobCancellations_Trigger';

/** A job as a cancel sees it. */
interface Cancellable {
  readonly isCancellable: () => boolean;
  readonly move: (event: 'cancel' | 'cancelled') => void;
}

/**
 * POST cancel of a job. It is accepted in every state of the job, and its result tells later whether it has come in time:
 * https://github.com/Azure/azure-rest-api-specs/issues/5306.
 */
export function postCancel(world: World, call: Call, vault: Vault): Answer {
  const name = param(call, 'jobName').toLowerCase();
  const resource = `${backupVaultId(world, vault)}/backupJobs/${name}`;
  const job = cancellable(world, vault, name);
  if (job === undefined) return refusal(resource, NO_JOB);
  const tooLate = invalidInput('The job cannot be cancelled: it is past the phase in which it can be, or over.');
  const { failure, stuck, slow } = fateOf(world, call, CANCEL_OPERATION);
  const missed = failure === undefined ? tooLate : armError(400, failure.code, failure.message);
  let isCancelled = false;
  const result = (): Answer => (isCancelled ? { status: 204 } : missed);
  const operation = openOperation(world, world.draws.nextUuid('backup-operation'), result);
  world.clock.after(DURATIONS.backupAccepted, () => {
    if (failure !== undefined || !job.isCancellable()) {
      world.ledger.newPeriod(resource, CANCEL_OPERATION);
      return moveOperation(world, operation, 'fail');
    }
    job.move('cancel');
    if (stuck) return undefined;
    return world.clock.after(DURATIONS.backupCancelled * slow, () => {
      job.move('cancelled');
      isCancelled = true;
      moveOperation(world, operation, 'succeed');
    });
  });
  return {
    status: 202,
    headers: resultHeaders(world, operation, resource),
    effect: { effect: job.isCancellable() ? 'started' : 'none', resource, operationId: operation.id, jobId: name },
  };
}

function cancellable(world: World, vault: Vault, name: string): Cancellable | undefined {
  const backup = vault.backupJobs.get(name);
  if (backup !== undefined)
    return { isCancellable: () => isCancellableBackup(backup), move: (event) => cancelBackup(world, backup, event) };
  const restore = vault.restoreJobs.get(name);
  if (restore !== undefined)
    return { isCancellable: () => isCancellableRestore(restore), move: (event) => cancelRestore(world, restore, event) };
  return vault.protectionJobs.has(name) ? { isCancellable: () => false, move: () => undefined } : undefined;
}
