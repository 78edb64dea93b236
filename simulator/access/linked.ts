import type { Route } from '../route.ts';

/** A right that a request needs at a resource which its body names. */
export interface LinkedRight {
  readonly action: string;
  readonly scope: string;
}

const JOIN_SUBNET = 'Microsoft.Network/virtualNetworks/subnets/join/action';
const JOIN_GROUP = 'Microsoft.Network/networkSecurityGroups/join/action';
const JOIN_ROUTES = 'Microsoft.Network/routeTables/join/action';
const JOIN_NAT = 'Microsoft.Network/natGateways/join/action';
const PEER = 'Microsoft.Network/virtualNetworks/peer/action';
const JOIN_NIC = 'Microsoft.Network/networkInterfaces/join/action';
const READ_MACHINE = 'Microsoft.Compute/virtualMachines/read';
const WRITE_MACHINE = 'Microsoft.Compute/virtualMachines/write';
const READ_STORAGE = 'Microsoft.Storage/storageAccounts/read';
const WRITE_DISK = 'Microsoft.Compute/disks/write';
const TESTS = ['ReplicationProtectedItems_TestFailover', 'ReplicationRecoveryPlans_TestFailover'];
const MACHINE_WRITES = ['VirtualMachines_CreateOrUpdate', 'VirtualMachines_Update'];

/** The rights at other resources that a request needs: those of the networks, interfaces, disks and groups it puts something into. */
export function linkedRights(route: Pick<Route, 'operation'>, body: unknown): readonly LinkedRight[] {
  const { operation } = route;
  if (operation === 'NetworkInterfaces_CreateOrUpdate' || operation === 'VirtualNetworks_CreateOrUpdate')
    return [
      ...idsAt(body, ['subnet', 'id']).map((scope) => ({ action: JOIN_SUBNET, scope })),
      ...idsAt(body, ['networkSecurityGroup', 'id']).map((scope) => ({ action: JOIN_GROUP, scope })),
      ...idsAt(body, ['routeTable', 'id']).map((scope) => ({ action: JOIN_ROUTES, scope })),
      ...idsAt(body, ['natGateway', 'id']).map((scope) => ({ action: JOIN_NAT, scope })),
    ];
  if (operation === 'VirtualNetworkPeerings_CreateOrUpdate')
    return idsAt(body, ['remoteVirtualNetwork', 'id']).map((scope) => ({ action: PEER, scope }));
  if (TESTS.includes(operation)) return idsAt(body, ['networkId']).map((scope) => ({ action: JOIN_SUBNET, scope }));
  // What Microsoft's page on the access that Site Recovery needs says of the machine and of the network that it will be in.
  if (operation === 'ReplicationProtectedItems_Create')
    return [
      ...idsAt(body, ['fabricObjectId']).map((scope) => ({ action: READ_MACHINE, scope })),
      ...idsAt(body, ['recoveryAzureNetworkId']).map((scope) => ({ action: JOIN_SUBNET, scope })),
    ];
  if (MACHINE_WRITES.includes(operation))
    return [
      ...idsAt(body, ['networkInterfaces', 'id']).map((scope) => ({ action: JOIN_NIC, scope })),
      ...idsAt(body, ['managedDisk', 'id']).map((scope) => ({ action: WRITE_DISK, scope })),
    ];
  // To protect a machine is to write to it; to end its protection is not, and then the request names no policy.
  if (operation === 'ProtectedItems_CreateOrUpdate')
    return idsAt(body, ['policyId']).some((id) => id !== '')
      ? idsAt(body, ['sourceResourceId']).map((scope) => ({ action: WRITE_MACHINE, scope }))
      : [];
  // A machine is made by the restore itself: https://learn.microsoft.com/azure/backup/backup-rbac-rs-vault.
  if (operation === 'Restores_Trigger')
    return [
      ...idsAt(body, ['targetResourceGroupId']).map((scope) => ({ action: WRITE_DISK, scope })),
      ...[...idsAt(body, ['storageAccountId']), ...idsAt(body, ['targetStorageAccountId'])].map((scope) => ({
        action: READ_STORAGE,
        scope,
      })),
      ...idsAt(body, ['targetVirtualMachineId']).map((scope) => ({ action: WRITE_MACHINE, scope })),
      ...idsAt(body, ['subnetId']).map((scope) => ({ action: JOIN_SUBNET, scope })),
    ];
  return [];
}

/** Every text at the end of a chain of members, wherever in the body the chain begins. */
function idsAt(body: unknown, chain: readonly string[]): readonly string[] {
  if (Array.isArray(body)) return body.flatMap((each) => idsAt(each, chain));
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) => (name === chain[0] ? textsOf(value, chain.slice(1)) : idsAt(value, chain)));
}

function textsOf(value: unknown, rest: readonly string[]): readonly string[] {
  if (typeof value === 'string') return rest.length === 0 ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((each) => textsOf(each, rest));
  const [next, ...further] = rest;
  if (typeof value !== 'object' || value === null || next === undefined) return [];
  return textsOf((value as Readonly<Record<string, unknown>>)[next], further);
}
