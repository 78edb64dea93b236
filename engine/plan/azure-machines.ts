import type { Azure, AzureReadAnswer, AzureVm } from '../azure-calls.ts';
import { armIdPart } from '../ids.ts';
import type { TargetSource } from '../language/runbook.ts';
import type { Target } from '../target.ts';
import { withShortKeys } from './short-keys.ts';

type AzureSource = Extract<TargetSource, { kind: 'azure' }>;

/** The machines that a query finds, or why one of its subscriptions could not be read: then there is no set, never a part of one. */
export type AzureMachines =
  | { readonly kind: 'resolved'; readonly targets: readonly Target[] }
  | { readonly kind: 'failed'; readonly message: string };

/** Lists the machines of each subscription whole and picks those of the wanted groups, locations and tags; in the order of their ids. */
export async function azureMachines(
  azure: Pick<Azure, 'read'>,
  source: AzureSource,
  environment: string,
  signal: AbortSignal,
): Promise<AzureMachines> {
  const found = new Map<string, AzureVm>();
  for (const subscription of source.subscriptions) {
    const listed = await azure.read({ kind: 'vm.list', subscription }, signal);
    if (listed.kind !== 'found') return { kind: 'failed', message: `the machines of subscription ${subscription} ${why(listed)}` };
    for (const vm of listed.value) if (isWanted(vm, source)) found.set(vm.id.toLowerCase(), vm);
  }
  const machines = [...found].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, vm]) => machineTarget(vm, environment));
  return { kind: 'resolved', targets: withShortKeys(machines) };
}

/** Names are compared as Azure compares them, without case; values of tags are exact. */
export function isWanted(vm: Pick<AzureVm, 'id' | 'location' | 'tags'>, { resourceGroups, locations, tags }: AzureSource): boolean {
  const among = (wanted: readonly string[] | undefined, name: string | undefined): boolean =>
    wanted === undefined || wanted.some((each) => each.toLowerCase() === name?.toLowerCase());
  const own = new Map(Object.entries(vm.tags).map(([name, value]) => [name.toLowerCase(), value]));
  return (
    among(resourceGroups, armIdPart(vm.id, 'resourceGroups')) &&
    among(locations, vm.location) &&
    Object.entries(tags).every(([name, value]) => own.get(name.toLowerCase()) === value)
  );
}

function machineTarget(vm: AzureVm, environment: string): Target {
  return {
    key: vm.name,
    name: vm.name,
    kind: 'azure_vm',
    id: vm.id,
    lockId: vm.id.toLowerCase(),
    os: vm.os ?? null,
    address: null,
    via: 'run-command',
    port: null,
    user: null,
    credential: null,
    tags: vm.tags,
    location: vm.location,
    // The full list of Azure writes groups in capitals: names are compared without case, and shown in one spelling.
    resourceGroup: armIdPart(vm.id, 'resourceGroups')?.toLowerCase() ?? null,
    subscription: armIdPart(vm.id, 'subscriptions') ?? null,
    recoveryGroup: null,
    powerState: vm.powerState ?? null,
    environment,
    ...(vm.vmId === undefined ? {} : { uniqueId: vm.vmId }),
  };
}

function why(answer: Exclude<AzureReadAnswer<unknown>, { kind: 'found' }>): string {
  return answer.kind === 'denied' ? `may not be read (${answer.message})` : `could not be read (${answer.message})`;
}
