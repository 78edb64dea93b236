import { afterAll, beforeAll, expect, test } from 'vitest';
import { azureVmDeallocate } from '../../engine/actions/azure-vm-deallocate.ts';
import { azureVmStart } from '../../engine/actions/azure-vm-start.ts';
import { machine as target } from '../support/action-world.ts';
import { sdkClients } from '../support/azure-sdk.ts';
import { isShown } from '../support/shown.ts';
import { shopDrill } from '../support/shop-drill.ts';
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

test('a snapshot keeps what a disk held, and a new disk has it; a new image keeps nothing', async () => {
  const { snapshots, disks, virtualMachines } = azure.compute;
  const file = 'machines/web-04/files/etc/shop/upstream.env';
  const source = { createOption: 'Copy', sourceResourceId: compute('disks', 'web-04_OsDisk_1') };
  const create = snapshots.createOrUpdate(WEU, 'before', { location: 'westeurope', creationData: source });
  await Promise.resolve(create.submitted());
  await simulator.until(async () => isShown(() => snapshots.get(WEU, 'before')));
  await expect(snapshots.createOrUpdate(WEU, 'before', { location: 'westeurope', creationData: source }).submitted()).rejects.toMatchObject(
    { statusCode: 409 },
  );
  const copy = { createOption: 'Copy', sourceResourceId: (await snapshots.get(WEU, 'before')).id ?? '' };
  await Promise.resolve(disks.createOrUpdate(WEU, 'copied', { location: 'westeurope', creationData: copy }).submitted());
  await simulator.until(async () => isShown(() => disks.get(WEU, 'copied')));
  expect(await disks.get(WEU, 'copied')).toMatchObject({ osType: 'Linux', creationData: { createOption: 'Copy' } });
  await sent(snapshots.delete(WEU, 'before'));
  await sent(disks.delete(WEU, 'copied'));

  await sent(virtualMachines.redeploy(WEU, 'web-04'));
  await expect(virtualMachines.redeploy(WEU, 'web-04').submitted()).rejects.toMatchObject({ code: 'OperationNotAllowed' });
  await untilPower('web-04', 'running');
  expect(await simulator.control(file)).toContain('UPSTREAM');
  await sent(virtualMachines.reimage(WEU, 'web-04'));
  await untilPower('web-04', 'running');
  await expect(simulator.control(file)).rejects.toThrow('404');
  await expect(snapshots.get(WEU, 'before')).rejects.toMatchObject({ statusCode: 404 });
});

test('the unmanaged run command tells everything in one text, one script at a time', async () => {
  const { virtualMachines } = azure.compute;
  const order = {
    commandId: 'RunShellScript',
    script: ['echo "$WHO"', 'echo bad >&2; exit 3'],
    parameters: [{ name: 'WHO', value: 'me' }],
  };
  const first = virtualMachines.runCommand(WEU, 'web-03', order);
  await Promise.resolve(first.submitted());
  await expect(virtualMachines.runCommand(WEU, 'web-03', order).submitted()).rejects.toMatchObject({ code: 'Conflict' });
  await simulator.finish(first);
  const [status] = (await first).value ?? [];
  if (simulator.ready.isolation !== 'none') expect(status?.message).toBe('Enable succeeded: \n[stdout]\nme\n\n[stderr]\nbad\n');
  expect(status?.code).toBe('ProvisioningState/succeeded');
});

const RESOURCES = '2025-04-01';
const ask = async (method: string, path: string, body?: unknown) => {
  const answer = await azure.raw(method, path, body === undefined ? {} : { body });
  const json = (answer.text === '' ? {} : JSON.parse(answer.text)) as {
    readonly value: readonly { readonly name: string; readonly tags?: object; readonly provisioningState?: string }[];
    readonly nextLink?: string;
    readonly properties: { readonly provisioningState: string };
    readonly error?: { readonly code: string; readonly message: string; readonly details?: readonly object[] };
  };
  return { ...answer, json };
};
const groups = (name: string, rest = ''): string => `${group(name)}${rest}?api-version=${RESOURCES}`;
const resources = (query: string, within = '') =>
  ask('GET', `/subscriptions/${simulator.ready.subscriptionId}${within}/resources?api-version=${RESOURCES}${query}`);
const putNic = (inGroup: string, name: string) =>
  ask('PUT', `${group(inGroup)}/providers/Microsoft.Network/networkInterfaces/${name}?api-version=2024-05-01`, {
    location: 'westeurope',
    properties: {
      ipConfigurations: [
        {
          name: 'ipconfig1',
          properties: {
            primary: true,
            privateIPAllocationMethod: 'Dynamic',
            subnet: { id: `${group('rg-dr-test')}/providers/Microsoft.Network/virtualNetworks/vnet-drill/subnets/default` },
          },
        },
      ],
    },
  });

test('a group is made, changed and listed late, and goes with what is in it', async () => {
  const body = { location: 'West Europe', tags: { team: 'ops' } };
  expect((await ask('HEAD', groups('rg-new'))).status).toBe(404);
  expect((await ask('PUT', groups('rg-new'), body)).status).toBe(201);
  expect((await ask('HEAD', groups('rg-new'))).status).toBe(204);
  const tagged = encodeURIComponent("tagName eq 'team' and tagValue eq 'ops'");
  const list = `/subscriptions/${simulator.ready.subscriptionId}/resourcegroups?api-version=${RESOURCES}&$filter=${tagged}`;
  const named = async (): Promise<boolean> => (await ask('GET', list)).json.value.some(({ name }) => name === 'rg-new');
  expect(await named()).toBe(false);
  await simulator.until(named);
  expect((await ask('PUT', groups('rg-new'), body)).status).toBe(200);
  expect((await ask('PUT', groups('rg-new'), { location: 'northeurope' })).json.error?.code).toBe('InvalidResourceGroupLocation');
  expect((await ask('PUT', groups('rg-far'), { location: 'mars' })).json.error?.code).toBe('LocationNotAvailableForResourceGroup');
  expect((await putNic('rg-new', 'one-nic')).status).toBe(201);

  const lock = `${group('rg-new')}/providers/Microsoft.Network/networkInterfaces/one-nic/providers/Microsoft.Authorization/locks/keep?api-version=2020-05-01`;
  await ask('PUT', lock, { properties: { level: 'CanNotDelete' } });
  expect((await ask('DELETE', groups('rg-new'))).json.error?.code).toBe('ScopeLocked');
  await ask('DELETE', lock);

  const accepted = await ask('DELETE', groups('rg-new'));
  expect([accepted.status, accepted.headers['azure-asyncoperation']]).toEqual([202, undefined]);
  const again = await ask('DELETE', groups('rg-new'));
  expect([again.status, again.headers.location]).toEqual([202, accepted.headers.location]);
  expect((await ask('GET', groups('rg-new'))).json.properties.provisioningState).toBe('Deleting');
  expect((await putNic('rg-new', 'two-nic')).json.error?.code).toBe('ResourceGroupBeingDeleted');
  const poll = () => ask('GET', String(accepted.headers.location));
  expect((await poll()).status).toBe(202);
  await simulator.until(async () => (await poll()).status !== 202);
  expect([(await poll()).status, (await poll()).text]).toEqual([200, '']);
  expect((await ask('GET', groups('rg-new'))).json.error?.code).toBe('ResourceGroupNotFound');
  expect(await effects('ResourceGroups_Delete')).toEqual(['refused', 'started', 'none']);

  expect((await ask('PUT', groups('rg-new'), body)).status).toBe(201);
  expect((await putNic('rg-new', 'one-nic')).status).toBe(201);
  expect(await simulator.control('doubles')).toMatchObject({ doubles: [] });
});

test('a vault that protects something stays, and its group with it: half of it is gone by then', async () => {
  await simulator.until(async () => (await resources('', '/resourceGroups/rg-new')).json.value.length === 1);
  expect((await putNic('rg-dr-weu', 'lost-nic')).status).toBe(201);
  const accepted = await ask('DELETE', groups('rg-dr-weu'));
  expect(accepted.status).toBe(202);
  const poll = () => ask('GET', String(accepted.headers.location));
  await simulator.until(async () => (await poll()).status !== 202);
  const blocked = await poll();
  expect([blocked.status, blocked.json.error?.code]).toEqual([409, 'ResourceGroupDeletionBlocked']);
  expect(blocked.json.error?.message).toContain("'Microsoft.RecoveryServices/vaults/rsv-dr-weu'");
  expect(blocked.json.error?.details).toMatchObject([{ code: 'ServiceResourceNotEmptyWithContainerDetails' }]);
  expect((await ask('GET', groups('rg-dr-weu'))).json.properties.provisioningState).toBe('Succeeded');
  const nic = `${group('rg-dr-weu')}/providers/Microsoft.Network/networkInterfaces/lost-nic?api-version=2024-05-01`;
  expect((await ask('GET', nic)).status).toBe(404);
});

test('resources are found by their tags, types, names and groups, a page at a time', async () => {
  const names = async (filter: string): Promise<readonly string[]> =>
    (await resources(`&$filter=${encodeURIComponent(filter)}`)).json.value.map(({ name }) => name);
  const byTag = (await resources(`&$filter=${encodeURIComponent("tagName eq 'tier' and tagValue eq 'db'")}`)).json.value;
  expect(byTag.map(({ name, tags }) => [name, tags])).toEqual([
    ['db-01', undefined],
    ['db-02', undefined],
  ]);
  expect(await names("resourceGroup eq 'rg-edge'")).toEqual(['tm-shop', 'shop-orders-failing']);
  expect(await names("resourceType eq 'Microsoft.RecoveryServices/vaults' and substringof('dr', name)")).toEqual(['rsv-dr-weu']);
  expect((await resources(`&$filter=${encodeURIComponent("tagValue eq 'db'")}`)).json.error?.code).toBe('InvalidFilterInQueryString');
  const first = (await resources('&$top=2&$expand=provisioningState')).json;
  expect(first.value.map(({ provisioningState }) => provisioningState)).toEqual(['Succeeded', 'Succeeded']);
  const second = (await ask('GET', first.nextLink ?? '')).json;
  expect(second.value).toHaveLength(2);
  expect((await resources('&$top=none')).status).toBe(400);
  const { value } = (await ask('GET', '/subscriptions?api-version=2022-12-01')).json as unknown as { readonly value: readonly object[] };
  expect(value).toMatchObject([{ subscriptionId: simulator.ready.subscriptionId, state: 'Enabled' }]);
});

test('a failover into a group that is gone fails and says why, and a snapshot keeps that it is gone', async () => {
  const drill = shopDrill(azure, simulator);
  const accepted = await ask('DELETE', groups('rg-shop-neu'));
  await simulator.until(async () => (await ask('GET', String(accepted.headers.location))).status === 200);
  const sent = await drill.test('web-02');
  const id = String(sent.headers['x-ms-request-id']).split(', ')[0] ?? '';
  const job = async () =>
    (await ask('GET', `${id}?api-version=2023-06-01`)).json.properties as unknown as {
      readonly state: string;
      readonly errors: readonly { readonly providerErrorDetails: { readonly errorId: string } }[];
    };
  await simulator.until(async () => (await job()).state === 'Failed');
  expect((await job()).errors.map(({ providerErrorDetails }) => providerErrorDetails.errorId)).toEqual(['ResourceGroupNotFound']);

  const before = await simulator.control('world');
  await simulator.control('snapshot', { method: 'POST', body: { name: 'after' } });
  await ask('PUT', groups('rg-shop-neu'), { location: 'northeurope' });
  await simulator.control('restore', { method: 'POST', body: { name: 'after' } });
  expect(await simulator.control('world')).toEqual(before);
});
