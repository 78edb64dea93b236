import { resourceNotFound } from '../arm-errors.ts';
import { networkResourceId } from '../arm-ids.ts';
import { param } from '../route.ts';
import { keyOf } from '../world.ts';
import { notThere, siteRecoveryError } from './errors.ts';
import { sites } from './item.ts';
import type { Answer, Call } from '../route.ts';
import type { Network, Vault, World } from '../world.ts';
import type { Item } from './item.ts';
import type { Plan } from './plan.ts';

/** The vault a request names, or the answer that there is none. */
export function findVault(world: World, call: Call): Vault | Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'resourceName');
  return world.vaults.get(keyOf(group, name)) ?? resourceNotFound('Microsoft.RecoveryServices/vaults', name, group);
}

/** The item a request names, or the answer that there is none. */
export function findItem(world: World, call: Call): Item | Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const name = param(call, 'replicatedProtectedItemName');
  const item = vault.items.get(name.toLowerCase());
  if (item === undefined || !isPlace(item, call)) return notThere('replication protected item', name);
  return item;
}

/** Whether the fabric and container of a request are those of an item. */
export function isPlace(item: Item, call: Call): boolean {
  const place = sites(item.replication);
  const same = (given: string | undefined, own: string): boolean => given?.toLowerCase() === own.toLowerCase();
  return same(call.params['fabricName'], place.fabric) && same(call.params['protectionContainerName'], place.container);
}

/** The plan a request names, or the answer that there is none. */
export function findPlan(world: World, call: Call): Plan | Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const name = param(call, 'recoveryPlanName');
  return vault.plans.get(name.toLowerCase()) ?? notThere('recovery plan', name);
}

/** The network a test failover asks for; it must exist and lie in the recovery region. */
export function findNetwork(
  world: World,
  wanted: { readonly type: string | undefined; readonly id: string | undefined; readonly location: string },
): Network | Answer {
  if (wanted.type !== 'VmNetworkAsInput') {
    return siteRecoveryError(400, {
      code: 'InvalidNetworkType',
      message: `The network type '${wanted.type ?? ''}' is not valid for Azure to Azure replication.`,
      causes: 'The request names no network.',
      action: 'Use VmNetworkAsInput and name a virtual network of the recovery region.',
    });
  }
  const found = [...world.networks.values()].find(
    (network) =>
      networkResourceId(world, { group: network.group, type: 'virtualNetworks', name: network.name }).toLowerCase() ===
      wanted.id?.toLowerCase(),
  );
  if (found === undefined) return notThere('virtual network', wanted.id ?? '');
  if (found.location === wanted.location) return found;
  return siteRecoveryError(400, {
    code: 'InvalidNetworkLocation',
    message: `The virtual network '${found.name}' is in ${found.location}, not in the recovery region ${wanted.location}.`,
    causes: 'The network of another region was chosen.',
    action: 'Choose a network of the recovery region.',
  });
}
