import { expect, test } from 'vitest';
import type { Azure, AzureReadAnswer, AzureVm } from '../../../engine/azure-calls.ts';
import { azureMachines } from '../../../engine/plan/azure-machines.ts';

const ONE = '6f1c1b5e-0000-4000-8000-00000000a001';
const TWO = '6f1c1b5e-0000-4000-8000-00000000a002';
const signal = new AbortController().signal;

function vm(subscription: string, group: string, name: string, changes: Partial<AzureVm> = {}): AzureVm {
  return {
    id: `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines/${name}`,
    vmId: undefined,
    name,
    location: 'westeurope',
    os: 'linux',
    powerState: 'running',
    provisioningState: 'Succeeded',
    agentStatus: undefined,
    size: undefined,
    zone: undefined,
    tags: { Env: 'prod' },
    nicIds: [],
    disks: [],
    patches: undefined,
    ...changes,
  };
}

/** Azure with the machines of each subscription; one that is not here may not be read. */
function azureWith(machines: Readonly<Record<string, readonly AzureVm[]>>): Pick<Azure, 'read'> {
  const read = (query: { readonly kind: string; readonly subscription?: string }): Promise<AzureReadAnswer<readonly AzureVm[]>> => {
    const value = machines[query.subscription ?? ''];
    return Promise.resolve(value === undefined ? { kind: 'denied', message: 'no right' } : { kind: 'found', value });
  };
  return { read: read as unknown as Azure['read'] };
}

const QUERY = { kind: 'azure', subscriptions: [ONE], type: 'Microsoft.Compute/virtualMachines', tags: {} } as const;

test('AZ-17: tags are compared by name without case and by exact value, groups and locations without case', async () => {
  const azure = azureWith({
    [ONE]: [
      vm(ONE, 'RG-A', 'web'),
      vm(ONE, 'RG-A', 'test', { tags: { env: 'Prod' } }),
      vm(ONE, 'RG-B', 'elsewhere'),
      vm(ONE, 'RG-A', 'north', { location: 'northeurope' }),
    ],
  });
  const query = { ...QUERY, tags: { env: 'prod' }, resourceGroups: ['rg-a'], locations: ['WestEurope'] };
  const found = await azureMachines(azure, query, 'production', signal);
  expect(found).toMatchObject({
    kind: 'resolved',
    targets: [
      { key: 'web', kind: 'azure_vm', resourceGroup: 'rg-a', powerState: 'running', via: 'run-command', environment: 'production' },
    ],
  });
  expect(found.kind === 'resolved' && found.targets).toHaveLength(1);
});

test('keys are as short as they can be, and the order is that of the ids', async () => {
  const azure = azureWith({
    [ONE]: [vm(ONE, 'rg-b', 'web'), vm(ONE, 'rg-a', 'web'), vm(ONE, 'rg-a', 'app')],
    [TWO]: [vm(TWO, 'rg-a', 'web')],
  });
  const found = await azureMachines(azure, { ...QUERY, subscriptions: [ONE, TWO] }, 'production', signal);
  const keys = found.kind === 'resolved' ? found.targets.map(({ key }) => key) : [];
  expect(keys).toEqual(['app', `web.rg-a.${ONE}`, 'web.rg-b', `web.rg-a.${TWO}`]);
});

test('a subscription that cannot be read fails the set: a part of the machines is none', async () => {
  const azure = azureWith({ [ONE]: [vm(ONE, 'rg-a', 'web')] });
  const found = await azureMachines(azure, { ...QUERY, subscriptions: [ONE, TWO] }, 'production', signal);
  expect(found).toEqual({ kind: 'failed', message: `the machines of subscription ${TWO} may not be read (no right)` });
});
