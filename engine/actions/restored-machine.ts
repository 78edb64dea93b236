import type { RunId, StepKey } from '../ids.ts';
import type { Target } from '../target.ts';

/** Tags of everything that a restore makes: they say whose it is, also when the machine itself was never made. */
export function restoreTags({ runId, stepKey }: { readonly runId: RunId; readonly stepKey: StepKey }): Readonly<Record<string, string>> {
  return { runward_run: runId, runward_step: stepKey };
}

/** Id of the network interface that a restore makes before it has a machine to put it into. */
export function restoreNicId(groupId: string, step: string): string {
  return `${groupId}/providers/Microsoft.Network/networkInterfaces/rw-${step}-nic`;
}

/** A machine that a restore is about to make: what exists of it already is found by its group and tags. */
export function unfinishedMachine(source: Target, made: { readonly id: string; readonly tags: Readonly<Record<string, string>> }): Target {
  return {
    key: source.key,
    name: made.id.split('/').at(-1) ?? made.id,
    kind: 'azure_vm',
    id: made.id,
    lockId: made.id.toLowerCase(),
    os: source.os,
    address: null,
    via: 'run-command',
    port: null,
    user: null,
    credential: null,
    tags: made.tags,
    location: source.location,
    resourceGroup: null,
    subscription: source.subscription,
    recoveryGroup: null,
    powerState: null,
    environment: source.environment,
  };
}
