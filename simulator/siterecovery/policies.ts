import { vaultId } from '../arm-ids.ts';
import { periodMs } from '../estate.ts';
import { param } from '../route.ts';
import { notThere } from './errors.ts';
import { fabricsOf } from './fabrics.ts';
import { findVault } from './find.ts';
import type { Answer, Call } from '../route.ts';
import type { Vault, World } from '../world.ts';
import type { Replication } from './item.ts';

/** Id of a replication policy. */
export function policyId(world: World, vault: Vault, name: string): string {
  return `${vaultId(world, vault)}/replicationPolicies/${name}`;
}

/** GET replicationPolicies. */
export function listPolicies(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  return { status: 200, body: { value: policiesOf(world, vault).map((policy) => policyBody(world, vault, policy)) } };
}

/** GET of a policy. */
export function getPolicy(world: World, call: Call): Answer {
  const vault = findVault(world, call);
  if ('status' in vault) return vault;
  const name = param(call, 'policyName');
  const policy = policiesOf(world, vault).find((each) => each.name.toLowerCase() === name.toLowerCase());
  return policy === undefined ? notThere('policy', name) : { status: 200, body: policyBody(world, vault, policy) };
}

function policiesOf(world: World, vault: Vault): readonly Replication['policy'][] {
  const replication = fabricsOf(world, vault)[0]?.replication;
  return replication === undefined ? [] : [replication.policy];
}

function policyBody(world: World, vault: Vault, policy: Replication['policy']): Readonly<Record<string, unknown>> {
  const minutes = (period: string): number => Math.round(periodMs(period) / 60_000);
  return {
    id: policyId(world, vault, policy.name),
    name: policy.name,
    type: 'Microsoft.RecoveryServices/vaults/replicationPolicies',
    properties: {
      friendlyName: policy.name,
      providerSpecificDetails: {
        instanceType: 'A2A',
        // Nobody can set it for machines of Azure: it was recorded as 0.
        recoveryPointThresholdInMinutes: 0,
        recoveryPointHistory: minutes(policy.keep),
        appConsistentFrequencyInMinutes: minutes(policy.appEvery),
        multiVmSyncStatus: 'Enabled',
        crashConsistentFrequencyInMinutes: minutes(policy.crashEvery),
      },
    },
  };
}
