import { listLater, listNow } from '../lists.ts';
import { keyOf } from '../world.ts';
import { networkId, nicId, securityGroupId } from './ids.ts';
import { PART_TYPES, partId, partOf } from './subnet-part-view.ts';
import type { Network, Peering, Subnet, World } from '../world.ts';

const LIST = 'virtualNetworks';

/** A virtual network as ARM answers it. */
export function networkBody(world: World, network: Network): Readonly<Record<string, unknown>> {
  const id = networkId(world, network);
  const { dns, tags, prefixes } = network;
  return {
    name: network.name,
    id,
    etag: etagOf(world, network),
    type: 'Microsoft.Network/virtualNetworks',
    location: network.location,
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
    properties: {
      provisioningState: network.provisioning,
      resourceGuid: world.draws.uuid(`guid:${id}`),
      addressSpace: { addressPrefixes: prefixes },
      ...(dns.length === 0 ? {} : { dhcpOptions: { dnsServers: dns } }),
      subnets: network.subnets.map((subnet) => subnetBody(world, network, subnet)),
      virtualNetworkPeerings: [...network.peerings.values()].map((peering) => peeringBody(world, network, peering)),
      enableDdosProtection: false,
    },
  };
}

function etagOf(world: World, network: Network): string {
  return `W/"${world.draws.uuid(`etag:${networkId(world, network)}:${network.version}`)}"`;
}

function subnetBody(world: World, network: Network, subnet: Subnet): Readonly<Record<string, unknown>> {
  const interfaces = [...world.nics.values()].filter((nic) => nic.network === network && nic.subnet === subnet.name);
  const guard = subnet.securityGroup === undefined ? undefined : world.securityGroups.get(subnet.securityGroup);
  const ways = (['routeTables', 'natGateways'] as const).flatMap((type) => {
    const part = world[type].get(partOf(subnet, type) ?? '');
    return part === undefined ? [] : [[PART_TYPES[type], { id: partId(world, type, part) }] as const];
  });
  return {
    name: subnet.name,
    id: `${networkId(world, network)}/subnets/${subnet.name}`,
    etag: etagOf(world, network),
    properties: {
      provisioningState: 'Succeeded',
      addressPrefix: subnet.prefix,
      ...(guard === undefined ? {} : { networkSecurityGroup: { id: securityGroupId(world, guard) } }),
      ...Object.fromEntries(ways),
      ...(interfaces.length === 0
        ? {}
        : { ipConfigurations: interfaces.map((nic) => ({ id: `${nicId(world, nic)}/ipConfigurations/ipconfig1` })) }),
      delegations: [],
      privateEndpointNetworkPolicies: 'Disabled',
      privateLinkServiceNetworkPolicies: 'Enabled',
    },
    type: 'Microsoft.Network/virtualNetworks/subnets',
  };
}

/** Id of one side of a peering. */
export function peeringId(world: World, network: Pick<Network, 'group' | 'name'>, name: string): string {
  return `${networkId(world, network)}/virtualNetworkPeerings/${name}`;
}

/** One side of a peering as ARM answers it. */
export function peeringBody(world: World, network: Network, peering: Peering): Readonly<Record<string, unknown>> {
  const id = peeringId(world, network, peering.name);
  const [group = '', name = ''] = peering.remote.split('/');
  const remote = world.networks.get(peering.remote) ?? { group, name, prefixes: peering.remotePrefixes };
  const { state, provisioning, allowVirtualNetworkAccess, allowForwardedTraffic, allowGatewayTransit } = peering;
  return {
    name: peering.name,
    id,
    etag: `W/"${world.draws.uuid(`etag:${id}:${state}:${provisioning}`)}"`,
    properties: {
      provisioningState: provisioning,
      resourceGuid: world.draws.uuid(`guid:${id}`),
      peeringState: state,
      peeringSyncLevel: state === 'Connected' ? 'FullyInSync' : 'RemoteNotInSync',
      remoteVirtualNetwork: { id: networkId(world, remote) },
      allowVirtualNetworkAccess,
      allowForwardedTraffic,
      allowGatewayTransit,
      useRemoteGateways: false,
      doNotVerifyRemoteGateways: false,
      remoteAddressSpace: { addressPrefixes: peering.remotePrefixes },
      remoteVirtualNetworkAddressSpace: { addressPrefixes: remote.prefixes },
    },
    type: 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings',
  };
}

/** The list of a network's sides of peerings. */
export function peeringList({ group, name }: Pick<Network, 'group' | 'name'>): string {
  return `peerings ${keyOf(group, name)}`;
}

/** Puts a network with its peerings into the lists at once: how the world was before the simulator started. */
export function networkListed(world: World, network: Network): void {
  listNow(world, LIST, keyOf(network.group, network.name), networkBody(world, network));
  for (const peering of network.peerings.values()) listNow(world, peeringList(network), peering.name, peeringBody(world, network, peering));
}

/** Tells the lists that a network was made or is different now, or what is in it. */
export function networkChanged(world: World, network: Network): void {
  if (world.networks.get(keyOf(network.group, network.name)) !== network) return;
  listLater(world, LIST, keyOf(network.group, network.name), networkBody(world, network));
}

/** Tells the lists that a side of a peering was made or is different now. */
export function peeringChanged(world: World, network: Network, peering: Peering): void {
  listLater(world, peeringList(network), peering.name, peeringBody(world, network, peering));
  networkChanged(world, network);
}

/** Tells the lists that a network does not exist any more. */
export function networkGone(world: World, network: Network): void {
  listLater(world, LIST, keyOf(network.group, network.name), undefined);
  for (const { name } of network.peerings.values()) listLater(world, peeringList(network), name, undefined);
}
