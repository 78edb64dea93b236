import { machineId, networkResourceId } from '../arm-ids.ts';
import { listLater, listNow } from '../lists.ts';
import { planted } from '../plants.ts';
import { DEFAULT_RULES } from './rules.ts';
import { keyOf } from '../world.ts';
import type { DefaultRule } from './rules.ts';
import type { Network, Nic, World } from '../world.ts';

const SUBNET = 'default';

/** A virtual network as ARM answers it. */
export function networkBody(world: World, network: Network): Readonly<Record<string, unknown>> {
  const id = networkId(world, network);
  const etag = `W/"${world.draws.uuid(`etag:${id}`)}"`;
  const interfaces = [...world.nics.values()].filter((nic) => nic.network === network);
  const subnet = {
    name: SUBNET,
    id: `${id}/subnets/${SUBNET}`,
    etag,
    properties: {
      provisioningState: 'Succeeded',
      addressPrefix: network.space,
      networkSecurityGroup: { id: securityGroupId(world, network) },
      ...(interfaces.length === 0
        ? {}
        : { ipConfigurations: interfaces.map((nic) => ({ id: `${nicId(world, nic)}/ipConfigurations/ipconfig1` })) }),
      delegations: [],
      privateEndpointNetworkPolicies: 'Disabled',
      privateLinkServiceNetworkPolicies: 'Enabled',
    },
    type: 'Microsoft.Network/virtualNetworks/subnets',
  };
  return {
    name: network.name,
    id,
    etag,
    type: 'Microsoft.Network/virtualNetworks',
    location: network.location,
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: world.draws.uuid(`guid:${id}`),
      addressSpace: { addressPrefixes: [network.space] },
      ...(network.dns.length === 0 ? {} : { dhcpOptions: { dnsServers: network.dns } }),
      subnets: [subnet],
      virtualNetworkPeerings: network.peerings.flatMap((name) => peering(world, network, name)),
      enableDdosProtection: false,
    },
  };
}

function peering(world: World, network: Network, name: string): readonly Readonly<Record<string, unknown>>[] {
  const remote = [...world.networks.values()].find((other) => other.name === name);
  if (remote === undefined) return [];
  const id = `${networkId(world, network)}/virtualNetworkPeerings/to-${name}`;
  return [
    {
      name: `to-${name}`,
      id,
      etag: `W/"${world.draws.uuid(`etag:${id}`)}"`,
      properties: {
        provisioningState: 'Succeeded',
        resourceGuid: world.draws.uuid(`guid:${id}`),
        peeringState: 'Connected',
        peeringSyncLevel: 'FullyInSync',
        remoteVirtualNetwork: { id: networkId(world, remote) },
        allowVirtualNetworkAccess: true,
        allowForwardedTraffic: false,
        allowGatewayTransit: false,
        useRemoteGateways: false,
        doNotVerifyRemoteGateways: false,
        remoteAddressSpace: { addressPrefixes: [remote.space] },
        remoteVirtualNetworkAddressSpace: { addressPrefixes: [remote.space] },
      },
      type: 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings',
    },
  ];
}

/** A network interface as ARM answers it. */
export function nicBody(world: World, nic: Nic): Readonly<Record<string, unknown>> {
  const id = nicId(world, nic);
  const etag = `W/"${world.draws.uuid(`etag:${id}`)}"`;
  const machine = nic.machine === undefined ? undefined : world.machines.get(nic.machine);
  return {
    name: nic.name,
    id,
    etag,
    type: 'Microsoft.Network/networkInterfaces',
    location: nic.location,
    ...(Object.keys(nic.tags).length === 0 ? {} : { tags: nic.tags }),
    kind: 'Regular',
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: world.draws.uuid(`guid:${id}`),
      ipConfigurations: [
        {
          name: 'ipconfig1',
          id: `${id}/ipConfigurations/ipconfig1`,
          etag,
          type: 'Microsoft.Network/networkInterfaces/ipConfigurations',
          properties: {
            provisioningState: 'Succeeded',
            privateIPAddress: shownAddress(world, nic),
            privateIPAllocationMethod: 'Dynamic',
            subnet: { id: `${networkId(world, nic.network)}/subnets/${SUBNET}` },
            primary: true,
            privateIPAddressVersion: 'IPv4',
          },
        },
      ],
      dnsSettings: { dnsServers: [], appliedDnsServers: [] },
      macAddress: macAddress(world.draws.hex(`mac:${id}`, 6)),
      enableAcceleratedNetworking: false,
      enableIPForwarding: false,
      primary: true,
      ...(machine === undefined ? {} : { virtualMachine: { id: machineId(world, machine.group, machine.name) } }),
      hostedWorkloads: [],
      tapConfigurations: [],
      nicType: 'Standard',
    },
  };
}

/** Puts an interface into the lists at once: how the world was before the simulator started. */
export function nicListed(world: World, nic: Nic): void {
  listNow(world, 'networkInterfaces', keyOf(nic.group, nic.name), nicBody(world, nic));
}

/** Tells the lists that an interface was made or is different now. */
export function nicChanged(world: World, nic: Nic): void {
  listLater(world, 'networkInterfaces', keyOf(nic.group, nic.name), nicBody(world, nic));
}

/** Tells the lists that an interface does not exist any more. */
export function nicGone(world: World, { group, name }: Pick<Nic, 'group' | 'name'>): void {
  listLater(world, 'networkInterfaces', keyOf(group, name), undefined);
}

/** Etag of a network security group: another one after each change. */
export function securityGroupEtag(world: World, network: Network): string {
  const version = world.securityRules.get(keyOf(network.group, network.name))?.version ?? 0;
  return `W/"${world.draws.uuid(`etag:${securityGroupId(world, network)}:${version}`)}"`;
}

/** A network security group as ARM answers it: its own rules and the default ones of Azure. */
export function securityGroupBody(world: World, network: Network): Readonly<Record<string, unknown>> {
  const id = securityGroupId(world, network);
  const etag = securityGroupEtag(world, network);
  const own = world.securityRules.get(keyOf(network.group, network.name))?.rules ?? [];
  const rule = ({ name, priority, direction, access, from, to }: DefaultRule): unknown => ({
    name,
    id: `${id}/defaultSecurityRules/${name}`,
    etag,
    type: 'Microsoft.Network/networkSecurityGroups/defaultSecurityRules',
    properties: {
      provisioningState: 'Succeeded',
      protocol: '*',
      sourcePortRange: '*',
      destinationPortRange: '*',
      sourceAddressPrefix: from,
      destinationAddressPrefix: to,
      access,
      priority,
      direction,
    },
  });
  return {
    name: `nsg-${network.name}`,
    id,
    etag,
    type: 'Microsoft.Network/networkSecurityGroups',
    location: network.location,
    properties: {
      provisioningState: 'Succeeded',
      resourceGuid: world.draws.uuid(`guid:${id}`),
      securityRules: own.map(({ name, properties }) => ({
        name,
        id: `${id}/securityRules/${name}`,
        etag,
        type: 'Microsoft.Network/networkSecurityGroups/securityRules',
        properties: { provisioningState: 'Succeeded', ...properties },
      })),
      defaultSecurityRules: DEFAULT_RULES.map(rule),
      subnets: [{ id: `${networkId(world, network)}/subnets/${SUBNET}` }],
    },
  };
}

function networkId(world: World, network: Network): string {
  return networkResourceId(world, { group: network.group, type: 'virtualNetworks', name: network.name });
}

/** Id of a network interface. */
export function nicId(world: World, nic: Nic): string {
  return networkResourceId(world, { group: nic.group, type: 'networkInterfaces', name: nic.name });
}

/** Id of the security group of a network. */
export function securityGroupId(world: World, network: Network): string {
  return networkResourceId(world, { group: network.group, type: 'networkSecurityGroups', name: `nsg-${network.name}` });
}

function macAddress(hex: string): string {
  return ['00', '0D', '3A', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4, 6)].join('-').toUpperCase();
}

/** The address that ARM reports: in an isolated network not the one where the machine can be reached from outside, unless that is planted. */
function shownAddress(world: World, nic: Nic): string {
  const machine = nic.machine === undefined ? undefined : world.machines.get(nic.machine);
  return planted(world, 'E18') && machine !== undefined ? machine.realAddress : nic.address;
}
