import type { VirtualMachine } from '@azure/arm-compute';
import type { AzureVm } from '../../engine/azure-calls.ts';
import { armIdPart } from '../../engine/ids.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientSet } from './clients.ts';
import { vmPath } from './resource-paths.ts';

/** Sends `start`. */
export async function startVm(clients: ClientSet, vmId: string, options: CallOptions): Promise<void> {
  await clients.compute.virtualMachines.start(...vmPath(vmId), options).submitted();
}

/** Sends `deallocate`. */
export async function deallocateVm(clients: ClientSet, vmId: string, options: CallOptions): Promise<void> {
  await clients.compute.virtualMachines.deallocate(...vmPath(vmId), options).submitted();
}

/** Reads a machine with its instance view. */
export async function getVm(clients: ClientSet, vmId: string, abortSignal: AbortSignal): Promise<AzureVm> {
  const vm = await clients.compute.virtualMachines.get(...vmPath(vmId), { expand: 'instanceView', abortSignal });
  return vmOf(vm, vmId);
}

/**
 * Lists the machines of a subscription with their power states. The full list has no states and the list of states little else: each
 * is read to its end, and a machine that came or went between the two has no state.
 */
export async function listVms(clients: ClientSet, abortSignal: AbortSignal): Promise<readonly AzureVm[]> {
  const found = new Map<string, AzureVm>();
  for await (const vm of clients.compute.virtualMachines.listAll({ abortSignal })) {
    const each = vmOf(vm, vm.id ?? '');
    found.set(each.id.toLowerCase(), each);
  }
  for await (const vm of clients.compute.virtualMachines.listAll({ statusOnly: 'true', abortSignal })) {
    const key = (vm.id ?? '').toLowerCase();
    const known = found.get(key);
    if (known !== undefined) found.set(key, { ...known, powerState: statusAfter(vm, 'PowerState/') });
  }
  return [...found.values()];
}

function vmOf(vm: VirtualMachine, asked: string): AzureVm {
  if (vm.id === undefined && vm.name === undefined) throw new Error(`the answer is not a virtual machine: ${asked}`);
  const id = vm.id ?? asked;
  return {
    id,
    vmId: vm.vmId,
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
  };
}

/** Linux or Windows in any spelling; undefined for everything else. */
export function osOf(word: string | null | undefined): 'linux' | 'windows' | undefined {
  const os = word?.toLowerCase();
  return os === 'linux' || os === 'windows' ? os : undefined;
}

function statusAfter(vm: VirtualMachine, prefix: string): string | undefined {
  const code = vm.instanceView?.statuses?.map((status) => status.code ?? '').find((text) => text.startsWith(prefix));
  return code?.slice(prefix.length);
}

function nicIdsOf(vm: VirtualMachine): readonly string[] {
  const references = vm.networkProfile?.networkInterfaces ?? [];
  const primaryFirst = references.toSorted((left, right) => Number(right.primary ?? false) - Number(left.primary ?? false));
  return primaryFirst.flatMap((reference) => (reference.id === undefined ? [] : [reference.id]));
}
