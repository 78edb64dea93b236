import { z } from 'zod';
import { refusal } from '../arm-errors.ts';
import { listed } from '../lists.ts';
import { param } from '../route.ts';
import { follow } from '../transition.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { Vault, World } from '../world.ts';
import { BACKUP_VERSIONS, findVault, invalidInput, VAULT_PATH, withVault } from './find.ts';
import { backupVaultId } from './item.ts';
import { SOFT_DELETE } from './soft-delete-state.ts';
import { backupUsages, replicationUsages } from './usages.ts';
import { vaultBody, vaultChanged, VAULTS } from './vault.ts';

const apiVersions = ['2026-07-01'];
const PROVIDER = 'providers/Microsoft.RecoveryServices/vaults';
const CONFIG_PATH = `${VAULT_PATH}/backupconfig/vaultconfig`;
const CONFIG_OPERATION = 'BackupResourceVaultConfigs_Update';
const RETENTION_DAYS = { min: 14, max: 180 } as const;

const CONFIG_BODY = z.strictObject({
  properties: z.strictObject({
    softDeleteFeatureState: z.enum(['Enabled', 'Disabled', 'AlwaysON']).optional(),
    enhancedSecurityState: z.enum(['Enabled', 'Disabled']).optional(),
    softDeleteRetentionPeriodInDays: z.int().min(RETENTION_DAYS.min).max(RETENTION_DAYS.max).optional(),
  }),
});

/** Vaults, what is in them by number, and how they guard what is deleted. */
export const VAULT_ROUTES: readonly Route[] = [
  { operation: 'Vaults_Get', method: 'GET', path: VAULT_PATH, apiVersions, handle: withVault(getVault) },
  {
    operation: 'Vaults_ListByResourceGroup',
    method: 'GET',
    path: `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/${PROVIDER}`,
    apiVersions,
    handle: listGroup,
  },
  {
    operation: 'Vaults_ListBySubscriptionId',
    method: 'GET',
    path: `/subscriptions/{subscriptionId}/${PROVIDER}`,
    apiVersions,
    handle: (world) => ({ status: 200, body: { value: listed(world, VAULTS) } }),
  },
  { operation: 'Usages_ListByVaults', method: 'GET', path: `${VAULT_PATH}/usages`, apiVersions, handle: withVault(listUsages) },
  {
    operation: 'ReplicationUsages_List',
    method: 'GET',
    path: `${VAULT_PATH}/replicationUsages`,
    apiVersions,
    handle: withVault(listReplicationUsages),
  },
  {
    operation: 'BackupResourceVaultConfigs_Get',
    method: 'GET',
    path: CONFIG_PATH,
    apiVersions: BACKUP_VERSIONS,
    handle: withVault((world, _call, vault) => ({ status: 200, body: configBody(world, vault) })),
  },
  {
    operation: CONFIG_OPERATION,
    method: 'PATCH',
    path: CONFIG_PATH,
    apiVersions: BACKUP_VERSIONS,
    body: CONFIG_BODY,
    handle: patchConfig,
  },
];

function getVault(world: World, _call: Call, vault: Vault): Answer {
  return { status: 200, body: vaultBody(world, vault) };
}

function listGroup(world: World, call: Call): Answer {
  const group = `/resourcegroups/${param(call, 'resourceGroupName').toLowerCase()}/`;
  const value = listed(world, VAULTS).filter((body) => (body as { readonly id: string }).id.toLowerCase().includes(group));
  return { status: 200, body: { value } };
}

function listUsages(world: World, _call: Call, vault: Vault): Answer {
  return { status: 200, body: { value: backupUsages(world, vault) } };
}

function listReplicationUsages(world: World, _call: Call, vault: Vault): Answer {
  return { status: 200, body: { value: [replicationUsages(world, vault)] } };
}

/** How a vault guards its backups. Where they lie can be changed until the first machine is protected. */
function configBody(world: World, vault: Vault): Readonly<Record<string, unknown>> {
  const { softDelete, retentionDays, enhancedSecurity } = vault.security;
  return {
    id: `${backupVaultId(world, vault)}/backupconfig/vaultconfig`,
    name: 'vaultconfig',
    type: 'Microsoft.RecoveryServices/vaults/backupconfig',
    properties: {
      storageModelType: 'GeoRedundant',
      storageType: 'GeoRedundant',
      storageTypeState: vault.backupItems.size === 0 ? 'Unlocked' : 'Locked',
      enhancedSecurityState: enhancedSecurity,
      softDeleteFeatureState: softDelete,
      softDeleteRetentionPeriodInDays: retentionDays,
      isSoftDeleteFeatureStateEditable: softDelete !== 'AlwaysON',
    },
  };
}

function patchConfig(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const resource = `${backupVaultId(world, vault)}/backupconfig/vaultconfig`;
  const { properties } = call.body as z.infer<typeof CONFIG_BODY>;
  const { security } = vault;
  const softDelete = follow(SOFT_DELETE, security.softDelete, properties.softDeleteFeatureState ?? security.softDelete);
  if (softDelete === undefined) return refusal(resource, invalidInput('Soft delete of this vault is always on and cannot be changed.'));
  vault.security = {
    softDelete,
    retentionDays: properties.softDeleteRetentionPeriodInDays ?? security.retentionDays,
    enhancedSecurity: properties.enhancedSecurityState ?? security.enhancedSecurity,
  };
  vaultChanged(world, vault);
  world.ledger.newPeriod(resource, CONFIG_OPERATION);
  return { status: 200, body: configBody(world, vault), effect: { effect: 'replaced', resource } };
}
