import { afterAll, beforeAll, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import type { ReplicationProtectedItem } from '@azure/arm-recoveryservices-siterecovery';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { RunningSimulator } from '../support/simulator.ts';

// The whole life of a protection, there and back twice, with nothing but the SDK.
const VAULT = ['rsv-tiny-neu', 'rg-tiny-neu'] as const;
const NAME = 'one-01';
const MINUTE_MS = 1000;
const HOME = { region: 'westeurope', group: 'rg-tiny-weu', network: 'vnet-tiny-weu' } as const;
const AWAY = { region: 'northeurope', group: 'rg-tiny-neu', network: 'vnet-tiny-neu' } as const;
type Site = typeof HOME | typeof AWAY;
const A2A = { instanceType: 'A2A' as const };

let simulator: RunningSimulator;
let azure: SdkClients;

beforeAll(async () => {
  simulator = await startSimulator([...manualClock(), '--estate', 'tiny', '--principal', 'owner']);
  azure = sdkClients(simulator.ready);
});
afterAll(async () => simulator.stop());

const items = () => azure.siteRecovery.replicationProtectedItems;
const placeOf = ({ region }: Site) => [...VAULT, `asr-a2a-default-${region}`, `asr-a2a-default-${region}-container`] as const;
const groupId = (name: string): string => `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${name}`;
const networkId = ({ group, network }: Site): string => `${groupId(group)}/providers/Microsoft.Network/virtualNetworks/${network}`;
const missing = { statusCode: 404 };
const move = (advanceMs: number): Promise<unknown> => simulator.control('clock', { method: 'POST', body: { advanceMs } });
const get = async (site: Site): Promise<NonNullable<ReplicationProtectedItem['properties']>> =>
  (await items().get(...placeOf(site), NAME)).properties ?? {};
/** Lets a job come to its end, after which the item allows what the word says. */
const comes = async (site: Site, word: string, afterMs = 5 * MINUTE_MS): Promise<void> => {
  await move(afterMs);
  expect((await get(site)).allowedOperations).toContain(word);
};
const machine = async ({ group }: Site) => azure.compute.virtualMachines.get(group, NAME, { expand: 'instanceView' });
const states = async (site: Site): Promise<readonly unknown[]> => {
  const { protectionState, activeLocation, failoverHealth } = await get(site);
  return [protectionState, activeLocation, failoverHealth];
};
const containerId = (vaultId: string, site: Site): string => {
  const [, , fabric, container] = placeOf(site);
  return `${vaultId}/replicationFabrics/${fabric}/replicationProtectionContainers/${container}`;
};

/** The disks of the machine at a site, and where copies of them go at the other. */
async function disksOf(site: Site, other: Site, name: string) {
  const { storageProfile } = await azure.compute.virtualMachines.get(site.group, name);
  const cache = `${groupId(site.group)}/providers/Microsoft.Storage/storageAccounts/stcache`;
  return [storageProfile?.osDisk, ...(storageProfile?.dataDisks ?? [])].map((disk) => ({
    diskId: disk?.managedDisk?.id ?? '',
    primaryStagingAzureStorageAccountId: cache,
    recoveryResourceGroupId: groupId(other.group),
  }));
}

/** What a protection of the machine at one site needs to be told about the other. */
async function target(from: Site, to: Site, name: string = NAME) {
  const found = await azure.siteRecovery.replicationProtectionContainerMappings.list(...VAULT).next();
  const { policyId = '' } = (found.value as { readonly properties?: { readonly policyId?: string } }).properties ?? {};
  const vaultId = policyId.split('/replicationPolicies/')[0] ?? '';
  return {
    vaultId,
    policyId,
    details: {
      ...A2A,
      recoveryContainerId: containerId(vaultId, to),
      recoveryResourceGroupId: groupId(to.group),
      vmManagedDisks: await disksOf(from, to, name),
    },
  };
}

/** What enables the protection of a machine. */
async function protection(from: Site, to: Site, name: string = NAME) {
  const { policyId, details } = await target(from, to, name);
  const fabricObjectId = (await azure.compute.virtualMachines.get(from.group, name)).id ?? '';
  const more = { fabricObjectId, recoveryAzureNetworkId: networkId(to) };
  return { properties: { policyId, providerSpecificDetails: { ...details, ...more } } };
}

async function enable(from: Site, to: Site): Promise<void> {
  const input = await protection(from, to);
  await items().beginCreate(...placeOf(from), NAME, input);
  await expect(items().beginCreate(...placeOf(from), NAME, input)).rejects.toMatchObject({ statusCode: 400 });
  await expect(items().beginCreate(...placeOf(from), 'other-name', input)).rejects.toMatchObject({ statusCode: 400 });
  expect(await get(from)).toMatchObject({ protectionState: 'UnprotectedStatesBegin', currentScenario: { scenarioName: 'EnableDr' } });
  await comes(from, 'DisableProtection', 13 * MINUTE_MS);
}

/** An enabled protection protects nothing yet: the first copy comes, and then the first point. */
async function seeded(site: Site): Promise<void> {
  expect(await states(site)).toEqual(['InitialReplicationInProgress', 'Primary', 'Normal']);
  expect((await get(site)).providerSpecificDetails).toMatchObject({ rpoInSeconds: null, lifecycleId: null });
  await move(20 * MINUTE_MS);
  expect(await states(site)).toEqual(['InitialReplicationRecoveryCompletionPending', 'Primary', 'Normal']);
  await move(6 * MINUTE_MS);
  expect(await states(site)).toEqual(['Protected', 'Primary', 'Warning']);
}

async function tested(from: Site, to: Site): Promise<void> {
  await items().beginTestFailover(...placeOf(from), NAME, {
    properties: {
      failoverDirection: 'PrimaryToRecovery',
      networkType: 'VmNetworkAsInput',
      networkId: networkId(to),
      providerSpecificDetails: A2A,
    },
  });
  await comes(from, 'TestFailoverCleanup');
  await azure.compute.virtualMachines.get(to.group, `${NAME}-test`);
  await items().beginTestFailoverCleanup(...placeOf(from), NAME, { properties: { comments: 'over' } });
  await comes(from, 'TestFailover');
  await expect(azure.compute.virtualMachines.get(to.group, `${NAME}-test`)).rejects.toMatchObject(missing);
  expect(await states(from)).toEqual(['Protected', 'Primary', 'Normal']);
}

/** Reverses the protection of a machine that was failed over. */
async function reverse(from: Site, to: Site): Promise<void> {
  const { policyId, details } = await target(to, from);
  const [, , fabric, container] = placeOf(from);
  await azure.siteRecovery.replicationProtectionContainers.beginSwitchProtection(...VAULT, fabric, container, {
    properties: {
      replicationProtectedItemName: NAME,
      providerSpecificDetails: {
        ...details,
        recoveryContainerId: containerId(policyId.split('/replicationPolicies/')[0] ?? '', from),
        policyId,
      },
    },
  });
}

/** Fails the machine over from one site to the other, commits, and reverses the protection. */
async function failedOver(from: Site, to: Site): Promise<void> {
  const input = {
    properties: { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'Required', providerSpecificDetails: A2A },
  };
  await items().beginUnplannedFailover(...placeOf(from), NAME, input);
  await expect(items().beginUnplannedFailover(...placeOf(from), NAME, input)).rejects.toMatchObject({ statusCode: 400 });
  await comes(from, 'Commit');
  expect(await states(from)).toEqual(['UnplannedFailoverCommitPendingStatesBegin', 'Recovery', 'Normal']);
  await items().beginFailoverCommit(...placeOf(from), NAME);
  await comes(from, 'SwitchProtection');
  expect((await machine(from)).instanceView?.statuses?.map(({ code }) => code)).toContain('PowerState/deallocated');
  expect((await machine(to)).instanceView?.statuses?.map(({ code }) => code)).toContain('PowerState/running');

  await reverse(from, to);
  await move(8 * MINUTE_MS);
  await expect(get(from)).rejects.toMatchObject(missing);
  await expect(machine(from)).rejects.toMatchObject(missing);
  expect((await items().get(...placeOf(to), NAME)).id).toContain(`/replicationFabrics/asr-a2a-default-${to.region}/`);
}

test('a protection is ended and begun again, and goes there and back twice', async () => {
  const first = await items().get(...placeOf(HOME), NAME);
  await items().beginDelete(...placeOf(HOME), NAME, { properties: {} });
  await move(2 * MINUTE_MS);
  await expect(get(HOME)).rejects.toMatchObject(missing);
  const plan = await azure.siteRecovery.replicationRecoveryPlans.get(...VAULT, 'rp-tiny');
  expect(plan.properties?.groups?.flatMap((group) => group.replicationProtectedItems ?? [])).toEqual([]);

  await enable(HOME, AWAY);
  await seeded(HOME);
  const second = await items().get(...placeOf(HOME), NAME);
  expect(second.id).toBe(first.id);
  for (let round = 0; round < 2; round += 1) {
    await tested(HOME, AWAY);
    await failedOver(HOME, AWAY);
    await seeded(AWAY);
    await tested(AWAY, HOME);
    await failedOver(AWAY, HOME);
    await seeded(HOME);
  }
  await items().beginDelete(...placeOf(HOME), NAME, { properties: {} });
  await move(2 * MINUTE_MS);
  await expect(get(HOME)).rejects.toMatchObject(missing);
  expect((await machine(HOME)).instanceView?.statuses?.map(({ code }) => code)).toContain('PowerState/running');
  await expect(machine(AWAY)).rejects.toMatchObject(missing);
  expect(await simulator.control('doubles')).toEqual({ doubles: [] });
  const refusedTwice = (await simulator.ledger()).filter(({ effect }) => effect === 'refused').length;
  expect(refusedTwice).toBe(2 + 4);
});

test('a protection that could not be enabled has to be disabled, unless its job is restarted', async () => {
  const name = 'two-01';
  const { replicationJobs: jobs } = azure.siteRecovery;
  const of = async () => (await items().get(...placeOf(HOME), name)).properties;
  const newest = async (): Promise<string> => (await simulator.ledger()).at(-1)?.jobId ?? '';
  const input = await protection(HOME, AWAY, name);
  const { providerSpecificDetails: given } = input.properties;
  const nobody = { ...given, fabricObjectId: `${given.fabricObjectId}-none` };
  const wrong = { ...input.properties, providerSpecificDetails: nobody };
  await expect(items().beginCreate(...placeOf(HOME), name, { properties: wrong })).rejects.toMatchObject(missing);
  await expect(items().beginCreate(...placeOf(AWAY), name, input)).rejects.toMatchObject({ statusCode: 400 });

  await items().beginCreate(...placeOf(HOME), name, input);
  const failed = await newest();
  await move(MINUTE_MS);
  const { properties } = await jobs.get(...VAULT, failed);
  expect([properties?.state, properties?.errors?.[0]?.providerErrorDetails?.errorId]).toEqual(['Failed', 'VirtualMachineNotRunning']);
  expect((await of())?.allowedOperations).toEqual(['DisableProtection']);
  await expect(items().beginCreate(...placeOf(HOME), name, input)).rejects.toMatchObject({ statusCode: 400 });

  await azure.compute.virtualMachines.start(HOME.group, name).submitted();
  await move(2 * MINUTE_MS);
  await jobs.beginRestart(...VAULT, failed);
  await move(2 * MINUTE_MS);
  const { currentScenario } = (await of()) ?? {};
  expect(currentScenario?.scenarioName).toBe('EnableDr');
  await jobs.beginCancel(...VAULT, currentScenario?.jobId?.split('/').at(-1) ?? '');
  await move(20 * MINUTE_MS);
  expect((await of())?.protectionState).toBe('UnprotectedStatesBegin');
  expect((await of())?.allowedOperations).toEqual(['DisableProtection']);
  await items().beginDelete(...placeOf(HOME), name, { properties: {} });
  await move(2 * MINUTE_MS);
  await expect(of()).rejects.toMatchObject(missing);

  // Ended during its first copy, a protection does not come back when that copy would have been there.
  await items().beginCreate(...placeOf(HOME), name, input);
  await move(13 * MINUTE_MS);
  expect((await of())?.protectionState).toBe('InitialReplicationInProgress');
  await items().beginDelete(...placeOf(HOME), name, { properties: {} });
  await move(60 * MINUTE_MS);
  await expect(of()).rejects.toMatchObject(missing);
  for await (const each of items().list(...VAULT)) expect(each.name).not.toBe(name);
});

test('a machine that a failover has left behind keeps the next one from starting', async () => {
  await items().beginCreate(...placeOf(HOME), NAME, await protection(HOME, AWAY));
  await move(50 * MINUTE_MS);
  await items().beginUnplannedFailover(...placeOf(HOME), NAME, {
    properties: { sourceSiteOperations: 'NotRequired', providerSpecificDetails: A2A },
  });
  await comes(HOME, 'Commit');
  await items().beginDelete(...placeOf(HOME), NAME, { properties: {} });
  expect((await get(HOME)).activeLocation).toBe('Recovery');
  await move(2 * MINUTE_MS);
  await items().beginCreate(...placeOf(HOME), NAME, await protection(HOME, AWAY));
  const id = (await simulator.ledger()).at(-1)?.jobId ?? '';
  await move(MINUTE_MS);
  const { properties } = await azure.siteRecovery.replicationJobs.get(...VAULT, id);
  expect([properties?.state, properties?.errors?.[0]?.providerErrorDetails?.errorId]).toEqual(['Failed', 'VirtualMachineExists']);
  expect((await machine(AWAY)).instanceView?.statuses?.map(({ code }) => code)).toContain('PowerState/running');
});

test('a cancelled reversal leaves the failover as it was, or an item that protects nothing once the original machine is gone', async () => {
  await items().beginPurge(...placeOf(HOME), NAME);
  await azure.compute.virtualMachines.delete(AWAY.group, NAME).submitted();
  await move(2 * MINUTE_MS);
  await items().beginCreate(...placeOf(HOME), NAME, await protection(HOME, AWAY));
  await move(50 * MINUTE_MS);
  const input = { properties: { sourceSiteOperations: 'NotRequired', providerSpecificDetails: A2A } };
  await items().beginUnplannedFailover(...placeOf(HOME), NAME, input);
  await comes(HOME, 'Commit');

  const cancelled = async (afterMs: number): Promise<string | undefined> => {
    await reverse(HOME, AWAY);
    const id = (await simulator.ledger()).at(-1)?.jobId ?? '';
    await move(afterMs);
    await azure.siteRecovery.replicationJobs.beginCancel(...VAULT, id);
    await move(MINUTE_MS);
    return (await azure.siteRecovery.replicationJobs.get(...VAULT, id)).properties?.state;
  };
  expect(await cancelled(MINUTE_MS / 3)).toBe('Cancelled');
  expect((await get(HOME)).allowedOperations).toContain('ChangePit');
  await machine(HOME);

  expect(await cancelled(3 * MINUTE_MS)).toBe('Cancelled');
  await move(60 * MINUTE_MS);
  await expect(get(HOME)).rejects.toMatchObject(missing);
  await expect(machine(HOME)).rejects.toMatchObject(missing);
  const { protectionState, allowedOperations, activeLocation } = await get(AWAY);
  expect([protectionState, allowedOperations, activeLocation]).toEqual(['UnprotectedStatesBegin', ['DisableProtection'], 'Primary']);
  expect((await machine(AWAY)).instanceView?.statuses?.map(({ code }) => code)).toContain('PowerState/running');
  const states = [];
  for await (const { properties } of azure.siteRecovery.replicationJobs.list(...VAULT)) states.push(properties?.state);
  expect(states.filter((state) => state === 'InProgress' || state === 'Cancelling')).toEqual([]);
});
