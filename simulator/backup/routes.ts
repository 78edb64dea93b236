import { z } from 'zod';
import { armError, refusal, resourceNotFound } from '../arm-errors.ts';
import { machineId } from '../arm-ids.ts';
import { hasReachedList, listed } from '../lists.ts';
import { backupHeaders, backupStatusBody, findOperation, isOperation, operationResult } from '../operations.ts';
import { paged } from '../paging.ts';
import { param } from '../route.ts';
import type { Answer, Call, Route } from '../route.ts';
import { keyOf } from '../world.ts';
import type { Vault, World } from '../world.ts';
import { filterBackupJobs, pointWindow } from './filters.ts';
import { backupItemBody, backupItemId, backupNames, backupPointBody, type BackupItem, backupVaultId } from './item.ts';
import { postRestore, RESTORE_BODY, RESTORE_OPERATION, restoreJobBody } from './restore.ts';
import { backupJobBody, startBackup, TRIGGER_OPERATION } from './job.ts';

const apiVersions = ['2023-06-01'];
const VAULT = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.RecoveryServices/vaults/{vaultName}';
const ITEM = `${VAULT}/backupFabrics/{fabricName}/protectionContainers/{containerName}/protectedItems/{protectedItemName}`;
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
  { operation: 'ProtectedItems_Get', method: 'GET', path: ITEM, apiVersions, handle: withItem(getItem) },
  { operation: TRIGGER_OPERATION, method: 'POST', path: `${ITEM}/backup`, apiVersions, body: TRIGGER_BODY, handle: withItem(trigger) },
  { operation: 'RecoveryPoints_List', method: 'GET', path: `${ITEM}/recoveryPoints`, apiVersions, handle: withItem(listPoints) },
  {
    operation: 'RecoveryPoints_Get',
    method: 'GET',
    path: `${ITEM}/recoveryPoints/{recoveryPointId}`,
    apiVersions,
    handle: withItem(getPoint),
  },
  {
    operation: RESTORE_OPERATION,
    method: 'POST',
    path: `${ITEM}/recoveryPoints/{recoveryPointId}/restore`,
    apiVersions,
    body: RESTORE_BODY,
    handle: withItem(postRestore),
  },
  { operation: 'BackupProtectedItems_List', method: 'GET', path: `${VAULT}/backupProtectedItems`, apiVersions, handle: listItems },
  { operation: 'BackupJobs_List', method: 'GET', path: `${VAULT}/backupJobs`, apiVersions, handle: listJobs },
  { operation: 'JobDetails_Get', method: 'GET', path: `${VAULT}/backupJobs/{jobName}`, apiVersions, handle: getJob },
  {
    operation: 'ProtectedItemOperationStatuses_Get',
    method: 'GET',
    path: `${ITEM}/operationsStatus/{operationId}`,
    apiVersions,
    handle: getOperation('status'),
  },
  {
    operation: 'ProtectedItemOperationResults_Get',
    method: 'GET',
    path: `${ITEM}/operationResults/{operationId}`,
    apiVersions,
    handle: getOperation('result'),
  },
];

function findVault(world: World, call: Call): Vault | Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'vaultName');
  return world.vaults.get(keyOf(group, name)) ?? resourceNotFound('Microsoft.RecoveryServices/vaults', name, group);
}

function withItem(handle: (world: World, call: Call, item: BackupItem) => Answer): Route['handle'] {
  return (world, call) => {
    const vault = findVault(world, call);
    if ('status' in vault) return vault;
    const item = vault.backupItems.get(param(call, 'protectedItemName').toLowerCase());
    const inPlace =
      item !== undefined &&
      param(call, 'fabricName').toLowerCase() === 'azure' &&
      param(call, 'containerName').toLowerCase() === backupNames(item.machine).container.toLowerCase();
    return inPlace ? handle(world, call, item) : armError(404, 'BMSUserErrorObjectNotFound', 'Object not found');
  };
}

/** Whether a machine is protected, and where. */
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
  if (item.running !== undefined) {
    const message = 'Another backup is in progress for this item. Wait for it to complete, and then retry the operation.';
    return refusal(resource, armError(409, 'UserErrorBackupOperationInProgress', message));
  }
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
  const value = shown.map((point) => backupPointBody(world, item, point));
  return { status: 200, body: { value: value.toReversed() } };
}

function getPoint(world: World, call: Call, item: BackupItem): Answer {
  const point = item.points.find(({ name }) => name === param(call, 'recoveryPointId'));
  if (point === undefined) return armError(404, 'UserErrorRecoveryPointNotFound', 'The recovery point was not found.');
  return { status: 200, body: backupPointBody(world, item, point) };
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
  if (restore !== undefined) return { status: 200, body: restoreJobBody(world, restore, 'get') };
  const job = vault.backupJobs.get(name);
  if (job === undefined) return armError(404, 'JobNotFound', 'The job was not found.');
  return { status: 200, body: backupJobBody(world, job, 'get') };
}

function getOperation(form: 'status' | 'result'): Route['handle'] {
  return (world, call) => {
    const operation = findOperation(world, call, param(call, 'operationId'));
    if (!isOperation(operation)) return operation;
    return form === 'status' ? backupStatusBody(world, operation) : operationResult(world, operation, 60);
  };
}
