import { expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { startSimulator } from '../support/simulator.ts';
import type { RunningSimulator } from '../support/simulator.ts';

const CLOCK = ['--clock', 'manual', '--start', '2026-01-05T09:00:00Z'] as const;
const START_MS = Date.parse('2026-01-05T09:00:00Z');

/** The world behind the API without what belongs to this computer: folders, addresses, ports. */
async function worldOf(simulator: RunningSimulator): Promise<unknown> {
  const text = JSON.stringify(await simulator.control('world')).replace(/"(root|address|realAddress|url)":"[^"]*"/g, '"$1":""');
  return JSON.parse(text) as unknown;
}

/** A short drill by hand: the same requests at the same instants. */
async function drillOf(simulator: RunningSimulator): Promise<unknown> {
  const drill = shopDrill(sdkClients(simulator.ready), simulator);
  const move = (advanceMs: number): Promise<unknown> => simulator.control('clock', { method: 'POST', body: { advanceMs } });
  await drill.test('db-01', { requestId: 'cccccccc-0000-4000-8000-000000000001' });
  await move(3000);
  await drill.cleanup('db-01', { requestId: 'cccccccc-0000-4000-8000-000000000002' });
  await drill.test('web-01', { requestId: 'cccccccc-0000-4000-8000-000000000003' });
  await move(1000);
  return worldOf(simulator);
}

async function once(flags: readonly string[]): Promise<unknown> {
  const simulator = await startSimulator(['--scale', '60', ...CLOCK, ...flags]);
  try {
    return await drillOf(simulator);
  } finally {
    await simulator.stop();
  }
}

test('the same seed, requests and clock steps give the same world, another seed another one', async () => {
  const [first, second, other] = [await once(['--seed', '7']), await once(['--seed', '7']), await once(['--seed', '8'])];
  expect(second).toEqual(first);
  expect(other).not.toEqual(first);
});

test('a manual clock stands until it is moved, and every wait ends at its own instant', async () => {
  const simulator = await startSimulator(['--scale', '1', ...CLOCK]);
  const drill = shopDrill(sdkClients(simulator.ready), simulator);
  const clock = async (body?: object): Promise<{ readonly nowMs: number; readonly nextMs: number }> =>
    (await simulator.control('clock', body === undefined ? {} : { method: 'POST', body })) as {
      readonly nowMs: number;
      readonly nextMs: number;
    };
  try {
    expect((await clock()).nowMs).toBe(START_MS);
    await drill.test('db-01');
    await clock({ advanceMs: 60_000 });
    expect(await drill.allowed('db-01')).toEqual([]);
    const { nextMs } = await clock();
    expect((await clock({ until: 'next' })).nowMs).toBe(nextMs);
    await clock({ advanceMs: 150_000 });
    expect(await drill.allowed('db-01')).toEqual(['TestFailoverCleanup']);
  } finally {
    await simulator.stop();
  }
});

test('with every stage at its shortest an operation still takes polls, and ends', async () => {
  const simulator = await startSimulator(['--profile', 'instant-but-async']);
  const drill = shopDrill(sdkClients(simulator.ready), simulator);
  try {
    await drill.tested('db-01');
    expect((await drill.cleanup('db-01')).status).toBe(202);
    await simulator.until(async () => (await drill.allowed('db-01')).includes('TestFailover'));
  } finally {
    await simulator.stop();
  }
});

test('where Azure accepts what the state does not allow, the job fails and nothing else happens', async () => {
  const simulator = await startSimulator(['--scale', '60', ...CLOCK, '--second-test-failover', 'fail-job']);
  const azure = sdkClients(simulator.ready);
  const drill = shopDrill(azure, simulator);
  try {
    await drill.test('db-01');
    const second = await drill.test('db-01', { requestId: 'cccccccc-0000-4000-8000-000000000009' });
    expect(second.status).toBe(202);
    const id = String(second.headers['x-ms-request-id']).split(', ')[0]?.split('/').at(-1) ?? '';
    await simulator.control('clock', { method: 'POST', body: { advanceMs: 1000 } });
    expect((await azure.siteRecovery.replicationJobs.get('rsv-dr-weu', 'rg-dr-weu', id)).properties?.state).toBe('Failed');
    expect((await simulator.ledger()).map((line) => line.effect)).toEqual(['started', 'none']);
  } finally {
    await simulator.stop();
  }
});
