import { expect, test } from 'vitest';
import { armIdPart, armIdUpTo, sameArmId } from '../../../engine/ids.ts';

const SHOUTED = '/Subscriptions/S1/resourcegroups/RG-Shop/providers/microsoft.compute/VirtualMachines/Web-01';

test('AZ-17: ids are compared without case, and their parts are found in any spelling and kept as they are written', () => {
  expect(sameArmId(SHOUTED, SHOUTED.toLowerCase())).toBe(true);
  expect(sameArmId(SHOUTED, `${SHOUTED}-2`)).toBe(false);
  expect(armIdPart(SHOUTED, 'subscriptions')).toBe('S1');
  expect(armIdPart(SHOUTED, 'resourceGroups')).toBe('RG-Shop');
  expect(armIdPart(SHOUTED, 'virtualMachines')).toBe('Web-01');
  expect(armIdUpTo(SHOUTED, 'resourceGroups')).toBe('/Subscriptions/S1/resourcegroups/RG-Shop');
});

test('AZ-17: a name that looks like a type is none', () => {
  expect(armIdPart('/subscriptions/s/resourceGroups/vaults/providers/P/vaults/v', 'vaults')).toBe('v');
  expect(armIdPart('/subscriptions/s/resourceGroups/', 'resourceGroups')).toBeUndefined();
  expect(armIdUpTo('/subscriptions/s', 'vaults')).toBeUndefined();
});
