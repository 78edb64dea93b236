import { roleOf } from './access/rights.ts';
import { scopeOf } from './access/scopes.ts';
import { inSpace } from './network/addresses.ts';
import type { Estate } from './estate.ts';

/** Something wrong in an estate, and where in its file. */
export interface EstateFinding {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Every name in an estate that nothing in it has. */
export function danglingReferences(estate: Estate): readonly EstateFinding[] {
  return [
    ...accessFindings(estate),
    ...machineFindings(estate),
    ...alertFindings(estate),
    ...estate.vaults.flatMap((vault, index) => vaultFindings(estate, vault, index)),
  ];
}

function accessFindings(estate: Estate): readonly EstateFinding[] {
  const scope = (given: string, path: readonly PropertyKey[]): readonly EstateFinding[] =>
    scopeOf(estate, given) === undefined
      ? [{ path, message: `"${given}" is neither an ARM id nor "subscription", and no group, vault, network or machine of the estate` }]
      : [];
  const principals = estate.principals.flatMap(({ roles = [] }, index) =>
    roles.flatMap(({ role, scope: at }, place) => {
      const path = ['principals', index, 'roles', place];
      const known = roleOf(estate, role) !== undefined;
      return [
        ...(known
          ? []
          : [{ path: [...path, 'role'], message: `"${role}" is neither a role of the estate nor a built-in one that is served` }]),
        ...scope(at, [...path, 'scope']),
      ];
    }),
  );
  return [...principals, ...estate.locks.flatMap((lock, index) => scope(lock.scope, ['locks', index, 'scope']))];
}

function machineFindings(estate: Estate): readonly EstateFinding[] {
  const groups = new Set(estate.resourceGroups.map(({ name }) => name));
  const lost = (group: string, path: readonly PropertyKey[]): readonly EstateFinding[] =>
    groups.has(group) ? [] : [{ path: [...path, 'group'], message: `the estate has no resource group "${group}"` }];
  const homeless = (address: string, path: readonly PropertyKey[], key: string): readonly EstateFinding[] =>
    estate.networks.some((network) => inSpace(network, address))
      ? []
      : [{ path: [...path, key], message: `no network of the estate holds the address ${address}` }];
  // Machines of fleets follow the ones that are written out: their places in the file are those of the fleets.
  const written = estate.machines.slice(0, estate.machines.length - estate.fleets.reduce((sum, { count }) => sum + count, 0));
  return [
    ...estate.networks.flatMap(({ group }, index) => lost(group, ['networks', index])),
    ...written.flatMap(({ group, address }, index) => [
      ...lost(group, ['machines', index]),
      ...homeless(address, ['machines', index], 'address'),
    ]),
    ...estate.fleets.flatMap(({ group, firstAddress }, index) => [
      ...lost(group, ['fleets', index]),
      ...homeless(firstAddress, ['fleets', index], 'firstAddress'),
    ]),
  ];
}

function alertFindings(estate: Estate): readonly EstateFinding[] {
  const fronts = new Set(estate.trafficManager.flatMap(({ name, front }) => (front === undefined ? [] : [name])));
  return estate.alertRules.flatMap(({ group, front }, index) => [
    ...(estate.resourceGroups.some(({ name }) => name === group)
      ? []
      : [{ path: ['alertRules', index, 'group'], message: `the estate has no resource group "${group}"` }]),
    ...(fronts.has(front)
      ? []
      : [{ path: ['alertRules', index, 'front'], message: `no profile of the estate with a front is called "${front}"` }]),
  ]);
}

function vaultFindings(estate: Estate, vault: Estate['vaults'][number], index: number): readonly EstateFinding[] {
  const path = ['vaults', index];
  const machines = new Set(estate.machines.map(({ name }) => name));
  const known = (names: readonly string[], at: readonly PropertyKey[]): readonly EstateFinding[] =>
    names.flatMap((name, place) => (machines.has(name) ? [] : [{ path: [...at, place], message: `the estate has no machine "${name}"` }]));
  const { backup, replication } = vault;
  const replicated = new Set(replication?.items);
  return [
    ...(estate.resourceGroups.some(({ name }) => name === vault.group)
      ? []
      : [{ path: [...path, 'group'], message: `the estate has no resource group "${vault.group}"` }]),
    ...known(replication?.items ?? [], [...path, 'replication', 'items']),
    ...(backup === undefined || backup.items.machines === 'all'
      ? []
      : known(backup.items.machines, [...path, 'backup', 'items', 'machines'])),
    ...known(backup?.items.except ?? [], [...path, 'backup', 'items', 'except']),
    ...(backup === undefined || backup.policies.some(({ name }) => name === backup.items.policy)
      ? []
      : [{ path: [...path, 'backup', 'items', 'policy'], message: `the vault has no policy "${backup.items.policy}"` }]),
    ...vault.plans.flatMap(({ groups }, plan) =>
      groups.flatMap((names, group) =>
        names.flatMap((name, place) =>
          replicated.has(name)
            ? []
            : [{ path: [...path, 'plans', plan, 'groups', group, place], message: `the vault replicates no machine "${name}"` }],
        ),
      ),
    ),
  ];
}
