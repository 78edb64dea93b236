import { expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';

const SUBSCRIPTION = '6f1c1b5e-0000-4000-8000-00000000a001';
const load = (azure: string) =>
  loadDocuments(
    [
      {
        path: 'runbooks/fleet.yaml',
        text: `apiVersion: runward/v1
kind: Runbook
metadata: { name: fleet, title: A test, owner: team-shop }
purpose: operations
environment: production
timeout: 1h
targets:
  all:
    azure: ${azure}
    max: 10
steps:
  - { id: look, uses: azure.vm.get@1, target: all }
`,
      },
    ],
    { actions },
  );

it('takes machines of Azure by subscription, group, tag and location', () => {
  const query = `{ subscriptions: [${SUBSCRIPTION}], type: Microsoft.Compute/virtualMachines, resource_groups: [rg-a], tags: { env: prod }, locations: [westeurope] }`;
  const loaded = load(query);
  expect(loaded.findings).toEqual([]);
  expect(loaded.runbooks.get('fleet')?.runbook.targets['all']?.source).toEqual({
    kind: 'azure',
    subscriptions: [SUBSCRIPTION],
    type: 'Microsoft.Compute/virtualMachines',
    resourceGroups: ['rg-a'],
    tags: { env: 'prod' },
    locations: ['westeurope'],
  });
});

it.each([
  ['without a subscription', '{ type: Microsoft.Compute/virtualMachines }', 'RW203'],
  ['of a type that cannot be listed', `{ subscriptions: [${SUBSCRIPTION}], type: Microsoft.Compute/disks }`, 'RW206'],
  ['with a key that is not known', `{ subscriptions: [${SUBSCRIPTION}], type: Microsoft.Compute/virtualMachines, tag: { a: b } }`, 'RW202'],
])('refuses a query %s', (_, query, code) => {
  expect(load(query).findings.map((found) => found.code)).toEqual([code]);
});
