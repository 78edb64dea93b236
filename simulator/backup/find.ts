import { armError, resourceNotFound } from '../arm-errors.ts';
import { backupStatusBody, findUnsignedOperation, isOperation, operationResult } from '../operations.ts';
import { param } from '../route.ts';
import { keyOf } from '../world.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { Vault, World } from '../world.ts';
import { type BackupItem, backupNames } from './item.ts';

export const BACKUP_VERSIONS = ['2023-06-01'];
export const VAULT_PATH =
  '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RecoveryServices/vaults/{vaultName}';
export const FABRIC_PATH = `${VAULT_PATH}/backupFabrics/{fabricName}`;
export const ITEM_PATH = `${FABRIC_PATH}/protectionContainers/{containerName}/protectedItems/{protectedItemName}`;

export const NO_OBJECT = armError(404, 'BMSUserErrorObjectNotFound', 'Object not found');
export const NO_JOB = armError(404, 'JobNotFound', 'The job was not found.');
/** The codes of these two are assumed: no public recording shows them. */
export const SOFT_DELETED = armError(
  400,
  'UserErrorItemInSoftDeletedState',
  'The backup item is in a soft deleted state. Undelete it, and then retry the operation.',
);
export const STOPPED = armError(
  400,
  'UserErrorProtectionStopped',
  'The protection of the backup item is stopped. Resume it, and then retry the operation.',
);
export const BUSY = armError(
  409,
  'UserErrorBackupOperationInProgress',
  'Another backup or operation is in progress for this item. Wait for it to complete, and then retry the operation.',
);

/** A request whose values fit the schema and not the world. */
export function invalidInput(message = 'Input provided for the call is invalid'): Answer {
  return armError(400, 'BMSUserErrorInvalidInput', message);
}

/** The vault that a request names, or the answer that there is none. */
export function findVault(world: World, call: Call): Vault | Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'vaultName');
  return world.vaults.get(keyOf(group, name)) ?? resourceNotFound('Microsoft.RecoveryServices/vaults', name, group);
}

/** Handles a request below a vault. */
export function withVault(handle: (world: World, call: Call, vault: Vault) => Answer): Route['handle'] {
  return (world, call) => {
    const vault = findVault(world, call);
    return 'status' in vault ? vault : handle(world, call, vault);
  };
}

/** Handles a request to a protected item; one in another place than its container is none. */
export function withItem(handle: (world: World, call: Call, item: BackupItem) => Answer): Route['handle'] {
  return withVault((world, call, vault) => {
    const item = vault.backupItems.get(param(call, 'protectedItemName').toLowerCase());
    const inPlace =
      item !== undefined &&
      param(call, 'fabricName').toLowerCase() === 'azure' &&
      param(call, 'containerName').toLowerCase() === backupNames(item.machine).container.toLowerCase();
    return inPlace ? handle(world, call, item) : NO_OBJECT;
  });
}

/** Handles a read of an operation's status or result. */
export function getOperation(form: 'status' | 'result'): Route['handle'] {
  return (world, call) => {
    const operation = findUnsignedOperation(world, call, param(call, 'operationId'));
    if (!isOperation(operation)) return operation;
    return form === 'status' ? backupStatusBody(world, operation) : operationResult(world, operation, 60);
  };
}
