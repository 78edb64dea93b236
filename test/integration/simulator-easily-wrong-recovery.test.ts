import { afterAll, beforeAll, expect, test } from 'vitest';
import { SR, closeLook } from './simulator-plants.ts';
import type { RawAnswer } from '../support/azure-sdk.ts';
import type { CloseLook, Json } from './simulator-plants.ts';

// What a stand-in for Azure easily has wrong about a failover and the way back. The tests follow one plan through its life.
let look: CloseLook;

beforeAll(async () => {
  look = await closeLook(['--isolation', 'none']);
});
afterAll(async () => look.simulator.stop());

const PLAN_MS = 12_000;
const plan = (verb: string, properties: object): Promise<RawAnswer> =>
  look.post(`${look.drill.vaultPath}/replicationRecoveryPlans/rp-shop/${verb}?${SR}`, properties);
const item = async (name: string): Promise<Json> => (await look.get(`${look.drill.itemPath(name)}?${SR}`)).properties;
const jobs = async (): Promise<readonly Json[]> => (await look.get(`${look.drill.vaultPath}/replicationJobs?${SR}`)).value;

/** How many jobs a request to the plan has made, and how many of them a client finds by its request id. */
async function made(order: () => Promise<RawAnswer>): Promise<{ readonly all: number; readonly ours: number }> {
  const before = new Set((await jobs()).map(({ name }) => name));
  const answer = await order();
  expect(answer.status).toBe(202);
  await look.move(PLAN_MS);
  const fresh = (await jobs()).filter(({ name }) => !before.has(name));
  const requestId = String(answer.headers['x-ms-client-request-id']);
  const got = await Promise.all(fresh.map(({ name }) => look.get(`${look.drill.vaultPath}/replicationJobs/${name}?${SR}`)));
  return { all: fresh.length, ours: got.filter(({ properties }) => properties.activityId.startsWith(requestId)).length };
}

test('E13 a plan makes jobs for each of its machines, and one of them all is ours', async () => {
  const network = look.drill.network('rg-dr-test', 'vnet-drill');
  const order = { failoverDirection: 'PrimaryToRecovery', networkType: 'VmNetworkAsInput', networkId: network };
  await look.caught('E13', {
    right: 'first',
    planted: 'second',
    check: async () => {
      const counted = await made(() => plan('testFailover', order));
      await plan('testFailoverCleanup', {});
      await look.move(PLAN_MS);
      expect(counted).toEqual({ all: 1 + 2 * 10, ours: 1 });
    },
  });
  const failover = { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'Required' };
  expect(await made(() => plan('unplannedFailover', failover))).toEqual({ all: 1 + 3 * 10, ours: 1 });
});

test('E5 the way back is called SwitchProtection, never Reprotect', async () => {
  expect((await item('app-01')).allowedOperations).toEqual(expect.arrayContaining(['Commit', 'ChangePit']));
  await plan('failoverCommit', {});
  await look.move(2000);
  await look.caught('E5', {
    right: 'app-01',
    planted: 'app-01',
    check: async (name) => {
      const { allowedOperations } = await item(name);
      expect(allowedOperations).toContain('SwitchProtection');
      expect(allowedOperations).not.toContain('Reprotect');
    },
  });
});

/** Reverses the protection of one machine; the answer's job has ended when this returns. */
async function switched(name: string): Promise<Json> {
  const body = (await look.get(`${look.drill.itemPath(name)}?${SR}`)) as Json;
  const { recoveryFabricObjectId: recovered, protectedManagedDisks } = body.properties.providerSpecificDetails;
  const container = look.drill.itemPath(name).split('/replicationProtectedItems/')[0] ?? '';
  const staging = `${recovered.split('/providers/')[0]}/providers/Microsoft.Storage/storageAccounts/stcachene`;
  const answer = await look.post(`${container}/switchprotection?${SR}`, {
    replicationProtectedItemName: name,
    providerSpecificDetails: {
      instanceType: 'A2A',
      recoveryContainerId: container,
      policyId: body.properties.policyId,
      recoveryResourceGroupId: `${look.vm('x').split('/providers/')[0]}`,
      vmManagedDisks: protectedManagedDisks.map(({ diskName }: Json) => ({
        diskId: `${recovered.split('/providers/')[0]}/providers/Microsoft.Compute/disks/${diskName}`,
        primaryStagingAzureStorageAccountId: staging,
        recoveryResourceGroupId: `${look.vm('x').split('/providers/')[0]}`,
      })),
    },
  });
  expect([answer.status, answer.text]).toEqual([202, '']);
  await look.move(9000);
  const id = String(answer.headers['x-ms-request-id']).split(', ')[0] ?? '';
  const { properties } = await look.get(`${id}?${SR}`);
  expect(properties.state).toBe('Succeeded');
  return properties;
}

const reversed = (name: string): string => `${look.drill.itemPath(name).replaceAll('default-westeurope', 'default-northeurope')}?${SR}`;

test('E4 a switched item has another id under the other fabric, the old one is gone, and so is the original machine', async () => {
  await look.caught('E4', {
    right: 'app-01',
    planted: 'app-02',
    check: async (name) => {
      const { customDetails } = await switched(name);
      expect((await look.azure.raw('GET', `${look.drill.itemPath(name)}?${SR}`)).status).toBe(404);
      const next = await look.azure.raw('GET', reversed(name));
      expect([next.status, (JSON.parse(next.text) as Json).name]).toEqual([200, name]);
      expect(customDetails.newReplicationProtectedItemId.toLowerCase()).toBe(reversed(name).split('?')[0]?.toLowerCase());
      expect((await look.azure.raw('GET', `${look.vm(name)}?api-version=2026-04-01`)).status).toBe(404);
    },
  });
});

test('E15 replication has no RPO at first, a frozen one after a failover, a warning after the way back, and old agents', async () => {
  const rpo = ({ providerSpecificDetails }: Json): unknown => providerSpecificDetails.rpoInSeconds;
  await look.caught('E15', {
    right: 'right',
    planted: 'planted',
    check: async () => {
      expect(rpo((await look.get(reversed('app-01'))).properties)).toBeNull();
      expect((await item('web-04')).providerSpecificDetails.isReplicationAgentUpdateRequired).toBe(true);
      const before = rpo(await item('web-01'));
      await look.move(5000);
      expect(rpo(await item('web-01'))).toBe(before);
    },
  });
  await look.move(30_000);
  const { failoverHealth, healthErrors } = (await look.get(reversed('app-01'))).properties;
  expect([failoverHealth, healthErrors[0].errorCode]).toEqual(['Warning', '161011']);
});

test('E16 a protection that was just enabled protects nothing yet', async () => {
  await look.caught('E16', {
    right: 'app-03',
    planted: 'app-04',
    check: async (name) => {
      await switched(name);
      expect((await look.get(reversed(name))).properties.protectionState).toBe('InitialReplicationInProgress');
      const again = { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'NotRequired' };
      const answer = await look.post(reversed(name).replace('?', '/unplannedFailover?'), again);
      expect(answer.status).toBe(400);
    },
  });
});
