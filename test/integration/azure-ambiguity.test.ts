import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actions } from '../../engine/actions/registry.ts';
import type { ActionContext, ActionPorts, EffectAction, FindOutcome, SubmitOutcome } from '../../engine/actions/action.ts';
import { recoveryPlanTargets } from '../../engine/plan/recovery-plan.ts';
import type { Target } from '../../engine/target.ts';
import { machine } from '../support/action-world.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { until } from '../support/until.ts';
import { SIMULATOR_FLAGS, azureOf, contextFor, drive, portsOf } from './azure-drive.ts';

/** What may happen to the one request, and what its answer proves. A time-out gives up once the request has arrived and its answer is kept back. */
const FAULTS = [
  { fault: 'reset before', when: 'before', do: { reset: true }, sent: 'ambiguous', effect: false },
  { fault: 'reset after', when: 'after', do: { reset: true }, sent: 'ambiguous', effect: true },
  { fault: '500 before', when: 'before', do: { status: 500 }, sent: 'ambiguous', effect: false },
  { fault: '500 after', when: 'after', do: { status: 500 }, sent: 'ambiguous', effect: true },
  { fault: 'time-out, arrived', when: 'after', do: { hang: 60_000 }, sent: 'ambiguous', effect: true },
  { fault: '429', when: 'before', do: { status: 429 }, sent: 'throttled', effect: false },
] as const;

/** What each class promises about a request whose answer was lost: found when it had an effect, absent when it had none; blind may not tell. */
const PROMISES = {
  named: { effect: ['found', 'reached'], none: ['absent'] },
  guarded: { effect: ['found', 'reached'], none: ['absent'] },
  blind: { effect: ['found', 'unclear'], none: ['absent', 'unclear'] },
} as const;

/** How each effectful action of Azure is asked for its first request; `prepare` brings its target into a state in which it may be sent. */
interface Row {
  readonly action: string;
  readonly operation: string;
  readonly target: (name: string) => Target | undefined;
  readonly input: (name: string) => object;
  /** Names of machines that this row may use up, one for each fault; none when its target is not a machine. */
  readonly names: readonly string[];
  /** Brings the target into the state in which the request may be sent, whatever the row before has left. */
  readonly prepare?: (name: string) => Promise<void>;
  /** Puts the target back, so that the next fault finds it as the first did. */
  readonly reset?: (name: string) => Promise<void>;
}

let simulator: RunningSimulator;
let ports: ActionPorts;
let groups: string;
let shop: readonly Target[];

// Each action has an estate of its own: what one row leaves behind must not decide what the next one finds.
async function startEstate(): Promise<void> {
  simulator = await startSimulator(SIMULATOR_FLAGS);
  ports = portsOf(azureOf(simulator));
  groups = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
  const source = {
    kind: 'recovery_plan',
    subscription: simulator.ready.subscriptionId,
    resourceGroup: 'rg-dr-weu',
    vault: 'rsv-dr-weu',
    name: 'rp-shop',
  } as const;
  const resolved = await recoveryPlanTargets(ports.azure, source, null, new AbortController().signal);
  if (resolved.kind !== 'resolved') throw new Error(resolved.message);
  shop = resolved.targets;
}

const vm = (name: string): Target =>
  machine({
    kind: 'azure_vm',
    key: name,
    name,
    id: `${groups}/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/${name}`,
    via: 'run-command',
    location: 'westeurope',
  });
const item = (name: string): Target => shop.find((each) => each.name === name) ?? vm(name);
const none = (): undefined => undefined;
const plan = (): string => `${groups}/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu/replicationRecoveryPlans/rp-shop`;
const drill = (): string => `${groups}/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
const six = (first: string): readonly string[] => Array.from({ length: FAULTS.length }, (_, index) => `${first}-${index}`);

const MACHINES = ['web-01', 'web-02', 'web-03', 'app-01', 'app-02', 'app-03'] as const;
const ROWS: readonly Row[] = [
  {
    action: 'asr.item.test-failover@1',
    operation: 'ReplicationProtectedItems_TestFailover',
    target: item,
    input: () => ({ network: drill() }),
    names: MACHINES,
  },
  {
    action: 'asr.item.test-failover-cleanup@1',
    operation: 'ReplicationProtectedItems_TestFailoverCleanup',
    target: item,
    input: () => ({}),
    names: MACHINES,
    prepare: startTest,
  },
  { action: 'backup.trigger@1', operation: 'Backups_Trigger', target: vm, input: () => ({ retain: '7d' }), names: MACHINES },
  { action: 'azure.vm.deallocate@1', operation: 'VirtualMachines_Deallocate', target: vm, input: () => ({}), names: MACHINES },
  { action: 'azure.vm.start@1', operation: 'VirtualMachines_Start', target: vm, input: () => ({}), names: MACHINES, prepare: stop },
  { action: 'azure.vm.restart@1', operation: 'VirtualMachines_Restart', target: vm, input: () => ({}), names: MACHINES },
  {
    action: 'azure.vm.install-patches@1',
    operation: 'VirtualMachines_InstallPatches',
    target: vm,
    input: () => ({ classifications: ['Security'] }),
    names: MACHINES,
  },
  {
    action: 'azure.restore-point.create@1',
    operation: 'RestorePointCollections_CreateOrUpdate',
    target: vm,
    input: () => ({ name: 'point' }),
    names: MACHINES,
  },
  {
    action: 'azure.nsg.set-rules@1',
    operation: 'NetworkSecurityGroups_CreateOrUpdate',
    target: none,
    input: (name) => ({
      id: `${groups}/rg-dr-test/providers/Microsoft.Network/networkSecurityGroups/nsg-vnet-drill`,
      rules: [{ name, priority: 300, direction: 'Inbound', access: 'Deny' }],
    }),
    names: six('rule'),
  },
  {
    action: 'azure.trafficmanager.set-endpoint@1',
    operation: 'Endpoints_Update',
    target: none,
    input: () => ({
      profile: `${groups}/rg-shop-weu/providers/Microsoft.Network/trafficManagerProfiles/tm-shop`,
      endpoint: 'recovery',
      status: 'Enabled',
    }),
    names: six('endpoint'),
    reset: closeEndpoint,
  },
  {
    action: 'asr.plan.test-failover@1',
    operation: 'ReplicationRecoveryPlans_TestFailover',
    target: none,
    input: () => ({ plan: plan(), network: drill() }),
    names: six('plan'),
    reset: cleanPlan,
  },
  { action: 'azure.vm.delete@1', operation: 'VirtualMachines_Delete', target: vm, input: () => ({}), names: MACHINES },
];

/** The rest is one request of the same kind as a row above, or needs what only a whole cycle has: each is named with where it is shown. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'asr.plan.test-failover-cleanup@1': 'resets the row of the plan after each fault',
  'asr.plan.failover@1': 'test/unit/actions/asr-plan.test.ts, by the same questions as the test failover of a plan',
  'asr.plan.commit@1': 'test/unit/actions/asr-plan.test.ts, by the same questions as the test failover of a plan',
  'asr.plan.reprotect@1': 'test/unit/actions/asr-plan-reprotect.test.ts',
  'backup.restore-vm@1': 'test/integration/azure-restore.test.ts',
  'azure.vm.revert-to-restore-point@1': 'its requests are those of disks and power',
};

test('every effectful action of Azure has its row', () => {
  const effectful = [...actions.values()].filter(({ effect, name }) => effect !== 'read' && /^(asr|azure|backup)\./.test(name));
  const named = [...ROWS.map(({ action }) => action), ...Object.keys(ELSEWHERE)];
  expect(effectful.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([]);
});

describe.each(ROWS)('$action', (row) => {
  beforeAll(startEstate);
  afterAll(() => simulator.stop());

  test.each(FAULTS.map((fault, index) => ({ ...fault, index })))('$fault', { timeout: 60_000 }, async (fault) => {
    const name = row.names[fault.index] ?? '';
    const action = effectOf(row.action);
    await row.prepare?.(name);
    const { context } = await ready(action, contextFor(action, row.target(name), row.input(name)));
    const match = { operation: row.operation, ...(row.target(name) === undefined ? {} : { resource: resourceOf(row, name) }) };
    await simulator.control('faults', { method: 'POST', body: { match, when: fault.when, do: fault.do, times: 1 } });
    const sent = 'hang' in fault.do ? await giveUp(action, context) : await action.submit(ports, context);
    expect(sent.kind).toBe(fault.sent);

    const promise = PROMISES[action.effect][fault.effect ? 'effect' : 'none'];
    let found: FindOutcome = await action.find(ports, context);
    await until(async () => {
      found = await action.find(ports, context);
      return (promise as readonly string[]).includes(found.kind);
    });
    const effects = (await simulator.ledger()).filter(
      ({ clientRequestId, effect }) => clientRequestId === context.requestId && effect === 'started',
    );
    expect(effects).toHaveLength(fault.effect ? 1 : 0);
    await row.reset?.(name);
  });
});

/** Sends, and gives up when the ledger shows that the request has arrived. */
async function giveUp(action: EffectAction, context: ActionContext<never>): Promise<SubmitOutcome> {
  const time = new AbortController();
  const sending = action.submit(ports, { ...context, signal: time.signal });
  await until(async () => (await simulator.ledger()).some(({ clientRequestId }) => clientRequestId === context.requestId));
  time.abort();
  return sending;
}

function effectOf(name: string): EffectAction {
  const action = actions.get(name);
  if (action === undefined || action.effect === 'read') throw new Error(`${name} has no effect`);
  return action;
}

function resourceOf(row: Row, name: string): string {
  const target = row.target(name);
  return row.action.startsWith('asr.item')
    ? (target?.id.split('/').at(-1) ?? name)
    : row.action === 'azure.restore-point.create@1'
      ? `runward-${name}`
      : name;
}

/** The context of a step whose precheck has let it send. */
async function ready(action: EffectAction, context: ActionContext<never>): Promise<{ readonly context: ActionContext<never> }> {
  let before: ActionContext<never>['before'];
  await until(async () => {
    const outcome = await action.precheck(ports, context);
    if (outcome.kind === 'failed') throw new Error(outcome.failure.message);
    if (outcome.kind === 'proceed') before = outcome.before;
    return outcome.kind === 'proceed';
  });
  return { context: before === undefined ? context : { ...context, before } };
}

async function run(name: string, input: object, target?: Target): Promise<void> {
  const action = effectOf(name);
  await drive(action, ports, contextFor(action, target, input));
}

async function startTest(name: string): Promise<void> {
  const seen = await ports.azure.read({ kind: 'sr.item', itemId: item(name).id }, new AbortController().signal);
  const idle = seen.kind === 'found' && seen.value.allowedOperations.includes('TestFailover');
  if (idle) await run('asr.item.test-failover@1', { network: drill() }, item(name));
}

function stop(name: string): Promise<void> {
  return run('azure.vm.deallocate@1', {}, vm(name));
}

function closeEndpoint(): Promise<void> {
  const profile = `${groups}/rg-shop-weu/providers/Microsoft.Network/trafficManagerProfiles/tm-shop`;
  return run('azure.trafficmanager.set-endpoint@1', { profile, endpoint: 'recovery', status: 'Disabled' });
}

async function cleanPlan(): Promise<void> {
  // An accepted test failover is waited for by the cleanup itself.
  await run('asr.plan.test-failover-cleanup@1', { plan: plan() });
}
