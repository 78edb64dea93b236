import { describe, expect, test } from 'vitest';
import { asrPlanCommit } from '../../../engine/actions/asr-plan-commit.ts';
import { asrPlanFailover } from '../../../engine/actions/asr-plan-failover.ts';
import { asrPlanTestFailoverCleanup } from '../../../engine/actions/asr-plan-test-failover-cleanup.ts';
import { asrPlanTestFailover } from '../../../engine/actions/asr-plan-test-failover.ts';
import { timeValue } from '../../../engine/values.ts';
import type { AzureReplicationItem } from '../../../engine/azure-calls.ts';
import {
  ITEM,
  NETWORK,
  NOW_MS,
  PLAN,
  REQUEST_ID,
  TESTED,
  TEST_NIC,
  TEST_VM,
  VAULT,
  VM,
  type WrittenAzure,
  context,
  effect,
  item,
  job,
  plan,
  portsWith,
  putJobs,
  vm,
  writtenAzure,
} from './written-azure.ts';

const SECOND = `${ITEM}-2`;
const RECOVERED = VM.replace('rg-shop-weu', 'rg-shop-neu');
const FAILED_OVER = {
  activeLocation: 'Recovery',
  protectionState: 'UnplannedFailoverCommitPendingStatesBegin',
  allowedOperations: ['CompleteMigration', 'Commit', 'DisableProtection', 'ChangePit'],
  recoveryVmId: RECOVERED,
} as const satisfies Partial<AzureReplicationItem>;
const COMMITTED = { ...FAILED_OVER, protectionState: 'UnplannedFailoverCommitted', allowedOperations: ['SwitchProtection'] } as const;

const testFailover = effect(asrPlanTestFailover);
const cleanup = effect(asrPlanTestFailoverCleanup);
const failover = effect(asrPlanFailover);
const commit = effect(asrPlanCommit);
const none = { target: undefined };
const forTest = context(testFailover, { plan: PLAN, network: NETWORK }, none);
const forFailover = context(
  failover,
  { plan: PLAN, direction: 'PrimaryToRecovery', shutdown_primary: true, recovery_point: 'latest' },
  none,
);
const forCleanup = context(cleanup, { plan: PLAN }, none);
const forCommit = context(commit, { plan: PLAN }, none);

/** A plan of two machines in a vault without jobs. */
function shop(planChanges: Parameters<typeof plan>[0], ...changes: readonly Partial<AzureReplicationItem>[]): WrittenAzure {
  const azure = writtenAzure();
  const ids = [ITEM, SECOND];
  azure.put(
    'sr.plan',
    PLAN,
    plan({
      groups: [
        { type: 'Boot', itemIds: [ITEM] },
        { type: 'Boot', itemIds: [SECOND] },
      ],
      ...planChanges,
    }),
  );
  for (const [index, id] of ids.entries()) {
    const name = `web-0${index + 1}`;
    azure.put(
      'sr.item',
      id,
      item({ id, name: `item${index + 1}`, friendlyName: name, testVmName: `${name}-test`, ...(changes[index] ?? changes[0]) }),
    );
    azure.put('sr.points', id, [{ id: `${id}/recoveryPoints/p`, kind: 'CrashConsistent', atMs: NOW_MS - 60_000 }]);
  }
  putJobs(azure);
  return azure;
}

describe('before the request', () => {
  test('a plan whose machines all allow it goes on', async () => {
    expect(await testFailover.precheck(portsWith(shop({})), forTest)).toEqual({ kind: 'proceed', before: {} });
    expect(await failover.precheck(portsWith(shop({})), forFailover)).toEqual({ kind: 'proceed', before: {} });
  });

  test('a machine that does not allow it refuses the plan and is named with what it allows', async () => {
    const azure = shop({}, {}, TESTED);
    expect(await failover.precheck(portsWith(azure), forFailover)).toMatchObject({
      kind: 'failed',
      failure: { message: 'plan rp-shop does not allow UnplannedFailover: web-02 is Protected and allows TestFailoverCleanup' },
    });
  });

  test('a machine that came into the plan after the run was planned is not brought up with the others, but cleaned up with them', async () => {
    const name = (index: number) => `${VAULT}/replicationProtectedItems/item${index}`.toLowerCase();
    const knowing = (...locks: readonly string[]) => ({
      recoveryPlans: { [PLAN.toLowerCase()]: locks.map((lockId) => ({ id: ITEM, lockId, name: lockId })) },
    });
    for (const [action, given] of [
      [testFailover, forTest],
      [failover, forFailover],
    ] as const) {
      expect(await action.precheck(portsWith(shop({})), { ...given, ...knowing(name(1)) })).toMatchObject({
        kind: 'failed',
        failure: { kind: 'stale_plan', message: expect.stringMatching(/^web-02 came into plan rp-shop after this run was planned/) },
      });
      expect(await action.precheck(portsWith(shop({})), { ...given, ...knowing(name(1), name(2)) })).toMatchObject({ kind: 'proceed' });
      // A machine that has left is not brought up: the others are.
      expect(await action.precheck(portsWith(shop({})), { ...given, ...knowing(name(1), name(2), name(3)) })).toMatchObject({
        kind: 'proceed',
      });
    }
    const tested = shop({ allowedOperations: ['TestFailoverCleanup'] }, TESTED);
    tested.put('vm.get', TEST_VM, vm({ id: TEST_VM, nicIds: [TEST_NIC] }));
    expect(await cleanup.precheck(portsWith(tested), { ...forCleanup, ...knowing(name(1)) })).toMatchObject({ kind: 'proceed' });
  });

  test('a machine that was put in the place of a planned one is not brought up', async () => {
    const planned = [1, 2].map((index) => ({
      id: ITEM.replace('item1', `item${index}`),
      lockId: `${VAULT}/replicationProtectedItems/item${index}`.toLowerCase(),
      name: `web-0${index}`,
      replicated: { machines: [VM.toLowerCase()], lifecycleId: 'life-1' },
    }));
    const recoveryPlans = { [PLAN.toLowerCase()]: planned };
    expect(await failover.precheck(portsWith(shop({})), { ...forFailover, recoveryPlans })).toMatchObject({ kind: 'proceed' });
    const anew = shop({}, {}, { lifecycleId: 'life-2' });
    expect(await failover.precheck(portsWith(anew), { ...forFailover, recoveryPlans })).toMatchObject({
      kind: 'failed',
      failure: { kind: 'stale_plan', message: expect.stringMatching(/^web-02 was protected anew since the plan was made/) },
    });
  });

  test('AZ-12: work of somebody else refuses, our own is adopted by its request id only, which a GET of the job tells', async () => {
    const other = job('other', { targetName: 'rp-shop', clientRequestId: 'somebody' });
    const azure = shop({ allowedOperations: [], runningScenario: { name: 'TestFailover', jobId: other.id } }, { allowedOperations: [] });
    putJobs(azure, other);
    expect(await testFailover.precheck(portsWith(azure), forTest)).toMatchObject({ kind: 'failed' });
    expect(await testFailover.find(portsWith(azure), forTest)).toMatchObject({ kind: 'unclear', candidates: [other.id] });

    // The children of a plan's job have the same scenario and no request id.
    const child = job('child', { targetName: 'web-01', clientRequestId: '' });
    const ours = job('ours', { targetName: 'rp-shop', clientRequestId: REQUEST_ID });
    putJobs(azure, child, ours);
    expect(await testFailover.precheck(portsWith(azure), forTest)).toEqual({ kind: 'ours', handle: { jobId: ours.id } });
    expect(await testFailover.find(portsWith(azure), forTest)).toEqual({ kind: 'found', handle: { jobId: ours.id } });
  });

  test('a cleanup waits for work on the plan, and has nothing to do on a clean one', async () => {
    const busy = shop({ runningScenario: { name: 'TestFailover', jobId: undefined } }, { allowedOperations: [] });
    expect(await cleanup.precheck(portsWith(busy), forCleanup)).toMatchObject({ kind: 'unanswered' });
    expect(await cleanup.precheck(portsWith(shop({})), forCleanup)).toEqual({ kind: 'succeeded', result: { changed: false, job: '' } });
    const half = shop({ allowedOperations: ['TestFailoverCleanup'] }, TESTED, {});
    half.put('vm.get', TEST_VM, vm({ id: TEST_VM, nicIds: [TEST_NIC] }));
    expect(await cleanup.precheck(portsWith(half), forCleanup)).toMatchObject({
      kind: 'proceed',
      before: { vms: [TEST_VM], nics: [TEST_NIC] },
    });
  });

  test('the direction is that of the sites the plan was made for', async () => {
    const back = { ...forFailover, input: { ...(forFailover.input as object), direction: 'RecoveryToPrimary' } as never };
    expect(await failover.precheck(portsWith(shop({})), back)).toMatchObject({
      failure: { message: expect.stringContaining('PrimaryToRecovery') },
    });
    // After the protection was reversed the machines live under the other fabric, while the plan keeps its own.
    const reversed = shop({ primaryFabricId: `${VAULT}/replicationFabrics/fabric-b` });
    expect(await failover.precheck(portsWith(reversed), back)).toMatchObject({ kind: 'proceed' });
    expect(await failover.precheck(portsWith(reversed), forFailover)).toMatchObject({ kind: 'failed' });
    expect(await failover.precheck(portsWith(shop({ primaryFabricId: undefined })), forFailover)).toMatchObject({ kind: 'failed' });
  });

  test('a machine without a point of the wanted kind refuses the plan', async () => {
    const given = { ...forFailover, input: { ...(forFailover.input as object), recovery_point: 'latest-application-consistent' } as never };
    expect(await failover.precheck(portsWith(shop({})), given)).toMatchObject({
      failure: { message: 'web-01 cannot be failed over: there is not an application-consistent recovery point among 1' },
    });
  });

  test('a committed plan needs no commit', async () => {
    expect(await commit.precheck(portsWith(shop({}, COMMITTED)), forCommit)).toMatchObject({
      kind: 'succeeded',
      result: { changed: false },
    });
    expect(await commit.precheck(portsWith(shop({ allowedOperations: ['Commit'] }, FAILED_OVER)), forCommit)).toMatchObject({
      kind: 'proceed',
    });
    expect(await commit.precheck(portsWith(shop({})), forCommit)).toMatchObject({ kind: 'failed' });
  });
});

test('the one request names plan, direction, shutdown and point', async () => {
  const azure = shop({});
  await failover.submit(portsWith(azure), forFailover);
  expect(azure.submits).toEqual([
    {
      operation: {
        kind: 'sr.plan.failover',
        planId: PLAN,
        direction: 'PrimaryToRecovery',
        shutdownPrimary: true,
        pointType: 'Latest',
        multiVmSync: true,
      },
      requestId: REQUEST_ID,
    },
  ]);
});

test('AZ-18: there is no planned failover: a direction must be named, and whether the source is shut down', () => {
  expect(() => context(failover, { plan: PLAN, direction: 'PrimaryToRecovery' }, none)).toThrow();
  expect(() => context(failover, { plan: PLAN, shutdown_primary: true }, none)).toThrow();
});

test('after a lost answer the plan tells: failed over, not yet, or neither', async () => {
  expect(await failover.find(portsWith(shop({ allowedOperations: ['Commit'] }, FAILED_OVER)), forFailover)).toEqual({ kind: 'reached' });
  expect(await failover.find(portsWith(shop({})), forFailover)).toEqual({ kind: 'absent' });
  const half = shop({ allowedOperations: ['Commit'] }, FAILED_OVER, {});
  expect(await failover.find(portsWith(half), forFailover)).toMatchObject({ kind: 'unclear' });
});

test('AZ-31: a job that failed for one machine names those that went through, and hands their machines on', async () => {
  const azure = shop({ allowedOperations: ['Commit'] }, FAILED_OVER, {});
  azure.put('vm.get', RECOVERED, vm({ id: RECOVERED, powerState: 'stopped' }));
  const ended = job('ours', { state: 'Failed', targetName: 'rp-shop', errors: [{ code: 'AllocationFailed', message: 'no room' }] });
  putJobs(azure, ended);
  expect(await failover.poll(portsWith(azure), forFailover, { jobId: ended.id })).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringMatching(/no room \(AllocationFailed\); web-01 went through, web-02 did not/) },
    produced: [{ key: 'web-01', id: RECOVERED, recoveryGroup: 1 }],
  });
  // What cannot be read now is asked again: a machine that is left out would be forgotten.
  azure.refuse('vm.get', RECOVERED, { kind: 'unanswered', message: 'busy', retryAfterMs: 7000 });
  expect(await failover.poll(portsWith(azure), forFailover, { jobId: ended.id })).toMatchObject({ kind: 'unanswered', retryAfterMs: 7000 });
});

describe('done is read from every machine', () => {
  test('a failover: each machine runs at the other site', async () => {
    const azure = shop({ allowedOperations: ['Commit'] }, FAILED_OVER);
    expect(await failover.verify(portsWith(azure), forFailover, {})).toMatchObject({
      kind: 'not_yet',
      message: 'web-01 at the other site does not exist',
    });
    azure.put('vm.get', RECOVERED, vm({ id: RECOVERED, powerState: 'starting' }));
    expect(await failover.verify(portsWith(azure), forFailover, {})).toMatchObject({ kind: 'not_yet' });
    azure.put('vm.get', RECOVERED, vm({ id: RECOVERED }));
    const points = { 'web-01': timeValue(NOW_MS - 1000), 'web-02': timeValue(NOW_MS - 1000) };
    expect(await failover.verify(portsWith(azure), forFailover, { job: 'j', recovery_points: points })).toMatchObject({
      kind: 'succeeded',
      result: { recovery_points: points, job: 'j', changed: true },
      produced: [
        { key: 'web-01', recoveryGroup: 1, kind: 'azure_vm' },
        { key: 'web-02', recoveryGroup: 2 },
      ],
    });
  });

  test('AZ-16: machines of one replication group that were started from points a second or more apart break the promise', async () => {
    const azure = shop({ allowedOperations: ['Commit'] }, { ...FAILED_OVER, multiVmGroupName: 'group-1' });
    azure.put('vm.get', RECOVERED, vm({ id: RECOVERED }));
    const apart = { recovery_points: { 'web-01': timeValue(NOW_MS - 6000), 'web-02': timeValue(NOW_MS - 1000) } };
    expect(await failover.verify(portsWith(azure), forFailover, apart)).toMatchObject({
      kind: 'not_yet',
      message: 'the machines of group-1 were started from points that lie 5 s apart',
    });
    const without = { ...forFailover, input: { ...(forFailover.input as object), multi_vm_sync: false } as never };
    expect(await failover.verify(portsWith(azure), without, apart)).toMatchObject({ kind: 'succeeded' });
  });

  test('a point that the job did not tell is the one that Site Recovery keeps with the machine; one that is listed no more stays unknown', async () => {
    const failoverPointId = `${ITEM}/recoveryPoints/P-7`;
    const azure = shop({ allowedOperations: ['Commit'] }, { ...FAILED_OVER, failoverPointId });
    azure.put('vm.get', RECOVERED, vm({ id: RECOVERED }));
    azure.put('sr.points', SECOND, [{ id: `${SECOND}/recoveryPoints/p-7`, kind: 'CrashConsistent', atMs: NOW_MS - 9000 }]);
    const told = { recovery_points: { 'web-01': timeValue(NOW_MS - 6000) } };
    expect(await failover.verify(portsWith(azure), forFailover, told)).toMatchObject({
      kind: 'succeeded',
      result: { recovery_points: { 'web-01': timeValue(NOW_MS - 6000), 'web-02': timeValue(NOW_MS - 9000) } },
      observations: [{ data: { point_spread_s: 3 } }],
    });
    azure.put('sr.points', SECOND, []);
    expect(await failover.verify(portsWith(azure), forFailover, told)).toMatchObject({
      result: { recovery_points: { 'web-01': timeValue(NOW_MS - 6000) } },
    });
  });

  test('a test failover: each copy runs in the network that was asked for', async () => {
    const azure = shop({ allowedOperations: ['TestFailoverCleanup'] }, TESTED);
    azure.put('vm.get', TEST_VM, vm({ id: TEST_VM, nicIds: [TEST_NIC] }));
    const nic = { id: TEST_NIC, privateAddress: '10.90.0.4', subnetId: `${NETWORK}-other/subnets/default`, hasPublicAddress: false };
    azure.put('nic.get', TEST_NIC, nic);
    expect(await testFailover.verify(portsWith(azure), forTest, {})).toMatchObject({ kind: 'not_yet' });
    azure.put('nic.get', TEST_NIC, { ...nic, subnetId: `${NETWORK}/subnets/default` });
    expect(await testFailover.verify(portsWith(azure), forTest, {})).toMatchObject({
      kind: 'succeeded',
      produced: [{ id: TEST_VM, address: '10.90.0.4' }, { id: TEST_VM }],
    });
  });

  test('a cleanup: no machine and no interface is left', async () => {
    const azure = shop({});
    const given = { ...forCleanup, before: { vms: [TEST_VM], nics: [TEST_NIC] } };
    azure.put('nic.get', TEST_NIC, { id: TEST_NIC, privateAddress: undefined, subnetId: undefined, hasPublicAddress: false });
    expect(await cleanup.verify(portsWith(azure), given, {})).toMatchObject({ kind: 'not_yet', message: `${TEST_NIC} still exists` });
    azure.refuse('nic.get', TEST_NIC, { kind: 'missing', message: 'gone' });
    expect(await cleanup.verify(portsWith(azure), given, {})).toMatchObject({ kind: 'succeeded' });
  });

  test('a commit: every machine is committed', async () => {
    expect(await commit.verify(portsWith(shop({}, COMMITTED, FAILED_OVER)), forCommit, {})).toMatchObject({
      kind: 'not_yet',
      message: 'Site Recovery does not show that web-02 is committed',
    });
    expect(await commit.verify(portsWith(shop({}, COMMITTED)), forCommit, { job: 'j' })).toMatchObject({
      kind: 'succeeded',
      result: { job: 'j' },
    });
  });
});

test('a part of a plan that cannot be read decides nothing', async () => {
  const azure = shop({});
  azure.refuse('sr.item', SECOND, { kind: 'unanswered', message: 'busy', retryAfterMs: 7000 });
  expect(await failover.precheck(portsWith(azure), forFailover)).toMatchObject({ kind: 'unanswered', retryAfterMs: 7000 });
  azure.refuse('sr.item', SECOND, { kind: 'missing', message: 'moved' });
  expect(await failover.find(portsWith(azure), forFailover)).toMatchObject({ kind: 'unanswered' });
  expect(await failover.verify(portsWith(azure), forFailover, {})).toMatchObject({ kind: 'unanswered' });
});
