import { isShown } from '../support/shown.ts';
import type { RunningSimulator } from '../support/simulator.ts';
import type { Capture } from './capture.ts';
import { call, collect, type Driven, refused } from './calls.ts';

const WEU = 'rg-shop-weu';

/** Drives what changes machines as a whole: restart, restore point, disks from it, their swap, patches, and the deletion. */
export async function driveMachines(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { virtualMachines, disks, restorePointCollections, restorePoints } = capture.azure.compute;
  const id = (type: string, name: string): string =>
    `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${WEU}/providers/Microsoft.Compute/${type}/${name}`;
  const power = async (name: string): Promise<string> =>
    (await virtualMachines.instanceView(WEU, name)).statuses
      ?.map((each) => each.code ?? '')
      .find((code) => code.startsWith('PowerState/')) ?? '';

  await drivePower(capture, simulator, power);
  await virtualMachines.restart(WEU, 'batch-01').submitted();
  await refused(() => Promise.resolve(virtualMachines.restart(WEU, 'batch-01').submitted()));
  await simulator.until(async () => (await power('batch-01')) === 'PowerState/running');

  const source = { location: 'westeurope', source: { id: id('virtualMachines', 'batch-01') } };
  await call(capture, driven, 'RestorePointCollections_CreateOrUpdate', () =>
    restorePointCollections.createOrUpdate(WEU, 'points', source),
  );
  await call(capture, driven, 'RestorePointCollections_Get', () => restorePointCollections.get(WEU, 'points'));
  await restorePoints.create(WEU, 'points', 'one', { consistencyMode: 'ApplicationConsistent' }).submitted();
  await refused(() => Promise.resolve(restorePoints.create(WEU, 'points', 'one', {}).submitted()));
  const point = () => call(capture, driven, 'RestorePoints_Get', () => restorePoints.get(WEU, 'points', 'one'));
  await simulator.until(async () => (await point()).provisioningState === 'Succeeded');
  const sourceResourceId = (await point()).sourceMetadata?.storageProfile?.osDisk?.diskRestorePoint?.id ?? '';

  await call(capture, driven, 'RestorePointCollections_CreateOrUpdate', () =>
    restorePointCollections.createOrUpdate(WEU, 'points', { ...source, tags: { by: 'conformance' } }),
  );
  await restorePoints.create(WEU, 'points', 'two', {}).submitted();
  await refused(() => Promise.resolve(restorePoints.delete(WEU, 'points', 'two').submitted()));
  await simulator.until(async () => (await restorePoints.get(WEU, 'points', 'two')).provisioningState === 'Succeeded');
  await simulator.finish(restorePoints.delete(WEU, 'points', 'two'));
  await restorePoints.delete(WEU, 'points', 'two').submitted();

  await driveCollections(capture, driven, simulator);
  await driveRenewals(capture, driven, simulator);

  const disk = () => call(capture, driven, 'Disks_Get', () => disks.get(WEU, 'back'));
  await disks
    .createOrUpdate(WEU, 'back', { location: 'westeurope', creationData: { createOption: 'Restore', sourceResourceId } })
    .submitted();
  await refused(disk);
  await simulator.until(async () => {
    try {
      return (await disk()).provisioningState === 'Succeeded';
    } catch {
      return false;
    }
  });
  await disks.update(WEU, 'back', { tags: { by: 'conformance' } }).submitted();
  await collect(disks.listByResourceGroup(WEU));

  const swap = { storageProfile: { osDisk: { name: 'back', createOption: 'FromImage', managedDisk: { id: id('disks', 'back') } } } };
  await refused(() => Promise.resolve(virtualMachines.update(WEU, 'batch-01', swap).submitted()));
  await virtualMachines.deallocate(WEU, 'batch-01').submitted();
  await simulator.until(async () => (await power('batch-01')) === 'PowerState/deallocated');
  await virtualMachines.update(WEU, 'batch-01', swap).submitted();
  await simulator.until(async () => (await virtualMachines.get(WEU, 'batch-01')).storageProfile?.osDisk?.name === 'back');
  await driveCreation(capture, simulator, id);

  await virtualMachines.delete(WEU, 'batch-01').submitted();
  await simulator.until(async () => gone(() => virtualMachines.get(WEU, 'batch-01')));
  await virtualMachines.delete(WEU, 'batch-01').submitted();
  await simulator.finish(disks.delete(WEU, 'back'));
  await disks.delete(WEU, 'back').submitted();
}

/** Off without giving its place back, twice and in the wrong moment, and on again. */
async function drivePower(capture: Capture, simulator: RunningSimulator, power: (name: string) => Promise<string>): Promise<void> {
  const { virtualMachines } = capture.azure.compute;
  await virtualMachines.powerOff(WEU, 'batch-01', { skipShutdown: true }).submitted();
  await virtualMachines.powerOff(WEU, 'batch-01').submitted();
  await refused(() => Promise.resolve(virtualMachines.deallocate(WEU, 'batch-01').submitted()));
  await refused(() => Promise.resolve(virtualMachines.powerOff(WEU, 'nobody').submitted()));
  await simulator.until(async () => (await power('batch-01')) === 'PowerState/stopped');
  await virtualMachines.start(WEU, 'batch-01').submitted();
  await simulator.until(async () => (await power('batch-01')) === 'PowerState/running');
}

/** A snapshot, a disk from it, another host, a new image, and the unmanaged run command. */
async function driveRenewals(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { snapshots, virtualMachines } = capture.azure.compute;
  const id = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${WEU}/providers/Microsoft.Compute/disks/jump-01_OsDisk_1`;
  const copyOf = (sourceResourceId: string) => ({ location: 'westeurope', creationData: { createOption: 'Copy', sourceResourceId } });
  const get = () => call(capture, driven, 'Snapshots_Get', () => snapshots.get(WEU, 'brief'));
  await refused(get);
  await refused(() => Promise.resolve(snapshots.createOrUpdate(WEU, 'brief', copyOf(`${id}-else`)).submitted()));
  await snapshots.createOrUpdate(WEU, 'brief', copyOf(id)).submitted();
  await simulator.until(async () => isShown(get));
  await collect(snapshots.listByResourceGroup(WEU));
  await snapshots.delete(WEU, 'brief').submitted();
  await simulator.until(async () => !(await isShown(get)));
  await snapshots.delete(WEU, 'brief').submitted();

  const runs = async (): Promise<boolean> =>
    (await virtualMachines.instanceView(WEU, 'jump-01')).statuses?.some(({ code }) => code === 'PowerState/running') === true;
  await simulator.finish(virtualMachines.runCommand(WEU, 'jump-01', { commandId: 'RunShellScript', script: ['true'] }));
  await virtualMachines.redeploy(WEU, 'jump-01').submitted();
  await refused(() => Promise.resolve(virtualMachines.redeploy(WEU, 'jump-01').submitted()));
  await simulator.until(runs);
  await virtualMachines.reimage(WEU, 'jump-01', { parameters: {} }).submitted();
  await refused(() => Promise.resolve(virtualMachines.reimage(WEU, 'jump-01', { parameters: {} }).submitted()));
  await refused(() =>
    Promise.resolve(virtualMachines.runCommand(WEU, 'jump-01', { commandId: 'RunShellScript', script: ['true'] }).submitted()),
  );
  await simulator.until(runs);
}

/** A collection of its own, read with its points, listed, refused while it is busy, and deleted with them. */
async function driveCollections(capture: Capture, driven: Driven, simulator: RunningSimulator): Promise<void> {
  const { restorePointCollections: collections, restorePoints } = capture.azure.compute;
  const id = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${WEU}/providers/Microsoft.Compute/virtualMachines/batch-01`;
  await collections.createOrUpdate(WEU, 'brief', { location: 'westeurope', source: { id } });
  await restorePoints.create(WEU, 'brief', 'one', {}).submitted();
  await refused(() => Promise.resolve(collections.delete(WEU, 'brief').submitted()));
  await simulator.until(
    async () => (await restorePoints.get(WEU, 'brief', 'one', { expand: 'instanceView' })).provisioningState === 'Succeeded',
  );
  const whole = () =>
    call(capture, driven, 'RestorePointCollections_Get', () => collections.get(WEU, 'brief', { expand: 'restorePoints' }));
  await whole();
  await collect(collections.list(WEU));
  await collect(collections.listAll());
  await simulator.finish(collections.delete(WEU, 'brief'));
  await refused(whole);
  await collections.delete(WEU, 'brief').submitted();
}

/** A machine from the disk that the swap left behind. */
async function driveCreation(capture: Capture, simulator: RunningSimulator, id: (type: string, name: string) => string): Promise<void> {
  const { virtualMachines } = capture.azure.compute;
  const network = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups`;
  const nic = `${network}/${WEU}/providers/Microsoft.Network/networkInterfaces/made-nic`;
  const subnet = `${network}/rg-restore-test/providers/Microsoft.Network/virtualNetworks/vnet-island/subnets/default`;
  const addresses = [{ name: 'ipconfig1', properties: { primary: true, privateIPAllocationMethod: 'Dynamic', subnet: { id: subnet } } }];
  await capture.raw('PUT', `${nic}?api-version=2024-05-01`, { location: 'westeurope', properties: { ipConfigurations: addresses } });
  const machine = {
    location: 'westeurope',
    hardwareProfile: { vmSize: 'Standard_D2s_v5' },
    storageProfile: {
      osDisk: {
        osType: 'Linux' as const,
        createOption: 'Attach',
        deleteOption: 'Delete',
        managedDisk: { id: id('disks', 'batch-01_OsDisk_1') },
      },
    },
    networkProfile: { networkInterfaces: [{ id: nic, primary: true, deleteOption: 'Delete' }] },
  };
  await virtualMachines.createOrUpdate(WEU, 'made-01', machine, { ifNoneMatch: '*' }).submitted();
  await refused(() => Promise.resolve(virtualMachines.createOrUpdate(WEU, 'made-01', machine, { ifNoneMatch: '*' }).submitted()));
  await simulator.until(async () => isShown(() => virtualMachines.get(WEU, 'made-01')));
  await simulator.until(async () => (await virtualMachines.get(WEU, 'made-01')).provisioningState === 'Succeeded');
}

async function gone(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return false;
  } catch {
    return true;
  }
}
