import { beforeEach, describe, expect, test } from 'vitest';
import { asrItemTestFailoverCleanup } from '../../../engine/actions/asr-item-test-failover-cleanup.ts';
import type { WrittenAzure } from './written-azure.ts';
import {
  ITEM,
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
  vm,
  writtenAzure,
} from './written-azure.ts';

const action = effect(asrItemTestFailoverCleanup);
const given = (changes = {}) => context(action, { notes: 'drill over' }, changes);

let azure: WrittenAzure;
beforeEach(() => {
  azure = writtenAzure();
  azure.put('sr.item', ITEM, item({ ...TESTED }));
  azure.put('vm.get', TEST_VM, vm({ id: TEST_VM, nicIds: [TEST_NIC] }));
  azure.put('nic.get', TEST_NIC, { id: TEST_NIC, privateAddress: '10.90.0.4', subnetId: undefined, hasPublicAddress: false });
  putJobs(azure);
});

describe('before the intent', () => {
  const precheck = () => action.precheck(portsWith(azure), given());

  test('remembers what must be gone afterwards', async () => {
    expect(await precheck()).toEqual({ kind: 'proceed', before: { item: ITEM, vms: [TEST_VM], nics: [TEST_NIC] } });
  });

  test('a machine that was never tested needs nothing', async () => {
    azure.put('sr.item', ITEM, item());
    expect(await precheck()).toEqual({ kind: 'succeeded', result: { changed: false, job: '' } });
  });

  test('a cleanup that ended before its record was written is its own', async () => {
    putJobs(azure, job('ours', { clientRequestId: REQUEST_ID, scenario: 'TestFailoverCleanup', state: 'Succeeded' }));
    azure.put('sr.item', ITEM, item());
    expect(await precheck()).toMatchObject({ kind: 'ours', handle: { jobId: `${VAULT}/replicationJobs/ours` } });
  });

  test.each(['TestFailover', 'TestFailoverCleanup'])('waits for a %s that is under way, whoever started it', async (name) => {
    const running = job('running', { clientRequestId: 'x' });
    azure.put('sr.job', running.id, running);
    azure.put('sr.item', ITEM, item({ allowedOperations: [], runningScenario: { name, jobId: running.id } }));
    expect(await precheck()).toMatchObject({ kind: 'unanswered', message: expect.stringContaining(name) });
  });

  test('says what is left when Site Recovery offers no cleanup', async () => {
    azure.put('sr.item', ITEM, item({ testVmId: TEST_VM }));
    expect(await precheck()).toMatchObject({ kind: 'failed', failure: { kind: 'target', message: expect.stringContaining(TEST_VM) } });
  });
});

test('the one request carries the notes', async () => {
  await action.submit(portsWith(azure), given());
  expect(azure.submits).toEqual([
    { operation: { kind: 'sr.testFailoverCleanup', itemId: ITEM, comments: 'drill over' }, requestId: REQUEST_ID },
  ]);
});

describe('after a lost answer', () => {
  const find = () => action.find(portsWith(azure), given());

  test('its own job is found', async () => {
    putJobs(azure, job('ours', { clientRequestId: REQUEST_ID }));
    expect(await find()).toMatchObject({ kind: 'found' });
  });

  test('a cleanup that is still offered did not begin', async () => {
    expect(await find()).toEqual({ kind: 'absent' });
  });

  test('a cleanup that is not offered any more has been done', async () => {
    azure.put('sr.item', ITEM, item());
    expect(await find()).toEqual({ kind: 'reached' });
  });
});

describe('done is read from the target', () => {
  const before = { vms: [TEST_VM], nics: [TEST_NIC] };
  const verify = () => action.verify(portsWith(azure), given({ before }), { job: 'job-id' });
  beforeEach(() => {
    azure.put('sr.item', ITEM, item());
    azure.facts.delete(`vm.get ${TEST_VM}`.toLowerCase());
    azure.facts.delete(`nic.get ${TEST_NIC}`.toLowerCase());
  });

  test('nothing is left', async () => {
    expect(await verify()).toMatchObject({ kind: 'succeeded', result: { changed: true, job: 'job-id' } });
  });

  test('a cleanup that is still offered is not done', async () => {
    azure.put('sr.item', ITEM, item({ ...TESTED }));
    expect(await verify()).toMatchObject({ kind: 'not_yet' });
  });

  test('AZ-32: a machine that is left is not done', async () => {
    azure.put('vm.get', TEST_VM, vm({ id: TEST_VM }));
    expect(await verify()).toMatchObject({ kind: 'not_yet', message: expect.stringContaining('web-01-test') });
  });

  test('AZ-37: an interface that is left is not done: it stays billed', async () => {
    azure.put('nic.get', TEST_NIC, { id: TEST_NIC, privateAddress: undefined, subnetId: undefined, hasPublicAddress: false });
    expect(await verify()).toMatchObject({ kind: 'not_yet', message: expect.stringContaining('web-01-test-nic') });
  });

  test('a read that fails decides nothing', async () => {
    azure.refuse('vm.get', TEST_VM, { kind: 'unanswered', message: 'reset', retryAfterMs: 5000 });
    expect(await verify()).toMatchObject({ kind: 'unanswered', retryAfterMs: 5000 });
  });
});
