import type { VirtualMachine } from '@azure/arm-compute';
import type { AzureVm } from '../../engine/azure-calls.ts';
import type { AzurePatchRun, AzureVmDisk } from '../../engine/azure-compute.ts';
import type { VmCreate, VmDiskSwap, VmInstallPatches } from '../../engine/azure-operations.ts';
import { armIdPart } from '../../engine/ids.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientSet } from './clients.ts';
import { vmPath } from './resource-paths.ts';
import { stitched } from './stitch.ts';
import { timeOf } from './times.ts';

/** Sends `start`. */
export async function startVm(clients: ClientSet, vmId: string, options: CallOptions): Promise<void> {
  await clients.compute.virtualMachines.start(...vmPath(vmId), options).submitted();
}

/** Sends `deallocate`. */
export async function deallocateVm(clients: ClientSet, vmId: string, options: CallOptions): Promise<void> {
  await clients.compute.virtualMachines.deallocate(...vmPath(vmId), options).submitted();
}

/** Sends `restart`. */
export async function restartVm(clients: ClientSet, vmId: string, options: CallOptions): Promise<void> {
  await clients.compute.virtualMachines.restart(...vmPath(vmId), options).submitted();
}

/** Sends DELETE of a machine. */
export async function deleteVm(clients: ClientSet, vmId: string, options: CallOptions): Promise<void> {
  await clients.compute.virtualMachines.delete(...vmPath(vmId), options).submitted();
}

/** Sends PUT of a machine that must not exist yet; its disks and interface go with it when it is deleted. */
export async function createVm(clients: ClientSet, operation: VmCreate, options: CallOptions): Promise<void> {
  const { vmId, location, size, os, osDiskId, dataDisks, nicId, tags } = operation;
  const attach = (id: string) => ({ createOption: 'Attach', managedDisk: { id }, deleteOption: 'Delete' });
  const machine = {
    location,
    tags,
    hardwareProfile: { vmSize: size },
    storageProfile: {
      osDisk: { osType: os === 'linux' ? ('Linux' as const) : ('Windows' as const), ...attach(osDiskId) },
      dataDisks: dataDisks.map(({ lun, diskId }) => ({ lun, ...attach(diskId) })),
    },
    networkProfile: { networkInterfaces: [{ id: nicId, primary: true, deleteOption: 'Delete' }] },
  };
  await clients.compute.virtualMachines.createOrUpdate(...vmPath(vmId), machine, { ...options, ifNoneMatch: '*' }).submitted();
}

/** Sends PATCH of a machine's disks. */
export async function swapDisks(clients: ClientSet, operation: VmDiskSwap, options: CallOptions): Promise<void> {
  const { vmId, osDiskId, dataDisks } = operation;
  const update = {
    storageProfile: {
      osDisk: { name: armIdPart(osDiskId, 'disks') ?? '', createOption: 'FromImage', managedDisk: { id: osDiskId } },
      ...(dataDisks === undefined
        ? {}
        : { dataDisks: dataDisks.map(({ lun, diskId }) => ({ lun, createOption: 'Attach', managedDisk: { id: diskId } })) }),
    },
  };
  await clients.compute.virtualMachines.update(...vmPath(vmId), update, options).submitted();
}

/** Sends `installPatches`. */
export async function installPatches(clients: ClientSet, operation: VmInstallPatches, options: CallOptions): Promise<void> {
  const { vmId, os, classifications, exclude, reboot, maximumDurationMs } = operation;
  const kinds = { classificationsToInclude: [...classifications] };
  const input = {
    maximumDuration: `PT${Math.ceil(maximumDurationMs / 60_000)}M`,
    rebootSetting: reboot,
    ...(os === 'linux'
      ? { linuxParameters: { ...kinds, packageNameMasksToExclude: [...exclude] } }
      : { windowsParameters: { ...kinds, kbNumbersToExclude: [...exclude] } }),
  };
  await clients.compute.virtualMachines.installPatches(...vmPath(vmId), input, options).submitted();
}

/** Reads a machine with its instance view. */
export async function getVm(clients: ClientSet, vmId: string, abortSignal: AbortSignal): Promise<AzureVm> {
  const vm = await clients.compute.virtualMachines.get(...vmPath(vmId), { expand: 'instanceView', abortSignal });
  return vmOf(vm, vmId);
}

/**
 * Lists the machines of a subscription with their power states. The full list has no states and the list of states little else. A machine
 * that only the list of states has came meanwhile or stood on no page of the full list, which is then read once more; one that only the
 * full list has has no state.
 */
export async function listVms(clients: ClientSet, abortSignal: AbortSignal): Promise<readonly AzureVm[]> {
  const { virtualMachines } = clients.compute;
  const readAll = () => stitched(() => virtualMachines.listAll({ abortSignal }));
  const first = await readAll();
  const states = await stitched(() => virtualMachines.listAll({ statusOnly: 'true', abortSignal }));
  const isComplete = [...states.keys()].every((key) => first.has(key));
  const machines = isComplete ? first : new Map([...first, ...(await readAll())]);
  return [...machines].map(([key, vm]) => {
    const state = states.get(key);
    const machine = vmOf(vm, vm.id ?? '');
    return state === undefined ? machine : { ...machine, powerState: statusAfter(state, 'PowerState/') };
  });
}

function vmOf(vm: VirtualMachine, asked: string): AzureVm {
  if (vm.id === undefined && vm.name === undefined) throw new Error(`the answer is not a virtual machine: ${asked}`);
  const id = vm.id ?? asked;
  return {
    id,
    vmId: vm.vmId ?? undefined,
    name: vm.name ?? armIdPart(id, 'virtualMachines') ?? id,
    location: vm.location,
    os: osOf(vm.storageProfile?.osDisk?.osType),
    powerState: statusAfter(vm, 'PowerState/'),
    provisioningState: vm.provisioningState,
    agentStatus: vm.instanceView?.vmAgent?.statuses?.[0]?.displayStatus,
    size: vm.hardwareProfile?.vmSize,
    zone: vm.zones?.[0],
    tags: vm.tags ?? {},
    nicIds: nicIdsOf(vm),
    disks: disksOf(vm),
    patches: patchesOf(vm),
  };
}

/** Linux or Windows in any spelling; undefined for everything else. */
export function osOf(word: string | null | undefined): 'linux' | 'windows' | undefined {
  const os = word?.toLowerCase();
  return os === 'linux' || os === 'windows' ? os : undefined;
}

function statusAfter(vm: VirtualMachine, prefix: string): string | undefined {
  const code = vm.instanceView?.statuses
    ?.map((status) => status.code ?? '')
    .find((text) => text.toLowerCase().startsWith(prefix.toLowerCase()));
  return code?.slice(prefix.length);
}

function nicIdsOf(vm: VirtualMachine): readonly string[] {
  const references = vm.networkProfile?.networkInterfaces ?? [];
  const primaryFirst = references.toSorted((left, right) => Number(right.primary ?? false) - Number(left.primary ?? false));
  return primaryFirst.flatMap((reference) => (reference.id === undefined ? [] : [reference.id]));
}

function disksOf(vm: VirtualMachine): readonly AzureVmDisk[] {
  const os = vm.storageProfile?.osDisk;
  const data = vm.storageProfile?.dataDisks ?? [];
  const all = [{ disk: os, lun: undefined }, ...data.map((disk) => ({ disk, lun: disk.lun }))];
  return all.flatMap(({ disk, lun }) => {
    const id = disk?.managedDisk?.id;
    return id === undefined ? [] : [{ id, name: disk?.name ?? armIdPart(id, 'disks') ?? id, lun }];
  });
}

function patchesOf(vm: VirtualMachine): AzurePatchRun | undefined {
  const last = vm.instanceView?.patchStatus?.lastPatchInstallationSummary;
  if (last === undefined) return undefined;
  return {
    activityId: last.installationActivityId,
    status: last.status ?? 'Unknown',
    startedAtMs: timeOf(last.startTime),
    installed: last.installedPatchCount ?? 0,
    failed: last.failedPatchCount ?? 0,
    pending: last.pendingPatchCount ?? 0,
  };
}
