import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../cli/project-root.ts';
import type { RunRow } from '../../engine/run/summary.ts';
import { type Ended, runward as runwardOf } from '../support/command-line.ts';
import { lacks } from '../support/lacks.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const NETWORK =
  '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill';

// The shipped runbooks over the shipped estate: real processes, real Redis, the simulated control plane.
describe.skipIf(lacks('redis-server'))('the recovery of the shop', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack({ scale: 60, leaseMs: 10_000 });
    await stack.startWorker();
  });
  afterAll(async () => await stack.stop());

  const runward = (...words: readonly string[]): Promise<Ended> =>
    runwardOf(words, projectRoot(), { RUNWARD_SERVER: stack.client.baseUrl, LANG: 'C.UTF-8' });

  it('is not proven before a drill; its checks are made when asked for, change nothing, and name what is not as it must be', async () => {
    const before = await runward('dr', 'status', '--exit-code');
    expect(before.exit).toBe(1);
    expect(before.stdout).toMatch(/shop +demo-drill +\? never +- +- +not measured +not measured +\?/);
    expect(before.stderr).toContain('2 machines replicate and no drill covers them: batch-01, jump-01');
    const ledger = await stack.ledger();

    const made = await runward('dr', 'readiness', 'shop', '-i', `test_network=${NETWORK}`);
    expect(made.exit).toBe(3);
    expect(made.stdout).toMatch(/demo-drill +replication_healthy +✓ passed/);
    expect(made.stdout).toMatch(/shop-drill +network_isolated +✓ passed/);
    expect(made.stdout).toMatch(/gameday-network +alert_quiet +✓ passed/);
    expect(made.stdout).toMatch(/gameday-network +front_before +✗ failed/);
    // Every machine of the recovery plan with its figures: none was ever tested, and one has an old agent.
    expect(made.stdout).toMatch(/^MACHINE +READY +RPO-NOW +NEWEST-POINT +LAST-TEST +AGE +RUN +WHY$/m);
    expect(made.stdout).toMatch(/^rp-shop +✗ not ready .+ 10 not ready of 10 machines/m);
    expect(made.stdout).toMatch(/^ {2}db-01 +✗ not ready +\d+[ms]\S* +\d+[ms]\S* old +never +\d+s +\d+ +last test: never/m);
    expect(made.stdout).toMatch(/^ {2}web-04 .+agent: update required/m);
    expect(made.stderr).toContain('Checks never say that a recovery will work');
    expect(await stack.ledger()).toEqual(ledger);
    expect((await stack.client.get<{ readonly items: readonly RunRow[] }>('/runs')).items).toEqual([]);
  });

  it('begins with its backups: every machine with the age of its newest point, and that no restore was ever proved', async () => {
    const covered = await runward('backup', 'coverage', '--exit-code');
    expect(covered.exit).toBe(3);
    const [, first = '', ...others] = covered.stdout.trim().split('\n');
    expect(first).toMatch(/^jump-01 +✗ unprotected +\? +not measured +\? never +it is in no backup vault$/);
    expect(others).toHaveLength(11);
    expect(others.find((line) => line.startsWith('db-01'))).toMatch(/✓ protected +\d+h +1d2h met +\? never/);
    expect(others.find((line) => line.startsWith('batch-01'))).toMatch(/✓ protected +\d+h +not measured +\? never/);
    expect((await runward('backup', 'status', '--target', 'db-01')).stdout).toMatch(/db-01 +✓ protected +daily-30d +Completed +\d{4}-/);
  });

  it('is proven by a drill that succeeded with its cleanup, with the times that it measured', { timeout: 180_000 }, async () => {
    // Azure's clock is a minute ahead: the age of the points is what it was, and people are told.
    await stack.control('faults', { method: 'POST', body: { do: { skew: 60 } } });
    const drill = await stack.startDrill();
    const ended = await stack.ended(drill.id, 150_000);
    await stack.control('faults', { method: 'DELETE' });
    expect(ended.status).toBe('succeeded');
    expect(ended.clockSkew).toMatch(/^Azure's clock is (5\ds|1m) ahead of ours/);
    expect(ended.objectives.rpo?.measuredMs).toBeLessThan(300_000);
    const after = await runward('dr', 'status');
    expect(after.stdout).toMatch(/demo-drill +✓ proven +\d{4}-\d\d-\d\d +in 89d +\d+:\d\d of 3:00 \w+ +\d+:\d\d of 15:00 met +✓/);
    expect(after.stderr).toContain('batch-01, jump-01');
    expect(after.stdout).toMatch(/shop-drill +\? never/);
    for (const line of after.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
    expect((await runward('status')).stdout).toContain('shop shop-drill never');
  });
});
