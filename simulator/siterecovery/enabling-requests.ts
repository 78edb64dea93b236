import { z } from 'zod';
import { refusal } from '../arm-errors.ts';
import { fabricObjectId, groupId } from '../arm-ids.ts';
import { param } from '../route.ts';
import { follow } from '../transition.ts';
import { runEnabling } from './enabling.ts';
import { areAllDisks, invalid, managedDisks } from './given-disks.ts';
import { notThere } from './errors.ts';
import { take } from './failover.ts';
import { findNetwork, findVault } from './find.ts';
import { NOTHING_HAPPENED, itemId, sites } from './item.ts';
import { ITEM } from './item-state.ts';
import { enableTasks } from './job-trees.ts';
import { ENABLE_OPERATION } from './removal.ts';
import { forbidden, itemOrder, itemResult, submit } from './submission.ts';
import { switchDetails } from './switch.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, Vault, World } from '../world.ts';
import type { Item, Replication } from './item.ts';
import type { Again } from './job.ts';

/** Body of the protection of a machine. */
export const ENABLE_BODY = z.strictObject({
  properties: z.strictObject({
    policyId: z.string(),
    protectableItemId: z.string().optional(),
    providerSpecificDetails: z.strictObject({
      instanceType: z.literal('A2A'),
      fabricObjectId: z.string(),
      recoveryContainerId: z.string(),
      recoveryResourceGroupId: z.string(),
      recoveryAzureNetworkId: z.string().optional(),
      recoverySubnetName: z.string().optional(),
      vmManagedDisks: managedDisks.min(1),
    }),
  }),
});

type Wanted = z.infer<typeof ENABLE_BODY>['properties'];

/** PUT of an item: the protection of a machine is enabled. A machine that is protected, or a name that is taken, is refused. */
export function putItem(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const here = replicationFrom(world, call, vault);
  if (here === undefined) return notThere('protection container', param(call, 'protectionContainerName'));
  const wanted = (call.body as z.infer<typeof ENABLE_BODY>).properties;
  const name = param(call, 'replicatedProtectedItemName');
  const { fabricObjectId: id } = wanted.providerSpecificDetails;
  const machine = [...world.machines.values()].find(
    (each) => fabricObjectId(world, each.group, each.name).toLowerCase() === id.toLowerCase(),
  );
  if (machine === undefined) return refusal(call.path, notThere('virtual machine', id));
  if (vault.items.has(name.toLowerCase()) || isProtected(world, machine))
    return refusal(call.path, forbidden('EnableProtection', machine.name));
  const replication = replicationTo(world, { wanted, here, machine });
  if ('status' in replication) return refusal(call.path, replication);

  const item = freshItem(world, { vault, name, machine, replication });
  const refused = (): Answer | undefined =>
    follow(ITEM, item.phase, 'enable') === undefined ? forbidden('EnableProtection', machine.name) : undefined;
  const work: Again['work'] = (open) => {
    const tasks = enableTasks();
    const names = { scenarioName: 'EnableDr', friendlyName: 'Enable replication' };
    const job = open({ ...itemOrder(item), ...names, tasks, custom: switchDetails({ item, next: undefined }, 'AsrJobDetails') });
    vault.items.set(name.toLowerCase(), item);
    take(world, item, { event: 'enable', name: 'EnableDr', job });
    runEnabling(world, job, { item, tasks });
    return job;
  };
  const resource = itemId(world, item);
  return submit(world, call, { resource, operation: ENABLE_OPERATION, result: itemResult(world, item), refused, work });
}

/** How a vault replicates from the container that a request names: as its estate says, or the other way round. */
function replicationFrom(world: World, call: Call, vault: Vault): Replication | undefined {
  const forth = world.estate.vaults.find(({ name }) => name === vault.name)?.replication;
  if (forth === undefined) return undefined;
  const { from, to, cache, network } = forth.pair;
  const home = [...world.networks.values()].find((each) => each.location === from && each.reachable);
  const back = { ...forth, pair: { from: to, to: from, cache, network: home?.name ?? network, targetGroup: home?.group ?? '' } };
  return [forth, back].find((each) => {
    const { fabric, container } = sites(each);
    const named = [param(call, 'fabricName'), param(call, 'protectionContainerName')];
    return named.join('/').toLowerCase() === `${fabric}/${container}`.toLowerCase();
  });
}

/** Whether a machine is replicated by any vault, or was made by a failover that is not reversed. */
function isProtected(world: World, machine: Machine): boolean {
  return [...world.vaults.values()].some(({ items }) =>
    [...items.values()].some((item) => item.machine === machine || item.recovered?.machine === machine),
  );
}

/** How a machine is to be replicated, or what is wrong with how it was asked for. */
function replicationTo(
  world: World,
  given: { readonly wanted: Wanted; readonly here: Replication; readonly machine: Machine },
): Replication | Answer {
  const { wanted, here, machine } = given;
  const { pair, policy } = here;
  const details = wanted.providerSpecificDetails;
  if (machine.location !== pair.from) return invalid('location of the virtual machine');
  if (!wanted.policyId.toLowerCase().endsWith(`/replicationpolicies/${policy.name}`.toLowerCase())) return invalid('policy');
  const { recoveryContainer } = sites(here);
  if (!details.recoveryContainerId.toLowerCase().endsWith(`/replicationprotectioncontainers/${recoveryContainer}`.toLowerCase()))
    return invalid('recovery container');
  const group = [...world.resourceGroups.values()].find(
    ({ name }) => groupId(world, name).toLowerCase() === details.recoveryResourceGroupId.toLowerCase(),
  );
  if (group === undefined) return notThere('resource group', details.recoveryResourceGroupId);
  if (!areAllDisks(world, machine, details.vmManagedDisks)) return invalid('list of disks');
  const id = details.recoveryAzureNetworkId;
  const network = id === undefined ? undefined : findNetwork(world, { type: 'VmNetworkAsInput', id, location: pair.to });
  if (network !== undefined && 'status' in network) return network;
  const cache = details.vmManagedDisks[0]?.primaryStagingAzureStorageAccountId.split('/').at(-1) ?? pair.cache;
  return { ...here, pair: { ...pair, cache, network: network?.name ?? pair.network, targetGroup: group.name } };
}

/** An item as it is before its protection begins. */
function freshItem(
  world: World,
  given: { readonly vault: Vault; readonly name: string; readonly machine: Machine; readonly replication: Replication },
): Item {
  return {
    ...given,
    guid: world.draws.nextUuid(`item:${given.name}`),
    multiVmGroup: '',
    agentVersion: undefined,
    points: [],
    phase: 'unprotected',
    ...NOTHING_HAPPENED,
    fresh: true,
  };
}
