import type { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { isReadable, listed, readLater } from '../lists.ts';
import { moveOperation } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { advance } from '../transition.ts';
import { keyOf } from '../world.ts';
import { keyOfCall, missing, ofGroup } from './find.ts';
import { inProgress, openNetworkOperation } from './follow.ts';
import { networkId, nicId } from './ids.ts';
import { planNetwork } from './network-plan.ts';
import { networkBody, networkChanged, networkGone, peeringChanged } from './network-view.ts';
import { PEERING } from './peering-state.ts';
import { rewire } from './rewire.ts';
import { securityGroupChanged } from './security-group-view.ts';
import { partsChanged } from './subnet-part-view.ts';
import type { Answer, Call } from '../route.ts';
import type { Network, World } from '../world.ts';
import type { NETWORK_BODY, NetworkPlan } from './network-plan.ts';
import type { TAGS_BODY } from './security-groups.ts';

const TYPE = 'virtualNetworks';
const CREATE = 'VirtualNetworks_CreateOrUpdate';

/** GET of a virtual network. */
export function getNetwork(world: World, call: Call): Answer {
  const network = world.networks.get(keyOfCall(call));
  if (network === undefined || !isReadable(world, networkId(world, network))) return missing(call, TYPE);
  return { status: 200, body: networkBody(world, network) };
}

/** GET of the virtual networks of a resource group or of the subscription. */
export function listNetworks(world: World, call: Call): Answer {
  return { status: 200, body: { value: ofGroup(listed(world, TYPE), call) } };
}

/** PUT of a virtual network. What is made here is isolated: nobody outside of this world reaches what is in it. */
export function putNetwork(world: World, call: Call): Answer {
  const named = { group: param(call, 'resourceGroupName'), name: param(call, 'name') };
  const known = world.networks.get(keyOfCall(call));
  const resource = networkId(world, known ?? named);
  const body = call.body as z.infer<typeof NETWORK_BODY>;
  const location = body.location.toLowerCase().replaceAll(' ', '');
  if (known !== undefined && known.location !== location)
    return refusal(
      resource,
      armError(
        409,
        'InvalidResourceLocation',
        `The resource '${known.name}' already exists in location '${known.location}' in resource group '${known.group}'. A resource with the same name cannot be created in location '${location}'.`,
      ),
    );
  if (known !== undefined && known.provisioning !== 'Succeeded') return refusal(resource, inProgress(resource));
  const plan = planNetwork(world, { ...named, location, known, body });
  if ('status' in plan) return refusal(resource, plan);
  if (known !== undefined && same(known, plan))
    return { status: 200, body: networkBody(world, known), effect: { effect: 'none', resource } };

  const network: Network = known ?? {
    ...named,
    location,
    reachable: false,
    ...plan,
    peerings: new Map(),
    provisioning: 'Updating',
    version: 0,
  };
  const touched = [...network.subnets, ...plan.subnets];
  const guards = new Set(touched.map(({ securityGroup }) => securityGroup));
  Object.assign(network, { ...plan, provisioning: 'Updating', version: network.version + 1 });
  if (known === undefined) {
    world.networks.set(keyOfCall(call), network);
    readLater(world, resource);
  } else world.ledger.newPeriod(resource, CREATE);
  networkChanged(world, network);
  for (const guard of guards) securityGroupChanged(world, guard);
  partsChanged(world, touched);
  rewire(world);
  const { operation, headers } = openNetworkOperation(world, location, () => ({ status: 200, body: networkBody(world, network) }));
  world.clock.after(DURATIONS.networkChange, () => {
    network.provisioning = 'Succeeded';
    networkChanged(world, network);
    moveOperation(world, operation, 'succeed');
  });
  return {
    status: known === undefined ? 201 : 200,
    headers,
    body: networkBody(world, network),
    effect: { effect: known === undefined ? 'started' : 'replaced', resource, operationId: operation.id },
  };
}

function same(network: Network, plan: NetworkPlan): boolean {
  const told = ({ prefixes, dns, tags, subnets }: NetworkPlan): string => JSON.stringify([prefixes, dns, tags, subnets]);
  return told(network) === told(plan);
}

/** PATCH of the tags of a virtual network. */
export function patchNetwork(world: World, call: Call): Answer {
  const network = world.networks.get(keyOfCall(call));
  if (network === undefined) return missing(call, TYPE);
  const resource = networkId(world, network);
  if (network.provisioning === 'Deleting') return refusal(resource, inProgress(resource));
  network.tags = (call.body as z.infer<typeof TAGS_BODY>).tags;
  network.version += 1;
  networkChanged(world, network);
  world.ledger.newPeriod(resource, 'VirtualNetworks_UpdateTags');
  return { status: 200, body: networkBody(world, network), effect: { effect: 'started', resource } };
}

/** DELETE of a virtual network without interfaces. Its peerings do not hold it: the other sides lose theirs. */
export function removeNetwork(world: World, call: Call): Answer {
  const network = world.networks.get(keyOfCall(call));
  if (network === undefined) return { status: 204, effect: { effect: 'none', resource: call.path } };
  const resource = networkId(world, network);
  if (network.provisioning !== 'Succeeded') return refusal(resource, inProgress(resource));
  const inUse = networkInUse(world, network);
  if (inUse !== undefined) return refusal(resource, armError(400, inUse.code, inUse.message));
  network.provisioning = 'Deleting';
  networkChanged(world, network);
  const { operation, headers } = openNetworkOperation(world, network.location, () => ({ status: 204 }));
  world.clock.after(DURATIONS.networkChange, () => {
    operation.error = networkInUse(world, network);
    if (operation.error === undefined) {
      if (world.networks.get(keyOfCall(call)) === network) dropNetwork(world, network);
      return moveOperation(world, operation, 'succeed');
    }
    network.provisioning = 'Succeeded';
    networkChanged(world, network);
    world.ledger.newPeriod(resource, 'VirtualNetworks_Delete');
    return moveOperation(world, operation, 'fail');
  });
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** Why a virtual network cannot be deleted. */
export function networkInUse(world: World, network: Network): { readonly code: string; readonly message: string } | undefined {
  const user = [...world.nics.values()].find((nic) => nic.network === network);
  if (user === undefined) return undefined;
  const by = `${nicId(world, user)}/ipConfigurations/ipconfig1`;
  return {
    code: 'InUseSubnetCannotBeDeleted',
    message: `Subnet ${user.subnet} is in use by ${by} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet.`,
  };
}

/** Takes a virtual network out of the world, at once. */
export function dropNetwork(world: World, network: Network): void {
  const key = keyOf(network.group, network.name);
  world.networks.delete(key);
  networkGone(world, network);
  for (const other of world.networks.values()) loseSide(world, other, key);
  for (const { securityGroup } of network.subnets) securityGroupChanged(world, securityGroup);
  partsChanged(world, network.subnets);
  rewire(world);
  world.ledger.newLife(networkId(world, network));
}

/** A network learns that the other side of its peering does not exist any more. */
export function loseSide(world: World, network: Network, lost: string): void {
  const side = [...network.peerings.values()].find(({ remote, state }) => remote === lost && state === 'Connected');
  if (side === undefined) return;
  side.state = advance(PEERING, side.state, 'lose');
  peeringChanged(world, network, side);
}
