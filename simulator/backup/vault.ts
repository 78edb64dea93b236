import { recoveryVaultId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import { keyOf } from '../world.ts';
import type { Vault, World } from '../world.ts';
import { discoveryListed } from './discovery.ts';
import { policiesListed } from './policy.ts';

export const VAULTS = 'vaults';

/** Puts a vault, and what its own lists show, into the lists as they were before the simulator started. */
export function vaultListed(world: World, vault: Vault): void {
  listNow(world, VAULTS, keyOf(vault.group, vault.name), vaultBody(world, vault));
  policiesListed(world, vault);
  discoveryListed(world, vault);
}

/** Tells the list that a vault is different now. */
export function vaultChanged(world: World, vault: Vault): void {
  listLater(world, VAULTS, keyOf(vault.group, vault.name), vaultBody(world, vault));
}

/** Takes a vault out of the world, at once. */
export function dropVault(world: World, vault: Vault): void {
  world.vaults.delete(keyOf(vault.group, vault.name));
  listLater(world, VAULTS, keyOf(vault.group, vault.name), undefined);
}

/** A vault as its GET answers it. */
export function vaultBody(world: World, vault: Vault): Readonly<Record<string, unknown>> {
  const { softDelete, retentionDays, enhancedSecurity } = vault.security;
  return {
    id: recoveryVaultId(world, vault),
    name: vault.name,
    type: 'Microsoft.RecoveryServices/vaults',
    location: vault.location,
    etag: `W/"${world.draws.hex(`vault:${vault.name}:${softDelete}:${retentionDays}:${enhancedSecurity}`, 16)}"`,
    sku: { name: 'RS0', tier: 'Standard' },
    properties: {
      provisioningState: 'Succeeded',
      privateEndpointStateForBackup: 'None',
      privateEndpointStateForSiteRecovery: 'None',
      publicNetworkAccess: 'Enabled',
      redundancySettings: { standardTierStorageRedundancy: 'GeoRedundant', crossRegionRestore: 'Disabled' },
      securitySettings: {
        softDeleteSettings: {
          softDeleteState: softDelete,
          softDeleteRetentionPeriodInDays: retentionDays,
          enhancedSecurityState: enhancedSecurity,
        },
      },
    },
  };
}
