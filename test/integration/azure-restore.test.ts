import { afterAll, beforeAll, expect, test } from 'vitest';
import { azureVmDelete } from '../../engine/actions/azure-vm-delete.ts';
import { backupRecoveryPointLatest } from '../../engine/actions/backup-recovery-point-latest.ts';
import { backupRestoreVm } from '../../engine/actions/backup-restore-vm.ts';
import { backupTrigger } from '../../engine/actions/backup-trigger.ts';
import type { ActionPorts } from '../../engine/actions/action.ts';
import type { Target } from '../../engine/target.ts';
import { machine } from '../support/action-world.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { until } from '../support/until.ts';
import { SIMULATOR_FLAGS, azureOf, contextFor, drive, portsOf, readOf } from './azure-drive.ts';

let simulator: RunningSimulator;
let ports: ActionPorts;
let groups: string;
let target: Target;
let input: Readonly<Record<string, string>>;

beforeAll(async () => {
  simulator = await startSimulator(SIMULATOR_FLAGS);
  ports = portsOf(azureOf(simulator));
  groups = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
  const id = `${groups}/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/db-01`;
  target = machine({ kind: 'azure_vm', key: 'db-01', name: 'db-01', id, via: 'run-command', location: 'westeurope' });
  const network = `${groups}/rg-restore-test/providers/Microsoft.Network/virtualNetworks/vnet-island`;
  input = { name: 'db-01-restored', resource_group: 'rg-restore-test', network };
});
afterAll(() => simulator.stop());

const file = (name: string): string => `machines/${name}/files/var/lib/shop/mark`;

test('a copy runs from the recovery point with the contents of that instant, and its deletion leaves nothing', async () => {
  await simulator.control(file('db-01'), { method: 'PUT', body: 'backed up' });
  await drive(backupTrigger, ports, contextFor(backupTrigger, target, { retain: '7d' }));
  await simulator.control(file('db-01'), { method: 'PUT', body: 'written afterwards' });
  const latest = await readOf(backupRecoveryPointLatest, ports, contextFor(backupRecoveryPointLatest, target, {}));
  if (latest.kind !== 'succeeded') throw new Error(JSON.stringify(latest));

  const context = contextFor(backupRestoreVm, target, { ...input, recovery_point: latest.result['recovery_point_id'] });
  const restored = await drive(backupRestoreVm, ports, context);
  expect(restored).toMatchObject({
    result: { changed: true, vm_id: expect.stringContaining('db-01-restored'), recovery_point_time: latest.result['time'] },
    produced: [{ key: 'db-01', name: 'db-01-restored', via: 'run-command', address: expect.stringMatching(/^10\.91\./) }],
  });
  expect(await simulator.control(file('db-01-restored'))).toBe('backed up');

  const taken = contextFor(backupRestoreVm, target, { ...input, recovery_point: latest.result['recovery_point_id'] });
  expect(await backupRestoreVm.precheck(ports, taken)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('exists already') },
  });
  const [copy] = restored.produced ?? [];
  const deletion = { ...contextFor(azureVmDelete, copy, { disks: true, nics: true, only_created_by_run: true }), runId: context.runId };
  const deleted = await drive(azureVmDelete, ports, deletion);
  expect(deleted.result['deleted']).toHaveLength(4);
  const left = await ports.azure.read({ kind: 'disk.list', groupId: `${groups}/rg-restore-test` }, context.signal);
  expect(left).toMatchObject({ kind: 'found', value: [] });
  expect(await simulator.control('doubles')).toEqual({ doubles: [] });
});

test('a restore whose answer was lost is found by its request id', async () => {
  const latest = await readOf(backupRecoveryPointLatest, ports, contextFor(backupRecoveryPointLatest, target, {}));
  if (latest.kind !== 'succeeded') throw new Error(JSON.stringify(latest));
  const context = contextFor(backupRestoreVm, target, {
    ...input,
    name: 'db-01-again',
    recovery_point: latest.result['recovery_point_id'],
  });
  const first = await backupRestoreVm.precheck(ports, context);
  if (first.kind !== 'proceed' || first.before === undefined) throw new Error(JSON.stringify(first));
  expect(await backupRestoreVm.submit(ports, { ...context, before: first.before })).toMatchObject({ kind: 'completed' });
  const second = await backupRestoreVm.precheck(ports, { ...context, before: first.before });
  if (second.kind !== 'proceed' || second.before === undefined) throw new Error(JSON.stringify(second));
  const prepared = { ...context, before: second.before };
  const fault = { match: { operation: 'Restores_Trigger' }, when: 'after', do: { reset: true }, times: 1 };
  await simulator.control('faults', { method: 'POST', body: fault });
  expect(await backupRestoreVm.submit(ports, prepared)).toMatchObject({ kind: 'ambiguous' });
  await until(async () => ['found', 'reached'].includes((await backupRestoreVm.find(ports, prepared)).kind));
  const done = await drive(backupRestoreVm, ports, prepared);
  expect(done.produced).toHaveLength(1);
  const sends = (await simulator.ledger()).filter(({ operation, effect }) => operation === 'Restores_Trigger' && effect === 'started');
  expect(sends).toHaveLength(2);
});
