import type { Action } from './action.ts';
import { RUN_COMMAND_RIGHTS, rightsOf } from '../azure-rights.ts';

/** A custom role of Azure, as `az role definition create --role-definition FILE` takes it. */
export interface AzureRole {
  readonly Name: string;
  readonly IsCustom: true;
  readonly Description: string;
  readonly Actions: readonly string[];
  readonly NotActions: readonly [];
  readonly DataActions: readonly [];
  readonly NotDataActions: readonly [];
  readonly AssignableScopes: readonly string[];
}

/** A part of the work that gets a role of its own, so that a worker has no right that its runbooks do not use. */
interface Duty {
  readonly role: string;
  /** Where it is assigned. */
  readonly scope: string;
  readonly description: string;
  readonly actions: readonly string[];
}

/** Who needs which right: one worker may have several of these roles, and mostly needs one or two. */
export const DUTIES: readonly Duty[] = [
  {
    role: 'runward-recovery',
    scope: 'the vault, and the resource groups and networks in which machines come up',
    description: 'Fail over with Azure Site Recovery, for tests and in earnest, commit, and reverse the protection.',
    actions: [
      'asr.item.get',
      'asr.item.test-failover',
      'asr.item.test-failover-cleanup',
      'asr.plan.get',
      'asr.plan.test-failover',
      'asr.plan.test-failover-cleanup',
      'asr.plan.failover',
      'asr.plan.commit',
      'asr.plan.reprotect',
      'azure.network.check-isolated',
    ],
  },
  {
    role: 'runward-backup',
    scope: 'the vault, and the resource groups of the machines that it protects',
    description: 'Back up machines that Azure Backup protects, and read their recovery points.',
    actions: ['backup.item.get', 'backup.recovery-point.latest', 'backup.trigger'],
  },
  {
    role: 'runward-restore',
    scope: 'the vault, the resource group that machines are restored into, and its staging account',
    description: 'Restore machines beside the originals and delete them again.',
    actions: ['backup.restore-vm', 'azure.vm.delete'],
  },
  {
    role: 'runward-script',
    scope: 'resource groups of the machines',
    description: 'Start, deallocate, restart and patch machines, and run scripts and checks on them.',
    actions: [
      'azure.vm.get',
      'azure.vm.start',
      'azure.vm.deallocate',
      'azure.vm.restart',
      'azure.vm.install-patches',
      'dsc.test',
      'dsc.set',
      'dsc.export',
    ],
  },
  {
    role: 'runward-restore-points',
    scope: 'resource groups of the machines',
    description: 'Make restore points of machines and put machines back to them.',
    actions: ['azure.restore-point.create', 'azure.vm.revert-to-restore-point'],
  },
  {
    role: 'runward-edge',
    scope: 'the network security groups and Traffic Manager profiles that runbooks name',
    description: 'Change the rules of security groups and the endpoints of Traffic Manager.',
    actions: ['azure.nsg.set-rules', 'azure.trafficmanager.set-endpoint'],
  },
];

/** Actions that read whatever a runbook names: the built-in role Reader, where they are used. */
export const READER_ACTIONS: readonly string[] = ['azure.resource.get', 'azure.resource.list', 'azure.alert.get'];

// What `doctor azure` and `plan --check-permissions` read, so that a role can be checked with itself.
const CHECKED_BEFOREHAND = [...rightsOf('auth.permissions', 'auth.locks'), 'Microsoft.Resources/subscriptions/resourceGroups/read'];

/** Stands in a role file where the subscription must be written. */
export const SUBSCRIPTION_BLANK = '<SUBSCRIPTION>';

/** The role of a duty, from the permissions of its actions. It has no wildcard, assigns no role, and deletes no vault. */
export function azureRole(duty: Duty, actions: Iterable<Action>, subscription: string): AzureRole {
  const mine = [...actions].filter(({ name }) => duty.actions.includes(nameOf(name)));
  const rights = new Set([...CHECKED_BEFOREHAND, ...mine.flatMap(({ permissions }) => permissions)]);
  if (duty.role === 'runward-script') for (const right of RUN_COMMAND_RIGHTS) rights.add(right);
  return {
    Name: duty.role,
    IsCustom: true,
    Description: duty.description,
    Actions: [...rights].toSorted(),
    NotActions: [],
    DataActions: [],
    NotDataActions: [],
    AssignableScopes: [`/subscriptions/${subscription}`],
  };
}

/** What gives a right, as a role to assign: ours by the actions that need it, or Reader. Site Recovery's own operation URLs are in ours alone. */
export function roleFor(action: string): string {
  const duty = DUTIES.find(({ actions }) => actions.includes(nameOf(action)));
  if (duty !== undefined) return duty.role;
  return READER_ACTIONS.includes(nameOf(action)) ? 'Reader' : 'runward-script';
}

function nameOf(action: string): string {
  return action.replace(/@\d+$/, '');
}
