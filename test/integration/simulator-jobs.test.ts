import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SR, closeLook } from './simulator-plants.ts';
import type { RawAnswer } from '../support/azure-sdk.ts';
import type { CloseLook, Json } from './simulator-plants.ts';

// What a person may do about a job of Site Recovery. Every test begins with the same world.
const VAULT = ['rsv-dr-weu', 'rg-dr-weu'] as const;
let look: CloseLook;

beforeAll(async () => {
  look = await closeLook(['--isolation', 'none']);
  await look.simulator.control('snapshot', { method: 'POST', body: { name: 'start' } });
});
beforeEach(async () => look.simulator.control('restore', { method: 'POST', body: { name: 'start' } }));
afterAll(async () => look.simulator.stop());

const jobs = () => look.azure.siteRecovery.replicationJobs;
const job = async (id: string): Promise<Json> => (await jobs().get(...VAULT, id)).properties;
const jobOf = ({ headers }: RawAnswer): string => String(headers['x-ms-request-id']).split(', ')[0]?.split('/').at(-1) ?? '';
const item = async (name: string): Promise<Json> => (await look.get(`${look.drill.itemPath(name)}?${SR}`)).properties;
const vault = async (): Promise<Json> => ((await look.simulator.control('world')) as Json).vaults[0];
const made = async (group: string): Promise<readonly string[]> =>
  ((await look.simulator.control('world')) as Json).machines.filter((each: Json) => each.group === group).map(({ name }: Json) => name);
const ended = async (id: string): Promise<Json> => {
  for (;;) {
    const seen = await job(id);
    if (!['NotStarted', 'InProgress', 'Cancelling'].includes(seen.state)) return seen;
    await look.move(1000);
  }
};
const refusal = { statusCode: 400, code: 'SiteRecoveryOperationFailed' };
const cancel = (id: string): Promise<RawAnswer> => look.post(`${look.drill.vaultPath}/replicationJobs/${id}/cancel?${SR}`);
const over = { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'NotRequired' };
const failover = (name: string): Promise<RawAnswer> =>
  look.post(`${look.drill.itemPath(name)}/unplannedFailover?${SR}`, { ...over, providerSpecificDetails: { instanceType: 'A2A' } });
const fail = (name: string): Promise<unknown> =>
  look.simulator.control('faults', {
    method: 'POST',
    body: { match: { operation: '*', resource: `/${name}/` }, when: 'duringJob', do: { failJob: { code: '28031' } }, times: 1 },
  });

test('a cancelled failover of a plan stops where it is: what was made stays, and the rest does not replicate again', async () => {
  const plan = `${look.drill.vaultPath}/replicationRecoveryPlans/rp-shop`;
  const submitted = await look.post(`${plan}/unplannedFailover?${SR}`, over);
  const id = jobOf(submitted);
  expect((await look.azure.raw('POST', `${look.drill.vaultPath}/replicationJobs/${id}/cancel?${SR}`)).status).toBe(400);
  await look.move(1400);
  while ((await made('rg-shop-neu')).length === 0) await look.move(20);
  const there = await made('rg-shop-neu');
  expect(there.length).toBeLessThan(10);
  expect((await job(id)).allowedActions).toEqual(['Cancel']);

  const answer = await cancel(id);
  expect([answer.status, answer.text, jobOf(answer)]).toEqual([202, '', id]);
  await expect(jobs().beginCancel(...VAULT, id)).rejects.toMatchObject(refusal);
  expect(await job(id)).toMatchObject({ state: 'Cancelling', allowedActions: [], endTime: null });
  expect((await look.post(`${plan}/unplannedFailover?${SR}`, over)).status).toBe(400);

  const { tasks, state, errors } = await ended(id);
  expect([state, errors, tasks.map((task: Json) => task.state)]).toEqual([
    'Cancelled',
    [],
    ['Succeeded', 'Succeeded', 'Cancelled', 'NotStarted', 'NotStarted', 'NotStarted', 'NotStarted'],
  ]);
  expect(new Set((await vault()).jobs.map((each: Json) => each.state))).toEqual(new Set(['Succeeded', 'Cancelled']));
  const read = async (url: unknown): Promise<Json> => JSON.parse((await look.azure.raw('GET', String(url))).text);
  expect((await read(submitted.headers['azure-asyncoperation'])).status).toBe('Canceled');
  expect((await read(answer.headers['azure-asyncoperation'])).status).toBe('Succeeded');
  expect(await read(answer.headers.location)).toMatchObject({ name: id, properties: { state: 'Cancelled' } });

  await look.move(20_000);
  expect(await made('rg-shop-neu')).toEqual(there);
  expect((await look.get(`${plan}?${SR}`)).properties).toMatchObject({ currentScenario: null, allowedOperations: ['Commit', 'ChangePit'] });
  const planned = (await vault()).items.filter(({ name }: Json) => !['batch-01', 'jump-01'].includes(name));
  for (const { name, phase, replicating } of planned)
    expect([name, phase, replicating]).toEqual([name, there.includes(name) ? 'failedOver' : 'protected', false]);
  expect(await look.simulator.control('doubles')).toEqual({ doubles: [] });
});

test('a cancelled test failover leaves a test machine only when it was made, and nothing counts as tested', async () => {
  const early = jobOf(await look.drill.test('web-01'));
  await look.move(500);
  await cancel(early);
  expect(await ended(early)).toMatchObject({ state: 'Cancelled' });
  expect((await item('web-01')).allowedOperations).toContain('TestFailover');

  const late = jobOf(await look.drill.test('web-01'));
  await look.move(1500);
  while ((await made('rg-shop-neu')).length === 0) await look.move(100);
  await cancel(late);
  expect(await ended(late)).toMatchObject({ state: 'Cancelled' });
  const { allowedOperations, lastSuccessfulTestFailoverTime, testFailoverState } = await item('web-01');
  expect([allowedOperations, lastSuccessfulTestFailoverTime, testFailoverState]).toEqual([
    ['TestFailoverCleanup'],
    undefined,
    'WaitingForCompletion',
  ]);
  const cleaned = jobOf(await look.drill.cleanup('web-01'));
  await look.move(200);
  await expect(jobs().beginCancel(...VAULT, cleaned)).rejects.toMatchObject(refusal);
  expect(await ended(cleaned)).toMatchObject({ state: 'Succeeded', allowedActions: [] });
  expect(await made('rg-shop-neu')).toEqual([]);
  await expect(jobs().beginCancel(...VAULT, late)).rejects.toMatchObject(refusal);
  await expect(jobs().beginCancel(...VAULT, 'nobody')).rejects.toMatchObject({ statusCode: 404 });
  expect(await look.simulator.control('doubles')).toEqual({ doubles: [] });
});

test('a job that failed is restarted once: its work is done by another job, and ours only sets it going', async () => {
  const restart = (id: string): Promise<RawAnswer> => look.post(`${look.drill.vaultPath}/replicationJobs/${id}/restart?${SR}`);
  const workOf = async (): Promise<string> => (await item('app-02')).currentScenario.jobId.split('/').at(-1);
  await fail('app-02');
  const first = jobOf(await failover('app-02'));
  expect(await ended(first)).toMatchObject({ state: 'Failed', allowedActions: ['Restart'] });
  await expect(jobs().beginResume(...VAULT, first, { properties: { comments: 'go on' } })).rejects.toMatchObject(refusal);

  await fail(first);
  const answer = await restart(first);
  expect([answer.status, answer.text]).toEqual([202, '']);
  expect((await restart(first)).status).toBe(400);
  expect((await failover('app-02')).status).toBe(400);
  const second = await workOf();
  expect(await ended(jobOf(answer))).toMatchObject({
    scenarioName: 'RestartJob',
    state: 'Succeeded',
    tasks: [{ friendlyName: 'Restarting job' }],
  });
  // The work failed again: from now on it is the second job that may be restarted.
  expect(await ended(second)).toMatchObject({ scenarioName: 'UnplannedFailover', state: 'Failed', allowedActions: ['Restart'] });
  expect((await job(second)).activityId).toMatch(/^ ActivityId/);
  expect((await restart(first)).status).toBe(400);
  expect((await restart(second)).status).toBe(202);
  const third = await workOf();
  expect(await ended(third)).toMatchObject({ scenarioName: 'UnplannedFailover', state: 'Succeeded' });
  expect([(await item('app-02')).activeLocation, await made('rg-shop-neu')]).toEqual(['Recovery', ['app-02']]);
  const listed = (await look.get(`${look.drill.vaultPath}/replicationJobs?${SR}`)).value as readonly Json[];
  expect(listed.flatMap(({ properties }) => properties.allowedActions)).toEqual([]);
  for (const id of [first, second, third, jobOf(answer)]) expect((await restart(id)).status).toBe(400);
  expect(await look.simulator.control('doubles')).toEqual({ doubles: [] });
});

test('a job whose machine went another way meanwhile is not restarted', async () => {
  await fail('app-03');
  const id = jobOf(await failover('app-03'));
  await ended(id);
  const second = jobOf(await failover('app-03'));
  expect(await job(id)).toMatchObject({ allowedActions: [] });
  await expect(jobs().beginRestart(...VAULT, id)).rejects.toMatchObject(refusal);
  expect(await ended(second)).toMatchObject({ state: 'Succeeded' });
  await expect(jobs().beginRestart(...VAULT, id)).rejects.toMatchObject(refusal);
});

test('the protection of a whole plan cannot be reversed: the request is accepted, its job fails, and nothing has moved', async () => {
  const plan = (verb: string, properties?: object): Promise<RawAnswer> =>
    look.post(`${look.drill.vaultPath}/replicationRecoveryPlans/rp-shop/${verb}?${SR}`, properties);
  expect((await plan('reProtect')).status).toBe(400);
  await plan('unplannedFailover', over);
  await look.move(12_000);
  await plan('failoverCommit');
  await look.move(2000);
  const before = await vault();
  const id = jobOf(await plan('reProtect'));
  expect((await plan('reProtect')).status).toBe(400);
  const { state, scenarioName, errors } = await ended(id);
  expect([state, scenarioName, errors.length]).toEqual(['Failed', 'ReverseReplication', 1]);
  const after = await vault();
  expect(after.items.map(({ name, phase }: Json) => [name, phase])).toEqual(before.items.map(({ name, phase }: Json) => [name, phase]));
  expect(after.jobs.length - before.jobs.length).toBe(1 + 10);
  expect((await look.started('/reProtect')).length).toBe(1);

  const named = { failoverDirection: 'PrimaryToRecovery', providerSpecificDetails: { instanceType: 'A2A' } };
  for (const verb of ['plannedFailover', 'reProtect', 'failoverCancel'])
    expect([verb, (await look.post(`${look.drill.itemPath('web-01')}/${verb}?${SR}`, named)).status]).toEqual([verb, 400]);
  for (const verb of ['plannedFailover', 'failoverCancel'])
    expect([verb, (await plan(verb, { failoverDirection: 'PrimaryToRecovery' })).status]).toEqual([verb, 400]);
});

test('a job that was cancelled and one that was restarted come back with a snapshot', async () => {
  await fail('db-01');
  const failed = jobOf(await failover('db-01'));
  await ended(failed);
  await look.post(`${look.drill.vaultPath}/replicationJobs/${failed}/restart?${SR}`);
  const cancelled = jobOf(await failover('web-02'));
  await look.move(500);
  await cancel(cancelled);
  const before = await vault();
  await look.simulator.control('snapshot', { method: 'POST', body: { name: 'middle' } });
  await look.move(8000);
  const later = await vault();
  await look.simulator.control('restore', { method: 'POST', body: { name: 'middle' } });
  expect(await vault()).toEqual(before);
  await look.move(8000);
  expect(await vault()).toEqual(later);
  expect(await job(cancelled)).toMatchObject({ state: 'Cancelled' });
});

test('a lock on a vault keeps its items from being deleted or disabled', async () => {
  const lock = `${look.drill.vaultPath}/providers/Microsoft.Authorization/locks/keep?api-version=2020-05-01`;
  const end = (): Promise<RawAnswer> => look.post(`${look.drill.itemPath('jump-01')}/remove?${SR}`, {});
  const purge = (): Promise<RawAnswer> => look.azure.raw('DELETE', `${look.drill.itemPath('jump-01')}?${SR}`);
  await look.azure.raw('PUT', lock, { body: { properties: { level: 'CanNotDelete' } } });
  expect((await purge()).status).toBe(409);
  await look.azure.raw('PUT', lock, { body: { properties: { level: 'ReadOnly' } } });
  expect([(await purge()).status, (await end()).status]).toEqual([409, 409]);
  await look.azure.raw('DELETE', lock);
  expect((await end()).status).toBe(202);
});

test('faults reach what ends a protection, what reads of it, what sets a job going again and what stops one', async () => {
  const arm = (operation: string, deed: object, when = 'duringJob'): Promise<unknown> =>
    look.simulator.control('faults', { method: 'POST', body: { match: { operation }, when, do: deed } });
  const path = look.drill.itemPath('jump-01');
  await arm('ReplicationProtectedItems_Delete', { succeedWrong: true });
  const said = await ended(jobOf(await look.post(`${path}/remove?${SR}`, {})));
  expect([said.state, (await item('jump-01')).allowedOperations]).toEqual(['Succeeded', expect.arrayContaining(['DisableProtection'])]);
  await arm('ReplicationProtectedItems_Purge', { failJob: { code: '150097' } });
  const failed = jobOf(await look.azure.raw('DELETE', `${path}?${SR}`));
  expect(await ended(failed)).toMatchObject({ state: 'Failed', errors: [{ providerErrorDetails: { errorId: '150097' } }] });
  await arm('ReplicationEvents_List', { status: 429, retryAfter: 9 }, 'before');
  const events = await look.azure.raw('GET', `${look.drill.vaultPath}/replicationEvents?${SR}`);
  expect([events.status, events.headers['retry-after']]).toEqual([429, '9']);

  await arm('ReplicationJobs_Restart', { stuck: true });
  const again = jobOf(await look.post(`${look.drill.vaultPath}/replicationJobs/${failed}/restart?${SR}`));
  expect((await ended(again)).state).toBe('Succeeded');
  await look.move(100_000);
  expect((await item('jump-01')).currentScenario.scenarioName).toBe('DisableDr');

  const submitted = jobOf(await failover('web-01'));
  await look.move(1400);
  await arm('ReplicationJobs_Cancel', { stuck: true });
  await cancel(submitted);
  await look.move(100_000);
  expect((await job(submitted)).state).toBe('Cancelling');
  expect(await look.simulator.control('doubles')).toEqual({ doubles: [] });
});
