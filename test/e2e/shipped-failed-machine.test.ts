import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacks } from '../support/lacks.ts';
import { type ShippedStage, startShippedStage } from '../support/shipped-stage.ts';

const WITHIN_MS = 120_000;
const NETWORK =
  '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill';
const UP = ['app-01', 'app-03', 'app-04', 'db-01', 'db-02', 'web-01', 'web-02', 'web-03', 'web-04'];

const missing = lacks('redis-server');

describe.skipIf(missing)('the runbooks that ship, when Azure has no room for one machine', () => {
  let stage: ShippedStage;

  beforeAll(async () => {
    stage = await startShippedStage({ scale: 600, leaseMs: 3_000 });
  });
  afterAll(async () => stage.stop());

  const machines = async (): Promise<readonly string[]> =>
    (await stage.world()).machines.map(({ group, name, power }) => `${group}/${name} ${power}`).toSorted();
  const requests = async (operation: string): Promise<number> =>
    (await stage.ledger()).filter((line) => line.operation === operation && line.effect === 'started').length;

  test('the drill names the machine, goes no further and cleans up after the others', { timeout: WITHIN_MS }, async () => {
    const before = await machines();
    await stage.arm([
      {
        match: { operation: 'ReplicationProtectedItems_TestFailover', resource: 'app-02' },
        when: 'duringJob',
        do: { failJob: { code: 'AllocationFailed' } },
      },
    ]);
    const inputs = { test_network: NETWORK, app_password: 'secret:shop-smoke-user' };
    const run = await stage.people.attend(await stage.people.start('shop-drill', inputs), { withinMs: WITHIN_MS });

    expect(run.status).toBe('failed');
    expect(run.reason).toMatch(/^step failover_app: 1 of 4 failed: app-02: .*Allocation failed/);
    const status = Object.fromEntries(run.steps.map((step) => [step.path, step.status]));
    expect(status).toMatchObject({
      failover_db: 'succeeded',
      failover_app: 'failed',
      failover_web: 'skipped',
      look_around: 'skipped',
      'finally/cleanup': 'succeeded',
      'finally/nothing_left': 'succeeded',
    });
    expect(run.objectives?.rto?.verdict, 'no recovery time is claimed').toBe('not_measured');
    expect(await requests('ReplicationProtectedItems_TestFailoverCleanup'), 'only what was made is deleted').toBe(5);
    expect(await machines()).toEqual(before);
    expect(await stage.heldLocks()).toEqual([]);
    expect(await stage.wrongEvidence(run)).toBeUndefined();
  });

  test('the failover stops and says who is up, and is not sent again', { timeout: WITHIN_MS }, async () => {
    await stage.arm([
      {
        match: { operation: 'ReplicationRecoveryPlans_UnplannedFailover' },
        when: 'duringJob',
        do: { failJob: { code: 'AllocationFailed', only: ['app-02'] } },
      },
    ]);
    const inputs = { incident: 'INC-000001', accepted_loss: '1h', home_answers: true, public_address: `${stage.shop}/healthz` };
    const asked: string[] = [];
    const answers = ['again', 'succeeded'];
    const run = await stage.people.attend(await stage.people.start('shop-failover', inputs), {
      withinMs: 60_000,
      verdict: ({ step, message }) => {
        asked.push(`${step}: ${message}`);
        return answers[asked.length - 1] ?? 'failed';
      },
    });
    expect(asked).toEqual([
      expect.stringMatching(/^move: .*Allocation failed.*web-01, web-02, web-03, web-04 went through, app-02 did not$/s),
      expect.stringMatching(/^move: plan rp-shop does not allow UnplannedFailover: /),
    ]);
    expect(await requests('ReplicationRecoveryPlans_UnplannedFailover')).toBe(1);
    expect((await machines()).filter((machine) => machine.startsWith('rg-shop-neu/'))).toEqual(
      UP.map((name) => `rg-shop-neu/${name} running`),
    );
    expect(run.status, 'a person took it on').toBe('succeeded');
    expect(run.steps.find(({ path }) => path === 'move')?.status).toBe('recovered');
    expect([...((run.outputs?.['moved'] ?? []) as readonly string[])].toSorted()).toEqual(UP);
    expect((await fetch(`${stage.shop}/healthz`)).status, 'the shop').toBe(200);
    expect(await stage.heldLocks()).toEqual([]);
    expect(await stage.wrongEvidence(run)).toBeUndefined();
  });
});
