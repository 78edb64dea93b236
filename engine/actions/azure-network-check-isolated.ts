import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureNetwork, AzureRouteTable, AzureSecurityGroup } from '../azure-calls.ts';
import type { ActionPorts, Failed, Unanswered } from './action.ts';
import { readAction } from './action.ts';
import { failedRead } from './azure-answer.ts';
import { holdsAddress } from './address-prefix.ts';

const EVERYWHERE = ['*', '0.0.0.0/0', '::/0', 'internet', 'any'];
/** Where a route may send packets; every other word, also one that came later, is a way to something else. */
const NO_WAYS_OUT = ['none', 'vnetlocal', 'internet'];

/** Proves that machines in a network reach nothing but each other; everything that speaks against it is a finding. */
export const azureNetworkCheckIsolated = readAction({
  name: 'azure.network.check-isolated@1',
  summary: 'Check that a virtual network has no way to other networks',
  effect: 'read',
  severity: 'mild',
  target: 'none',
  input: z.strictObject({ network: z.string().min(1).describe('ARM id of the virtual network') }),
  result: { isolated: 'bool', findings: { list: 'string' } },
  timeoutMs: 120_000,
  permissions: rightsOf('net.network', 'net.securityGroup', 'net.routeTable'),
  read: async (ports, { input, signal }) => {
    const network = await ports.azure.read({ kind: 'net.network', networkId: input.network }, signal);
    if (network.kind !== 'found') return failedRead('the virtual network', network);
    const groups = await readAll(ports, network.value, signal);
    if (!Array.isArray(groups)) return groups;

    const findings = [...ofNetwork(network.value), ...groups];
    const isolated = findings.length === 0;
    const result = { isolated, findings };
    const observations = [
      { at: ports.clock.nowMs(), what: 'Isolation of the network', data: { network: network.value.id, isolated, findings } },
    ];
    if (isolated) return { kind: 'succeeded', result, observations };
    const message = `the network is not isolated: ${findings.join('; ')}`;
    return { kind: 'failed', failure: { kind: 'target', message }, result, observations };
  },
});

function ofNetwork(network: AzureNetwork): readonly string[] {
  const findings = network.peerings.map((peering) => `it is peered with ${peering.remoteId ?? peering.name} (${peering.state})`);
  for (const subnet of network.subnets) {
    if (subnet.name.toLowerCase() === 'gatewaysubnet') findings.push('it has a gateway subnet');
    if (subnet.natGatewayId !== undefined) findings.push(`subnet ${subnet.name} has a NAT gateway`);
  }
  const outside = network.dnsServers.filter((server) => !network.addressPrefixes.some((prefix) => holdsAddress(prefix, server)));
  if (outside.length > 0) findings.push(`it asks DNS servers outside itself: ${outside.join(', ')}`);
  return findings;
}

/** Findings of the security groups and route tables of all subnets. One that cannot be read is no proof of isolation. */
async function readAll(ports: ActionPorts, network: AzureNetwork, signal: AbortSignal): Promise<string[] | Failed | Unanswered> {
  const findings: string[] = [];
  for (const id of distinct(network.subnets.map((subnet) => subnet.securityGroupId))) {
    const group = await ports.azure.read({ kind: 'net.securityGroup', securityGroupId: id }, signal);
    if (group.kind !== 'found') return failedRead(`security group ${id}`, group);
    findings.push(...ofSecurityGroup(group.value));
  }
  for (const id of distinct(network.subnets.map((subnet) => subnet.routeTableId))) {
    const table = await ports.azure.read({ kind: 'net.routeTable', routeTableId: id }, signal);
    if (table.kind !== 'found') return failedRead(`route table ${id}`, table);
    findings.push(...ofRouteTable(table.value));
  }
  return findings;
}

function ofSecurityGroup(group: AzureSecurityGroup): readonly string[] {
  return group.rules
    .filter((rule) => rule.direction.toLowerCase() !== 'outbound' && rule.access.toLowerCase() !== 'deny')
    .filter((rule) => rule.sources.some((source) => EVERYWHERE.includes(source.toLowerCase())))
    .map((rule) => `security rule ${rule.name} lets the internet in`);
}

function ofRouteTable(table: AzureRouteTable): readonly string[] {
  return table.routes
    .filter((route) => !NO_WAYS_OUT.includes(route.nextHopType.toLowerCase()))
    .map((route) => `route ${route.name} sends ${route.prefix} to a ${route.nextHopType}`);
}

function distinct(ids: readonly (string | undefined)[]): readonly string[] {
  const byLowerCase = new Map(ids.flatMap((id) => (id === undefined ? [] : [[id.toLowerCase(), id] as const])));
  return [...byLowerCase.values()];
}
