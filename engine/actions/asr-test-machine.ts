import type { AzureNic, AzureReplicationItem, AzureVm } from '../azure-calls.ts';
import { armIdPart, armIdUpTo } from '../ids.ts';
import type { Target } from '../target.ts';
import type { ActionPorts, Unanswered } from './action.ts';
import { unansweredRead } from './azure-answer.ts';

/** What reading a test machine told. */
export type TestMachine =
  | { readonly kind: 'found'; readonly vm: AzureVm; readonly nic: AzureNic | undefined }
  | { readonly kind: 'missing' }
  | Unanswered;

/** The id of the machine that a test failover of the item makes: what Site Recovery links, else its name in the recovery group. */
export function testMachineId(item: AzureReplicationItem): string | undefined {
  if (item.testVmId !== undefined) return item.testVmId;
  const { recoveryResourceGroupId, testVmName } = item;
  if (recoveryResourceGroupId === undefined || testVmName === undefined) return undefined;
  return `${recoveryResourceGroupId}/providers/Microsoft.Compute/virtualMachines/${testVmName}`;
}

/** Reads a test machine and its first network interface. */
export async function readTestMachine(ports: Pick<ActionPorts, 'azure'>, vmId: string, signal: AbortSignal): Promise<TestMachine> {
  const vm = await ports.azure.read({ kind: 'vm.get', vmId }, signal);
  if (vm.kind === 'missing') return { kind: 'missing' };
  if (vm.kind !== 'found') return unansweredRead('the test machine', vm);
  const nicId = vm.value.nicIds[0];
  if (nicId === undefined) return { kind: 'found', vm: vm.value, nic: undefined };
  const nic = await ports.azure.read({ kind: 'nic.get', nicId }, signal);
  if (nic.kind === 'unanswered') return nic;
  return { kind: 'found', vm: vm.value, nic: nic.kind === 'found' ? nic.value : undefined };
}

/** Where a machine of Site Recovery comes from, as far as a target tells it. */
export type MachineSource = Pick<Target, 'key' | 'os' | 'recoveryGroup' | 'environment'>;

/** The test machine as a target. It keeps the key and the boot group of the machine that it copies, so that both can be put side by side. */
export function testMachineTarget(source: MachineSource, vm: AzureVm, nic: AzureNic | undefined): Target {
  return {
    key: source.key,
    name: vm.name,
    kind: 'azure_vm',
    id: vm.id,
    lockId: vm.id.toLowerCase(),
    os: vm.os ?? source.os,
    address: nic?.privateAddress ?? null,
    via: 'run-command',
    port: null,
    user: null,
    credential: null,
    tags: vm.tags,
    location: vm.location,
    resourceGroup: armIdPart(vm.id, 'resourceGroups') ?? null,
    subscription: armIdPart(vm.id, 'subscriptions') ?? null,
    recoveryGroup: source.recoveryGroup,
    powerState: vm.powerState ?? null,
    environment: source.environment,
  };
}

/** The network that an interface is in; undefined when its subnet is not known. */
export function networkOf(nic: AzureNic | undefined): string | undefined {
  return nic?.subnetId === undefined ? undefined : armIdUpTo(nic.subnetId, 'virtualNetworks');
}
