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
const subnet = `${NETWORK}/virtualNetworks/net/subnets/one`;

test.each([
  [
    'VirtualNetworkPeerings_CreateOrUpdate',
    { properties: { remoteVirtualNetwork: { id: remote } } },
    [{ action: 'Microsoft.Network/virtualNetworks/peer/action', scope: remote }],
  ],
  [
    'VirtualNetworks_CreateOrUpdate',
    { properties: { subnets: [{ name: 'one', properties: { networkSecurityGroup: { id: guard } } }] } },
    [{ action: 'Microsoft.Network/networkSecurityGroups/join/action', scope: guard }],
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
