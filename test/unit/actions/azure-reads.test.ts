import { describe, expect, test } from 'vitest';
import { asrItemGet } from '../../../engine/actions/asr-item-get.ts';
import { rpoNowMs } from '../../../engine/actions/asr-item-state.ts';
import { asrPlanGet } from '../../../engine/actions/asr-plan-get.ts';
import { azureResourceList } from '../../../engine/actions/azure-resource-list.ts';
import { azureVmGet } from '../../../engine/actions/azure-vm-get.ts';
import { actions } from '../../../engine/actions/registry.ts';
import { durationValue, timeValue } from '../../../engine/values.ts';
import { ITEM, NOW_MS, RECOVERED_VM, VAULT, VM, context, item, portsWith, reader, target, vm, writtenAzure } from './written-azure.ts';

describe('asr.item.get', () => {
  const action = reader(asrItemGet);

  test('reads the state; the RPO grows since it was calculated, by the clock of Azure', async () => {
    const azure = writtenAzure();
    azure.put('sr.item', ITEM, item(), NOW_MS + 10_000);
    azure.put('sr.points', ITEM, [{ id: 'p', kind: 'CrashConsistent', atMs: NOW_MS - 120_000 }]);
    expect(await action.read(portsWith(azure), context(action, {}))).toMatchObject({
      kind: 'succeeded',
      result: {
        active_location: 'Primary',
        protection_state: 'Protected',
        replication_health: 'Normal',
        failover_health: 'Normal',
        test_failover_state: 'None',
        allowed_operations: ['UnplannedFailover', 'DisableProtection', 'TestFailover'],
        rpo: durationValue(95_000 + 40_000),
        latest_recovery_point_time: timeValue(NOW_MS - 120_000),
      },
    });
  });

  const elsewhere = ITEM.replace('fabric-a', 'fabric-b').replace('container-a', 'container-b');

  test('finds a machine whose protection was reversed since the plan was made: its id is another one, its name is not', async () => {
    const azure = writtenAzure();
    azure.put('sr.items', VAULT, [
      { id: ITEM.replace('item1', 'item2'), name: 'item2', friendlyName: 'item2' },
      { id: elsewhere, name: 'Item1', friendlyName: 'Item1' },
    ]);
    azure.put('sr.item', elsewhere, item({ id: elsewhere, activeLocation: 'Primary' }));
    azure.put('sr.points', elsewhere, [{ id: 'p', kind: 'CrashConsistent', atMs: NOW_MS }]);
    expect(await action.read(portsWith(azure), context(action, {}))).toMatchObject({
      kind: 'succeeded',
      result: { active_location: 'Primary', latest_recovery_point_time: timeValue(NOW_MS) },
      observations: [{ data: { item: elsewhere } }],
    });
  });

  test('takes none of two machines that have the name', async () => {
    const azure = writtenAzure();
    azure.put('sr.items', VAULT, [
      { id: elsewhere, name: 'item1', friendlyName: 'item1' },
      { id: elsewhere.replace('fabric-b', 'fabric-c'), name: 'item1', friendlyName: 'item1' },
    ]);
    azure.put('sr.item', elsewhere, item({ id: elsewhere }));
    expect(await action.read(portsWith(azure), context(action, {}))).toMatchObject({
      kind: 'failed',
      failure: { kind: 'target_missing', message: expect.stringContaining('2 protected machines of this name') },
    });
  });

  test.each([
    ['protected anew under its name', ITEM, { lifecycleId: 'life-2' }, 'was protected anew'],
    ['another machine at the same id', ITEM, { sourceVmId: RECOVERED_VM }, 'now copies'],
    ['another machine at another id', elsewhere, { sourceVmId: VM.replace('web-01', 'sql-01') }, 'now copies'],
  ])('takes no other machine for the one that was planned: %s', async (_what, id, changes, message) => {
    const azure = writtenAzure();
    azure.put('sr.items', VAULT, [{ id, name: 'item1', friendlyName: 'web-01' }]);
    azure.put('sr.item', id, item({ id, ...changes }));
    const planned = target({ replicated: { machines: [VM.toLowerCase(), RECOVERED_VM.toLowerCase()], lifecycleId: 'life-1' } });
    expect(await action.read(portsWith(azure), context(action, {}, { target: planned }))).toMatchObject({
      kind: 'failed',
      failure: { kind: 'target_missing', message: expect.stringContaining(message) },
    });
  });

  test('knows the planned machine again after its protection was reversed: it copies the machine of the other side', async () => {
    const azure = writtenAzure();
    azure.put('sr.items', VAULT, [{ id: elsewhere, name: 'item1', friendlyName: 'web-01' }]);
    azure.put('sr.item', elsewhere, item({ id: elsewhere, sourceVmId: RECOVERED_VM, lifecycleId: undefined }));
    azure.put('sr.points', elsewhere, []);
    const planned = target({ replicated: { machines: [VM.toLowerCase(), RECOVERED_VM.toLowerCase()], lifecycleId: 'life-1' } });
    expect(await action.read(portsWith(azure), context(action, {}, { target: planned }))).toMatchObject({ kind: 'succeeded' });
  });

  test.each([
    ['before the first point', { rpoMs: undefined }],
    ['while Azure does not say when it was calculated', { rpoCalculatedAtMs: undefined }],
    ['frozen after a failover', { protectionState: 'UnplannedFailoverCommitted' }],
  ])('AZ-28: knows no RPO %s', async (_when, changes) => {
    const azure = writtenAzure();
    azure.put('sr.item', ITEM, item(changes));
    azure.put('sr.points', ITEM, []);
    const outcome = await action.read(portsWith(azure), context(action, {}));
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { rpo: null, latest_recovery_point_time: null } });
  });

  test.each([
    ['just calculated', { rpoMs: 95_000, rpoCalculatedAtMs: NOW_MS }, 95_000],
    ['calculated a while ago', { rpoMs: 95_000, rpoCalculatedAtMs: NOW_MS - 40_000 }, 135_000],
    ['calculated by a clock that is ahead', { rpoMs: 95_000, rpoCalculatedAtMs: NOW_MS + 40_000 }, 95_000],
    ['nothing lost', { rpoMs: 0, rpoCalculatedAtMs: NOW_MS }, 0],
    ['before the first point', { rpoMs: undefined, rpoCalculatedAtMs: undefined }, undefined],
    ['no time of calculation', { rpoCalculatedAtMs: undefined }, undefined],
    ['frozen: failed over', { protectionState: 'UnplannedFailover' }, undefined],
    ['frozen: committed', { protectionState: 'UnplannedFailoverCommitted' }, undefined],
    ['frozen: protection is being reversed', { protectionState: 'ReprotectProgressing' }, undefined],
    ['while the first copy is made', { protectionState: 'InitialReplicationInProgress' }, undefined],
    ['no state', { protectionState: undefined }, undefined],
    // A warning that the reversed machine was never tested says nothing about how much would be lost (161011).
    ['with a warning after reversing', { replicationHealth: 'Warning', rpoMs: 60_000, rpoCalculatedAtMs: NOW_MS }, 60_000],
  ])('what would be lost now, %s', (_when, changes, expected) => {
    expect(rpoNowMs(item(changes), NOW_MS)).toBe(expected);
  });

  test.each([
    [
      { kind: 'missing', message: 'no' },
      { kind: 'failed', failure: { kind: 'target_missing' } },
    ],
    [
      { kind: 'denied', message: 'no' },
      { kind: 'failed', failure: { kind: 'denied' } },
    ],
    [
      { kind: 'invalid', message: 'no' },
      { kind: 'failed', failure: { kind: 'target' } },
    ],
    [
      { kind: 'unanswered', message: 'no', retryAfterMs: 7 },
      { kind: 'unanswered', retryAfterMs: 7 },
    ],
  ] as const)('sorts a read without a value: %o', async (answer, expected) => {
    const azure = writtenAzure();
    azure.put('sr.points', ITEM, []);
    azure.refuse('sr.item', ITEM, answer);
    expect(await action.read(portsWith(azure), context(action, {}))).toMatchObject(expected);
  });
});

test('asr.plan.get reads words and times; never is null', async () => {
  const action = reader(asrPlanGet);
  const plan = `${VAULT}/replicationRecoveryPlans/rp-shop`;
  const azure = writtenAzure();
  azure.put('sr.plan', plan, {
    id: plan,
    name: 'rp-shop',
    allowedOperations: ['TestFailover'],
    runningScenario: undefined,
    lastTestFailoverAtMs: NOW_MS,
    lastFailoverAtMs: undefined,
    primaryFabricId: undefined,
    groups: [],
  });
  expect(await action.read(portsWith(azure), context(action, { plan }, { target: undefined }))).toMatchObject({
    result: {
      allowed_operations: ['TestFailover'],
      current_scenario: 'None',
      last_test_failover_time: timeValue(NOW_MS),
      last_failover_time: null,
    },
  });
});

test('azure.vm.get reads the machine; what Azure does not say is null', async () => {
  const action = reader(azureVmGet);
  const azure = writtenAzure();
  azure.put('vm.get', VM, vm({ agentStatus: undefined }));
  const outcome = await action.read(portsWith(azure), context(action, {}, { target: target({ kind: 'azure_vm', id: VM }) }));
  expect(outcome).toMatchObject({
    result: { power_state: 'running', provisioning_state: 'Succeeded', agent_status: null, size: 'Standard_D2s_v5', zone: null },
  });
});

test('azure.resource.list looks into the one subscription of the target sets when it names none, and guesses no other', async () => {
  const action = reader(azureResourceList);
  const azure = writtenAzure();
  azure.put('resource.list', '6f1c1b5e-0000-4000-8000-00000000a001', [
    { id: VM, name: 'web-01', type: 'Microsoft.Compute/virtualMachines', location: 'westeurope', tags: {}, properties: {} },
  ]);
  const implied = context(action, {}, { subscription: '6f1c1b5e-0000-4000-8000-00000000a001' });
  expect(await action.read(portsWith(azure), implied)).toMatchObject({ kind: 'succeeded', result: { items: [{ name: 'web-01' }] } });
  expect(await action.read(portsWith(azure), context(action, {}))).toMatchObject({
    kind: 'failed',
    failure: { kind: 'target', message: expect.stringContaining('no subscription is named') },
  });
});

test('the registry holds each action under its own name', () => {
  for (const [name, action] of actions) {
    expect(action.name).toBe(name);
    expect(name).toMatch(/^[a-z]+(\.[a-z-]+)+@\d+$/);
    if (action.effect !== 'read') {
      expect(action.quietMs).toBeGreaterThanOrEqual(90_000);
      expect(Object.keys(action.result)).toEqual(expect.arrayContaining(['changed', 'adopted', 'job']));
    }
  }
  expect([...actions.keys()]).toEqual(expect.arrayContaining(['asr.plan.get@1', 'asr.item.get@1', 'azure.vm.get@1']));
});
