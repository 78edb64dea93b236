import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeDice } from '../../adapters/memory/dice.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import type { Attention } from '../support/attended-run.ts';
import { lacks } from '../support/lacks.ts';
import { type ShippedStage, startShippedStage } from '../support/shipped-stage.ts';
import { effects, kill, outcome, ownings, troubles, whoLooksIntoTheVault } from '../support/shipped-troubles.ts';
import { until } from '../support/until.ts';

const SCALE = 600;
const KILLS = Number(process.env['KILL_MOMENTS'] ?? 2);
const WITHIN_MS = 240_000 + 20_000 * KILLS;
const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
const GROUPS = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups';
const MARK = 'var/lib/shop/mark';
const KEPT = 'var/lib/shop/kept';

const EFFECTS = [
  'Backups_Trigger',
  'Restores_Trigger',
  'Disks_Update',
  'NetworkInterfaces_CreateOrUpdate',
  'VirtualMachines_CreateOrUpdate',
  'VirtualMachines_Delete',
  'Endpoints_Update',
  'ReplicationProtectedItems_TestFailover',
  'ReplicationProtectedItems_TestFailoverCleanup',
  'ReplicationRecoveryPlans_UnplannedFailover',
  'ReplicationRecoveryPlans_FailoverCommit',
  'ReplicationProtectionContainers_SwitchProtection',
  'VirtualMachineRunCommands_CreateOrUpdate',
];

const TROUBLES = troubles({ effects: EFFECTS, kills: KILLS, seed: SEED });

const missing = lacks('redis-server');

describe.skipIf(missing).each(TROUBLES)('the runbooks that ship, with %s', (_name, trouble) => {
  let stage: ShippedStage;
  const dice = makeDice(SEED);

  beforeAll(async () => {
    stage = await startShippedStage({ scale: SCALE, leaseMs: 3_000 });
    await stage.arm(trouble.faults);
  });
  afterAll(async () => stage.stop());

  const perform = async (
    runbook: string,
    given: { readonly inputs?: Record<string, unknown>; readonly attention?: Partial<Attention> } = {},
  ) => stage.people.attend(await stage.people.start(runbook, given.inputs), { withinMs: WITHIN_MS, ...given.attention });

  /** Performs the work while the trouble goes on, and holds what is promised of every runbook against the end. */
  const troubled = async (work: () => Promise<readonly RunSummary[]>): Promise<readonly RunSummary[]> => {
    const struck = await stage.struck();
    let over = false;
    const working = work().finally(() => (over = true));
    const [runs, killed] = await Promise.all([working, kill(stage, dice, { times: trouble.kills ?? 0, isOver: () => over })]);
    expect(killed, 'how many workers were killed').toBe(trouble.kills ?? 0);
    if (trouble.faults.length > 0) expect(await stage.struck(), 'how often the trouble struck').toBeGreaterThan(struck);
    for (const run of runs) expect(await stage.wrongEvidence(run), `the evidence of ${run.runbook}`).toBeUndefined();
    expect(await stage.stack.control('doubles')).toEqual({ doubles: [] });
    expect(await stage.heldLocks(), 'locks that are still held').toEqual([]);
    return runs;
  };

  test('a drill while the fleet is backed up, and a restore from the new backup', { timeout: WITHIN_MS }, async () => {
    for (const machine of DRILLED) {
      await stage.write(machine, MARK, 'before the point');
      await stage.write(machine, KEPT, 'in the backup');
    }
    await pointOf(stage, DRILLED);
    const restored = new Map<string, string>();
    const [before, sent] = [await stage.world(), (await stage.ledger()).length];

    let begun = false;
    const drilling: Attention = {
      withinMs: WITHIN_MS,
      form: { verdict: 'good', notes: '' },
      onLook: async ({ steps }) => {
        if (begun || steps.find(({ path }) => path === 'failover_db')?.status === 'pending') return;
        begun = true;
        // From here on no point is made: what is written now is in none.
        await replicate(stage, DRILLED, 'stopped');
        for (const machine of DRILLED) await stage.write(machine, MARK, 'after the point');
      },
      onManual: async () => {
        for (const machine of DRILLED) expect(await stage.read(`${machine}-test`, MARK), `${machine}-test`).toBe('before the point');
      },
    };
    const restoring: Attention = {
      withinMs: WITHIN_MS,
      onLook: async () => {
        for (const { name } of (await stage.world()).machines.filter((machine) => machine.name.includes('-trial-'))) {
          const mark = await stage.read(name, KEPT);
          // The machine may have been deleted since it was listed.
          if (mark !== undefined) restored.set(name.replace(/-trial-.*/, ''), mark);
        }
      },
    };
    const test_network = `${GROUPS}/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
    const backUpAndRestore = async (): Promise<readonly RunSummary[]> => {
      const backup = await perform('nightly-backup', {
        attention: trouble.kills === undefined ? {} : { verdict: whoLooksIntoTheVault(stage, sent) },
      });
      for (const machine of DRILLED) await stage.write(machine, KEPT, 'after the backup');
      return [backup, await perform('weekly-restore-test', { attention: restoring })];
    };
    const [drill, backup, restore] = await troubled(async () => {
      const drilled = perform('shop-drill', { inputs: { test_network, app_password: 'secret:shop-smoke-user' }, attention: drilling });
      const [first, others] = await Promise.all([drilled, backUpAndRestore()]);
      return [first, ...others];
    });
    await replicate(stage, DRILLED, 'running');
    expect(ownings(await stage.world()), 'what there is afterwards').toEqual(ownings(before));

    expect(outcome(drill)).toEqual({ status: 'succeeded', steps: {} });
    expect(outcome(backup)).toEqual({
      status: 'partially_failed',
      steps: {
        coverage: 'partially_failed',
        unprotected: 'failed',
        'backup/wave-2/wave_ok': 'skipped',
        'backup/wave-3/wave_ok': 'skipped',
      },
    });
    expect(backup?.outputs).toEqual({ backed_up: 11, without_protection: ['jump-01'] });
    expect(outcome(restore)).toMatchObject({ status: 'succeeded' });
    expect([...restored.values()], 'what restored machines hold').toEqual(['in the backup', 'in the backup']);
    expect(effects((await stage.ledger()).slice(sent))).toEqual({
      Backups_Trigger: 11,
      Restores_Trigger: 2,
      Disks_Update: 4,
      NetworkInterfaces_CreateOrUpdate: 2,
      VirtualMachines_CreateOrUpdate: 2,
      VirtualMachines_Delete: 2,
      ReplicationProtectedItems_TestFailover: 10,
      ReplicationProtectedItems_TestFailoverCleanup: 10,
    });
  });

  test('the shop moves to the recovery site and comes back, with every order', { timeout: WITHIN_MS }, async () => {
    const public_address = `${stage.shop}/healthz`;
    const counted = await order(stage);
    // Home answers, so both moves take along what is in no recovery point yet: nobody waits for one, and every order is there.
    const [before, sent] = [await stage.world(), (await stage.ledger()).length];
    const moves = [
      ['shop-failover', { incident: 'INC-000001', accepted_loss: '1h', home_answers: true, public_address }],
      ['shop-failback', { not_before: new Date().toISOString(), public_address }],
    ] as const;
    for (const [place, [runbook, inputs]] of moves.entries()) {
      await troubled(async () => {
        const run = await perform(runbook, { inputs });
        expect(outcome(run)).toMatchObject({ status: 'succeeded' });
        return [run];
      });
      expect(await order(stage), `orders after ${runbook}`).toBe(counted + 1 + place);
    }
    expect(ownings(await stage.world()), 'what there is at home again').toEqual(ownings(before));
    expect(effects((await stage.ledger()).slice(sent))).toEqual({
      Endpoints_Update: 4,
      ReplicationRecoveryPlans_UnplannedFailover: 2,
      ReplicationRecoveryPlans_FailoverCommit: 2,
      ReplicationProtectionContainers_SwitchProtection: 20,
    });
  });
});

/** One machine of each tier, whose files are looked at. */
const DRILLED = ['db-01', 'app-01', 'web-01'];

/** Waits for a recovery point that holds what was written until now. */
async function pointOf(stage: ShippedStage, machines: readonly string[]): Promise<void> {
  const nowMs = Date.now();
  await until(async () => {
    const items = (await stage.world()).vaults.flatMap((vault) => vault.items);
    return machines.every((machine) => (items.find(({ name }) => name === machine)?.newestUsableMs ?? 0) > nowMs);
  });
}

async function replicate(stage: ShippedStage, machines: readonly string[], state: 'stopped' | 'running'): Promise<void> {
  for (const machine of machines) await stage.stack.control(`items/${machine}/replication`, { method: 'POST', body: { state } });
}

/** Places an order at the public address; answers how many the shop has then. */
async function order(stage: ShippedStage): Promise<number> {
  const placed = await fetch(`${stage.shop}/orders`, { method: 'POST', body: 'one' });
  expect(placed.status).toBe(201);
  const listed = (await (await fetch(`${stage.shop}/orders`)).json()) as { readonly count: number };
  return listed.count;
}
