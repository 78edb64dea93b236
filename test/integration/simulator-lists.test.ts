import { afterAll, beforeAll, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import { azureOf } from './azure-drive.ts';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { RunningSimulator } from '../support/simulator.ts';

let simulator: RunningSimulator;
let azure: SdkClients;
beforeAll(async () => {
  simulator = await startSimulator([...manualClock(), '--estate', 'wide']);
  azure = sdkClients(simulator.ready);
});
afterAll(async () => simulator.stop());

async function pagesOf<Entry>(list: { readonly byPage: () => AsyncIterable<readonly Entry[]> }): Promise<readonly (readonly Entry[])[]> {
  const pages: (readonly Entry[])[] = [];
  for await (const page of list.byPage()) pages.push([...page]);
  return pages;
}

test('machines come a hundred a page, items of Backup two hundred', async () => {
  const machines = await pagesOf(azure.compute.virtualMachines.listAll());
  expect(machines.map((page) => page.length)).toEqual([100, 100, 100]);
  const items = await pagesOf(azure.backup.backupProtectedItems.list('rsv-wide-weu', 'rg-wide-weu'));
  expect(items.map((page) => page.length)).toEqual([200, 100]);
  const first = await azure.raw(
    'GET',
    `/subscriptions/${simulator.ready.subscriptionId}/providers/Microsoft.Compute/virtualMachines?api-version=2026-04-01`,
  );
  expect((JSON.parse(first.text) as { readonly nextLink: string }).nextLink).toMatch(/^https:\/\/localhost:\d+\/subscriptions\//);
});

test('pages are cut when they are read: what goes away meanwhile makes the next one leave a machine out', async () => {
  const pages = azure.compute.virtualMachines.listAll().byPage();
  const first = (await pages.next()).value as readonly { readonly name?: string }[];
  expect(first.at(-1)?.name).toBe('wide-100');
  await azure.compute.virtualMachines.delete('rg-wide-weu', 'wide-050').submitted();
  await simulator.until(async () => {
    const names = (await pagesOf(azure.compute.virtualMachines.list('rg-wide-weu'))).flat().map(({ name }) => name);
    return !names.includes('wide-050');
  });
  const second = (await pages.next()).value as readonly { readonly name?: string }[];
  expect(second[0]?.name).toBe('wide-102');
});

test('the adapter finds every machine once, over all pages', async () => {
  const { signal } = new AbortController();
  const answer = await azureOf(simulator).read({ kind: 'vm.list', subscription: simulator.ready.subscriptionId }, signal);
  expect(answer.kind === 'found' && new Set(answer.value.map(({ id }) => id.toLowerCase())).size).toBe(299);
});
