import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { machineId } from '../arm-ids.ts';
import { hasReachedList, listed } from '../lists.ts';
import { backupHeaders } from '../operations.ts';
import { paged } from '../paging.ts';
import { param } from '../route.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';
import { CANCEL_OPERATION, postCancel } from './cancel.ts';
import { filterBackupJobs, pointWindow } from './filters.ts';
import {
  BACKUP_VERSIONS,
  BUSY,
  findVault,
  getOperation,
  ITEM_PATH,
  NO_JOB,
  SOFT_DELETED,
  STOPPED,
  VAULT_PATH,
  withItem,
  withVault,
} from './find.ts';
import { INVENTORY_ROUTES } from './inventory-routes.ts';
import { backupItemBody, backupItemId, backupNames, backupPointBody, type BackupItem, backupVaultId } from './item.ts';
import { postRestore, RESTORE_OPERATION, restoreJobBody } from './restore.ts';
import { RESTORE_BODY } from './restore-body.ts';
import { backupJobBody, startBackup, TRIGGER_OPERATION } from './job.ts';
import { deleteItem, PROTECT_BODY, PROTECT_OPERATION, putItem, UNPROTECT_OPERATION } from './protection.ts';
import { isBeingChanged, protectionJobBody } from './protection-job.ts';
import { VAULT_ROUTES } from './vault-routes.ts';

const apiVersions = BACKUP_VERSIONS;
const STATUS_PATH = '/subscriptions/{subscriptionId}/providers/Microsoft.RecoveryServices/locations/{azureRegion}/backupStatus';

const ITEMS_A_PAGE = 200;

const STATUS_BODY = z.strictObject({
  resourceType: z.enum(['VM']).optional(),
  resourceId: z.string().min(1).optional(),
  poLogicalName: z.string().optional(),
});

const TRIGGER_BODY = z.strictObject({
  properties: z.strictObject({
    objectType: z.literal('IaasVMBackupRequest'),
    recoveryPointExpiryTimeInUTC: z.iso.datetime().optional(),
  }),
});

/** The operations of Azure Backup that are served. */
export const BACKUP_ROUTES: readonly Route[] = [
  { operation: 'BackupStatus_Get', method: 'POST', path: STATUS_PATH, apiVersions, body: STATUS_BODY, handle: getStatus },
  { operation: 'ProtectedItems_Get', method: 'GET', path: ITEM_PATH, apiVersions, handle: withItem(getItem) },
  {
    operation: PROTECT_OPERATION,
    method: 'PUT',
    path: ITEM_PATH,
    apiVersions,
    body: PROTECT_BODY,
    handle: putItem,
  },
  { operation: UNPROTECT_OPERATION, method: 'DELETE', path: ITEM_PATH, apiVersions, handle: deleteItem },
  { operation: TRIGGER_OPERATION, method: 'POST', path: `${ITEM_PATH}/backup`, apiVersions, body: TRIGGER_BODY, handle: withItem(trigger) },
  { operation: 'RecoveryPoints_List', method: 'GET', path: `${ITEM_PATH}/recoveryPoints`, apiVersions, handle: withItem(listPoints) },
  {
    operation: 'RecoveryPoints_Get',
    method: 'GET',
    path: `${ITEM_PATH}/recoveryPoints/{recoveryPointId}`,
    apiVersions,
    handle: withItem(getPoint),
  },
  {
    operation: RESTORE_OPERATION,
    method: 'POST',
    path: `${ITEM_PATH}/recoveryPoints/{recoveryPointId}/restore`,
    apiVersions,
    body: RESTORE_BODY,
    handle: withItem(postRestore),
  },
  ...VAULT_ROUTES,
  ...INVENTORY_ROUTES,
  { operation: 'BackupProtectedItems_List', method: 'GET', path: `${VAULT_PATH}/backupProtectedItems`, apiVersions, handle: listItems },
  { operation: 'BackupJobs_List', method: 'GET', path: `${VAULT_PATH}/backupJobs`, apiVersions, handle: listJobs },
  { operation: 'JobDetails_Get', method: 'GET', path: `${VAULT_PATH}/backupJobs/{jobName}`, apiVersions, handle: getJob },
  {
    operation: CANCEL_OPERATION,
    method: 'POST',
    path: `${VAULT_PATH}/backupJobs/{jobName}/cancel`,
    apiVersions,
    handle: withVault(postCancel),
  },
  {
    operation: 'JobOperationResults_Get',
    method: 'GET',
    path: `${VAULT_PATH}/backupJobs/{jobName}/operationResults/{operationId}`,
    apiVersions,
    handle: getOperation('result'),
  },
  {
    operation: 'BackupOperationStatuses_Get',
    method: 'GET',
    path: `${VAULT_PATH}/backupOperations/{operationId}`,
    apiVersions,
    handle: getOperation('status'),
  },
  {
    operation: 'BackupOperationResults_Get',
    method: 'GET',
    path: `${VAULT_PATH}/backupOperationResults/{operationId}`,
    apiVersions,
    handle: getOperation('result'),
  },
  {
    operation: 'ProtectedItemOperationStatuses_Get',
    method: 'GET',
    path: `${ITEM_PATH}/operationsStatus/{operationId}`,
    apiVersions,
    handle: getOperation('status'),
  },
  {
    operation: 'ProtectedItemOperationResults_Get',
    method: 'GET',
    path: `${ITEM_PATH}/operationResults/{operationId}`,
    apiVersions,
    handle: getOperation('result'),
  },
];

/** Whether a machine is protected, and where. Of an item whose protection has ended it says no more than of any other: its GET does. */
function getStatus(world: World, call: Call): Answer {
  const { resourceId = '' } = call.body as z.infer<typeof STATUS_BODY>;
  const region = param(call, 'azureRegion').toLowerCase();
  const items = [...world.vaults.values()].flatMap((vault) => [...vault.backupItems.values()]);
  const item = items.find(
    ({ machine }) =>
      machineId(world, machine.group, machine.name).toLowerCase() === resourceId.toLowerCase() && machine.location === region,
  );
  if (item === undefined) return { status: 200, body: { protectionStatus: 'NotProtected', errorCode: 'Success', errorMessage: '' } };
  const names = backupNames(item.machine);
  return {
    status: 200,
    body: {
      protectionStatus: item.points.length === 0 ? 'Protecting' : 'Protected',
      vaultId: backupVaultId(world, item.vault).replace('/vaults/', '/Vaults/'),
      fabricName: 'Azure',
      containerName: names.container.toLowerCase(),
      protectedItemName: names.item.toLowerCase(),
      policyName: item.policy.name,
      errorCode: 'Success',
      errorMessage: '',
    },
  };
}

function getItem(world: World, _call: Call, item: BackupItem): Answer {
  return { status: 200, body: backupItemBody(world, item) };
}

function trigger(world: World, call: Call, item: BackupItem): Answer {
  const resource = backupItemId(world, item);
  if (item.running !== undefined || isBeingChanged(world, item.machine)) return refusal(resource, BUSY);
  if (item.protection === 'softDeleted') return refusal(resource, SOFT_DELETED);
  if (item.protection === 'stopped') return refusal(resource, STOPPED);
  const { properties } = call.body as z.infer<typeof TRIGGER_BODY>;
  const { job, operation } = startBackup(world, item, { call, expiry: properties.recoveryPointExpiryTimeInUTC });
  return {
    status: 202,
    headers: backupHeaders(world, operation, { resource, jobName: job.name }) ?? {},
    effect: { effect: 'started', resource, operationId: operation.id, jobId: job.name },
  };
}

function listPoints(world: World, call: Call, item: BackupItem): Answer {
  const wanted = pointWindow(call.query.get('$filter'));
  if (typeof wanted !== 'function') return wanted;
  const shown = item.points.filter(({ name, atMs }) => wanted(atMs) && hasReachedList(world, `${item.machine.key}/${name}`, atMs));
  const value = shown.map((point) => {
    const { name, hardenedMs } = point;
    const hardened = hardenedMs !== undefined && hasReachedList(world, `${item.machine.key}/${name}/hardened`, hardenedMs);
    return backupPointBody(world, item, { point, hardened });
  });
  return { status: 200, body: { value: value.toReversed() } };
}

function getPoint(world: World, call: Call, item: BackupItem): Answer {
  const point = item.points.find(({ name }) => name === param(call, 'recoveryPointId'));
  if (point === undefined) return armError(404, 'UserErrorRecoveryPointNotFound', 'The recovery point was not found.');
  return { status: 200, body: backupPointBody(world, item, { point, hardened: point.hardenedMs !== undefined }) };
}

/** The items of a vault; filtered by what kind of thing they protect, the one filter that is served. */
function listItems(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const filter = call.query.get('$filter');
  if (filter !== null && !/^backupManagementType eq 'AzureIaasVM'( and itemType eq 'VM')?$/.test(filter))
    return armError(400, 'BMSUserErrorInvalidInput', `The filter '${filter}' is not valid.`);
  const bodies = listed(world, `backup items ${vault.name}`);
  return paged(world, call, { bodies, most: ITEMS_A_PAGE });
}

function listJobs(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const found = filterBackupJobs(call.query.get('$filter'), listed(world, `backup jobs ${vault.name}`));
  return 'status' in found ? found : { status: 200, body: { value: found } };
}

function getJob(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const name = param(call, 'jobName').toLowerCase();
  const restore = vault.restoreJobs.get(name);
  const protection = vault.protectionJobs.get(name);
  if (protection !== undefined) return { status: 200, body: protectionJobBody(world, protection, 'get') };
  if (restore !== undefined) return { status: 200, body: restoreJobBody(world, restore, 'get') };
  const job = vault.backupJobs.get(name);
  if (job === undefined) return NO_JOB;
  return { status: 200, body: backupJobBody(world, job, 'get') };
}
