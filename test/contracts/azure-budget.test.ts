import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AzureServer } from './azure-server.ts';
import { startAzureServer } from './azure-server.ts';

const GROUP = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg-shop-weu';
const vmId = (name: string): string => `${GROUP}/providers/Microsoft.Compute/virtualMachines/${name}`;
const REQUEST = '11111111-0000-4000-8000-000000000001';
const { signal } = new AbortController();

let server: AzureServer;
beforeAll(async () => {
  server = await startAzureServer();
});
afterAll(() => server.close());

test('a request that is refused for its number closes its bucket: the next ones are not sent, not even for another machine', async () => {
  const azure = server.connect();
  const body = { error: { code: 'SubscriptionRequestsThrottled', message: 'Number of write requests exceeded.' } };
  server.answer(() => ({ status: 429, headers: { 'retry-after': '60' }, body }));
  expect(await azure.submit({ kind: 'vm.start', vmId: vmId('web-01') }, REQUEST, signal)).toMatchObject({
    kind: 'throttled',
    retryAfterMs: 60_000,
  });
  const second = await azure.submit({ kind: 'vm.start', vmId: vmId('web-02') }, REQUEST, signal);
  expect(second).toMatchObject({ kind: 'not_sent', message: expect.stringContaining('nothing was sent') });
  expect(second.kind === 'not_sent' && second.retryAfterMs > 50_000).toBe(true);
  expect(server.seen).toHaveLength(1);
});

test('with little left, looks wait and what cannot wait is sent', async () => {
  const azure = server.connect();
  const vm = { id: vmId('web-01'), name: 'web-01', location: 'westeurope', properties: {} };
  const left = ['250', '9'];
  server.answer((_request, index) => ({
    status: 200,
    headers: { 'x-ms-ratelimit-remaining-subscription-reads': left[index] ?? '8' },
    body: vm,
  }));
  expect(await azure.read({ kind: 'vm.get', vmId: vmId('web-01') }, signal)).toMatchObject({ kind: 'found' });
  expect(await azure.read({ kind: 'vm.get', vmId: vmId('web-01') }, signal)).toMatchObject({ kind: 'found' });
  expect(await azure.read({ kind: 'vm.get', vmId: vmId('web-02') }, signal)).toMatchObject({ kind: 'unanswered' });
  expect(server.seen).toHaveLength(2);
  for (const need of ['reconcile', 'severe', 'send'] as const)
    expect(await azure.for?.(need).read({ kind: 'vm.get', vmId: vmId('web-02') }, signal)).toMatchObject({ kind: 'found' });
  expect(server.seen).toHaveLength(5);
});
