import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Action, EffectAction } from '../../engine/actions/action.ts';
import { backupItemGet } from '../../engine/actions/backup-item-get.ts';
import { backupTrigger } from '../../engine/actions/backup-trigger.ts';
import type { Azure } from '../../engine/azure-calls.ts';
import { storedTimeMs } from '../../engine/values.ts';
import { machine } from '../support/action-world.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import { startSimulator } from '../support/simulator.ts';
import { until } from '../support/until.ts';
import { azureOf, contextFor, drive, finish, portsOf, readOf, SIMULATOR_FLAGS, unknownRequests } from './azure-drive.ts';

const signal = new AbortController().signal;
let simulator: RunningSimulator;
let azure: Azure;
beforeAll(async () => {
  simulator = await startSimulator(SIMULATOR_FLAGS);
  azure = azureOf(simulator);
});
afterAll(async () => {
  const unknown = await unknownRequests(simulator);
  await simulator.stop();
  expect(unknown).toEqual([]);
});

const vmId = (name: string): string =>
  `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/${name}`;
const vm = (name: string) => machine({ key: name, name, kind: 'azure_vm', id: vmId(name), location: 'westeurope' });
function effect(action: Action): EffectAction {
  if (action.effect === 'read') throw new Error('it has no effect');
  return action;
}

const started = async () =>
  (await simulator.ledger()).filter(({ operation, effect }) => operation === 'Backups_Trigger' && effect === 'started');

interface Backups {
  readonly vaults: readonly {
    readonly backups: readonly { readonly machine: string; readonly points: number; readonly newestFiles: number | null }[];
  }[];
}

async function kept(name: string) {
  const world = (await simulator.control('world')) as Backups;
  return world.vaults.flatMap(({ backups }) => backups).find((backup) => backup.machine === name);
}

test('all machines of a subscription with their power states, over pages and two lists', async () => {
  const answer = await azure.read({ kind: 'vm.list', subscription: simulator.ready.subscriptionId }, signal);
  const found = answer.kind === 'found' ? answer.value : [];
  expect(found).toHaveLength(12);
  expect(new Set(found.map(({ powerState }) => powerState))).toEqual(new Set(['running']));
  expect(found.find(({ name }) => name === 'web-01')?.tags).toMatchObject({ env: 'prod', tier: 'web' });
});

test('backup.item.get tells how a machine is backed up, and that one is not', async () => {
  const ports = portsOf(azure);
  const read = await readOf(backupItemGet, ports, contextFor(backupItemGet, vm('web-01'), {}));
  expect(read).toMatchObject({
    kind: 'succeeded',
    result: { protection_state: 'Protected', last_backup_status: 'Completed', policy: 'daily-30d' },
  });
  const other = await readOf(backupItemGet, ports, contextFor(backupItemGet, vm('jump-01'), {}));
  expect(other).toMatchObject({ kind: 'failed', failure: { kind: 'not_protected' } });
});

describe('backup.trigger', () => {
  test('makes one recovery point with the files of the machine, and leaves the machine alone the next time', async () => {
    const ports = portsOf(azure);
    const before = await kept('web-01');
    const done = await drive(backupTrigger, ports, contextFor(backupTrigger, vm('web-01'), { retain: '30d', not_if_within: '6h' }));
    expect(done.result).toMatchObject({ changed: true });
    expect(storedTimeMs(done.result['recovery_point_time'])).toBeGreaterThan(Date.now() - 600_000);
    const after = await kept('web-01');
    expect(after?.points).toBe((before?.points ?? 0) + 1);
    expect(after?.newestFiles).toBeGreaterThan(0);
    const again = await drive(backupTrigger, ports, contextFor(backupTrigger, vm('web-01'), { retain: '30d', not_if_within: '6h' }));
    expect(again.result).toMatchObject({ changed: false });
    expect(await started()).toHaveLength(1);
  });

  test('is refused without effect while another backup runs', async () => {
    const ports = portsOf(azure);
    const send = async () => {
      const context = contextFor(backupTrigger, vm('app-01'), { retain: '7d' });
      const precheck = await effect(backupTrigger).precheck(ports, context);
      if (precheck.kind !== 'proceed') throw new Error(JSON.stringify(precheck));
      return effect(backupTrigger).submit(ports, { ...context, before: precheck.before });
    };
    expect((await send()).kind).toBe('accepted');
    expect((await send()).kind).toBe('throttled');
  });

  test('finds its job after a lost answer, and ends as if nothing had been lost', async () => {
    const action = effect(backupTrigger);
    const ports = portsOf(azure);
    const fault = { match: { operation: 'Backups_Trigger', resource: 'db-01' }, when: 'after', do: { reset: true } };
    await simulator.control('faults', { method: 'POST', body: fault });
    const context = contextFor(action, vm('db-01'), { retain: '7d' });
    const precheck = await action.precheck(ports, context);
    if (precheck.kind !== 'proceed') throw new Error(JSON.stringify(precheck));
    const prepared = { ...context, before: precheck.before };
    const count = (await started()).length;
    expect((await action.submit(ports, prepared)).kind).toBe('ambiguous');
    let found = await action.find(ports, prepared);
    await until(async () => {
      found = await action.find(ports, prepared);
      return found.kind === 'found';
    });
    if (found.kind !== 'found') throw new Error(JSON.stringify(found));
    const done = await finish(action, ports, { context: prepared, handle: found.handle });
    expect(done.result).toMatchObject({ changed: true });
    expect(await started()).toHaveLength(count + 1);
  });
});
