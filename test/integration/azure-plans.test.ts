import { afterAll, beforeAll, expect, test } from 'vitest';
import { asrPlanCommit } from '../../engine/actions/asr-plan-commit.ts';
import { asrPlanFailover } from '../../engine/actions/asr-plan-failover.ts';
import { asrPlanTestFailoverCleanup } from '../../engine/actions/asr-plan-test-failover-cleanup.ts';
import { asrPlanTestFailover } from '../../engine/actions/asr-plan-test-failover.ts';
import type { ActionPorts } from '../../engine/actions/action.ts';
import { storedTimeMs } from '../../engine/values.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { SIMULATOR_FLAGS, azureOf, contextFor, drive, portsOf } from './azure-drive.ts';

const MACHINES = ['db-01', 'db-02', 'app-01', 'app-02', 'app-03', 'app-04', 'web-01', 'web-02', 'web-03', 'web-04'];
let simulator: RunningSimulator;
let ports: ActionPorts;
let plan: string;
let network: string;

beforeAll(async () => {
  simulator = await startSimulator(SIMULATOR_FLAGS);
  ports = portsOf(azureOf(simulator));
  const groups = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
  plan = `${groups}/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu/replicationRecoveryPlans/rp-shop`;
  network = `${groups}/rg-dr-test/providers/Microsoft.Network/virtualNetworks/vnet-drill`;
});
afterAll(() => simulator.stop());

const started = async () => (await simulator.ledger()).filter((line) => line.effect === 'started').map((line) => line.operation);

test('a plan is tested, cleaned up, failed over and committed', async () => {
  const tested = await drive(asrPlanTestFailover, ports, contextFor(asrPlanTestFailover, undefined, { plan, network }));
  expect(tested.produced?.map(({ key, name, recoveryGroup }) => `${recoveryGroup} ${key} ${name}`)).toEqual(
    MACHINES.map((name) => `${name.startsWith('db') ? 1 : name.startsWith('app') ? 2 : 3} ${name} ${name}-test`),
  );
  const points = tested.result['recovery_points'] as Record<string, never>;
  expect(Object.keys(points).toSorted()).toEqual(MACHINES.toSorted());

  // A drill that was not cleaned up blocks the failover, and the reason names the machines.
  const blocked = contextFor(asrPlanFailover, undefined, { plan, direction: 'PrimaryToRecovery', shutdown_primary: true });
  expect(await asrPlanFailover.precheck(ports, blocked)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('web-04 is Protected and allows TestFailoverCleanup') },
  });
  const cleaned = await drive(
    asrPlanTestFailoverCleanup,
    ports,
    contextFor(asrPlanTestFailoverCleanup, undefined, { plan, notes: 'over' }),
  );
  expect(cleaned.result).toMatchObject({ changed: true });
  const again = await drive(asrPlanTestFailoverCleanup, ports, contextFor(asrPlanTestFailoverCleanup, undefined, { plan }));
  expect(again.result).toMatchObject({ changed: false });

  const wrong = contextFor(asrPlanFailover, undefined, { plan, direction: 'RecoveryToPrimary', shutdown_primary: true });
  expect(await asrPlanFailover.precheck(ports, wrong)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('it can only fail over PrimaryToRecovery') },
  });
  const input = { plan, direction: 'PrimaryToRecovery', shutdown_primary: true, recovery_point: 'latest' };
  const moved = await drive(asrPlanFailover, ports, contextFor(asrPlanFailover, undefined, input));
  expect(moved.produced?.map(({ key, resourceGroup, powerState }) => [key, resourceGroup, powerState])).toEqual(
    MACHINES.map((name) => [name, 'RG-SHOP-NEU', 'running']),
  );
  const used = moved.result['recovery_points'] as Record<string, never>;
  for (const name of MACHINES) expect(storedTimeMs(used[name])).toBeGreaterThan(Date.now() - 60_000);

  const committed = await drive(asrPlanCommit, ports, contextFor(asrPlanCommit, undefined, { plan }));
  expect(committed.result).toMatchObject({ changed: true, job: expect.stringContaining('/replicationJobs/') });
  expect((await drive(asrPlanCommit, ports, contextFor(asrPlanCommit, undefined, { plan }))).result).toMatchObject({ changed: false });
  expect(await started()).toEqual([
    'ReplicationRecoveryPlans_TestFailover',
    'ReplicationRecoveryPlans_TestFailoverCleanup',
    'ReplicationRecoveryPlans_UnplannedFailover',
    'ReplicationRecoveryPlans_FailoverCommit',
  ]);
});
