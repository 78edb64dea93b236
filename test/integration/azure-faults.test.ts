import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ActionContext, ActionPorts } from '../../engine/actions/action.ts';
import { asrItemTestFailoverCleanup } from '../../engine/actions/asr-item-test-failover-cleanup.ts';
import { asrItemTestFailover } from '../../engine/actions/asr-item-test-failover.ts';
import { recoveryPlanTargets } from '../../engine/plan/recovery-plan.ts';
import type { Target } from '../../engine/target.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { until } from '../support/until.ts';
import { SIMULATOR_FLAGS, azureOf, contextFor, drive, nextSend, portsOf } from './azure-drive.ts';

const OPERATION = 'ReplicationProtectedItems_TestFailover';
const signal = new AbortController().signal;

let simulator: RunningSimulator;
let ports: ActionPorts;
let shop: readonly Target[];
let network: string;

beforeAll(async () => {
  simulator = await startSimulator(SIMULATOR_FLAGS);
  const azure = azureOf(simulator);
  const subscription = simulator.ready.subscriptionId;
  network = `/subscriptions/${subscription}/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
  const source = { kind: 'recovery_plan', subscription, resourceGroup: 'rg-dr-weu', vault: 'rsv-dr-weu', name: 'rp-shop' } as const;
  const resolved = await recoveryPlanTargets(azure, source, 'production', signal);
  if (resolved.kind !== 'resolved') throw new Error(resolved.message);
  shop = resolved.targets;
});
afterAll(() => simulator.stop());
beforeEach(startWorker);

/** A worker that has not been told by Azure to wait: one that was sends nothing of that kind for the time. */
function startWorker(): void {
  ports = portsOf(azureOf(simulator));
}

const arm = (name: string, fault: object) =>
  simulator.control('faults', { method: 'POST', body: { match: { operation: OPERATION, resource: itemName(name) }, times: 1, ...fault } });
const member = (name: string): Target => shop.find((target) => target.name === name) ?? shop[0] ?? fail();
const itemName = (name: string): string => member(name).id.split('/').at(-1) ?? fail();
const startedAt = async (name: string) =>
  (await simulator.ledger()).filter(
    (line) =>
      line.effect === 'started' && line.operation === OPERATION && line.resource.toLowerCase().includes(itemName(name).toLowerCase()),
  );

/** Precheck and submit, as the first send of a step. */
async function send(name: string): Promise<{ readonly context: ActionContext<never>; readonly kind: string }> {
  const context = contextFor(asrItemTestFailover, member(name), { network });
  const precheck = await asrItemTestFailover.precheck(ports, context);
  if (precheck.kind !== 'proceed') throw new Error(JSON.stringify(precheck));
  const prepared = { ...context, before: precheck.before };
  const { kind } = await asrItemTestFailover.submit(ports, prepared);
  return { context: prepared, kind };
}

describe('one test failover, whatever happens to the answer', () => {
  test.each([
    ['app-01', 'after', { reset: true }, 'ambiguous'],
    ['app-02', 'after', { status: 500 }, 'ambiguous'],
    ['app-03', 'after', { status: 503 }, 'ambiguous'],
    ['app-04', 'after', { status: 429 }, 'throttled'],
    ['web-01', 'before', { reset: true }, 'ambiguous'],
    ['web-02', 'before', { status: 500 }, 'ambiguous'],
    ['web-03', 'before', { status: 429 }, 'throttled'],
  ] as const)('%s: %s the effect, %o', async (name, when, deed, expected) => {
    await arm(name, { when, do: deed });
    const { context, kind } = await send(name);
    expect(kind).toBe(expected);
    startWorker();

    if (when === 'after') {
      await until(async () => (await asrItemTestFailover.find(ports, context)).kind === 'found');
    } else {
      expect(await asrItemTestFailover.find(ports, context)).toEqual({ kind: 'absent' });
    }
    const done = await drive(asrItemTestFailover, ports, nextSend(context));
    expect(done.produced).toHaveLength(1);
    expect(await startedAt(name)).toHaveLength(1);
    await drive(asrItemTestFailoverCleanup, ports, contextFor(asrItemTestFailoverCleanup, member(name), {}));
  });
});

test('a job that fails tells why, and the machine can be tested again', async () => {
  await arm('db-01', { when: 'duringJob', do: { failJob: { code: '28092', message: 'The quota of the region is used up.' } } });
  const context = contextFor(asrItemTestFailover, member('db-01'), { network });
  await expect(drive(asrItemTestFailover, ports, context)).rejects.toThrow('The quota of the region is used up.');
  const again = contextFor(asrItemTestFailover, member('db-01'), { network });
  expect(await drive(asrItemTestFailover, ports, again)).toMatchObject({ kind: 'succeeded' });
});

test('a cleanup waits for a test failover that is under way', async () => {
  const { context, kind } = await send('db-02');
  expect(kind).toBe('accepted');
  const cleanup = contextFor(asrItemTestFailoverCleanup, member('db-02'), {});
  expect(await asrItemTestFailoverCleanup.precheck(ports, cleanup)).toMatchObject({ kind: 'unanswered' });
  expect(await drive(asrItemTestFailoverCleanup, ports, cleanup)).toMatchObject({ result: { changed: true } });
  const job = await asrItemTestFailover.find(ports, context);
  if (job.kind !== 'found') throw new Error(JSON.stringify(job));
  // The machine is gone: a step that comes back now must not say that it runs.
  expect(await asrItemTestFailover.poll(ports, context, job.handle)).toMatchObject({ kind: 'ended_well' });
  expect(await asrItemTestFailover.verify(ports, context, undefined)).toMatchObject({ kind: 'not_yet' });
});

function fail(): never {
  throw new Error('the plan has no such machine');
}
