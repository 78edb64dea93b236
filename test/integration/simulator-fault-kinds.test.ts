import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { shopDrill } from '../support/shop-drill.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import type { RawAnswer, SdkClients } from '../support/azure-sdk.ts';
import type { ShopDrill } from '../support/shop-drill.ts';
import type { RunningSimulator } from '../support/simulator.ts';

const TEST = 'ReplicationProtectedItems_TestFailover';
const CLEANUP = 'ReplicationProtectedItems_TestFailoverCleanup';
const VM = 'api-version=2026-04-01';
let simulator: RunningSimulator;
let azure: SdkClients;
let drill: ShopDrill;

beforeAll(async () => {
  simulator = await startSimulator([...manualClock(), '--isolation', 'none']);
  azure = sdkClients(simulator.ready);
  drill = shopDrill(azure, simulator);
});
afterEach(async () => simulator.control('faults', { method: 'DELETE' }));
afterAll(async () => simulator.stop());

const arm = (fault: object): Promise<unknown> => simulator.control('faults', { method: 'POST', body: fault });
const machines = (group = 'rg-shop-weu'): string =>
  `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachines`;
const jobOf = (answer: RawAnswer): string => String(answer.headers['x-ms-request-id']).split(', ')[0]?.split('/').at(-1) ?? '';
const job = async (id: string) => (await azure.siteRecovery.replicationJobs.get('rsv-dr-weu', 'rg-dr-weu', id)).properties;
const ended = async (id: string) => {
  await simulator.until(async () => !['NotStarted', 'InProgress'].includes((await job(id))?.state ?? ''));
  return job(id);
};
const effects = async (item: string): Promise<readonly string[]> =>
  (await simulator.ledger()).filter(({ path }) => path.includes(`/${item}/`)).map(({ effect }) => effect);
const code = ({ text }: RawAnswer): unknown => (JSON.parse(text) as { readonly error: { readonly code: unknown } }).error.code;

test('one machine of a plan finds no room and one cannot be cleaned up: the job fails, the others go on', async () => {
  const post = (verb: string, properties: object): Promise<RawAnswer> =>
    azure.raw('POST', `${drill.vaultPath}/replicationRecoveryPlans/rp-shop/${verb}?api-version=2023-06-01`, { body: { properties } });
  const states = (found: Awaited<ReturnType<typeof job>>, group: string) => {
    const { tasks } = found ?? {};
    const { groupTaskCustomDetails } = tasks?.find(({ taskId }) => taskId === group) ?? {};
    const children = groupTaskCustomDetails?.childTasks ?? [];
    return Object.fromEntries(children.map(({ friendlyName, state }) => [friendlyName, state]));
  };
  await arm({
    match: { operation: 'ReplicationRecoveryPlans_TestFailover' },
    when: 'duringJob',
    do: { failJob: { code: 'AllocationFailed', only: ['db-02'] } },
  });
  const network = drill.network('rg-dr-test', 'vnet-drill');
  const order = { failoverDirection: 'PrimaryToRecovery', networkType: 'VmNetworkAsInput', networkId: network };
  const tested = await ended(jobOf(await post('testFailover', order)));
  expect([tested?.state, tested?.errors?.[0]?.providerErrorDetails?.errorId]).toEqual(['Failed', 'AllocationFailed']);
  expect(states(tested, 'FailoverAllActionGroup')).toMatchObject({ 'db-01': 'Succeeded', 'db-02': 'Failed', 'web-04': 'Succeeded' });
  expect([await drill.allowed('db-01'), await drill.allowed('db-02')]).toEqual([
    ['TestFailoverCleanup'],
    expect.arrayContaining(['TestFailover']),
  ]);

  await arm({
    match: { operation: 'ReplicationRecoveryPlans_TestFailoverCleanup' },
    when: 'duringJob',
    do: { failJob: { code: '28031', machines: 1 } },
  });
  const cleaned = await ended(jobOf(await post('testFailoverCleanup', { comments: 'over' })));
  expect(cleaned?.state).toBe('Failed');
  expect([await drill.allowed('db-01'), await drill.allowed('app-01')]).toEqual([
    ['TestFailoverCleanup'],
    expect.arrayContaining(['TestFailover']),
  ]);
  expect((await ended(jobOf(await post('testFailoverCleanup', {}))))?.state).toBe('Succeeded');
  expect(await drill.allowed('db-01')).toContain('TestFailover');
  expect(await simulator.control('doubles')).toEqual({ doubles: [] });
});

describe('refusals', () => {
  test.each([
    [{ conflict: true }, 409, 'Conflict'],
    [{ scopeLocked: true }, 409, 'ScopeLocked'],
    [{ forbidden: true }, 403, 'AuthorizationFailed'],
    [{ linkedForbidden: true }, 403, 'LinkedAuthorizationFailed'],
    [{ expiredToken: true }, 401, 'ExpiredAuthenticationToken'],
    [{ claimsChallenge: true }, 401, 'InvalidAuthenticationToken'],
    [{ precondition: true }, 412, 'PreconditionFailed'],
  ])('%o instead of the effect', async (deed, status, expected) => {
    await arm({ match: { operation: TEST, resource: '/app-01/' }, when: 'instead', do: deed });
    const answer = await drill.test('app-01');
    expect([answer.status, code(answer)]).toEqual([status, expected]);
    if ('claimsChallenge' in deed) expect(answer.headers['www-authenticate']).toContain('claims="');
    expect(new Set(await effects('app-01'))).toEqual(new Set(['refused']));
    expect(await drill.allowed('app-01')).toContain('TestFailover');
  });

  test('a redirect names where it wants the client to go', async () => {
    await arm({ match: { operation: TEST }, when: 'instead', do: { redirect: 'https://elsewhere.example/x' } });
    const answer = await drill.test('app-01');
    expect([answer.status, answer.headers.location]).toEqual([307, 'https://elsewhere.example/x']);
  });

  test('a gateway answers with a page of HTML, and throttling strikes as likely as ordered', async () => {
    await arm({ match: { operation: 'VirtualMachines_Get' }, when: 'before', do: { status: 502, html: true } });
    const get = (): Promise<RawAnswer> => azure.raw('GET', `${machines()}/web-01?${VM}`);
    expect(await get()).toMatchObject({ status: 502, text: expect.stringContaining('<html>') as string });
    await arm({
      id: 'often',
      match: { operation: 'VirtualMachines_*' },
      when: 'before',
      do: { status: 429, retryAfter: 3 },
      probability: 0.5,
      times: 4,
    });
    const statuses: number[] = [];
    for (let count = 0; count < 30; count += 1) statuses.push((await get()).status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
    expect(statuses.slice(0, 4)).toContain(200);
  });
});

describe('answers broken on the wire', () => {
  const get = (): Promise<RawAnswer> => azure.raw('GET', `${machines()}/web-01?${VM}`);

  test('half a body, no JSON, byte by byte', async () => {
    await arm({ match: { operation: 'VirtualMachines_Get' }, when: 'after', do: { truncate: true } });
    await expect(get()).rejects.toMatchObject({ code: 'ECONNRESET' });
    await arm({ match: { operation: 'VirtualMachines_Get' }, when: 'after', do: { garbage: true } });
    const { text } = await get();
    expect(() => JSON.parse(text) as unknown).toThrow();
    await arm({ match: { operation: 'VirtualMachines_Get' }, when: 'after', do: { slow: 1 } });
    expect(JSON.parse((await get()).text)).toHaveProperty('name', 'web-01');
  });

  test('a machine without power state, a poor list, a list that shifts', async () => {
    const operation = 'VirtualMachines_InstanceView';
    await arm({ match: { operation }, when: 'after', do: { missingPowerState: true } });
    expect((await azure.raw('GET', `${machines()}/web-01/instanceView?${VM}`)).text).not.toContain('PowerState/');
    expect((await azure.raw('GET', `${machines()}/web-01/instanceView?${VM}`)).text).toContain('PowerState/running');
    await arm({ match: { operation: 'VirtualMachines_List' }, when: 'onList', do: { poorList: ['tags', 'properties.vmId'] } });
    const { value } = JSON.parse((await azure.raw('GET', `${machines()}?${VM}`)).text) as { readonly value: readonly object[] };
    expect(value.length).toBeGreaterThan(3);
    for (const element of value) {
      expect(element).not.toHaveProperty('tags');
      expect(element).not.toHaveProperty('properties.vmId');
      expect(element).toHaveProperty('properties.hardwareProfile');
    }
  });
});

describe('the operation and its URLs', () => {
  const poll = (answer: RawAnswer): Promise<RawAnswer> => azure.raw('GET', String(answer.headers['azure-asyncoperation']));

  test('lost, empty, expired and 204 at the end: the job is there all the time', async () => {
    const at = { match: { operation: TEST, resource: '/app-02/' }, when: 'onPoll' };
    await arm({ ...at, do: { loseOperationUrl: true } });
    const answer = await drill.test('app-02');
    expect((await poll(answer)).status).toBe(404);
    await arm({ ...at, do: { emptyPollBody: true } });
    expect(await poll(answer)).toMatchObject({ status: 200, text: '' });
    await arm({ ...at, id: 'end', do: { expireOperation: true }, times: 1000 });
    expect((await poll(answer)).status).toBe(200);
    expect((await ended(jobOf(answer)))?.state).toBe('Succeeded');
    expect((await poll(answer)).status).toBe(404);
    await simulator.control('faults/end', { method: 'DELETE' });
    await arm({ ...at, do: { final204: true } });
    expect(await poll(answer)).toMatchObject({ status: 204, text: '' });
    expect((await poll(answer)).status).toBe(200);
  });

  test('headers that are missing, or name another host: the effect is there', async () => {
    const at = { match: { operation: TEST }, when: 'after' };
    await arm({ ...at, do: { foreignOperationHost: 'https://management.example' } });
    const foreign = await drill.test('app-03');
    expect(String(foreign.headers['azure-asyncoperation'])).toMatch(/^https:\/\/management\.example\/subscriptions\//i);
    await arm({ ...at, do: { noHeaders: true } });
    const bare = await drill.test('app-04');
    expect(bare.status).toBe(202);
    expect(bare.headers).not.toHaveProperty('azure-asyncoperation');
    expect(bare.headers).not.toHaveProperty('location');
    expect([await effects('app-03'), await effects('app-04')]).toEqual([['started'], ['started']]);
  });

  test.each([
    ['web-01', {}],
    ['web-02', { answer: 'timeout' }],
  ])('a late effect on %s: the answer is lost at once, and the effect lands afterwards', async (item, more) => {
    await arm({ id: `late-${item}`, match: { operation: TEST, resource: `/${item}/` }, when: 'instead', do: { lateEffect: 60, ...more } });
    const requestId = 'eeeeeeee-0000-4000-8000-000000000001';
    if ('answer' in more) expect((await drill.test(item, { requestId })).status).toBe(504);
    else await expect(drill.test(item, { requestId })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect([await effects(item), await drill.allowed(item)]).toEqual([['none'], expect.arrayContaining(['TestFailover'])]);
    await simulator.control('clock', { method: 'POST', body: { advanceMs: 1001 } });
    expect([await effects(item), await drill.allowed(item)]).toEqual([['none', 'started'], []]);
    expect((await simulator.ledger()).at(-1)).toMatchObject({ clientRequestId: requestId, fault: `late-${item}`, effect: 'started' });
  });
});

describe('jobs', () => {
  test.each([
    ['db-01', { completedWithInformation: true }, 'CompletedWithInformation'],
    ['db-02', { failJob: { code: 'AllocationFailed' } }, 'Failed'],
  ])('of %s: %o', async (item, deed, state) => {
    await arm({ match: { operation: TEST, resource: `/${item}/` }, when: 'duringJob', do: deed });
    const found = await ended(jobOf(await drill.test(item)));
    expect(found?.state).toBe(state);
    expect(found?.errors?.[0]?.errorLevel).toBe(state === 'Failed' ? 'Error' : 'Warning');
    if (state === 'Failed') expect(found?.errors?.[0]?.providerErrorDetails?.errorMessage).toContain('Allocation failed');
    expect(await drill.allowed(item)).toContain(state === 'Failed' ? 'TestFailover' : 'TestFailoverCleanup');
  });

  test('a job that is stuck, one that is slow, one that begins late', async () => {
    await arm({ match: { operation: TEST, resource: '/web-03/' }, when: 'duringJob', do: { stuck: true } });
    await arm({ match: { operation: TEST, resource: '/web-04/' }, when: 'duringJob', do: { lateEffect: 600 } });
    const stuck = jobOf(await drill.test('web-03'));
    const late = jobOf(await drill.test('web-04'));
    await simulator.control('clock', { method: 'POST', body: { advanceMs: 9000 } });
    expect([(await job(stuck))?.state, (await job(late))?.state]).toEqual(['InProgress', 'NotStarted']);
    expect((await ended(late))?.state).toBe('Succeeded');
    expect((await job(stuck))?.state).toBe('InProgress');
  });

  test('a cleanup that leaves the interface, one that says it cleaned and did not', async () => {
    const names = async (): Promise<readonly string[]> => {
      const world = (await simulator.control('world')) as Record<'nics' | 'machines', readonly { readonly name: string }[]>;
      return [...world.nics, ...world.machines].map(({ name }) => name);
    };
    await drill.tested('jump-01');
    await arm({ match: { operation: CLEANUP }, when: 'duringJob', do: { leftover: true } });
    expect((await ended(jobOf(await drill.cleanup('jump-01'))))?.state).toBe('Succeeded');
    expect(await names()).toContain('jump-01-nic-test');
    expect(await names()).not.toContain('jump-01-test');
    await drill.tested('jump-01');
    await arm({ match: { operation: CLEANUP }, when: 'duringJob', do: { succeedWrong: true } });
    expect((await ended(jobOf(await drill.cleanup('jump-01'))))?.state).toBe('Succeeded');
    expect(await names()).toContain('jump-01-test');
  });
});
