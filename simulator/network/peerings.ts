import { z } from 'zod';
import { armError, refusal, resourceNotFound } from '../arm-errors.ts';
import { listLater, listed } from '../lists.ts';
import { moveOperation } from '../operations.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { advance } from '../transition.ts';
import { keyOf } from '../world.ts';
import { overlap } from './addresses.ts';
import { badReference, keyOfCall, missing } from './find.ts';
import { inProgress, openNetworkOperation } from './follow.ts';
import { byId, networkId } from './ids.ts';
import { networkChanged, peeringBody, peeringChanged, peeringId, peeringList } from './network-view.ts';
import { loseSide } from './networks.ts';
import { PEERING } from './peering-state.ts';
import { rewire } from './rewire.ts';
import type { Answer, Call } from '../route.ts';
import type { Network, Peering, World } from '../world.ts';

const TYPE = 'virtualNetworks/virtualNetworkPeerings';
const CREATE = 'VirtualNetworkPeerings_CreateOrUpdate';
const DELETE = 'VirtualNetworkPeerings_Delete';
const readOnly = z.unknown().optional();

/** Body of one side of a peering, with what a GET has told of it. */
export const PEERING_BODY = z.strictObject({
  id: readOnly,
  name: readOnly,
  etag: readOnly,
  type: readOnly,
  properties: z.strictObject({
    provisioningState: readOnly,
    resourceGuid: readOnly,
    peeringState: readOnly,
    peeringSyncLevel: readOnly,
    remoteAddressSpace: readOnly,
    remoteVirtualNetworkAddressSpace: readOnly,
    remoteVirtualNetwork: z.strictObject({ id: z.string() }),
    allowVirtualNetworkAccess: z.boolean().optional(),
    allowForwardedTraffic: z.boolean().optional(),
    allowGatewayTransit: z.boolean().optional(),
    useRemoteGateways: z.boolean().optional(),
    doNotVerifyRemoteGateways: z.literal(false).optional(),
  }),
});

/** GET of one side of a peering. */
export function getPeering(world: World, call: Call): Answer {
  const found = findPeering(world, call);
  return 'status' in found ? found : { status: 200, body: peeringBody(world, found.network, found.peering) };
}

/** GET of a network's sides of peerings. */
export function listPeerings(world: World, call: Call): Answer {
  const network = world.networks.get(keyOfCall(call));
  if (network === undefined) return missing(call, 'virtualNetworks');
  return { status: 200, body: { value: listed(world, peeringList(network)) } };
}

/** PUT of one side. The two sides connect when both are there; until then nothing passes. */
export function putPeering(world: World, call: Call): Answer {
  const network = world.networks.get(keyOfCall(call));
  if (network === undefined) return missing(call, 'virtualNetworks');
  const name = param(call, 'peeringName');
  const resource = peeringId(world, network, name);
  const { properties } = call.body as z.infer<typeof PEERING_BODY>;
  const remote = byId(world.networks.values(), (each) => networkId(world, each), properties.remoteVirtualNetwork.id);
  if (remote === undefined || remote === network) return refusal(resource, badReference(properties.remoteVirtualNetwork.id));
  const known = network.peerings.get(name.toLowerCase());
  const refused = refuse(world, { network, remote, known, resource }, properties);
  if (refused !== undefined) return refusal(resource, refused);

  const { allowVirtualNetworkAccess = true, allowForwardedTraffic = false, allowGatewayTransit = false } = properties;
  const peering: Peering = {
    name: known?.name ?? name,
    remote: keyOf(remote.group, remote.name),
    remotePrefixes: remote.prefixes,
    allowVirtualNetworkAccess,
    allowForwardedTraffic,
    allowGatewayTransit,
    state: known?.state ?? 'Initiated',
    provisioning: 'Updating',
  };
  network.peerings.set(name.toLowerCase(), peering);
  if (known !== undefined) world.ledger.newPeriod(resource, CREATE);
  peeringChanged(world, network, peering);
  const { operation, headers } = openNetworkOperation(world, network.location, () => ({
    status: 200,
    body: peeringBody(world, network, peering),
  }));
  world.clock.after(DURATIONS.networkChange, () => {
    settle(world, network, peering);
    moveOperation(world, operation, 'succeed');
  });
  return {
    status: known === undefined ? 201 : 200,
    headers,
    body: peeringBody(world, network, peering),
    effect: { effect: known === undefined ? 'started' : 'replaced', resource, operationId: operation.id },
  };
}

/** A side that was put comes to rest, and connects with the other one when that waits for it. */
function settle(world: World, network: Network, peering: Peering): void {
  if (network.peerings.get(peering.name.toLowerCase()) !== peering) return;
  peering.provisioning = 'Succeeded';
  peering.state = advance(PEERING, peering.state, 'renew');
  const remote = world.networks.get(peering.remote);
  const twin = remote === undefined ? undefined : sideTo(remote, network);
  if (remote !== undefined && twin?.state === 'Initiated' && twin.provisioning === 'Succeeded' && peering.state === 'Initiated') {
    for (const side of [peering, twin]) side.state = advance(PEERING, side.state, 'connect');
    peeringChanged(world, remote, twin);
  }
  peeringChanged(world, network, peering);
  rewire(world);
}

function sideTo(from: Network, to: Network): Peering | undefined {
  const key = keyOf(to.group, to.name);
  return [...from.peerings.values()].find(({ remote }) => remote === key);
}

interface Sides {
  readonly network: Network;
  readonly remote: Network;
  readonly known: Peering | undefined;
  readonly resource: string;
}

function refuse(
  world: World,
  { network, remote, known, resource }: Sides,
  wanted: z.infer<typeof PEERING_BODY>['properties'],
): Answer | undefined {
  const remoteId = networkId(world, remote);
  if (network.provisioning === 'Deleting' || known?.provisioning === 'Updating' || known?.provisioning === 'Deleting')
    return inProgress(resource);
  if (known !== undefined && known.remote !== keyOf(remote.group, remote.name))
    return armError(400, 'PropertyChangeNotAllowed', `Changing the remote virtual network of peering ${resource} is not allowed.`);
  if (wanted.useRemoteGateways === true)
    return armError(
      400,
      'RemoteVnetHasNoGateways',
      `Peering ${resource} cannot have UseRemoteGateway flag set to true because remote virtual network ${remoteId} referenced by the peering does not have any gateways.`,
    );
  const other = known === undefined ? sideTo(network, remote) : undefined;
  if (other !== undefined)
    return armError(
      400,
      'AnotherPeeringAlreadyReferencesRemoteVnet',
      `Peering ${resource} cannot be created because peering ${peeringId(world, network, other.name)} already references remote virtual network ${remoteId}.`,
    );
  const twin = sideTo(remote, network);
  if (twin?.state === 'Disconnected')
    return armError(
      400,
      'RemotePeeringIsDisconnected',
      `Cannot create or update peering ${resource} because remote peering ${peeringId(world, remote, twin.name)} is in Disconnected state. Update or re-create the remote peering to get it back to Initiated state.`,
    );
  return overlapping(world, { network, remote, known, resource });
}

/** Peered networks share no address, nor do two that one network is peered with. */
function overlapping(world: World, { network, remote, resource }: Sides): Answer | undefined {
  const shared = (one: Network, other: Network): string | undefined =>
    one.prefixes.find((prefix) => other.prefixes.some((each) => overlap(prefix, each)));
  const own = shared(network, remote);
  if (own !== undefined)
    return armError(
      400,
      'VnetAddressSpacesOverlap',
      `Cannot create or update peering ${resource}. Virtual networks ${networkId(world, network)} and ${networkId(world, remote)} cannot be peered because their address spaces overlap. Overlapping address prefixes: ${own}`,
    );
  for (const { remote: key } of network.peerings.values()) {
    const third = world.networks.get(key);
    const prefix = third === undefined || third === remote ? undefined : shared(third, remote);
    if (third !== undefined && prefix !== undefined)
      return armError(
        400,
        'VnetAddressSpaceOverlapsWithAlreadyPeeredVnet',
        `Cannot create or update peering ${resource}. The address space of virtual network ${networkId(world, remote)} overlaps with that of ${networkId(world, third)}, which is peered already. Overlapping address prefixes: ${prefix}`,
      );
  }
  return undefined;
}

/** DELETE of one side. The other one stays and is connected to nothing. */
export function removePeering(world: World, call: Call): Answer {
  const found = findPeering(world, call);
  if ('status' in found)
    return world.networks.has(keyOfCall(call)) ? { status: 204, effect: { effect: 'none', resource: call.path } } : found;
  const { network, peering } = found;
  const resource = peeringId(world, network, peering.name);
  if (peering.provisioning !== 'Succeeded') return refusal(resource, inProgress(resource));
  peering.provisioning = 'Deleting';
  peeringChanged(world, network, peering);
  const { operation, headers } = openNetworkOperation(world, network.location, () => ({ status: 204 }));
  world.clock.after(DURATIONS.networkChange, () => {
    network.peerings.delete(peering.name.toLowerCase());
    listLater(world, peeringList(network), peering.name, undefined);
    networkChanged(world, network);
    const remote = world.networks.get(peering.remote);
    if (remote !== undefined) loseSide(world, remote, keyOf(network.group, network.name));
    rewire(world);
    for (const each of [CREATE, DELETE]) world.ledger.newPeriod(resource, each);
    moveOperation(world, operation, 'succeed');
  });
  return { status: 202, headers, effect: { effect: 'started', resource, operationId: operation.id } };
}

function findPeering(world: World, call: Call): { readonly network: Network; readonly peering: Peering } | Answer {
  const network = world.networks.get(keyOfCall(call));
  if (network === undefined) return missing(call, 'virtualNetworks');
  const name = param(call, 'peeringName');
  const peering = network.peerings.get(name.toLowerCase());
  if (peering !== undefined) return { network, peering };
  return resourceNotFound(`Microsoft.Network/${TYPE}`, `${network.name}/${name}`, network.group);
}
