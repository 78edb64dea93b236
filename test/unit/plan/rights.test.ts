import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { azureRole, DUTIES, READER_ACTIONS } from '../../../engine/actions/azure-roles.ts';
import { actions } from '../../../engine/actions/registry.ts';
import { isGranted, rightsOf } from '../../../engine/azure-rights.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { compareRights, neededRights, placesOfRunbook } from '../../../engine/plan/rights.ts';

const SUBSCRIPTION = '/subscriptions/6f1c1b5e-0000-4000-8000-00000000a001';
const VAULT = `${SUBSCRIPTION}/resourceGroups/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu`;

function neededBy(text: string) {
  const loaded = loadDocuments([{ path: 'x.yaml', text }], { actions });
  const [one] = loaded.runbooks.values();
  if (one === undefined) throw new Error(JSON.stringify(loaded.findings));
  return neededRights(
    one.runbook,
    placesOfRunbook(one.runbook, () => []),
    actions,
  );
}

const runbook = (targets: string, steps: string): string =>
  `apiVersion: runward/v1
kind: Runbook
metadata: { name: r, title: R, owner: team }
purpose: operations
environment: test
timeout: 1h
targets:
  them: ${targets}
steps:
${steps}`;

const BY_TAG =
  '{ azure: { subscriptions: [6f1c1b5e-0000-4000-8000-00000000a001], resource_groups: [rg-a, rg-b], type: Microsoft.Compute/virtualMachines, tags: { tier: web } }, max: 5 }';
const WRITTEN = '{ hosts: [{ name: jump, address: 10.0.0.4, user: ops, credential: "secret:key" }], max: 1 }';

describe('what a runbook needs, and where', () => {
  it('the shipped drill: rights of the vault at the vault, what only the run will know without a scope', () => {
    const needed = neededBy(readFileSync('runbooks/shop-drill.yaml', 'utf8'));
    expect(needed).toContainEqual({
      right:
        'Microsoft.RecoveryServices/vaults/replicationFabrics/replicationProtectionContainers/replicationProtectedItems/testFailover/action',
      action: 'asr.item.test-failover@1',
      role: 'runward-recovery',
      scope: VAULT,
    });
    const vaultRights = needed.filter(({ right }) => right.startsWith('Microsoft.RecoveryServices/vaults/'));
    expect(new Set(vaultRights.map(({ scope }) => scope))).toEqual(new Set([VAULT]));
    const onTestMachines = needed.filter(({ right }) => right.endsWith('/runCommands/write'));
    expect(onTestMachines.map(({ scope, place }) => [scope, place])).toContainEqual([
      undefined,
      'where the machines come up that the run makes',
    ]);
  });

  it('machines by tag: at each group that the set names, also for steps inside a block', () => {
    const needed = neededBy(
      runbook(
        BY_TAG,
        '  - id: all\n    target: them\n    steps:\n      - { id: start, uses: azure.vm.start@1 }\n      - { id: say, run: "echo hi", effect: read }\n',
      ),
    );
    const at = (right: string) => needed.filter((one) => one.right === right).map(({ scope }) => scope);
    const groups = [`${SUBSCRIPTION}/resourceGroups/rg-a`, `${SUBSCRIPTION}/resourceGroups/rg-b`];
    expect(at('Microsoft.Compute/virtualMachines/start/action')).toEqual(groups);
    expect(at('Microsoft.Compute/virtualMachines/runCommands/write')).toEqual(groups);
  });

  it('machines over SSH need nothing of Azure', () => {
    expect(neededBy(runbook(WRITTEN, '  - { id: say, target: them, run: "echo hi", effect: read }\n'))).toEqual([]);
  });

  it('a network that a step names is where its rights are needed', () => {
    const id = `${SUBSCRIPTION}/resourceGroups/rg-dr/providers/Microsoft.Network/virtualNetworks/v`;
    const needed = neededBy(runbook(WRITTEN, `  - { id: look, uses: azure.network.check-isolated@1, with: { network: "${id}" } }\n`));
    expect(needed.find(({ right }) => right === 'Microsoft.Network/virtualNetworks/read')?.scope).toBe(id);
  });
});

describe('what is granted', () => {
  it.each([
    ['*', [], true],
    ['*/read', [], false],
    ['Microsoft.Compute/virtualMachines/*', [], true],
    ['microsoft.compute/VIRTUALMACHINES/start/action', [], true],
    ['Microsoft.Compute/virtualMachines/start', [], false],
    ['Microsoft.Compute/*', ['Microsoft.Compute/virtualMachines/start/*'], false],
    ['Microsoft.ComputeX/*', [], false],
  ])('%s without %j', (action, notActions, granted) => {
    expect(isGranted('Microsoft.Compute/virtualMachines/start/action', [{ actions: [action], notActions }])).toBe(granted);
  });

  it('a second assignment gives what the first one excludes', () => {
    const granted = [
      { actions: ['*'], notActions: ['Microsoft.Compute/*'] },
      { actions: ['Microsoft.Compute/virtualMachines/start/action'], notActions: [] },
    ];
    expect(isGranted('Microsoft.Compute/virtualMachines/start/action', granted)).toBe(true);
  });

  it('missing, helpful and surplus are told apart; what cannot be read is neither', () => {
    const needed = rightsOf('vm.get', 'vm.start').map((right) => ({
      right,
      action: 'azure.vm.start@1',
      role: 'runward-script',
      scope: 's',
    }));
    const some = compareRights('s', needed, [{ actions: ['*/read'], notActions: ['Microsoft.Compute/locations/*'] }]);
    expect([some.missing.map(({ right }) => right), some.helpful.map(({ right }) => right)]).toEqual([
      ['Microsoft.Compute/virtualMachines/start/action'],
      ['Microsoft.Compute/locations/operations/read'],
    ]);
    expect(compareRights('s', needed, [{ actions: ['*'], notActions: [] }]).surplus).toHaveLength(2);
    expect(compareRights('s', needed, 'denied: no')).toMatchObject({ missing: [], unreadable: 'denied: no' });
  });
});

describe('roles', () => {
  const roles = DUTIES.map((duty) => azureRole(duty, actions.values(), 'S'));

  it('every action that needs a right is in one role, or is one that reads anything', () => {
    const named = [...DUTIES.flatMap((duty) => duty.actions), ...READER_ACTIONS];
    const needing = [...actions.values()].filter(({ permissions }) => permissions.length > 0).map(({ name }) => name.replace(/@\d+$/, ''));
    expect(named.toSorted()).toEqual(needing.toSorted());
  });

  it('a role grants all that its actions need', () => {
    for (const [at, duty] of DUTIES.entries()) {
      const granted = [{ actions: roles[at]?.Actions ?? [], notActions: [] }];
      const lacking = duty.actions.flatMap((name) =>
        (actions.get(`${name}@1`)?.permissions ?? []).filter((right) => !isGranted(right, granted)),
      );
      expect([duty.role, lacking]).toEqual([duty.role, []]);
    }
  });

  it('no role has a wildcard, assigns roles, writes policies or deletes a vault', () => {
    for (const { Actions } of roles) {
      expect(Actions.filter((right) => right.includes('*'))).toEqual([]);
      for (const danger of [
        'Microsoft.Authorization/roleAssignments/write',
        'Microsoft.RecoveryServices/vaults/delete',
        'Microsoft.Authorization/policyAssignments/write',
      ])
        expect(isGranted(danger, [{ actions: Actions, notActions: [] }])).toBe(false);
    }
  });
});
