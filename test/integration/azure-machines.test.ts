import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leftoverFindings } from '../../cli/azure/leftovers.ts';
import { azureAlertGet } from '../../engine/actions/azure-alert-get.ts';
import { azureNsgSetRules } from '../../engine/actions/azure-nsg-set-rules.ts';
import { azureResourceGet } from '../../engine/actions/azure-resource-get.ts';
import { azureResourceList } from '../../engine/actions/azure-resource-list.ts';
import { azureRestorePointCreate } from '../../engine/actions/azure-restore-point-create.ts';
import { azureTrafficmanagerSetEndpoint } from '../../engine/actions/azure-trafficmanager-set-endpoint.ts';
import { azureVmDelete } from '../../engine/actions/azure-vm-delete.ts';
import { azureVmGet } from '../../engine/actions/azure-vm-get.ts';
import { azureVmInstallPatches } from '../../engine/actions/azure-vm-install-patches.ts';
import { azureVmRestart } from '../../engine/actions/azure-vm-restart.ts';
import { azureVmRevertToRestorePoint } from '../../engine/actions/azure-vm-revert-to-restore-point.ts';
import { backupRecoveryPointLatest } from '../../engine/actions/backup-recovery-point-latest.ts';
import type { Action, ActionPorts } from '../../engine/actions/action.ts';
import type { StepKey } from '../../engine/ids.ts';
import { attemptName } from '../../engine/ids.ts';
import type { Target } from '../../engine/target.ts';
import { machine } from '../support/action-world.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { until } from '../support/until.ts';
import { SIMULATOR_FLAGS, azureOf, contextFor, drive, portsOf, readOf, unknownRequests } from './azure-drive.ts';

let simulator: RunningSimulator;
let ports: ActionPorts;
let groups: string;

beforeAll(async () => {
  simulator = await startSimulator([...SIMULATOR_FLAGS, '--principal', 'owner']);
  ports = portsOf(azureOf(simulator));
  groups = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
});
afterAll(async () => {
  const unknown = await unknownRequests(simulator);
  await simulator.stop();
  expect(unknown).toEqual([]);
});

const vm = (name: string): Target =>
  machine({
    kind: 'azure_vm',
    key: name,
    name,
    id: `${groups}/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/${name}`,
    via: 'run-command',
    location: 'westeurope',
  });
const act = (action: Action, target: Target | undefined, input: object = {}) => drive(action, ports, contextFor(action, target, input));
const ask = (action: Action, target: Target | undefined, input: object = {}) => readOf(action, ports, contextFor(action, target, input));
const operations = async () => (await simulator.ledger()).filter((line) => line.effect === 'started').map((line) => line.operation);

async function untilReady(name: string): Promise<void> {
  await until(async () => {
    const state = await ask(azureVmGet, vm(name));
    return state.kind === 'succeeded' && state.result['power_state'] === 'running' && state.result['agent_status'] === 'Ready';
  });
}

test('a restart: sent once, and the machine is back with its agent', async () => {
  expect((await act(azureVmRestart, vm('web-04'))).result).toMatchObject({ power_state: 'running', changed: true });
  expect((await operations()).filter((name) => name === 'VirtualMachines_Restart')).toHaveLength(1);
});

test('a restore point and the way back: the machine holds what the point held, the old disks stay', async () => {
  const file = 'machines/app-04/files/var/lib/note';
  await simulator.control(file, { method: 'PUT', body: 'before the change' });
  const point = await act(azureRestorePointCreate, vm('app-04'), { name: 'before-patching' });
  expect(point.result).toMatchObject({ changed: true, id: expect.stringContaining('/restorePoints/before-patching') });
  const twice = contextFor(azureRestorePointCreate, vm('app-04'), { name: 'before-patching' });
  expect(await azureRestorePointCreate.precheck(ports, twice)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('exists already') },
  });

  await simulator.control(file, { method: 'PUT', body: 'after the change' });
  const other = contextFor(azureVmRevertToRestorePoint, vm('app-03'), { restore_point: point.result['id'] });
  expect(await azureVmRevertToRestorePoint.precheck(ports, other)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('another machine') },
  });
  const back = await act(azureVmRevertToRestorePoint, vm('app-04'), { restore_point: point.result['id'] });
  expect(await simulator.control(file)).toBe('before the change');
  const old = back.result['old_disk_ids'] as readonly string[];
  expect(old.map((id) => id.split('/').at(-1))).toEqual(['app-04_OsDisk_1', 'app-04_DataDisk_0']);
  for (const id of old) {
    expect(await ask(azureResourceGet, undefined, { id })).toMatchObject({
      kind: 'succeeded',
      result: { properties: { diskState: 'Unattached' } },
    });
  }
  await untilReady('app-04');
});

test('expire_after: a later restore point deletes the one whose recorded time is over, and no other', async () => {
  const target = vm('web-03');
  const later: ActionPorts = { ...ports, clock: { ...ports.clock, nowMs: () => ports.clock.nowMs() + 7_200_000 } };
  const named = (name: string, given: object = {}) => contextFor(azureRestorePointCreate, target, { name, ...given });
  await drive(azureRestorePointCreate, ports, named('by-hand'));
  await drive(azureRestorePointCreate, ports, named('monday', { expire_after: '1h' }));
  await drive(azureRestorePointCreate, ports, named('tuesday', { expire_after: '7d' }));
  await drive(azureRestorePointCreate, later, named('friday', { expire_after: '7d' }));
  const state = (await simulator.control('world')) as { restorePoints: readonly { name: string; machine: string }[] };
  expect(state.restorePoints.filter(({ machine: name }) => name === 'web-03').map(({ name }) => name)).toEqual([
    'by-hand',
    'tuesday',
    'friday',
  ]);
});

test('patches: the guard is the activity of the machine, and one installation runs at a time', async () => {
  const target = vm('app-02');
  const context = contextFor(azureVmInstallPatches, target, { classifications: ['Critical', 'Security'] });
  const first = await azureVmInstallPatches.precheck(ports, context);
  if (first.kind !== 'proceed' || first.before === undefined) throw new Error(JSON.stringify(first));
  const sent = { ...context, before: first.before };
  expect(await azureVmInstallPatches.submit(ports, sent)).toMatchObject({ kind: 'accepted' });
  expect(await azureVmInstallPatches.find(ports, sent)).toMatchObject({ kind: 'found' });
  const other = contextFor(azureVmInstallPatches, target, { classifications: ['Security'] });
  expect(await azureVmInstallPatches.precheck(ports, other)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('in progress') },
  });
  await until(async () => (await azureVmInstallPatches.poll(ports, sent, {})).kind === 'ended_well');
  const done = await azureVmInstallPatches.verify(ports, sent, undefined);
  expect(done).toMatchObject({ kind: 'succeeded', result: { failed: 0, changed: true, installed: expect.any(Number) } });
});

test('scripts that a lost worker left on machines are told by the doctor when they are older than a day', async () => {
  const signal = new AbortController().signal;
  const scope = `${groups}/rg-shop-weu`;
  const needed = [{ scope, right: 'Microsoft.Compute/virtualMachines/runCommands/read' }];
  const [vmId, name] = [vm('web-03').id, attemptName(randomUUID() as StepKey, 1)];
  const asked = { vmId, location: 'westeurope', script: 'true', parameters: {}, protectedParameters: {}, timeoutMs: 60_000 };
  for (const each of [name, 'rw-of-somebody-else'])
    expect((await ports.azure.submit({ kind: 'runCommand.put', ...asked, name: each }, randomUUID(), signal)).kind).toBe('accepted');
  await until(async () => {
    const read = await ports.azure.read({ kind: 'runCommand.get', vmId, name }, signal);
    return read.kind === 'found' && read.value.startedAtMs !== undefined;
  });
  const hence = (hours: number) => leftoverFindings(ports.azure, needed, { nowMs: Date.now() + hours * 3_600_000, signal });
  expect(await hence(23)).toMatchObject([{ status: 'ok', detail: expect.stringContaining('hold no script of ours') }]);
  const [found, ...others] = await hence(25);
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    status: 'warn',
    detail: `web-03: 1 of ours left, a machine holds 25: ${name} 25 h old`,
    repair: [`az vm run-command delete --yes -g rg-shop-weu --vm-name web-03 --name ${name}`],
  });
});

test('AZ-37: a deletion takes what the machine would leave behind', async () => {
  const target = vm('batch-01');
  const guarded = contextFor(azureVmDelete, target, { only_created_by_run: true });
  expect(await azureVmDelete.precheck(ports, guarded)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('not made by this run') },
  });
  const gone = await act(azureVmDelete, target, { disks: true, nics: true });
  expect((gone.result['deleted'] as readonly string[]).map((id) => id.split('/').at(-1))).toEqual([
    'batch-01',
    'batch-01_OsDisk_1',
    'batch-01_DataDisk_0',
    'batch-01-nic',
  ]);
  const left = await ask(azureResourceList, undefined, { subscription: simulator.ready.subscriptionId, resource_group: 'rg-shop-weu' });
  const names = left.kind === 'succeeded' ? (left.result['items'] as readonly { readonly name: string }[]).map(({ name }) => name) : [];
  expect(names.filter((name) => name.startsWith('batch-01'))).toEqual([]);
  expect((await act(azureVmDelete, target, { disks: true })).result).toMatchObject({ changed: false, deleted: [] });
});

test('security rules are replaced, set back from what the action returned, and guarded by their etag', async () => {
  const id = `${groups}/rg-dr-test/providers/Microsoft.Network/networkSecurityGroups/nsg-vnet-drill`;
  const own = [{ name: 'allow-web', priority: 200, direction: 'Inbound', access: 'Allow', protocol: 'Tcp', destination_port: '443' }];
  expect((await act(azureNsgSetRules, undefined, { id, rules: own })).result).toMatchObject({ changed: true, before: [] });
  const stale = contextFor(azureNsgSetRules, undefined, { id, rules: [] });
  const read = await azureNsgSetRules.precheck(ports, stale);
  if (read.kind !== 'proceed' || read.before === undefined) throw new Error(JSON.stringify(read));
  const denied = await act(azureNsgSetRules, undefined, { id, rules: 'deny-all' });
  expect(denied.result['before']).toMatchObject([{ name: 'allow-web', properties: { destinationPortRange: '443' } }]);
  expect(await azureNsgSetRules.submit(ports, { ...stale, before: read.before })).toMatchObject({
    kind: 'refused',
    failure: { message: expect.stringContaining('changed since it was read') },
  });
  expect((await act(azureNsgSetRules, undefined, { id, rules: 'deny-all' })).result).toMatchObject({ changed: false });
  expect((await act(azureNsgSetRules, undefined, { id, rules: denied.result['before'] })).result).toMatchObject({ changed: true });
});

test('an endpoint is switched and told apart from one that does not exist', async () => {
  const profile = `${groups}/rg-edge/providers/Microsoft.Network/trafficManagerProfiles/tm-shop`;
  expect((await act(azureTrafficmanagerSetEndpoint, undefined, { profile, endpoint: 'recovery', status: 'Enabled' })).result).toMatchObject(
    { before: 'Disabled', changed: true },
  );
  expect((await act(azureTrafficmanagerSetEndpoint, undefined, { profile, endpoint: 'recovery', status: 'Enabled' })).result).toMatchObject(
    { changed: false },
  );
  const none = contextFor(azureTrafficmanagerSetEndpoint, undefined, { profile, endpoint: 'third', status: 'Enabled' });
  expect(await azureTrafficmanagerSetEndpoint.precheck(ports, none)).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('it has home, recovery') },
  });
});

test('reads: an alert, a resource, resources by type, the newest recovery point', async () => {
  const alert = `/subscriptions/${simulator.ready.subscriptionId}/providers/Microsoft.AlertsManagement/alerts/7f0e0000-0000-4000-8000-0000000000e1`;
  expect(await ask(azureAlertGet, undefined, { alert })).toMatchObject({
    kind: 'succeeded',
    result: { state: 'Fired', fired_at: { $time: expect.any(Number) } },
  });
  const rule = `${groups}/rg-edge/providers/Microsoft.Insights/metricAlerts/shop-orders-failing`;
  expect(await ask(azureAlertGet, undefined, { alert: rule })).toEqual({
    kind: 'succeeded',
    result: { state: 'Resolved', fired_at: null, alert: '' },
  });
  expect(await ask(azureAlertGet, undefined, { alert: `${rule}-too` })).toMatchObject({
    kind: 'failed',
    failure: { kind: 'target_missing', message: expect.stringContaining('alert rule does not exist') },
  });
  expect(await ask(azureResourceGet, undefined, { id: vm('web-01').id })).toMatchObject({
    result: { name: 'web-01', type: 'Microsoft.Compute/virtualMachines', location: 'westeurope' },
  });
  const strange = `${groups}/rg-shop-weu/providers/Contoso.Things/things/one`;
  expect(await ask(azureResourceGet, undefined, { id: strange })).toMatchObject({
    kind: 'failed',
    failure: { message: expect.stringContaining('api_version') },
  });
  const listed = await ask(azureResourceList, undefined, {
    subscription: simulator.ready.subscriptionId,
    type: 'Microsoft.Compute/virtualMachines',
    tags: { TIER: 'db' },
  });
  expect(listed.kind === 'succeeded' && (listed.result['items'] as readonly { readonly name: string }[]).map(({ name }) => name)).toEqual([
    'db-01',
    'db-02',
  ]);
  expect(await ask(backupRecoveryPointLatest, vm('db-01'))).toMatchObject({
    kind: 'succeeded',
    result: { recovery_point_id: expect.stringContaining('/recoveryPoints/'), tier: 'InstantRP', consistency: 'AppConsistent' },
  });
  expect(await ask(backupRecoveryPointLatest, vm('db-01'), { consistency: 'crash' })).toMatchObject({ kind: 'failed' });
  expect(await ask(backupRecoveryPointLatest, vm('jump-01'))).toMatchObject({ kind: 'failed', failure: { kind: 'not_protected' } });
});
