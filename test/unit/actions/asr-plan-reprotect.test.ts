import { expect, test } from 'vitest';
import { asrPlanReprotect } from '../../../engine/actions/asr-plan-reprotect.ts';
import type { AzureReplicationItem } from '../../../engine/azure-calls.ts';
import type { JsonObject } from '../../../engine/json.ts';
import {
  ITEM,
  NOW_MS,
  PLAN,
  REQUEST_ID,
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

const NAMES = ['web-01', 'web-02'] as const;
const idOf = (name: string): string => ITEM.replace('item1', name);
const newIdOf = (name: string): string =>
  `${VAULT}/replicationFabrics/fabric-b/replicationProtectionContainers/container-b/replicationProtectedItems/${name}`;
const RECOVERED = VM.replace('rg-shop-weu', 'rg-shop-neu');
const COMMITTED = {
  activeLocation: 'Recovery',
  protectionState: 'UnplannedFailoverCommitted',
  allowedOperations: ['CompleteMigration', 'DisableProtection', 'SwitchProtection'],
  recoveryVmId: RECOVERED,
} as const satisfies Partial<AzureReplicationItem>;
const REVERSED = {
  containerId: `${VAULT}/replicationFabrics/fabric-a/replicationProtectionContainers/container-a`,
  policyId: `${VAULT}/replicationPolicies/p`,
  resourceGroupId: '/subscriptions/s/resourceGroups/rg-shop-weu',
  disks: [{ diskId: '/disks/os', stagingAccountId: '/accounts/cache', replicaType: undefined, targetType: undefined }],
} as const;
const reprotect = effect(asrPlanReprotect);
const first = context(reprotect, { plan: PLAN }, { target: undefined });

function failedOver(changes: Partial<AzureReplicationItem> = {}): WrittenAzure {
  const azure = writtenAzure();
  azure.put('sr.plan', PLAN, plan({ groups: [{ type: 'Boot', itemIds: NAMES.map(idOf) }] }));
  azure.put('vm.get', RECOVERED, vm({ id: RECOVERED }));
  for (const name of NAMES) {
    azure.put('sr.item', idOf(name), item({ id: idOf(name), name, friendlyName: name, ...COMMITTED, ...changes }));
    azure.put('sr.reversed', idOf(name), REVERSED);
  }
  putJobs(azure);
  return azure;
}

/** The item has moved to the other fabric, as a switch leaves it. */
function move(azure: WrittenAzure, name: string): void {
  azure.refuse('sr.item', idOf(name), { kind: 'missing', message: 'moved' });
  azure.put(
    'sr.item',
    newIdOf(name),
    item({ id: newIdOf(name), name, friendlyName: name, protectionState: 'InitialReplicationInProgress', allowedOperations: [] }),
  );
}

async function prepared(azure: WrittenAzure): Promise<JsonObject> {
  const outcome = await reprotect.precheck(portsWith(azure), first);
  if (outcome.kind !== 'proceed' || outcome.before === undefined) throw new Error(JSON.stringify(outcome));
  return outcome.before;
}

test('AZ-19: each machine is switched by a request of its own, with everything that reversing it needs', async () => {
  const azure = failedOver();
  const before = await prepared(azure);
  await reprotect.submit(portsWith(azure), { ...first, before });
  expect(azure.submits).toEqual([
    { operation: { kind: 'sr.switchProtection', itemId: idOf('web-01'), ...REVERSED }, requestId: REQUEST_ID },
  ]);

  const ours = job('ours', { clientRequestId: REQUEST_ID, scenario: 'SwitchReplicationGroupProtection' });
  azure.put(
    'sr.item',
    idOf('web-01'),
    item({
      id: idOf('web-01'),
      friendlyName: 'web-01',
      ...COMMITTED,
      allowedOperations: [],
      runningScenario: { name: 'Switch', jobId: ours.id },
    }),
  );
  putJobs(azure, ours);
  // The next machine need not wait for the end of the first.
  const context1 = { ...first, before };
  expect(await reprotect.poll(portsWith(azure), context1, {})).toEqual({ kind: 'ended_well' });
  const next = await reprotect.verify(portsWith(azure), context1, undefined);
  expect(next).toMatchObject({ kind: 'next', message: 'next: web-02', before: { changed: true } });
});

test('AZ-20 AZ-22: done is when the item has moved to its new id and the job has ended; enabled is not protected', async () => {
  const azure = failedOver();
  const before = await prepared(azure);
  const last = { ...first, before: { ...before, part: 'web-02' } };
  for (const name of NAMES) move(azure, name);
  const running = job('ours', { clientRequestId: REQUEST_ID, targetName: 'web-02' });
  putJobs(azure, running);
  expect(await reprotect.poll(portsWith(azure), last, {})).toMatchObject({ kind: 'running', detail: 'web-02 is being switched' });
  putJobs(azure, { ...running, state: 'Succeeded', endedAtMs: NOW_MS });
  expect(await reprotect.poll(portsWith(azure), last, {})).toEqual({ kind: 'ended_well' });
  expect(await reprotect.verify(portsWith(azure), last, undefined)).toMatchObject({
    kind: 'succeeded',
    result: { changed: true },
    observations: expect.arrayContaining([expect.objectContaining({ data: { items: NAMES.map(newIdOf), deleted: [VM, VM] } })]),
  });
});

test('AZ-21: a failover that nobody committed is refused, because a switch would commit it', async () => {
  const azure = failedOver({
    protectionState: 'UnplannedFailoverCommitPendingStatesBegin',
    allowedOperations: ['Commit', 'SwitchProtection'],
  });
  expect(await reprotect.precheck(portsWith(azure), first)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('commit it first') },
  });
});

test('a machine that does not run at the other side, or lacks what reversing needs, is refused before anything is sent', async () => {
  const azure = failedOver();
  azure.put('vm.get', RECOVERED, vm({ id: RECOVERED, powerState: 'deallocated' }));
  expect(await reprotect.precheck(portsWith(azure), first)).toMatchObject({
    failure: { message: expect.stringContaining('does not run at the other side') },
  });
  const lacking = failedOver();
  lacking.refuse('sr.reversed', idOf('web-02'), { kind: 'invalid', message: 'azure.replicationCache names no account for northeurope' });
  expect(await reprotect.precheck(portsWith(lacking), first)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('replicationCache') },
  });
});

test('after a lost answer the machine tells: moved, not begun, or the work of somebody else', async () => {
  const azure = failedOver();
  const sent = { ...first, before: await prepared(azure) };
  expect(await reprotect.find(portsWith(azure), sent)).toEqual({ kind: 'absent' });
  const other = job('other', { clientRequestId: 'somebody' });
  azure.put(
    'sr.item',
    idOf('web-01'),
    item({
      id: idOf('web-01'),
      friendlyName: 'web-01',
      ...COMMITTED,
      allowedOperations: [],
      runningScenario: { name: 'Switch', jobId: other.id },
    }),
  );
  putJobs(azure, other);
  expect(await reprotect.find(portsWith(azure), sent)).toMatchObject({ kind: 'unclear', candidates: [other.id] });
  move(azure, 'web-01');
  putJobs(azure);
  expect(await reprotect.find(portsWith(azure), sent)).toEqual({ kind: 'reached' });
});

test('a switch that fails is reported once nothing else is under way', async () => {
  const azure = failedOver();
  const before = { ...(await prepared(azure)), part: 'web-02' };
  const given = { ...first, before };
  const bad = job('bad', {
    clientRequestId: REQUEST_ID,
    targetName: 'web-01',
    state: 'Failed',
    errors: [{ code: '28031', message: 'no room' }],
  });
  const busy = job('busy', { clientRequestId: REQUEST_ID, targetName: 'web-02' });
  putJobs(azure, bad, busy);
  expect(await reprotect.poll(portsWith(azure), given, {})).toMatchObject({ kind: 'running' });
  move(azure, 'web-02');
  putJobs(azure, bad, { ...busy, state: 'Succeeded' });
  expect(await reprotect.poll(portsWith(azure), given, {})).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('no room (28031)') },
  });
});

test('a plan that is protected needs nothing', async () => {
  const azure = failedOver({ activeLocation: 'Primary', protectionState: 'Protected' });
  expect(await reprotect.precheck(portsWith(azure), first)).toMatchObject({ kind: 'succeeded', result: { changed: false } });
});

test('a machine that came into the plan after the run was planned is not switched: the original of it would be deleted', async () => {
  const known = `${VAULT}/replicationProtectedItems/web-01`.toLowerCase();
  const recoveryPlans = { [PLAN.toLowerCase()]: [{ id: ITEM, lockId: known, name: 'web-01' }] };
  expect(await reprotect.precheck(portsWith(failedOver()), { ...first, recoveryPlans })).toMatchObject({
    kind: 'failed',
    failure: { kind: 'stale_plan', message: expect.stringContaining('web-02 came into plan rp-shop') },
  });
});
