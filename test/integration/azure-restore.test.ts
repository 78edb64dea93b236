import { afterAll, beforeAll, expect, test } from 'vitest';
import { azureVmDelete } from '../../engine/actions/azure-vm-delete.ts';
import { backupRecoveryPointLatest } from '../../engine/actions/backup-recovery-point-latest.ts';
import { backupRestoreVm } from '../../engine/actions/backup-restore-vm.ts';
import { backupTrigger } from '../../engine/actions/backup-trigger.ts';
import type { ActionContext, ActionPorts } from '../../engine/actions/action.ts';
import type { RunId } from '../../engine/ids.ts';
import type { JsonValue } from '../../engine/json.ts';
import type { StepBody } from '../../engine/language/runbook.ts';
import type { Target } from '../../engine/target.ts';
import { machine } from '../support/action-world.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { until } from '../support/until.ts';
import { SIMULATOR_FLAGS, azureOf, contextFor, drive, nextSend, portsOf, readOf, unknownRequests } from './azure-drive.ts';
import { stepRuns } from './step-run.ts';

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
afterAll(async () => {
  const unknown = await unknownRequests(simulator);
  await simulator.stop();
  expect(unknown).toEqual([]);
});

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

test('a restore that happened and of which nobody could tell is taken up when a person says again, and sent no second time', async () => {
  const latest = await readOf(backupRecoveryPointLatest, ports, contextFor(backupRecoveryPointLatest, target, {}));
  if (latest.kind !== 'succeeded') throw new Error(JSON.stringify(latest));
  const from = (await simulator.ledger()).length;
  const fault = { match: { operation: 'Restores_Trigger' }, when: 'after', do: { reset: true }, times: 1 };
  await simulator.control('faults', { method: 'POST', body: fault });
  const late = await simulator.control('faults', {
    method: 'POST',
    body: { match: { resource: 'rg-restore-test' }, do: { listLag: 1_800 } },
  });
  const said: unknown[] = [];
  const run = stepRuns(azureOf(simulator), {
    timeScale: 120,
    askedAbout: async ({ reason }) => {
      said.push(reason);
      await simulator.control(`faults/${idOf(late)}`, { method: 'DELETE' });
      const groupId = `${groups}/rg-restore-test`;
      await until(async () => {
        const disks = await ports.azure.read({ kind: 'disk.list', groupId }, new AbortController().signal);
        return disks.kind === 'found' && disks.value.some(({ ownerId }) => ownerId === undefined);
      });
      return 'again';
    },
  });
  const wanted: Readonly<Record<string, JsonValue>> = {
    ...input,
    name: 'db-01-told',
    recovery_point: latest.result['recovery_point_id'] ?? '',
  };
  const step = await run({ kind: 'uses', action: 'backup.restore-vm@1', with: wanted }, target);
  expect(said).toEqual([expect.stringContaining('disks with one system disk were expected in the group, new are: none')]);
  expect(step).toMatchObject({ state: 'succeeded', generation: 0, resolution: { as: 'again' } });
  const restores = (await simulator.ledger()).slice(from).filter(({ operation }) => operation === 'Restores_Trigger');
  expect(restores.map(({ effect }) => effect)).toEqual(['started']);
});

const BROKEN = [
  [
    'its disks could not be restored',
    1,
    { match: { operation: 'Restores_Trigger' }, when: 'duringJob', do: { failJob: { code: 'AllocationFailed' } } },
  ],
  ['its machine was refused', 3, { match: { operation: 'VirtualMachines_CreateOrUpdate' }, when: 'before', do: { forbidden: true } }],
] as const;

test.each(BROKEN)('what a restore made before %s is found and deleted by the cleanup of its run', async (_what, made, fault) => {
  const latest = await readOf(backupRecoveryPointLatest, ports, contextFor(backupRecoveryPointLatest, target, {}));
  if (latest.kind !== 'succeeded') throw new Error(JSON.stringify(latest));
  await simulator.control('faults', { method: 'POST', body: { ...fault, times: 1 } });
  const wanted: Readonly<Record<string, JsonValue>> = {
    ...input,
    name: `db-01-broken-${made}`,
    recovery_point: latest.result['recovery_point_id'] ?? '',
  };
  const body: StepBody = { kind: 'uses', action: 'backup.restore-vm@1', with: wanted };
  const failed = await stepRuns(azureOf(simulator), { timeScale: 600 })(body, target);
  expect(failed.state).toBe('failed');
  const [copy] = failed.produced ?? [];
  expect(copy).toMatchObject({ name: `db-01-broken-${made}` });

  const deletion = contextFor(azureVmDelete, copy, { disks: true, nics: true, only_created_by_run: true });
  const foreign = await drive(azureVmDelete, ports, deletion);
  expect(foreign.result, 'nothing of another run is touched').toMatchObject({ deleted: [], changed: false });
  const deleted = await drive(azureVmDelete, ports, { ...deletion, runId: copy?.tags['runward_run'] as RunId });
  expect(deleted.result['deleted']).toHaveLength(made);
  const again = await drive(azureVmDelete, ports, { ...deletion, runId: copy?.tags['runward_run'] as RunId });
  expect(again.result).toMatchObject({ deleted: [], changed: false });
});

test('two machines that are restored into one group at the same time get their own disks', async () => {
  const names = ['db-01', 'app-01'] as const;
  const started = await Promise.all(
    names.map(async (name) => {
      await simulator.control(file(name), { method: 'PUT', body: `of ${name}` });
      const source = { ...target, key: name, name, id: target.id.replace('db-01', name), lockId: target.lockId.replace('db-01', name) };
      await drive(backupTrigger, ports, contextFor(backupTrigger, source, { retain: '7d' }));
      const latest = await readOf(backupRecoveryPointLatest, ports, contextFor(backupRecoveryPointLatest, source, {}));
      if (latest.kind !== 'succeeded') throw new Error(JSON.stringify(latest));
      const wanted = { ...input, name: `${name}-beside`, recovery_point: latest.result['recovery_point_id'] };
      return sendTwo(contextFor(backupRestoreVm, source, wanted));
    }),
  );
  await until(async () => {
    const jobs = await ports.azure.read(
      { kind: 'backup.restores', vaultId: vaultId(), sinceMs: 0 },
      started[0]?.signal ?? new AbortController().signal,
    );
    return jobs.kind === 'found' && jobs.value.every(({ status }) => status !== 'InProgress');
  });
  for (const [place, context] of started.entries()) {
    await drive(backupRestoreVm, ports, context);
    expect(await simulator.control(file(`${names[place]}-beside`))).toBe(`of ${names[place]}`);
  }
});

/** Sends the request for the interface and the one for the disks, and follows neither. */
async function sendTwo(context: ActionContext<never>): Promise<ActionContext<never>> {
  let now = context;
  for (const kind of ['completed', 'accepted']) {
    const precheck = await backupRestoreVm.precheck(ports, now);
    if (precheck.kind !== 'proceed' || precheck.before === undefined) throw new Error(JSON.stringify(precheck));
    now = { ...nextSend(now), before: precheck.before };
    const part = now;
    expect(await backupRestoreVm.submit(ports, part)).toMatchObject({ kind });
    // What was just put is not found for a moment; a request that comes before that is the same one again.
    if (kind === 'completed') await until(async () => (await backupRestoreVm.verify(ports, part, undefined)).kind === 'next');
  }
  return now;
}

const idOf = (posted: unknown): string => String((posted as { readonly id: unknown }).id);

const vaultId = (): string => `${groups}/rg-shop-weu/providers/Microsoft.RecoveryServices/vaults/rsv-backup-weu`;
