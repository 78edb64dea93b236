import { beforeEach, describe, expect, test } from 'vitest';
import { asrItemTestFailover } from '../../../engine/actions/asr-item-test-failover.ts';
import type { Azure, AzureQuery } from '../../../engine/azure-calls.ts';
import { JOB_WINDOW_MARGIN_MS } from '../../../engine/limits.ts';
import { timeValue } from '../../../engine/values.ts';
import type { WrittenAzure } from './written-azure.ts';
import {
  EARLIER_REQUEST_ID,
  ITEM,
  NETWORK,
  NOW_MS,
  REQUEST_ID,
  TESTED,
  TEST_NIC,
  TEST_VM,
  VAULT,
  context,
  effect,
  item,
  job,
  portsWith,
  putJobs,
  target,
  vm,
  writtenAzure,
} from './written-azure.ts';

const action = effect(asrItemTestFailover);
const given = (changes = {}, input = {}) => context(action, { network: NETWORK, ...input }, changes);
const point = (name: string, kind: string, minutesAgo: number) => ({
  id: `${ITEM}/recoveryPoints/${name}`,
  kind,
  atMs: NOW_MS - minutesAgo * 60_000,
});

let azure: WrittenAzure;
beforeEach(() => {
  azure = writtenAzure();
  azure.put('sr.item', ITEM, item());
  azure.put('sr.points', ITEM, [
    point('c', 'CrashConsistent', 3),
    point('b', 'CrashConsistent', 8),
    point('a', 'ApplicationConsistent', 200),
  ]);
  putJobs(azure);
});
const precheck = (changes = {}, input = {}) => action.precheck(portsWith(azure), given(changes, input));

describe('before the intent', () => {
  test.each([
    ['latest-processed', { recovery_point: `${ITEM}/recoveryPoints/c`, recovery_point_time: timeValue(NOW_MS - 180_000) }],
    ['latest-crash-consistent', { recovery_point: `${ITEM}/recoveryPoints/c`, recovery_point_time: timeValue(NOW_MS - 180_000) }],
    ['latest-application-consistent', { recovery_point: `${ITEM}/recoveryPoints/a`, recovery_point_time: timeValue(NOW_MS - 12_000_000) }],
    ['latest', {}],
  ])('picks the point for %s', async (recovery_point, before) => {
    expect(await precheck({}, { recovery_point })).toEqual({ kind: 'proceed', before: { item: ITEM, ...before } });
  });

  test('refuses when there is no point of the wanted kind', async () => {
    azure.put('sr.points', ITEM, [point('c', 'CrashConsistent', 3)]);
    const outcome = await precheck({}, { recovery_point: 'latest-application-consistent' });
    expect(outcome).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining('application-consistent') } });
  });

  test.each(['InProgress', 'Succeeded', 'Failed'])('adopts the %s job of an earlier send that the record lost', async (state) => {
    putJobs(azure, job('theirs', { clientRequestId: 'somebody-else' }), job('ours', { clientRequestId: EARLIER_REQUEST_ID, state }));
    azure.put('sr.item', ITEM, item({ ...TESTED }));
    expect(await precheck()).toMatchObject({ kind: 'ours', handle: { jobId: `${VAULT}/replicationJobs/ours` } });
  });

  test('AZ-13: recognises a fresh job that names neither scenario nor machine', async () => {
    putJobs(
      azure,
      job('fresh', { clientRequestId: REQUEST_ID.toUpperCase(), scenario: undefined, targetName: undefined, state: 'NotStarted' }),
    );
    expect(await precheck()).toMatchObject({ kind: 'ours' });
  });

  test('finds the job that the item names before the list shows it', async () => {
    const running = job('running', { clientRequestId: REQUEST_ID });
    azure.put('sr.job', running.id, running);
    azure.put('sr.item', ITEM, item({ allowedOperations: [], runningScenario: { name: 'TestFailover', jobId: running.id } }));
    expect(await precheck()).toMatchObject({ kind: 'ours', handle: { jobId: running.id } });
  });

  test('refuses while somebody else tests the machine, and names the job', async () => {
    const theirs = job('theirs', { clientRequestId: 'somebody-else' });
    putJobs(azure, theirs);
    azure.put('sr.item', ITEM, item({ allowedOperations: [], runningScenario: { name: 'TestFailover', jobId: theirs.id } }));
    expect(await precheck()).toMatchObject({ kind: 'failed', failure: { kind: 'target', message: expect.stringContaining(theirs.id) } });
  });

  test('AZ-32: refuses when an earlier test failover was not cleaned up', async () => {
    azure.put('sr.item', ITEM, item({ ...TESTED }));
    expect(await precheck()).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining('not been cleaned up') } });
  });

  test('refuses a machine that is not protected', async () => {
    azure.put('sr.item', ITEM, item({ protectionState: 'InitialReplicationInProgress', allowedOperations: ['DisableProtection'] }));
    expect(await precheck()).toMatchObject({ kind: 'failed', failure: { kind: 'not_protected' } });
  });

  test.each(['sr.item', 'sr.points'] as const)('asks again when %s is not answered', async (kind) => {
    azure.refuse(kind, ITEM, { kind: 'unanswered', message: 'throttled', retryAfterMs: 17_000 });
    expect(await precheck()).toMatchObject({ kind: 'unanswered', retryAfterMs: 17_000 });
  });

  test('does not go on without the job list: ours might be in it', async () => {
    azure.refuse('sr.jobs', VAULT, { kind: 'denied', message: 'no right' });
    expect(await precheck()).toMatchObject({ kind: 'unanswered' });
  });

  test('reads only jobs of this machine', async () => {
    putJobs(azure, job('other-machine', { targetName: 'db-01', clientRequestId: 'x' }));
    await precheck();
    expect(azure.asked).not.toContain(`sr.job ${VAULT}/replicationJobs/other-machine`.toLowerCase());
  });
});

describe('the one request', () => {
  const submit = (before: object) => action.submit(portsWith(azure), given({ before }));

  test('carries the point of the precheck and the request id', async () => {
    await submit({ recovery_point: `${ITEM}/recoveryPoints/c` });
    expect(azure.submits).toEqual([
      {
        operation: { kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK, recoveryPointId: `${ITEM}/recoveryPoints/c` },
        requestId: REQUEST_ID,
      },
    ]);
  });

  test('names no point for the latest data', async () => {
    await submit({});
    expect(azure.submits[0]?.operation).toEqual({ kind: 'sr.testFailover', itemId: ITEM, networkId: NETWORK });
  });

  test('looks for its own work after a conflict', async () => {
    azure.submitAnswer = { kind: 'refused', reason: 'conflict', code: 'Conflict', message: 'busy', receipt: { status: 409 } };
    expect(await submit({})).toMatchObject({ kind: 'ambiguous' });
  });

  test.each([
    ['denied', 'denied'],
    ['locked', 'locked'],
    ['missing', 'target_missing'],
    ['invalid', 'target'],
  ] as const)('fails when it is refused: %s', async (reason, kind) => {
    azure.submitAnswer = { kind: 'refused', reason, code: 'Code', message: 'no', receipt: { status: 400 } };
    expect(await submit({})).toMatchObject({ kind: 'refused', failure: { kind, message: expect.stringContaining('(Code)') } });
  });
});

describe('after a lost answer', () => {
  const find = () => action.find(portsWith(azure), given());

  test('its own job is found by the request id', async () => {
    putJobs(azure, job('theirs', { clientRequestId: 'x' }), job('ours', { clientRequestId: REQUEST_ID }));
    expect(await find()).toMatchObject({ kind: 'found', handle: { jobId: `${VAULT}/replicationJobs/ours` } });
  });

  test('a machine that may be tested shows that nothing happened', async () => {
    expect(await find()).toEqual({ kind: 'absent' });
  });

  test('a finished test failover is what was wanted', async () => {
    azure.put('sr.item', ITEM, item({ ...TESTED }));
    expect(await find()).toEqual({ kind: 'reached' });
  });

  test("somebody else's running job is a candidate, never a match", async () => {
    const theirs = job('theirs', { clientRequestId: 'x' });
    azure.put('sr.job', theirs.id, theirs);
    azure.put('sr.item', ITEM, item({ allowedOperations: [], runningScenario: { name: 'TestFailover', jobId: theirs.id } }));
    expect(await find()).toMatchObject({ kind: 'unclear', candidates: [theirs.id] });
  });

  test('neither state nor word is unclear', async () => {
    azure.put('sr.item', ITEM, item({ allowedOperations: [] }));
    expect(await find()).toMatchObject({ kind: 'unclear' });
  });
});

describe('while it runs', () => {
  const jobId = `${VAULT}/replicationJobs/ours`;
  const poll = () => action.poll(portsWith(azure), given(), { jobId, opUrl: 'https://management.azure.com/op' });

  test.each(['NotStarted', 'InProgress', 'Suspended', 'SomethingNew'])('%s goes on', async (state) => {
    azure.put('sr.job', jobId, job('ours', { state }));
    expect(await poll()).toMatchObject({ kind: 'running' });
  });

  test('success brings the point that was used', async () => {
    azure.put('sr.job', jobId, job('ours', { state: 'Succeeded', recoveryPoints: [{ machine: 'web-01', atMs: NOW_MS - 1000 }] }));
    expect(await poll()).toMatchObject({ kind: 'ended_well', result: { job: jobId, recovery_point_times: [timeValue(NOW_MS - 1000)] } });
  });

  test('AZ-30: failure brings the innermost reason', async () => {
    azure.put('sr.job', jobId, job('ours', { state: 'Failed', errors: [{ code: '28092', message: 'The quota is used up.' }] }));
    expect(await poll()).toMatchObject({
      kind: 'failed',
      failure: { kind: 'target', message: expect.stringContaining('quota is used up. (28092)') },
    });
  });

  test('AZ-33: a job that may not be read is followed by its operation URL', async () => {
    azure.refuse('sr.job', jobId, { kind: 'denied', message: 'no right' });
    azure.pollAnswer = { kind: 'running', retryAfterMs: 30_000 };
    expect(await poll()).toMatchObject({ kind: 'running', retryAfterMs: 30_000 });
  });

  test.each([
    [1, 5000],
    [600_000, 60_000],
  ])('a Retry-After of %i ms is kept within bounds', async (retryAfterMs, expected) => {
    azure.pollAnswer = { kind: 'running', retryAfterMs };
    expect(await poll()).toMatchObject({ kind: 'running', retryAfterMs: expected });
  });

  test('a faster estate is asked more often', async () => {
    azure.put('sr.job', jobId, job('ours'));
    const pollAt = (timeScale: number) => action.poll(portsWith(azure), given({ timeScale }), { jobId });
    expect(await pollAt(1)).toMatchObject({ retryAfterMs: 30_000 });
    expect(await pollAt(60)).toMatchObject({ retryAfterMs: 500 });
    expect(await pollAt(10_000)).toMatchObject({ retryAfterMs: 100 });
  });

  test.each(['gone', 'no_information'] as const)('AZ-06: an operation URL that is %s sends us to the target', async (kind) => {
    azure.pollAnswer = kind === 'gone' ? { kind } : { kind, retryAfterMs: 1 };
    expect(await poll()).toMatchObject({ kind: 'unreadable', retryAfterMs: 30_000 });
  });

  test('AZ-33: where job and operation URL are both refused, only the target can tell', async () => {
    azure.refuse('sr.job', jobId, { kind: 'denied', message: 'no right' });
    azure.pollAnswer = { kind: 'denied', message: 'no right' };
    expect(await poll()).toMatchObject({
      kind: 'unreadable',
      message: 'the job cannot be read (no right), and its operation may not be read',
    });
  });
});

describe('done is read from the target', () => {
  const ended = { job: 'job-id', recovery_point_times: [timeValue(NOW_MS - 240_000)] };
  const verify = (changes = {}) => action.verify(portsWith(azure), given(changes), ended);
  beforeEach(() => {
    azure.put('sr.item', ITEM, item({ ...TESTED }));
    azure.put('vm.get', TEST_VM, vm({ id: TEST_VM, name: 'web-01-test', location: 'northeurope', nicIds: [TEST_NIC] }));
    azure.put('nic.get', TEST_NIC, {
      id: TEST_NIC,
      privateAddress: '10.90.0.4',
      subnetId: `${NETWORK}/subnets/default`,
      hasPublicAddress: false,
    });
  });

  test('the test machine runs and becomes a target', async () => {
    expect(await verify()).toMatchObject({
      kind: 'succeeded',
      result: { recovery_point_time: timeValue(NOW_MS - 240_000), changed: true, job: 'job-id' },
      produced: [
        {
          key: 'web-01',
          name: 'web-01-test',
          kind: 'azure_vm',
          id: TEST_VM,
          via: 'run-command',
          address: '10.90.0.4',
          os: 'linux',
          location: 'northeurope',
          resourceGroup: 'rg-shop-neu',
          recoveryGroup: 3,
          powerState: 'running',
          environment: 'production',
        },
      ],
    });
  });

  test('its name leads to it when Site Recovery gives no link', async () => {
    azure.put('sr.item', ITEM, item({ ...TESTED, testVmId: undefined }));
    expect(await verify()).toMatchObject({ kind: 'succeeded', produced: [{ id: TEST_VM }] });
  });

  test('the point of the precheck stands in when the job tells none', async () => {
    const changes = { before: { recovery_point_time: timeValue(NOW_MS - 1000) } };
    const outcome = await action.verify(portsWith(azure), given(changes), undefined);
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { recovery_point_time: timeValue(NOW_MS - 1000), job: '' } });
  });

  test('an ended operation is not enough', async () => {
    azure.put('sr.item', ITEM, item());
    expect(await verify()).toMatchObject({ kind: 'not_yet' });
  });

  test.each(['starting', 'stopped', undefined])('a machine that is %s is not done', async (powerState) => {
    azure.put('vm.get', TEST_VM, vm({ id: TEST_VM, powerState }));
    expect(await verify()).toMatchObject({ kind: 'not_yet' });
  });

  test('a machine in another network is not what was asked for', async () => {
    azure.put('nic.get', TEST_NIC, {
      id: TEST_NIC,
      privateAddress: '127.30.0.4',
      subnetId: `${NETWORK}-prod/subnets/a`,
      hasPublicAddress: false,
    });
    expect(await verify()).toMatchObject({ kind: 'not_yet', message: expect.stringContaining('not in the network asked for') });
  });

  test('a read that fails decides nothing', async () => {
    azure.refuse('sr.item', ITEM, { kind: 'denied', message: 'no right' });
    expect(await verify()).toMatchObject({ kind: 'unanswered' });
  });
});

test('jobs are searched from before the step became ready, because clocks differ', async () => {
  const windows: number[] = [];
  const { read } = azure;
  const watched: WrittenAzure = {
    ...azure,
    read: ((query: AzureQuery, signal) => {
      if (query.kind === 'sr.jobs') windows.push(query.sinceMs);
      return read(query, signal);
    }) as Azure['read'],
  };
  const { createdAtMs } = given();
  await action.precheck(portsWith(watched), given());
  expect(windows).toEqual([createdAtMs - JOB_WINDOW_MARGIN_MS]);
});

test('without a target nothing is sent', async () => {
  const none = given({ target: undefined });
  expect(await action.precheck(portsWith(azure), none)).toMatchObject({ kind: 'failed' });
  expect(await action.submit(portsWith(azure), none)).toMatchObject({ kind: 'refused' });
  expect(azure.submits).toHaveLength(0);
  expect(target().id).toBe(ITEM);
});
