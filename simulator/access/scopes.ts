import type { Estate } from '../estate.ts';

/**
 * The ARM id, in lower case, of a scope that an estate names: an id, `subscription`, or the name of a resource group, vault, network or
 * machine. Undefined when the estate has nothing of this name.
 */
export function scopeOf(estate: Estate, text: string): string | undefined {
  const subscription = `/subscriptions/${estate.subscriptions[0]?.id ?? ''}`;
  const within = (given: { readonly group: string; readonly name: string }, type: string): string =>
    `${subscription}/resourceGroups/${given.group}/providers/${type}/${given.name}`;
  const named = <Each extends { readonly name: string }>(all: readonly Each[]): Each | undefined => all.find(({ name }) => name === text);

  if (text.startsWith('/')) return text.toLowerCase().replace(/\/+$/, '');
  if (text === 'subscription') return subscription;
  const group = named(estate.resourceGroups);
  if (group !== undefined) return `${subscription}/resourceGroups/${group.name}`.toLowerCase();
  const vault = named(estate.vaults);
  if (vault !== undefined) return within(vault, 'Microsoft.RecoveryServices/vaults').toLowerCase();
  const network = named(estate.networks);
  if (network !== undefined) return within(network, 'Microsoft.Network/virtualNetworks').toLowerCase();
  const machine = named(estate.machines);
  return machine === undefined ? undefined : within(machine, 'Microsoft.Compute/virtualMachines').toLowerCase();
}

/** Whether a scope is another one or lies below it. Both are ids in lower case. */
export function isWithin(scope: string, outer: string): boolean {
  return scope === outer || scope.startsWith(`${outer}/`);
}
