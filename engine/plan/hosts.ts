import type { Azure } from '../azure-calls.ts';
import { armIdPart } from '../ids.ts';
import type { HostEntry } from '../language/runbook.ts';
import type { Target } from '../target.ts';

/** The machines of a list, or why one of them could not be read. */
export type HostTargets =
  | { readonly kind: 'resolved'; readonly targets: readonly Target[] }
  | { readonly kind: 'failed'; readonly message: string };

/** Turns written machines into targets. One with the ARM id of a virtual machine is read from Azure, so that the plan names its region and state. */
export async function hostTargets(
  azure: Pick<Azure, 'read'>,
  hosts: readonly HostEntry[],
  set: { readonly environment: string; readonly onUnreachable: 'fail' | 'record'; readonly signal: AbortSignal },
): Promise<HostTargets> {
  const targets: Target[] = [];
  for (const host of hosts) {
    const target = hostTarget(host, set.environment);
    if (target.kind !== 'azure_vm') {
      targets.push(target);
      continue;
    }
    const vm = await azure.read({ kind: 'vm.get', vmId: target.id }, set.signal);
    if (vm.kind === 'found') {
      const { location, os, powerState, tags, vmId } = vm.value;
      const facts = { location, os: host.os ?? os ?? null, powerState: powerState ?? null, tags: { ...tags, ...host.tags } };
      targets.push({ ...target, ...facts, ...(vmId === undefined ? {} : { uniqueId: vmId }) });
    } else if (set.onUnreachable === 'record') targets.push({ ...target, unreachable: vm.message });
    else return { kind: 'failed', message: `machine ${host.name}: ${vm.message}` };
  }
  return { kind: 'resolved', targets };
}

/** A written machine without asking anybody. */
export function hostTarget(host: HostEntry, environment: string): Target {
  const vmName = host.id === undefined ? undefined : armIdPart(host.id, 'virtualMachines');
  const id = host.id ?? `ssh://${host.address ?? host.name}${host.port === undefined ? '' : `:${host.port}`}`;
  const isVm = vmName !== undefined;
  return {
    key: host.name,
    name: host.name,
    kind: isVm ? 'azure_vm' : 'host',
    id,
    lockId: id.toLowerCase(),
    os: host.os ?? null,
    address: host.address ?? (isVm ? null : host.name),
    via: host.via ?? (isVm ? 'run-command' : 'ssh'),
    port: host.port ?? null,
    user: host.user ?? null,
    credential: host.credential ?? null,
    tags: host.tags,
    location: null,
    resourceGroup: host.id === undefined ? null : (armIdPart(host.id, 'resourceGroups') ?? null),
    subscription: host.id === undefined ? null : (armIdPart(host.id, 'subscriptions') ?? null),
    recoveryGroup: null,
    powerState: null,
    environment,
  };
}
