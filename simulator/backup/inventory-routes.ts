import { refusal } from '../arm-errors.ts';
import { listed } from '../lists.ts';
import { moveOperation, openOperation } from '../operations.ts';
import { paged } from '../paging.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { Vault, World } from '../world.ts';
import { containers, protectables, refreshDiscovery } from './discovery.ts';
import { kindFilter, summaryFilter } from './filters.ts';
import { BACKUP_VERSIONS, FABRIC_PATH, getOperation, NO_OBJECT, VAULT_PATH, withVault } from './find.ts';
import { backupVaultId } from './item.ts';
import { resultHeaders } from './operation-urls.ts';
import { policyBody, policyNamed } from './policy.ts';
import { SUMMARIES } from './usages.ts';

const apiVersions = BACKUP_VERSIONS;
const A_PAGE = 200;
const REFRESH_OPERATION = 'ProtectionContainers_Refresh';

/** What a vault has and what it could protect: policies, machines in reach, containers, and their numbers. */
export const INVENTORY_ROUTES: readonly Route[] = [
  {
    operation: 'BackupPolicies_List',
    method: 'GET',
    path: `${VAULT_PATH}/backupPolicies`,
    apiVersions,
    handle: withVault(listOfKind(({ name }) => `backup policies ${name}`, { needed: false })),
  },
  {
    operation: 'ProtectionPolicies_Get',
    method: 'GET',
    path: `${VAULT_PATH}/backupPolicies/{policyName}`,
    apiVersions,
    handle: withVault(getPolicy),
  },
  {
    operation: 'BackupProtectableItems_List',
    method: 'GET',
    path: `${VAULT_PATH}/backupProtectableItems`,
    apiVersions,
    handle: withVault(listOfKind(protectables, { needed: true })),
  },
  {
    operation: 'BackupProtectionContainers_List',
    method: 'GET',
    path: `${VAULT_PATH}/backupProtectionContainers`,
    apiVersions,
    handle: withVault(listOfKind(containers, { needed: true })),
  },
  {
    operation: REFRESH_OPERATION,
    method: 'POST',
    path: `${FABRIC_PATH}/refreshContainers`,
    apiVersions,
    handle: withVault(postRefresh),
  },
  {
    operation: 'ProtectionContainerRefreshOperationResults_Get',
    method: 'GET',
    path: `${FABRIC_PATH}/operationResults/{operationId}`,
    apiVersions,
    handle: getOperation('result'),
  },
  {
    operation: 'BackupUsageSummaries_List',
    method: 'GET',
    path: `${VAULT_PATH}/backupUsageSummaries`,
    apiVersions,
    handle: withVault(listSummary),
  },
];

/** A list of things that Backup manages in its several ways, of which machines are the one that exists here. */
function listOfKind(listOf: (vault: Vault) => string, filter: { readonly needed: boolean }) {
  return (world: World, call: Call, vault: Vault): Answer => {
    const wanted = kindFilter(call.query.get('$filter'), filter);
    if (typeof wanted !== 'function') return wanted;
    return paged(world, call, { bodies: listed(world, listOf(vault)).filter(wanted), most: A_PAGE });
  };
}

function getPolicy(world: World, call: Call, vault: Vault): Answer {
  const policy = policyNamed(vault, param(call, 'policyName'));
  return policy === undefined ? NO_OBJECT : { status: 200, body: policyBody(world, vault, policy) };
}

/** POST refreshContainers: Backup looks for machines, and nothing but the result tells when it has. */
function postRefresh(world: World, call: Call, vault: Vault): Answer {
  const wanted = kindFilter(call.query.get('$filter'), { needed: false });
  const fabric = `${backupVaultId(world, vault)}/backupFabrics/Azure`;
  if (param(call, 'fabricName').toLowerCase() !== 'azure') return refusal(fabric, NO_OBJECT);
  if (typeof wanted !== 'function') return refusal(fabric, wanted);
  const operation = openOperation(world, world.draws.nextUuid('backup-operation'), () => ({ status: 204 }));
  world.clock.after(DURATIONS.containersRefreshed, () => {
    refreshDiscovery(world, vault);
    moveOperation(world, operation, 'succeed');
  });
  // To look twice does no harm: each is a period of its own.
  world.ledger.newPeriod(fabric, REFRESH_OPERATION);
  const headers = resultHeaders(world, operation, fabric);
  return { status: 202, headers, effect: { effect: 'started', resource: fabric, operationId: operation.id } };
}

function listSummary(world: World, call: Call, vault: Vault): Answer {
  const kind = summaryFilter(call.query.get('$filter'), Object.keys(SUMMARIES));
  if (typeof kind !== 'string') return kind;
  return { status: 200, body: { value: SUMMARIES[kind]?.(world, vault) ?? [] } };
}
