import { afterAll, beforeAll, expect, test } from 'vitest';
import { asrItemGet } from '../../engine/actions/asr-item-get.ts';
import { asrPlanCommit } from '../../engine/actions/asr-plan-commit.ts';
import { asrPlanFailover } from '../../engine/actions/asr-plan-failover.ts';
import { asrPlanReprotect } from '../../engine/actions/asr-plan-reprotect.ts';
import { asrPlanTestFailoverCleanup } from '../../engine/actions/asr-plan-test-failover-cleanup.ts';
import { asrPlanTestFailover } from '../../engine/actions/asr-plan-test-failover.ts';
import { azureResourceGet } from '../../engine/actions/azure-resource-get.ts';
import type { ActionPorts } from '../../engine/actions/action.ts';
import { storedTimeMs } from '../../engine/values.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { recoveryPlanTargets } from '../../engine/plan/recovery-plan.ts';
import { until } from '../support/until.ts';
import { SIMULATOR_FLAGS, azureOf, contextFor, drive, portsOf, readOf, unknownRequests } from './azure-drive.ts';

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
afterAll(async () => {
  const unknown = await unknownRequests(simulator);
  await simulator.stop();
  expect(unknown).toEqual([]);
});

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

const write = (text: string) => simulator.control('machines/db-01/files/var/lib/shop/mark', { method: 'PUT', body: text });
const read = () => simulator.control('machines/db-01/files/var/lib/shop/mark');

async function targets() {
  const source = {
    kind: 'recovery_plan',
    subscription: simulator.ready.subscriptionId,
    resourceGroup: 'rg-dr-weu',
    vault: 'rsv-dr-weu',
    name: 'rp-shop',
  } as const;
  const resolved = await recoveryPlanTargets(ports.azure, source, null, new AbortController().signal);
  if (resolved.kind !== 'resolved') throw new Error(resolved.message);
  return resolved.targets;
}

/** Waits until each machine of the plan is protected again, as an author would with `until`. */
async function untilProtected(): Promise<void> {
  await until(async () => {
    for (const target of await targets()) {
      const state = await readOf(asrItemGet, ports, contextFor(asrItemGet, target, {}));
      if (state.kind !== 'succeeded' || state.result['protection_state'] !== 'Protected') return false;
    }
    return true;
  });
}

test('AZ-20 AZ-21 AZ-22 AZ-29: protection is reversed, the machines fail back, and protection is reversed again: twice through new ids, with the data', async () => {
  const before = await targets();
  await write('written at the primary site, not carried over');
  const done = await drive(asrPlanReprotect, ports, contextFor(asrPlanReprotect, undefined, { plan }));
  expect(done.result).toMatchObject({ changed: true });
  // Enabled is not protected: a failover is refused until the first recovery point is there.
  const back = { plan, direction: 'RecoveryToPrimary', shutdown_primary: true, recovery_point: 'latest' };
  expect(await asrPlanFailover.precheck(ports, contextFor(asrPlanFailover, undefined, back))).toMatchObject({
    kind: 'failed',
    failure: { kind: 'not_protected' },
  });
  const after = await targets();
  // The items have new ids under the other fabric, and the identity that locks use is the same.
  expect(after.map(({ lockId }) => lockId)).toEqual(before.map(({ lockId }) => lockId));
  for (const [index, target] of after.entries()) expect(target.id).not.toBe(before[index]?.id);
  for (const planned of before) {
    expect(await readOf(asrItemGet, ports, contextFor(asrItemGet, planned, {}))).toMatchObject({ kind: 'succeeded' });
  }
  await expect(read()).rejects.toThrow('404');
  await write('written at the recovery site');
  await untilProtected();
  expect((await drive(asrPlanReprotect, ports, contextFor(asrPlanReprotect, undefined, { plan }))).result).toMatchObject({
    changed: false,
  });

  // Azure warns that nobody has tested this direction: the way back is open all the same.
  const warned = await readOf(azureResourceGet, ports, contextFor(azureResourceGet, undefined, { id: after[0]?.id ?? '' }));
  expect(warned).toMatchObject({ result: { properties: { failoverHealth: 'Warning', healthErrors: [{ errorCode: '161011' }] } } });
  const moved = await drive(asrPlanFailover, ports, contextFor(asrPlanFailover, undefined, back));
  expect(moved.produced?.map(({ resourceGroup }) => resourceGroup)).toEqual(MACHINES.map(() => 'RG-SHOP-WEU'));
  expect(await asrPlanReprotect.precheck(ports, contextFor(asrPlanReprotect, undefined, { plan }))).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('commit it first') },
  });
  await drive(asrPlanCommit, ports, contextFor(asrPlanCommit, undefined, { plan }));
  await drive(asrPlanReprotect, ports, contextFor(asrPlanReprotect, undefined, { plan }));
  await untilProtected();
  expect((await targets()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  // Whichever time the machines were planned at, they are known again now.
  for (const planned of [...before, ...after]) {
    expect(await readOf(asrItemGet, ports, contextFor(asrItemGet, planned, {}))).toMatchObject({ kind: 'succeeded' });
  }
  expect(await read()).toBe('written at the recovery site');
  const switches = (await started()).filter((operation) => operation === 'ReplicationProtectionContainers_SwitchProtection');
  expect(switches).toHaveLength(2 * MACHINES.length);
  expect(await simulator.control('doubles')).toEqual({ doubles: [] });
});
