import { expect, test } from 'vitest';
import { linkedRights } from '../../../simulator/access/linked.ts';

test('who protects a machine must be able to read it, and to put another one into the network of the other site', () => {
  const providerSpecificDetails = { fabricObjectId: '/machine', recoveryAzureNetworkId: '/network', vmManagedDisks: [{ diskId: '/disk' }] };
  expect(linkedRights({ operation: 'ReplicationProtectedItems_Create' }, { properties: { providerSpecificDetails } })).toEqual([
    { action: 'Microsoft.Compute/virtualMachines/read', scope: '/machine' },
    { action: 'Microsoft.Network/virtualNetworks/subnets/join/action', scope: '/network' },
  ]);
});

const NETWORK = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network';
const remote = `${NETWORK}/virtualNetworks/other`;
const guard = `${NETWORK}/networkSecurityGroups/guard`;
const routes = `${NETWORK}/routeTables/routes`;
const nat = `${NETWORK}/natGateways/nat`;
const subnet = `${NETWORK}/virtualNetworks/net/subnets/one`;

test.each([
  [
    'VirtualNetworkPeerings_CreateOrUpdate',
    { properties: { remoteVirtualNetwork: { id: remote } } },
    [{ action: 'Microsoft.Network/virtualNetworks/peer/action', scope: remote }],
  ],
  [
    'VirtualNetworks_CreateOrUpdate',
    {
      properties: {
        subnets: [
          { name: 'one', properties: { networkSecurityGroup: { id: guard } } },
          { name: 'two', properties: { routeTable: { id: routes }, natGateway: { id: nat } } },
        ],
      },
    },
    [
      { action: 'Microsoft.Network/networkSecurityGroups/join/action', scope: guard },
      { action: 'Microsoft.Network/routeTables/join/action', scope: routes },
      { action: 'Microsoft.Network/natGateways/join/action', scope: nat },
    ],
  ],
  [
    'NetworkInterfaces_CreateOrUpdate',
    { properties: { networkSecurityGroup: { id: guard }, ipConfigurations: [{ properties: { subnet: { id: subnet } } }] } },
    [
      { action: 'Microsoft.Network/virtualNetworks/subnets/join/action', scope: subnet },
      { action: 'Microsoft.Network/networkSecurityGroups/join/action', scope: guard },
    ],
  ],
  ['VirtualNetworks_UpdateTags', { tags: { id: remote } }, []],
])('%s needs rights at what its body names', (operation, body, rights) => {
  expect(linkedRights({ operation }, body)).toEqual(rights);
});
