import type { AzureNetwork, AzureNic, AzureRouteTable, AzureSecurityGroup, AzureSubnet } from '../../engine/azure-calls.ts';
import type { NicCreate, SecurityRulesSet } from '../../engine/azure-operations.ts';
import type { JsonObject } from '../../engine/json.ts';
import { getResource, listAt, memberOf, needListAt, sendResource, textAt, textMapAt, textsAt } from './arm.ts';
import type { CallOptions } from './call-options.ts';
import type { Clients } from './clients.ts';

/** Reads a network interface. */
export async function getNic(clients: Clients, nicId: string, abortSignal: AbortSignal): Promise<AzureNic> {
  const nic = await getResource(clients, nicId, abortSignal);
  const configurations = listAt(nic, 'properties', 'ipConfigurations');
  const primary = configurations.find((entry) => memberOf(entry, 'properties', 'primary') === true) ?? configurations[0];
  return {
    id: textAt(nic, 'id') ?? nicId,
    privateAddress: textAt(primary, 'properties', 'privateIPAddress'),
    subnetId: textAt(primary, 'properties', 'subnet', 'id'),
    hasPublicAddress: configurations.some((entry) => memberOf(entry, 'properties', 'publicIPAddress') !== undefined),
  };
}

/** Reads a virtual network with its peerings and subnets. */
export async function getNetwork(clients: Clients, networkId: string, abortSignal: AbortSignal): Promise<AzureNetwork> {
  const network = await getResource(clients, networkId, abortSignal);
  return {
    id: textAt(network, 'id') ?? networkId,
    location: textAt(network, 'location') ?? '',
    addressPrefixes: textsAt(network, 'properties', 'addressSpace', 'addressPrefixes'),
    dnsServers: textsAt(network, 'properties', 'dhcpOptions', 'dnsServers'),
    peerings: needListAt(network, 'properties', 'virtualNetworkPeerings').map((peering) => ({
      name: textAt(peering, 'name') ?? 'without a name',
      state: textAt(peering, 'properties', 'peeringState') ?? 'Unknown',
      remoteId: textAt(peering, 'properties', 'remoteVirtualNetwork', 'id'),
    })),
    subnets: needListAt(network, 'properties', 'subnets').map(subnetOf),
  };
}

/** Reads a network security group: its own rules. */
export async function getSecurityGroup(clients: Clients, id: string, abortSignal: AbortSignal): Promise<AzureSecurityGroup> {
  const group = await getResource(clients, id, abortSignal);
  const rules = needListAt(group, 'properties', 'securityRules');
  return {
    id: textAt(group, 'id') ?? id,
    location: textAt(group, 'location') ?? '',
    etag: textAt(group, 'etag'),
    tags: textMapAt(group, 'tags'),
    written: rules.map((rule) => {
      const { provisioningState: _state, ...properties } = (memberOf(rule, 'properties') ?? {}) as JsonObject;
      return { name: textAt(rule, 'name') ?? '', properties };
    }),
    rules: rules.map((rule) => {
      const priority = memberOf(rule, 'properties', 'priority');
      const single = textAt(rule, 'properties', 'sourceAddressPrefix');
      return {
        name: textAt(rule, 'name') ?? 'without a name',
        direction: textAt(rule, 'properties', 'direction') ?? 'Unknown',
        access: textAt(rule, 'properties', 'access') ?? 'Unknown',
        priority: typeof priority === 'number' ? priority : 0,
        sources: [...(single === undefined ? [] : [single]), ...textsAt(rule, 'properties', 'sourceAddressPrefixes')],
      };
    }),
  };
}

/** Sends PUT of a network interface. */
export async function createNic(clients: Clients, operation: NicCreate, options: CallOptions): Promise<void> {
  const { nicId, location, subnetId, tags } = operation;
  const properties = {
    ipConfigurations: [
      { name: 'ipconfig1', properties: { primary: true, privateIPAllocationMethod: 'Dynamic', subnet: { id: subnetId } } },
    ],
  };
  await sendResource(clients, { id: nicId, method: 'PUT', body: { location, tags, properties } }, options);
}

/** Sends DELETE of a network interface. */
export async function deleteNic(clients: Clients, nicId: string, options: CallOptions): Promise<void> {
  await sendResource(clients, { id: nicId, method: 'DELETE' }, options);
}

/** Sends PUT of a security group with other rules; refused when somebody changed it since. */
export async function setSecurityRules(clients: Clients, operation: SecurityRulesSet, options: CallOptions): Promise<void> {
  const { securityGroupId, etag, location, tags, rules } = operation;
  const body = { location, tags, properties: { securityRules: rules } };
  await sendResource(clients, { id: securityGroupId, method: 'PUT', body, headers: { 'if-match': etag } }, options);
}

/** Reads a route table. */
export async function getRouteTable(clients: Clients, id: string, abortSignal: AbortSignal): Promise<AzureRouteTable> {
  const table = await getResource(clients, id, abortSignal);
  return {
    id: textAt(table, 'id') ?? id,
    routes: needListAt(table, 'properties', 'routes').map((route) => ({
      name: textAt(route, 'name') ?? 'without a name',
      prefix: textAt(route, 'properties', 'addressPrefix') ?? 'unknown',
      nextHopType: textAt(route, 'properties', 'nextHopType') ?? 'Unknown',
    })),
  };
}

function subnetOf(subnet: unknown): AzureSubnet {
  return {
    name: textAt(subnet, 'name') ?? 'without a name',
    securityGroupId: textAt(subnet, 'properties', 'networkSecurityGroup', 'id'),
    routeTableId: textAt(subnet, 'properties', 'routeTable', 'id'),
    natGatewayId: textAt(subnet, 'properties', 'natGateway', 'id'),
  };
}
