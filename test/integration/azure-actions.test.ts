import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRunCommandShell } from '../../adapters/azure/run-command-shell.ts';
import { asrItemGet } from '../../engine/actions/asr-item-get.ts';
import { asrItemTestFailoverCleanup } from '../../engine/actions/asr-item-test-failover-cleanup.ts';
import { asrItemTestFailover } from '../../engine/actions/asr-item-test-failover.ts';
import { asrPlanGet } from '../../engine/actions/asr-plan-get.ts';
import { azureNetworkCheckIsolated } from '../../engine/actions/azure-network-check-isolated.ts';
import { azureVmDeallocate } from '../../engine/actions/azure-vm-deallocate.ts';
import { azureVmGet } from '../../engine/actions/azure-vm-get.ts';
import { azureVmStart } from '../../engine/actions/azure-vm-start.ts';
import type { Azure } from '../../engine/azure-calls.ts';
import { recoveryPlanTargets } from '../../engine/plan/recovery-plan.ts';
import { judgeMachine } from '../../engine/recovery/machine-readiness.ts';
import type { ScriptState } from '../../engine/ports.ts';
import type { Target } from '../../engine/target.ts';
import { storedTimeMs } from '../../engine/values.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { until } from '../support/until.ts';
import { SIMULATOR_FLAGS, azureOf, contextFor, drive, finish, portsOf, readOf, unknownRequests } from './azure-drive.ts';

const signal = new AbortController().signal;
let simulator: RunningSimulator;
let azure: Azure;
let shop: readonly Target[];
let planId: string;
let drillNetwork: string;
let subscription: string;

beforeAll(async () => {
  simulator = await startSimulator(SIMULATOR_FLAGS);
  azure = azureOf(simulator);
  subscription = simulator.ready.subscriptionId;
  drillNetwork = `/subscriptions/${subscription}/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
  const source = { kind: 'recovery_plan', subscription, resourceGroup: 'rg-dr-weu', vault: 'rsv-dr-weu', name: 'rp-shop' } as const;
  const resolved = await recoveryPlanTargets(azure, source, 'production', signal);
  if (resolved.kind !== 'resolved') throw new Error(resolved.message);
  shop = resolved.targets;
  planId = resolved.planId;
});
afterAll(async () => {
  const unknown = await unknownRequests(simulator);
  await simulator.stop();
  expect(unknown).toEqual([]);
});

function member(name: string): Target {
  const found = shop.find((target) => target.name === name);
  if (!found) throw new Error(`${name} is not in the plan`);
  return found;
}

function machine(name: string): Target {
  const id = `/subscriptions/${subscription}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/${name}`;
  return { ...member(name), kind: 'azure_vm', id, via: 'run-command' };
}

const effects = async () => (await simulator.ledger()).filter((line) => line.effect === 'started');

test('the plan lists its machines in boot order', () => {
  expect(shop.map(({ key, recoveryGroup }) => [key, recoveryGroup])).toEqual([
    ['db-01', 1],
    ['db-02', 1],
    ['app-01', 2],
    ['app-02', 2],
    ['app-03', 2],
    ['app-04', 2],
    ['web-01', 3],
    ['web-02', 3],
    ['web-03', 3],
    ['web-04', 3],
  ]);
});

describe('reads', () => {
  test('a plan', async () => {
    const outcome = await readOf(asrPlanGet, portsOf(azure), contextFor(asrPlanGet, undefined, { plan: planId }));
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      result: { allowed_operations: expect.arrayContaining(['TestFailover']), current_scenario: 'None' },
    });
  });

  test('a protected machine', async () => {
    const outcome = await readOf(asrItemGet, portsOf(azure), contextFor(asrItemGet, member('db-02'), {}));
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      result: { protection_state: 'Protected', active_location: 'Primary', rpo: { $duration: expect.any(Number) } },
    });
  });

  test('a machine', async () => {
    const outcome = await readOf(azureVmGet, portsOf(azure), contextFor(azureVmGet, machine('web-02'), {}));
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { power_state: 'running', agent_status: 'Ready' } });
  });

  test('an isolated and a peered network', async () => {
    const isolated = await readOf(
      azureNetworkCheckIsolated,
      portsOf(azure),
      contextFor(azureNetworkCheckIsolated, undefined, { network: drillNetwork }),
    );
    expect(isolated).toMatchObject({ kind: 'succeeded', result: { isolated: true } });
    const network = drillNetwork.replace('rg-dr-test', 'rg-shop-neu').replace('vnet-drill', 'vnet-shop-neu');
    const open = await readOf(azureNetworkCheckIsolated, portsOf(azure), contextFor(azureNetworkCheckIsolated, undefined, { network }));
    expect(open).toMatchObject({
      kind: 'failed',
      result: { isolated: false, findings: [expect.stringContaining('vnet-shop-weu'), expect.stringContaining('allow-customers')] },
    });
  });

  test('what does not exist', async () => {
    const gone = machine('web-02');
    const outcome = await readOf(azureVmGet, portsOf(azure), contextFor(azureVmGet, { ...gone, id: `${gone.id}-gone` }, {}));
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'target_missing' } });
  });
});

test('readiness of machines, each row with its figure', async () => {
  const promises = { rpoMs: 900_000, drillEveryMs: 86_400_000, points: ['latest-processed'] } as const;
  const judged = async (name: string) => {
    const outcome = await readOf(asrItemGet, portsOf(azure), contextFor(asrItemGet, member(name), {}));
    const nowMs = Date.now();
    if (outcome.kind !== 'succeeded') throw new Error(`${name}: ${outcome.kind}`);
    return judgeMachine(name, { result: outcome.result, atMs: nowMs, run: 1, periodMs: 60_000 }, { promises, nowMs });
  };
  const states = async (name: string) => (await judged(name)).facts.map(({ fact, state }) => `${fact} ${state}`);
  const good = ['protection', 'health', 'rpo', 'recovery_point', 'test_leftover', 'agent', 'disks'].map((fact) => `${fact} ready`);
  expect(await states('app-01')).toEqual([...good, 'test_failover not_ready']);
  for (const deed of [{ health: 'Warning' }, { agentOutdated: true }, { lagRpo: 7200 }]) {
    const resource = `/${member('app-01').id.split('/').at(-1) ?? ''}/`;
    await simulator.control('faults', { method: 'POST', body: { match: { resource }, do: deed } });
  }
  expect((await judged('app-01')).ready).toBe('not_ready');
  expect(await states('app-01')).toEqual(expect.arrayContaining(['health at_risk', 'agent at_risk']));
  await simulator.control('faults', { method: 'DELETE' });
  expect(await states('web-04')).toContain('agent at_risk');
});

test('a test failover, its machine, and the cleanup', async () => {
  const ports = portsOf(azure);
  const source = member('web-01');
  const started = await drive(asrItemTestFailover, ports, contextFor(asrItemTestFailover, source, { network: drillNetwork }));
  expect(started.result).toMatchObject({ changed: true, job: expect.stringContaining('/replicationJobs/') });
  expect(storedTimeMs(started.result['recovery_point_time'])).toBeGreaterThan(Date.now() - 3_600_000);
  const [made] = started.produced ?? [];
  expect(made).toMatchObject({
    key: 'web-01',
    name: 'web-01-test',
    via: 'run-command',
    recoveryGroup: 3,
    os: 'linux',
    powerState: 'running',
  });
  expect(made?.address).toMatch(/^10\.90\./);

  // A second one is refused while the first has not been cleaned up.
  const again = await asrItemTestFailover.precheck(ports, contextFor(asrItemTestFailover, source, { network: drillNetwork }));
  expect(again).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining('not been cleaned up') } });

  const cleaned = await drive(asrItemTestFailoverCleanup, ports, contextFor(asrItemTestFailoverCleanup, source, { notes: 'over' }));
  expect(cleaned.result).toMatchObject({ changed: true });
  const nothing = await drive(asrItemTestFailoverCleanup, ports, contextFor(asrItemTestFailoverCleanup, source, {}));
  expect(nothing.result).toMatchObject({ changed: false });
  expect(await readOf(azureVmGet, ports, contextFor(azureVmGet, made, {}))).toMatchObject({
    kind: 'failed',
    failure: { kind: 'target_missing' },
  });

  const mine = (await effects()).filter((line) => line.resource.toLowerCase().includes(source.id.split('/').at(-1)?.toLowerCase() ?? '?'));
  expect(mine.map((line) => line.operation)).toEqual([
    'ReplicationProtectedItems_TestFailover',
    'ReplicationProtectedItems_TestFailoverCleanup',
  ]);
});

test('a test failover whose answer was lost is found by its request id, and not sent again', async () => {
  const ports = portsOf(azure);
  const source = member('web-03');
  const fault = { match: { operation: 'ReplicationProtectedItems_TestFailover' }, when: 'after', do: { reset: true }, times: 1 };
  await simulator.control('faults', { method: 'POST', body: fault });
  const action = asrItemTestFailover;
  const context = contextFor(action, source, { network: drillNetwork });
  const precheck = await action.precheck(ports, context);
  if (precheck.kind !== 'proceed') throw new Error(JSON.stringify(precheck));
  const prepared = { ...context, before: precheck.before };
  expect(await action.submit(ports, prepared)).toMatchObject({ kind: 'ambiguous' });

  let found = await action.find(ports, prepared);
  await until(async () => {
    found = await action.find(ports, prepared);
    return found.kind === 'found';
  });
  if (found.kind !== 'found') throw new Error('must be found');
  expect(await action.precheck(ports, prepared)).toMatchObject({ kind: 'ours', handle: found.handle });
  await finish(action, ports, { context: prepared, handle: found.handle });
  await drive(asrItemTestFailoverCleanup, ports, contextFor(asrItemTestFailoverCleanup, source, {}));
  const sends = (await effects()).filter((line) => line.clientRequestId === context.requestId);
  expect(sends).toHaveLength(1);
});

test('power: deallocate, start, and nothing to do', async () => {
  const ports = portsOf(azure);
  const target = machine('web-04');
  expect((await drive(azureVmDeallocate, ports, contextFor(azureVmDeallocate, target, {}))).result).toMatchObject({
    power_state: 'deallocated',
    changed: true,
  });
  expect((await drive(azureVmDeallocate, ports, contextFor(azureVmDeallocate, target, {}))).result).toMatchObject({ changed: false });
  expect((await drive(azureVmStart, ports, contextFor(azureVmStart, target, {}))).result).toMatchObject({
    power_state: 'running',
    changed: true,
  });
});

test('scripts over managed run commands', async (context) => {
  if (simulator.ready.isolation === 'none') {
    expect(process.env['CI'], 'CI must be able to isolate the scripts of simulated machines').not.toBe('true');
    return context.skip('this host cannot isolate the scripts of simulated machines');
  }
  const shell = createRunCommandShell(azure);
  const target = machine('db-01');
  const attempt = {
    name: 'rw-11111111-2222-5333-8444-555555555555-1',
    shell: 'sh',
    script: 'printf "%s %s" "$GREETING" "$PASSWORD"; printf complaint >&2; exit 3',
    env: { GREETING: 'hello', PASSWORD: 'secret-value' },
    secretNames: ['PASSWORD'],
    timeoutMs: 60_000,
  } as const;
  expect(await shell.look(target, attempt.name, signal)).toEqual({ kind: 'absent' });
  expect(await shell.start(target, attempt, signal)).toMatchObject({ kind: 'accepted' });
  let state: ScriptState = { kind: 'running' };
  await until(async () => {
    state = await shell.look(target, attempt.name, signal);
    return state.kind === 'ended';
  });
  expect(state).toEqual({
    kind: 'ended',
    exitCode: 3,
    stdout: 'hello secret-value',
    stderr: 'complaint',
    truncated: false,
    timedOut: false,
  });

  // The name exists: it is not run a second time.
  expect(await shell.start(target, attempt, signal)).toMatchObject({ kind: 'accepted' });
  expect((await simulator.ledger()).filter((line) => line.path.includes(attempt.name) && line.method === 'PUT')).toHaveLength(1);
  await shell.remove(target, attempt.name, signal);
  await until(async () => (await shell.look(target, attempt.name, signal)).kind === 'absent');
  return undefined;
});
