import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { startSimulator } from '../support/simulator.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { until } from '../support/until.ts';

const CLOCK = ['--scale', '60', '--clock', 'manual', '--start', '2026-01-05T09:00:00Z'];
const started: RunningSimulator[] = [];
afterEach(async () => {
  for (const simulator of started.splice(0)) await simulator.stop();
});

const start = async (flags: readonly string[], left?: string): Promise<RunningSimulator> => {
  const simulator = left === undefined ? await startSimulator(flags) : await startAgain(flags, left);
  started.push(simulator);
  return simulator;
};

/** A simulator of a test beside this one may have taken the addresses of the killed one: it gives them back when it ends. */
async function startAgain(flags: readonly string[], left: string): Promise<RunningSimulator> {
  const again: RunningSimulator[] = [];
  await until(async () => {
    try {
      again.push(await startSimulator(flags, left));
    } catch (error) {
      if (!String(error).includes('another simulator runs at the addresses')) throw error;
    }
    return again.length > 0;
  });
  const [simulator] = again;
  if (simulator === undefined) throw new Error('no simulator was started');
  return simulator;
}

const move = (simulator: RunningSimulator, advanceMs: number): Promise<unknown> =>
  simulator.control('clock', { method: 'POST', body: { advanceMs } });
const snapshot = (simulator: RunningSimulator, call: 'snapshot' | 'restore', name: string): Promise<unknown> =>
  simulator.control(call, { method: 'POST', body: { name } });
const mark = (simulator: RunningSimulator, name: string, text: string): Promise<unknown> =>
  simulator.control(`machines/${name}/files/var/lib/shop/mark`, { method: 'PUT', body: text });

interface View {
  readonly machines: readonly { readonly name: string; readonly services: readonly string[]; readonly realAddress: string }[];
  readonly vaults: readonly { readonly jobs: readonly { readonly id: string; readonly state: string }[] }[];
}

test('killed in the middle of a job, it goes on with the same world, files, ledger, addresses and tokens', async () => {
  const first = await start(CLOCK);
  const azure = sdkClients(first.ready);
  const drill = shopDrill(azure, first);
  await first.control('faults', {
    method: 'POST',
    body: { id: 'rare', match: { operation: '*' }, when: 'before', do: { status: 503 }, probability: 0.001 },
  });
  const answer = await drill.test('db-01', { requestId: 'cccccccc-0000-4000-8000-00000000000a' });
  await mark(first, 'web-01', 'kept');
  await move(first, 2000);
  const [view, ledger, faults] = [await first.control('world'), await first.ledger(), await first.control('faults')];
  await first.kill();
  started.pop();

  const second = await start(CLOCK, first.ready.state);
  expect([second.ready.endpoint, second.ready.control]).toEqual([first.ready.endpoint, first.ready.control]);
  expect(await second.control('world')).toEqual(view);
  expect([await second.ledger(), await second.control('faults')]).toEqual([ledger, faults]);
  expect(await second.control('machines/web-01/files/var/lib/shop/mark')).toBe('kept');
  const [web] = (view as View).machines.filter(({ name }) => name === 'web-01');
  expect((await fetch(`http://${web?.realAddress}:8080/`)).status).toBe(200);
  // The client of before goes on with its token, its operation and its state of mind.
  expect((await azure.raw('GET', String(answer.headers['azure-asyncoperation']))).text).toContain('InProgress');
  await second.until(async () => (await drill.allowed('db-01')).includes('TestFailoverCleanup'));
  expect((await drill.cleanup('db-01')).status).toBe(202);
  expect(await second.control('doubles')).toEqual({ doubles: [] });
});

test('on the wall clock a job ends at its time although the simulator was dead', async () => {
  const first = await start(['--scale', '60']);
  const answer = await shopDrill(sdkClients(first.ready), first).test('db-02');
  expect(answer.status).toBe(202);
  await first.kill();
  started.pop();
  const second = await start(['--scale', '60'], first.ready.state);
  const drill = shopDrill(sdkClients(second.ready), second);
  await second.until(async () => (await drill.allowed('db-02')).includes('TestFailoverCleanup'));
  expect((await second.ledger()).map(({ effect }) => effect)).toEqual(['started']);
});

test('a snapshot puts back states, files, faults, clock and random streams', async () => {
  const simulator = await start(CLOCK);
  const drill = shopDrill(sdkClients(simulator.ready), simulator);
  await mark(simulator, 'app-01', 'before');
  await drill.tested('db-01');
  await drill.test('app-01');
  await move(simulator, 700);
  await snapshot(simulator, 'snapshot', 'drill');
  const was = [await simulator.control('world'), await simulator.ledger(), await simulator.control('clock')];

  const onward = async (): Promise<unknown> => {
    await drill.cleanup('db-01', { requestId: 'cccccccc-0000-4000-8000-00000000000b' });
    await drill.test('web-02', { requestId: 'cccccccc-0000-4000-8000-00000000000c' });
    await mark(simulator, 'app-01', 'after');
    await simulator.control('fault-sets/region-down', { method: 'POST' });
    await move(simulator, 9000);
    return [await simulator.control('world'), await simulator.ledger()];
  };
  const once = await onward();
  await snapshot(simulator, 'restore', 'drill');
  expect([await simulator.control('world'), await simulator.ledger(), await simulator.control('clock')]).toEqual(was);
  expect(await simulator.control('machines/app-01/files/var/lib/shop/mark')).toBe('before');
  expect(await simulator.control('faults')).toEqual({ faults: [] });
  expect(await onward()).toEqual(once);
  expect(await simulator.control('snapshots')).toMatchObject({ snapshots: [{ name: 'drill', machines: 13 }] });
  await expect(snapshot(simulator, 'restore', 'nobody')).rejects.toThrow('there is no snapshot nobody');
});

test('requests and answers are written down, without tokens and protected parameters', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'runward-record-'));
  const simulator = await start([...CLOCK, '--isolation', 'none', '--record', folder]);
  const { raw } = sdkClients(simulator.ready);
  const machine = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/web-01`;
  const properties = { source: { script: 'true' }, protectedParameters: [{ name: 'KEY', value: 'hunter2' }] };
  await raw('PUT', `${machine}/runCommands/one?api-version=2026-04-01`, { body: { location: 'westeurope', properties } });
  const deed = { match: { operation: 'VirtualMachines_Get' }, when: 'before', do: { status: 503 } };
  await simulator.control('faults', { method: 'POST', body: { id: 'ill', ...deed } });
  await raw('GET', `${machine}?api-version=2026-04-01`);
  await raw('POST', `${machine}/generalize?api-version=2026-04-01`);
  const text = await readFile(join(folder, 'exchanges.jsonl'), 'utf8');
  await rm(folder, { recursive: true });
  const [put, ill, unknown] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(put).toMatchObject({ request: { method: 'PUT', body: { location: 'westeurope' } }, response: { status: 201 } });
  expect(put).not.toHaveProperty('fault');
  expect(ill).toMatchObject({ response: { status: 503 }, fault: 'ill' });
  expect(unknown).toMatchObject({ request: { method: 'POST' }, response: { status: 501 } });
  expect(text).not.toMatch(/hunter2|Bearer|eyJ/);
});
