import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { runOnMachine } from '../support/run-command.ts';
import { SR, VM, closeLook } from './simulator-plants.ts';
import type { CloseLook, Json } from './simulator-plants.ts';

// Faults that are a state of the world, and faults inside machines and jobs of compute and backup.
let look: CloseLook;

beforeAll(async () => {
  look = await closeLook();
});
afterEach(async () => look.simulator.control('faults', { method: 'DELETE' }));
// Five minutes of the estate: what one test has asked of Azure does not throttle the next.
beforeEach(() => look.move(5000));
afterAll(async () => look.simulator.stop());

const arm = (fault: object): Promise<unknown> => look.simulator.control('faults', { method: 'POST', body: fault });
const region = (name: string, way: 'down' | 'up'): Promise<unknown> => look.simulator.control(`region/${name}/${way}`, { method: 'POST' });
const item = async (name: string): Promise<Json> => (await look.get(`${look.drill.itemPath(name)}?${SR}`)).properties;
const machine = async (name: string): Promise<Json> =>
  ((await look.simulator.control('world')) as Json).machines.find((each: Json) => each.name === name);
const view = async (name: string): Promise<string> => JSON.stringify(await look.get(`${look.vm(name)}/instanceView?${VM}`));
const answers = async (name: string): Promise<boolean> =>
  fetch(`http://${(await machine(name)).realAddress}:8080/`).then(
    () => true,
    () => false,
  );
const powered = async (name: string, verb: string): Promise<Json> => {
  const answer = await look.post(`${look.vm(name)}/${verb}?${VM}`);
  await look.move(6000);
  return look.get(String(answer.headers['azure-asyncoperation']));
};

test('health, an outdated agent and an RPO that lags, of one item and as long as they are armed', async () => {
  const { replicationHealth } = await item('web-02');
  await arm({ match: { resource: '/web-01/' }, do: { health: 'Critical' } });
  await arm({ match: { resource: '/web-01/' }, do: { agentOutdated: true } });
  await arm({ match: { resource: '/web-01/' }, do: { lagRpo: 7200 } });
  await look.move(2000);
  const sick = await item('web-01');
  expect([sick.replicationHealth, sick.providerSpecificDetails.isReplicationAgentUpdateRequired]).toEqual(['Critical', true]);
  expect(sick.providerSpecificDetails.rpoInSeconds).toBeGreaterThanOrEqual(120);
  expect((await item('web-02')).replicationHealth).toBe(replicationHealth);
  await look.simulator.control('faults', { method: 'DELETE' });
  await look.move(2000);
  expect((await item('web-01')).providerSpecificDetails.rpoInSeconds).toBeLessThan(30);
});

test('a boot that fails inside, an agent that never reports', async () => {
  await arm({ match: { resource: '/web-03/' }, do: { bootFails: true } });
  await arm({ match: { resource: '/web-04/' }, do: { agentNever: true } });
  await powered('web-03', 'restart');
  await powered('web-04', 'restart');
  for (const name of ['web-03', 'web-04']) {
    expect(await view(name)).toContain('PowerState/running');
    expect(await view(name)).toContain('Not Ready');
  }
  expect([await answers('web-03'), await answers('web-04')]).toEqual([false, true]);
});

test('a script that is killed, a script whose output is lost', async () => {
  const at = { match: { operation: 'VirtualMachineRunCommands_CreateOrUpdate' }, when: 'duringJob' };
  await arm({ ...at, do: { scriptKilled: 50 } });
  const killed = await runOnMachine(look, { machine: 'db-01', name: 'killed', script: 'echo begun; sleep 60; echo ended' });
  expect([killed.executionState, killed.exitCode]).toEqual(['Failed', 137]);
  await arm({ ...at, do: { outputLost: true } });
  const lost = await runOnMachine(look, { machine: 'db-01', name: 'lost', script: 'echo done > /var/lib/done; echo done' });
  expect([lost.executionState, lost.output]).toEqual(['Succeeded', '']);
  expect(await look.simulator.control('machines/db-01/files/var/lib/done')).toBe('done\n');
});

test('a start that finds no room fails, one that says it started did not', async () => {
  expect((await powered('jump-01', 'deallocate')).status).toBe('Succeeded');
  const at = { match: { operation: 'VirtualMachines_Start' }, when: 'duringJob' };
  await arm({ ...at, do: { failJob: { code: 'AllocationFailed' } } });
  expect(await powered('jump-01', 'start')).toMatchObject({ status: 'Failed', error: { code: 'AllocationFailed' } });
  await arm({ ...at, do: { succeedWrong: true } });
  expect((await powered('jump-01', 'start')).status).toBe('Succeeded');
  expect(await view('jump-01')).toContain('PowerState/deallocated');
  expect((await powered('jump-01', 'start')).status).toBe('Succeeded');
  expect(await view('jump-01')).toContain('PowerState/running');
});

test('changes reach the lists late', async () => {
  await arm({ match: { resource: 'jump-01' }, do: { listLag: 600 } });
  const listed = async (): Promise<string> =>
    JSON.stringify((await look.get(`${look.vm('x').replace(/\/x$/, '')}?${VM}`)).value.find(({ name }: Json) => name === 'jump-01'));
  const before = await listed();
  await powered('jump-01', 'restart');
  expect(await listed()).toBe(before);
  await look.move(12_000);
  expect(await listed()).not.toBe(before);
});

test("Azure's clock differs, and waits last as long as before", async () => {
  const date = async (): Promise<number> => Date.parse(String((await look.azure.raw('GET', `${look.vm('web-01')}?${VM}`)).headers.date));
  const before = await date();
  await arm({ do: { skew: 600 } });
  expect((await date()) - before).toBe(600_000);
  await look.simulator.control('faults', { method: 'DELETE' });
  expect(await date()).toBe(before);
});

test('a region that is down: its machines are dead, its source cannot be shut down, the other region works', async () => {
  await region('westeurope', 'down');
  expect((await look.azure.raw('GET', `${look.vm('jump-01')}?${VM}`)).status).toBe(503);
  expect(await answers('web-01')).toBe(false);
  const failover = { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'Required' };
  const answer = await look.post(`${look.drill.itemPath('app-01')}/unplannedFailover?${SR}`, failover);
  await look.move(8000);
  const job = (await look.get(`${String(answer.headers['x-ms-request-id']).split(', ')[0]}?${SR}`)).properties;
  expect(job.state).toBe('Succeeded');
  expect(job.tasks.map(({ name, state }: Json) => [name, state])).toContainEqual(['ShutdownVm', 'Failed']);
  const replica = look.vm('app-01').replace('rg-shop-weu', 'rg-shop-neu');
  expect((await look.azure.raw('GET', `${replica}?${VM}`)).status).toBe(200);
  await region('westeurope', 'up');
  expect((await look.azure.raw('GET', `${look.vm('web-01')}?${VM}`)).status).toBe(200);
  expect(await answers('web-01')).toBe(true);
});

test('sets are armed and taken back by their names', async () => {
  const armed = async (): Promise<readonly string[]> => ((await look.simulator.control('faults')) as Json).faults.map(({ id }: Json) => id);
  for (const set of ['black-friday', 'region-down', 'flaky-network']) {
    await look.simulator.control(`fault-sets/${set}`, { method: 'POST' });
    expect((await armed()).every((id) => id.startsWith(`${set}/`))).toBe(true);
    await look.simulator.control(`faults/${set}`, { method: 'DELETE' });
    expect(await armed()).toEqual([]);
  }
  await expect(look.simulator.control('fault-sets/monday', { method: 'POST' })).rejects.toThrow('black-friday');
});

test.each([
  [{ match: { operation: 'VirtualMachines_Boot' }, when: 'before', do: { reset: true } }, 'VirtualMachines_Boot'],
  [{ match: { operation: 'VirtualMachines_Get' }, when: 'onPoll', do: { noHeaders: true } }, 'noHeaders goes with after'],
  [{ match: { operation: 'VirtualMachines_Get' }, when: 'duringJob', do: { stuck: true } }, 'VirtualMachines_Start'],
  [{ match: { operation: 'VirtualMachines_Get' }, when: 'before', do: { status: 418 } }, 'do.status'],
  [{ match: { operation: 'VirtualMachines_Get', nht: 1 }, when: 'before', do: { reset: true } }, 'nht'],
  [{ when: 'before', do: { skew: 1 } }, 'match.operation'],
])('%o is refused with what is wrong', async (fault, expected) => {
  await expect(arm(fault)).rejects.toThrow(expected);
});

test('a fault strikes no more from its end on', async () => {
  const { nowMs } = (await look.simulator.control('clock')) as { readonly nowMs: number };
  const until = new Date(nowMs + 1000).toISOString();
  await arm({ match: { operation: 'VirtualMachines_Get' }, when: 'before', do: { status: 500 }, times: 9, until });
  const get = async (): Promise<number> => (await look.azure.raw('GET', `${look.vm('jump-01')}?${VM}`)).status;
  expect(await get()).toBe(500);
  await look.move(1000);
  expect(await get()).toBe(200);
});

test('every kind of the catalogue says when it may strike and what is seen of it', async () => {
  const { faults, operations } = (await look.simulator.control('faults/catalogue')) as Json;
  expect(faults.length).toBeGreaterThan(35);
  for (const fault of faults) {
    expect(fault).toMatchObject({
      do: expect.any(String) as string,
      says: expect.any(String) as string,
      when: expect.any(Array) as unknown,
    });
    for (const operation of fault.jobs ?? []) expect(operations).toContain(operation);
  }
});

test('damage by hand: drift, a dead service and its return, a full disk, a file', async () => {
  const post = (call: string, body: object): Promise<unknown> =>
    look.simulator.control(`machines/web-02/${call}`, { method: 'POST', body });
  await post('break', { how: 'drift' });
  expect(await look.simulator.control('machines/web-02/files/etc/sysctl.d/99-by-hand.conf')).toContain('ip_forward');
  await post('break', { how: 'service' });
  expect(await answers('web-02')).toBe(false);
  await post('unit', { unit: 'shop-web', state: 'active' });
  await look.simulator.until(() => answers('web-02'));
  await post('break', { how: 'disk' });
  await post('write', { path: '/etc/motd', text: 'by hand' });
  expect(await look.simulator.control('machines/web-02/files/etc/motd')).toBe('by hand');
  await expect(post('break', { how: 'heart' })).rejects.toThrow('drift');
});

test('the clock moves on until nothing is under way', async () => {
  await look.drill.test('db-02');
  await look.simulator.control('clock', { method: 'POST', body: { until: 'idle' } });
  expect(await look.drill.allowed('db-02')).toEqual(['TestFailoverCleanup']);
});

test('the seed of what comes next is told, and can be another one', async () => {
  expect(await look.simulator.control('seed')).toEqual({ seed: 42 });
  await look.simulator.control('seed', { method: 'POST', body: { seed: 7 } });
  expect(await look.simulator.control('seed')).toEqual({ seed: 7 });
});
