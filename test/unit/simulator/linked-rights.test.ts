import { expect, test } from 'vitest';
import { linkedRights } from '../../../simulator/access/linked.ts';

test('who protects a machine must be able to read it, and to put another one into the network of the other site', () => {
  const providerSpecificDetails = { fabricObjectId: '/machine', recoveryAzureNetworkId: '/network', vmManagedDisks: [{ diskId: '/disk' }] };
  expect(linkedRights({ operation: 'ReplicationProtectedItems_Create' }, { properties: { providerSpecificDetails } })).toEqual([
    { action: 'Microsoft.Compute/virtualMachines/read', scope: '/machine' },
    { action: 'Microsoft.Network/virtualNetworks/subnets/join/action', scope: '/network' },
  ]);
});
