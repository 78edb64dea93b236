import { beforeEach, expect, test } from 'vitest';
import { heldMachines, recoveryPlanTargets } from '../../../engine/plan/recovery-plan.ts';
import type { WrittenAzure } from './written-azure.ts';
import { ITEM, RECOVERED_VM, VAULT, VM, item, writtenAzure } from './written-azure.ts';

const PLAN = `${VAULT}/replicationRecoveryPlans/rp-shop`;
const source = {
  kind: 'recovery_plan',
  subscription: '6f1c1b5e-0000-4000-8000-00000000a001',
  resourceGroup: 'rg-dr-weu',
  vault: 'rsv-dr-weu',
  name: 'rp-shop',
} as const;
const signal = new AbortController().signal;
const itemId = (name: string) => ITEM.replace('item1', name);

let azure: WrittenAzure;
beforeEach(() => {
  azure = writtenAzure();
  azure.put('sr.plan', PLAN, {
    id: PLAN,
    name: 'rp-shop',
    allowedOperations: ['TestFailover'],
    runningScenario: undefined,
    lastTestFailoverAtMs: undefined,
    lastFailoverAtMs: undefined,
    primaryFabricId: undefined,
    groups: [
      { type: 'Shutdown', itemIds: [] },
      { type: 'Failover', itemIds: [] },
      { type: 'Boot', itemIds: [itemId('item-db')] },
      { type: 'Boot', itemIds: [itemId('item-w1'), itemId('item-w2')] },
    ],
  });
  for (const [name, friendlyName] of [
    ['item-db', 'db-01'],
    ['item-w1', 'web-01'],
    ['item-w2', 'web-02'],
  ] as const) {
    azure.put('sr.item', itemId(name), item({ id: itemId(name), name, friendlyName, sourceVmId: VM.replace('web-01', friendlyName) }));
  }
});
const resolve = () => recoveryPlanTargets(azure, source, 'production', signal);

test('machines in boot order with the number of their boot group', async () => {
  const resolved = await resolve();
  expect(resolved).toMatchObject({ kind: 'resolved', planId: PLAN });
  const targets = resolved.kind === 'resolved' ? resolved.targets : [];
  expect(targets.map(({ key, recoveryGroup }) => [key, recoveryGroup])).toEqual([
    ['db-01', 1],
    ['web-01', 2],
    ['web-02', 2],
  ]);
  expect(targets[0]).toMatchObject({
    kind: 'replication_item',
    id: itemId('item-db'),
    os: 'linux',
    via: null,
    location: 'westeurope',
    resourceGroup: 'rg-shop-weu',
    environment: 'production',
    tags: {},
  });
});

test('the lock stays when the protection is reversed and the item moves to another fabric', async () => {
  const before = await resolve();
  const moved = (name: string) => itemId(name).replace('fabric-a', 'fabric-b').replace('container-a', 'container-b');
  azure.put('sr.item', itemId('item-db'), item({ id: moved('item-db'), name: 'item-db', friendlyName: 'db-01' }));
  const after = await resolve();
  if (before.kind !== 'resolved' || after.kind !== 'resolved') throw new Error('both must be resolved');
  expect(after.targets[0]?.id).not.toBe(before.targets[0]?.id);
  expect(after.targets[0]?.lockId).toBe(before.targets[0]?.lockId);
});

test('machines of the same name are told apart by their resource group', async () => {
  azure.put(
    'sr.item',
    itemId('item-w2'),
    item({ id: itemId('item-w2'), name: 'item-w2', sourceVmId: VM.replace('rg-shop-weu', 'rg-blog') }),
  );
  const resolved = await resolve();
  expect(resolved.kind === 'resolved' && resolved.targets.map(({ key }) => key)).toEqual(['db-01', 'web-01.rg-shop-weu', 'web-01.rg-blog']);
});

test('a plan that does not exist gives no set', async () => {
  azure.facts.clear();
  expect(await resolve()).toMatchObject({ kind: 'failed', message: expect.stringContaining('does not exist') });
});

test('one machine that cannot be read gives no set, never a part', async () => {
  azure.refuse('sr.item', itemId('item-w1'), { kind: 'unanswered', message: 'throttled', retryAfterMs: 5 });
  expect(await resolve()).toMatchObject({ kind: 'failed', message: expect.stringContaining('item-w1') });
});

test('what a run may bring up is all that its recovery plan held when it was planned, whatever part its set takes', async () => {
  const resolved = await resolve();
  const members = { shop: resolved.kind === 'resolved' ? { planId: PLAN, targets: resolved.targets } : { targets: [] } };
  const held = heldMachines({ members })[PLAN.toLowerCase()];
  expect(held?.map(({ name, lockId }) => [name, lockId])).toEqual(
    ['db-01', 'web-01', 'web-02'].map((name, index) => [
      name,
      `${VAULT}/replicationProtectedItems/${['item-db', 'item-w1', 'item-w2'][index]}`.toLowerCase(),
    ]),
  );
  expect(held?.[0]?.replicated).toEqual({
    machines: [VM.replace('web-01', 'db-01'), RECOVERED_VM].map((id) => id.toLowerCase()),
    lifecycleId: 'life-1',
  });
  expect(heldMachines({ members: { hosts: { targets: members.shop.targets } } })).toEqual({});
});
