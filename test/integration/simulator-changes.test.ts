import { afterAll, beforeAll, expect, test } from 'vitest';
import { azureVmDeallocate } from '../../engine/actions/azure-vm-deallocate.ts';
import { azureVmStart } from '../../engine/actions/azure-vm-start.ts';
import { machine as target } from '../support/action-world.ts';
import { sdkClients } from '../support/azure-sdk.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import { azureOf, contextFor, drive, portsOf } from './azure-drive.ts';
import type { Action, ActionPorts, EffectAction, Success } from '../../engine/actions/action.ts';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { RunningSimulator } from '../support/simulator.ts';

// What changes an estate as a whole: power, points, groups and networks. One simulator serves all of it.
const WEU = 'rg-shop-weu';
let simulator: RunningSimulator;
let azure: SdkClients;
let ports: ActionPorts;
beforeAll(async () => {
  simulator = await startSimulator([...manualClock(), '--principal', 'owner']);
  azure = sdkClients(simulator.ready);
  ports = portsOf(azureOf(simulator));
});
afterAll(async () => simulator.stop());

const group = (name: string): string => `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${name}`;
const compute = (type: string, name: string): string => `${group(WEU)}/providers/Microsoft.Compute/${type}/${name}`;
const vm = (name: string) =>
  target({ kind: 'azure_vm', key: name, name, id: compute('virtualMachines', name), via: 'run-command', location: 'westeurope' });
const power = async (name: string): Promise<string | undefined> =>
  (await azure.compute.virtualMachines.instanceView(WEU, name)).statuses
    ?.map(({ code }) => code ?? '')
    .find((code) => code.startsWith('PowerState/'));
const untilPower = (name: string, state: string): Promise<void> =>
  simulator.until(async () => (await power(name)) === `PowerState/${state}`);
const sent = async (poller: { readonly submitted: () => PromiseLike<void> }): Promise<void> => poller.submitted();
const act = async (action: Action, name: string): Promise<Success> => {
  const ended = drive(action, ports, contextFor(action, vm(name), {}));
  await simulator.finish(ended);
  return ended;
};
const changing = (action: Action): EffectAction => {
  if (action.effect === 'read') throw new Error(`${action.name} is a read`);
  return action;
};
const effects = async (operation: string): Promise<readonly string[]> =>
  (await simulator.ledger()).filter((line) => line.operation === operation).map(({ effect }) => effect);
const move = (advanceMs: number): Promise<unknown> => simulator.control('clock', { method: 'POST', body: { advanceMs } });

test('a machine that is off keeps its place and its price, and no action takes it for deallocated', async () => {
  const { virtualMachines } = azure.compute;
  await sent(virtualMachines.powerOff(WEU, 'batch-01', { skipShutdown: true }));
  expect(await power('batch-01')).toBe('PowerState/stopping');
  await expect(virtualMachines.start(WEU, 'batch-01').submitted()).rejects.toMatchObject({ code: 'OperationNotAllowed' });
  await untilPower('batch-01', 'stopped');
  expect(await simulator.control('cost')).toMatchObject({ machines: [{ name: 'batch-01' }] });
  const { diskState } = await azure.compute.disks.get(WEU, 'batch-01_OsDisk_1');
  expect(diskState).toBe('Attached');

  const context = contextFor(azureVmDeallocate, vm('batch-01'), {});
  const deallocate = changing(azureVmDeallocate);
  expect(await deallocate.precheck(ports, context)).toMatchObject({ kind: 'proceed', before: { power_state: 'stopped' } });
  expect(await deallocate.find(ports, context)).toEqual({ kind: 'absent' });
  expect(await deallocate.verify(ports, context, undefined)).toMatchObject({ kind: 'not_yet', message: 'batch-01 is stopped' });
  expect((await act(azureVmDeallocate, 'batch-01')).result).toMatchObject({ power_state: 'deallocated', changed: true });
  expect(await simulator.control('cost')).toMatchObject({ machines: [] });

  await sent(virtualMachines.powerOff(WEU, 'batch-01'));
  await move(1000);
  expect(await power('batch-01'), 'a deallocated machine is not placed again to be off').toBe('PowerState/deallocated');
  expect(await effects('VirtualMachines_PowerOff')).toEqual(['started', 'none']);
  expect((await act(azureVmStart, 'batch-01')).result).toMatchObject({ power_state: 'running', changed: true });
});

test('from off a machine starts sooner than from deallocated, and falls back to off when it cannot', async () => {
  const { virtualMachines } = azure.compute;
  await sent(virtualMachines.powerOff(WEU, 'jump-01'));
  await untilPower('jump-01', 'stopped');
  const match = { operation: 'VirtualMachines_Start', resource: '/jump-01/' };
  await simulator.control('faults', { method: 'POST', body: { match, when: 'duringJob', do: { failJob: { code: 'AllocationFailed' } } } });
  await sent(virtualMachines.start(WEU, 'jump-01'));
  await simulator.until(async () => (await virtualMachines.get(WEU, 'jump-01')).provisioningState === 'Failed');
  expect(await power('jump-01')).toBe('PowerState/stopped');
  await sent(virtualMachines.start(WEU, 'jump-01'));
  // A quarter of the longest start, sixty times faster.
  await move(300);
  expect(await power('jump-01')).toBe('PowerState/running');
  expect(
    (await azure.raw('POST', `${compute('virtualMachines', 'jump-01')}/powerOff?api-version=2026-04-01&skipShutdown=maybe`)).status,
  ).toBe(400);
  expect(await simulator.control('doubles')).toMatchObject({ doubles: [] });
});

test('a collection takes its restore points with it, unless one is being made or a lock holds one', async () => {
  const { restorePointCollections: collections, restorePoints } = azure.compute;
  const source = { location: 'westeurope', source: { id: compute('virtualMachines', 'app-01') } };
  await collections.createOrUpdate(WEU, 'kept', source);
  await Promise.resolve(restorePoints.create(WEU, 'kept', 'first', {}).submitted());
  const remove = () => sent(collections.delete(WEU, 'kept'));
  await expect(remove()).rejects.toMatchObject({ statusCode: 409, code: 'OperationNotAllowed' });
  await simulator.until(async () => (await restorePoints.get(WEU, 'kept', 'first')).provisioningState === 'Succeeded');
  const whole = await collections.get(WEU, 'kept', { expand: 'restorePoints' });
  expect(whole.restorePoints?.map(({ name }) => name)).toEqual(['first']);

  const lock = `${compute('restorePointCollections', 'kept')}/restorePoints/first/providers/Microsoft.Authorization/locks/keep?api-version=2020-05-01`;
  expect((await azure.raw('PUT', lock, { body: { properties: { level: 'CanNotDelete' } } })).status).toBe(201);
  await expect(remove()).rejects.toMatchObject({ statusCode: 409, code: 'ScopeLocked' });
  expect((await azure.raw('DELETE', lock)).status).toBe(200);

  await remove();
  expect((await collections.get(WEU, 'kept')).provisioningState).toBe('Deleting');
  await expect(restorePoints.create(WEU, 'kept', 'second', {}).submitted()).rejects.toMatchObject({ statusCode: 409 });
  await remove();
  await move(400);
  await expect(collections.get(WEU, 'kept')).rejects.toMatchObject({ statusCode: 404 });
  const listed = async (): Promise<boolean> => {
    for await (const each of collections.list(WEU)) if (each.name === 'kept') return true;
    return false;
  };
  await simulator.until(async () => !(await listed()));
  await remove();
  expect(await effects('RestorePointCollections_Delete')).toEqual(['refused', 'refused', 'started', 'none', 'none']);
  await collections.createOrUpdate(WEU, 'kept', source);
  expect(await simulator.control('doubles')).toMatchObject({ doubles: [] });
});
