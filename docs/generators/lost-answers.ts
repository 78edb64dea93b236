import type { EffectClass } from '../../engine/actions/action.ts';
import { actions } from '../../engine/actions/registry.ts';
import { code, page, table } from './markdown.ts';

/** How a request is disturbed, and what that leaves behind: no effect, one, one that comes later, or a refusal that proves there is none. */
export const FAULTS = [
  { name: 'connection lost before', leaves: 'nothing', meaning: 'the connection broke before Azure acted' },
  { name: 'connection lost after', leaves: 'effect', meaning: 'the connection broke after Azure had acted' },
  { name: '500 before', leaves: 'nothing', meaning: 'Azure answered 500 and had not acted' },
  { name: '500 after', leaves: 'effect', meaning: 'Azure answered 500 and had acted' },
  { name: 'no answer in time', leaves: 'effect', meaning: 'Azure acted at once and its answer never came' },
  { name: 'late arrival', leaves: 'late effect', meaning: 'the answer was lost, and Azure acted only a while later' },
  { name: '429', leaves: 'refusal', meaning: 'Azure was busy and said so' },
  { name: '409', leaves: 'refusal', meaning: 'Azure said that other work was in progress' },
] as const;

export type FaultName = (typeof FAULTS)[number]['name'];
type Leaves = (typeof FAULTS)[number]['leaves'];

/** What becomes of the step, and how often the request is sent. */
export const OUTCOMES = {
  found: { short: 'found', sends: 1, meaning: 'the effect was found at the target and followed to its end; the request was sent once' },
  again: { short: 'sent again', sends: 2, meaning: 'it was proven that there is no effect, then the request was sent a second time' },
  person: {
    short: 'a person',
    sends: 1,
    meaning: 'nobody can tell: the step is unknown and a person decides; the request is not sent again',
  },
} as const;

export type Outcome = keyof typeof OUTCOMES;

/** Every request with an effect that an action sends to Azure, by the operation's name in Azure's own API description. */
export const REQUESTS: readonly { readonly action: string; readonly request: string; readonly operation: string }[] = [
  one('asr.item.test-failover@1', 'ReplicationProtectedItems_TestFailover'),
  one('asr.item.test-failover-cleanup@1', 'ReplicationProtectedItems_TestFailoverCleanup'),
  one('asr.plan.test-failover@1', 'ReplicationRecoveryPlans_TestFailover'),
  one('asr.plan.test-failover-cleanup@1', 'ReplicationRecoveryPlans_TestFailoverCleanup'),
  one('asr.plan.failover@1', 'ReplicationRecoveryPlans_UnplannedFailover'),
  one('asr.plan.commit@1', 'ReplicationRecoveryPlans_FailoverCommit'),
  { action: 'asr.plan.reprotect@1', request: 'each machine', operation: 'ReplicationProtectionContainers_SwitchProtection' },
  one('backup.trigger@1', 'Backups_Trigger'),
  { action: 'backup.restore-vm@1', request: 'network interface', operation: 'NetworkInterfaces_CreateOrUpdate' },
  { action: 'backup.restore-vm@1', request: 'disks', operation: 'Restores_Trigger' },
  { action: 'backup.restore-vm@1', request: 'tags of a disk', operation: 'Disks_Update' },
  { action: 'backup.restore-vm@1', request: 'machine', operation: 'VirtualMachines_CreateOrUpdate' },
  one('azure.vm.start@1', 'VirtualMachines_Start'),
  one('azure.vm.deallocate@1', 'VirtualMachines_Deallocate'),
  one('azure.vm.restart@1', 'VirtualMachines_Restart'),
  one('azure.vm.install-patches@1', 'VirtualMachines_InstallPatches'),
  { action: 'azure.restore-point.create@1', request: 'collection', operation: 'RestorePointCollections_CreateOrUpdate' },
  { action: 'azure.restore-point.create@1', request: 'point', operation: 'RestorePoints_Create' },
  { action: 'azure.vm.revert-to-restore-point@1', request: 'stop', operation: 'VirtualMachines_Deallocate' },
  { action: 'azure.vm.revert-to-restore-point@1', request: 'new disk', operation: 'Disks_CreateOrUpdate' },
  { action: 'azure.vm.revert-to-restore-point@1', request: 'swap', operation: 'VirtualMachines_Update' },
  { action: 'azure.vm.revert-to-restore-point@1', request: 'start', operation: 'VirtualMachines_Start' },
  { action: 'azure.vm.delete@1', request: 'machine', operation: 'VirtualMachines_Delete' },
  { action: 'azure.vm.delete@1', request: 'disk', operation: 'Disks_Delete' },
  { action: 'azure.vm.delete@1', request: 'network interface', operation: 'NetworkInterfaces_Delete' },
  one('azure.nsg.set-rules@1', 'NetworkSecurityGroups_CreateOrUpdate'),
  one('azure.trafficmanager.set-endpoint@1', 'Endpoints_Update'),
  { action: 'run', request: 'script over Run Command', operation: 'VirtualMachineRunCommands_CreateOrUpdate' },
];

/** Blind requests that leave a mark of ours at the target, so that an effect can be recognised. */
const MARKED: readonly string[] = ['backup.trigger@1'];

const PROMISES: Readonly<Record<Exclude<EffectClass, 'read'> | 'marked', Readonly<Record<Leaves, Outcome>>>> = {
  named: { nothing: 'again', effect: 'found', 'late effect': 'found', refusal: 'again' },
  guarded: { nothing: 'again', effect: 'found', 'late effect': 'found', refusal: 'again' },
  marked: { nothing: 'person', effect: 'found', 'late effect': 'found', refusal: 'again' },
  blind: { nothing: 'person', effect: 'person', 'late effect': 'person', refusal: 'again' },
};

/** What the class of an action promises for a request that met this fault. */
export function promiseOf(action: string, leaves: Leaves): Outcome {
  return PROMISES[MARKED.includes(action) ? 'marked' : effectOf(action)][leaves];
}

/** docs/reference/lost-answers.md: action × fault → outcome. Each cell is a case of test/integration/azure-ambiguity.test.ts. */
export function lostAnswersPage(): string {
  const rows = REQUESTS.map(({ action, request, operation }) => [
    code(action),
    request || 'the only one',
    MARKED.includes(action) ? `${effectOf(action)}, marked` : effectOf(action),
    ...FAULTS.map(({ leaves }) => OUTCOMES[promiseOf(action, leaves)].short),
    code(operation),
  ]);
  return page(
    'Lost answers',
    [
      'What runward does when the answer to a request with an effect is lost, late or a refusal. Every cell of the first table is a test: the whole engine',
      'runs the step against the simulated Azure, and its ledger, which runward cannot write, shows that the effect happened at most once.',
    ].join('\n'),
    [
      table(['Action', 'Request', 'Class', ...FAULTS.map(({ name }) => name), 'Operation of Azure'], rows),
      table(
        ['Fault', 'Means'],
        FAULTS.map(({ name, meaning }) => [name, meaning]),
      ),
      table(
        ['Outcome', 'Means'],
        Object.values(OUTCOMES).map(({ short, meaning }) => [short, meaning]),
      ),
      'That there is no effect is believed only after the quiet time, two minutes from the intent: until then a request may still be on its way. A refusal with\n429 proves it at once; after a 409 a guarded or named request looks first, because the other work may be its own.',
    ],
  );
}

function one(action: string, operation: string): (typeof REQUESTS)[number] {
  return { action, request: '', operation };
}

/** A script over Run Command is named by its attempt, whatever it declares. */
function effectOf(action: string): Exclude<EffectClass, 'read'> {
  const effect = actions.get(action)?.effect ?? 'named';
  if (effect === 'read') throw new Error(`${action} has no effect that could be lost`);
  return effect;
}
