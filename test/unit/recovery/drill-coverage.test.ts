import { expect, it } from 'vitest';
import { machinesOf, replicationIdentity, uncoveredMachines } from '../../../engine/recovery/drill-coverage.ts';
import type { Plan } from '../../../engine/plan/plan-record.ts';

const VAULT = '/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/rsv';
const item = (name: string, fabric = 'home') => ({
  id: `${VAULT}/replicationFabrics/${fabric}/replicationProtectionContainers/c/replicationProtectedItems/${name}`,
  friendlyName: name,
});

it('knows a machine again after its protection was reversed, whatever the case of its id', () => {
  expect(replicationIdentity(item('web-01', 'away').id.toUpperCase())).toBe(replicationIdentity(item('web-01').id));
});

it('names the machines that are in no set of a drill', () => {
  const targets = [{ lockId: replicationIdentity(item('web-01').id) }, { lockId: 'a-virtual-machine' }];
  const covered = new Set(machinesOf({ sets: { shop: { targets } } } as unknown as Plan));
  const found = uncoveredMachines([item('jump-01'), item('web-01', 'away'), item('batch-01')], covered);
  expect(found).toEqual([
    { machine: 'batch-01', vault: 'rsv' },
    { machine: 'jump-01', vault: 'rsv' },
  ]);
});
