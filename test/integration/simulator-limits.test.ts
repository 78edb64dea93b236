import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backupTrigger } from '../../engine/actions/backup-trigger.ts';
import { azureVmDeallocate } from '../../engine/actions/azure-vm-deallocate.ts';
import { machine } from '../support/action-world.ts';
import { sdkClients } from '../support/azure-sdk.ts';
import { startSimulator } from '../support/simulator.ts';
import { azureOf, contextFor, portsOf } from './azure-drive.ts';
import type { EffectAction, Handle } from '../../engine/actions/action.ts';
import type { RawAnswer, SdkClients } from '../support/azure-sdk.ts';
import type { RunningSimulator } from '../support/simulator.ts';

let simulator: RunningSimulator;
let owner: SdkClients;
let other: SdkClients;
beforeAll(async () => {
  // The tests move the clock by less than this in all: lists of jobs end soon after the time of whoever asks.
  const start = new Date(Date.now() - 45 * 60_000);
  simulator = await startSimulator(['--estate', 'wide', '--clock', 'manual', '--start', start.toISOString()]);
  owner = sdkClients(simulator.ready);
  other = sdkClients({ ...simulator.ready, clientId: '7f0e0000-0000-4000-8000-0000000000c7', clientSecret: 'demo-only' });
});
afterAll(async () => simulator.stop());

const group = (): string => `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-wide-weu`;
const vm = (number: number): string => `${group()}/providers/Microsoft.Compute/virtualMachines/wide-${String(number).padStart(3, '0')}`;
const look = (client: SdkClients, number: number): Promise<RawAnswer> => client.raw('GET', `${vm(number)}?api-version=2026-04-01`);
const subscription = (client: SdkClients): Promise<RawAnswer> =>
  client.raw('GET', `/subscriptions/${simulator.ready.subscriptionId}?api-version=2022-12-01`);
const move = (advanceMs: number): Promise<unknown> => simulator.control('clock', { method: 'POST', body: { advanceMs } });
const many = async (count: number, send: (index: number) => Promise<RawAnswer>): Promise<readonly RawAnswer[]> => {
  const answers: RawAnswer[] = [];
  for (let at = 0; at < count; at += 25)
    answers.push(...(await Promise.all(Array.from({ length: Math.min(25, count - at) }, (_, index) => send(at + index)))));
  return answers;
};
const FULL_MS = 600_000;

test('a machine that is looked at too often is refused by its own bucket, in the words of compute', async () => {
  expect((await look(owner, 1)).headers['x-ms-ratelimit-remaining-resource']).toBe('Microsoft.Compute/LowCostGetResource;35');
  expect((await many(35, () => look(other, 1))).every(({ status }) => status === 200)).toBe(true);
  const refused = await look(owner, 1);
  expect([refused.status, refused.headers['retry-after'], JSON.parse(refused.text)]).toMatchObject([
    429,
    '5',
    { code: 'OperationNotAllowed', details: [{ code: 'TooManyRequests', target: 'LowCostGetResource' }] },
  ]);
  expect((await look(owner, 2)).status).toBe(200);
  await move(5_000);
  expect((await look(owner, 1)).status).toBe(200);
});

test('Resource Manager counts for each caller, and says how long to wait', async () => {
  await move(FULL_MS);
  const answers = await many(251, () => subscription(owner));
  expect(answers[0]?.headers['x-ms-ratelimit-remaining-subscription-reads']).toMatch(/^2[0-4]\d$/);
  expect(answers.map(({ status }) => status).filter((status) => status === 429)).toHaveLength(1);
  const refused = await subscription(owner);
  expect([refused.status, refused.headers['retry-after'], JSON.parse(refused.text)]).toMatchObject([
    429,
    '1',
    {
      error: {
        code: 'SubscriptionRequestsThrottled',
        message: expect.stringMatching(/^Number of read requests for subscription '.*' actor '.*' exceeded the limit of '250'\./),
      },
    },
  ]);
  expect((await subscription(other)).status).toBe(200);
});

test('Backup counts for the whole subscription, reads of jobs as well', async () => {
  await move(FULL_MS);
  const jobs = `${group()}/providers/Microsoft.RecoveryServices/vaults/rsv-wide-weu/backupJobs/none?api-version=2023-06-01`;
  const answers = await many(300, (index) => (index < 150 ? owner : other).raw('GET', jobs));
  expect(answers.map(({ status }) => status)).not.toContain(429);
  const refused = await owner.raw('GET', jobs);
  expect([refused.status, JSON.parse(refused.text)]).toMatchObject([429, { error: { code: 'TooManyRequests' } }]);
});

test('AZ-40: a hundred operations that are followed in one subscription leave more than half of every bucket', async () => {
  await move(FULL_MS);
  const action = azureVmDeallocate as EffectAction;
  const azure = azureOf(simulator);
  const ports = portsOf(azure);
  const { signal } = new AbortController();
  const followed: { readonly context: ReturnType<typeof contextFor>; readonly handle: Handle }[] = [];
  for (let number = 101; number <= 200; number += 1) {
    const sent = await azure.submit({ kind: 'vm.deallocate', vmId: vm(number) }, randomUUID(), signal);
    if (sent.kind !== 'accepted') throw new Error(`submit: ${JSON.stringify(sent)}`);
    const target = machine({ kind: 'azure_vm', name: `wide-${number}`, id: vm(number), via: 'run-command', location: 'westeurope' });
    followed.push({ context: { ...contextFor(action, target, {}), timeScale: 1 }, handle: { name: target.name, ...sent.handle } });
    // As many at once as a worker sends.
    if (number % 20 === 0) await move(10_000);
  }
  let open = followed;
  const lowest = { reads: 250, machine: 36 };
  for (let round = 0; open.length > 0 && round < 20; round += 1) {
    const outcomes = await Promise.all(open.map(async (each) => ({ each, outcome: await action.poll(ports, each.context, each.handle) })));
    for (const { outcome } of outcomes) expect(['running', 'ended_well']).toContain(outcome.kind);
    lowest.reads = Math.min(lowest.reads, Number((await subscription(owner)).headers['x-ms-ratelimit-remaining-subscription-reads']));
    const left = (await look(other, 101)).headers['x-ms-ratelimit-remaining-resource'];
    lowest.machine = Math.min(lowest.machine, Number(String(left).split(';')[1]));
    open = outcomes.filter(({ outcome }) => outcome.kind === 'running').map(({ each }) => each);
    const waits = outcomes.map(({ outcome }) => (outcome.kind === 'running' ? outcome.retryAfterMs : Infinity));
    if (open.length > 0) await move(Math.min(...waits));
  }
  expect(open).toEqual([]);
  expect(lowest.reads).toBeGreaterThanOrEqual(125);
  expect(lowest.machine).toBeGreaterThanOrEqual(18);
});

test('AZ-40: a hundred backups of one vault that are followed leave more than half of every bucket, because lists tell which have changed', async () => {
  await move(FULL_MS);
  const action = backupTrigger as EffectAction;
  const azure = azureOf(simulator);
  const ports = portsOf(azure);
  const { signal } = new AbortController();
  const items = `${group()}/providers/Microsoft.RecoveryServices/vaults/rsv-wide-weu/backupFabrics/Azure/protectionContainers`;
  const followed: { readonly context: ReturnType<typeof contextFor>; handle: Handle; dueMs: number }[] = [];
  const lowest = { reads: 250, backup: 300 };
  const reads = async () => {
    const { operations: requests } = (await simulator.control('metrics')) as { readonly operations: Readonly<Record<string, number>> };
    return { jobs: requests['JobDetails_Get'] ?? 0, lists: requests['BackupJobs_List'] ?? 0 };
  };
  let atMs = 0;
  const step = async (ms: number): Promise<void> => {
    await move(ms);
    atMs += ms;
    const due = followed.filter(({ dueMs }) => dueMs <= atMs);
    await Promise.all(
      due.map(async (each) => {
        const outcome = await action.poll(ports, each.context, each.handle);
        expect(['running', 'ended_well']).toContain(outcome.kind);
        each.dueMs = outcome.kind === 'running' ? atMs + outcome.retryAfterMs : Infinity;
        if (outcome.kind === 'running') each.handle = outcome.handle ?? each.handle;
      }),
    );
    lowest.reads = Math.min(lowest.reads, Number((await subscription(owner)).headers['x-ms-ratelimit-remaining-subscription-reads']));
    const jobs = await owner.raw('GET', `${items.replace(/backupFabrics.*/, 'backupJobs/none')}?api-version=2023-06-01`);
    lowest.backup = Math.min(lowest.backup, Number(jobs.headers['x-ms-ratelimit-remaining-subscription-resource-requests']));
  };
  for (let number = 201; number <= 300; number += 1) {
    const name = `iaasvmcontainerv2;rg-wide-weu;wide-${number}`;
    const itemId = `${items}/IaasVMContainer;${name}/protectedItems/VM;${name}`;
    const requestId = randomUUID();
    const sent = await azure.submit({ kind: 'backup.trigger', itemId, expiresAtMs: Date.now() + 86_400_000 }, requestId, signal);
    if (sent.kind !== 'accepted') throw new Error(`submit: ${JSON.stringify(sent)}`);
    const target = machine({ kind: 'azure_vm', name: `wide-${number}`, id: vm(number), via: 'run-command', location: 'westeurope' });
    const context = { ...contextFor(action, target, { retain: '7d' }), before: { item: itemId }, timeScale: 1 };
    followed.push({ context: { ...context, requestIds: [requestId] }, handle: { name: target.name, ...sent.handle }, dueMs: atMs + 5_000 });
    if (number % 10 === 0) await step(10_000);
  }
  const before = await reads();
  while (atMs < 600_000) await step(10_000);
  const after = await reads();
  expect(followed.filter(({ dueMs }) => dueMs < Infinity).length).toBeGreaterThan(50);
  expect(lowest.reads).toBeGreaterThanOrEqual(125);
  expect(lowest.backup).toBeGreaterThanOrEqual(150);
  // Eight minutes, a look a minute: one by one it would be eight hundred reads.
  expect(after.jobs - before.jobs).toBeLessThan(250);
  expect(after.lists - before.lists).toBeLessThan(60);
});
