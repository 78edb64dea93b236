import { afterAll, beforeAll, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { readyAs } from '../support/principals.ts';
import { collect } from '../conformance/calls.ts';
import { SR, VM, closeLook } from './simulator-plants.ts';
import type { CloseLook, Json } from './simulator-plants.ts';

const VAULT = ['rsv-dr-weu', 'rg-dr-weu'] as const;
const WEU = 'asr-a2a-default-westeurope';
const NEU = 'asr-a2a-default-northeurope';
const SECONDS = 1000;

let look: CloseLook;
beforeAll(async () => {
  look = await closeLook();
  await look.move(10 * SECONDS);
});
afterAll(async () => look.simulator.stop());

const arm = (resource: string, deed: object): Promise<unknown> =>
  look.simulator.control('faults', { method: 'POST', body: { match: { resource }, do: deed } });
const disarm = (): Promise<unknown> => look.simulator.control('faults', { method: 'DELETE' });
const events = async (filter?: string): Promise<readonly Json[]> =>
  collect<Json>(look.azure.siteRecovery.replicationEvents.list(...VAULT, filter === undefined ? {} : { filter }));
const told = async (filter?: string): Promise<readonly unknown[]> =>
  (await events(filter)).map(({ properties }) => [properties.affectedObjectFriendlyName, properties.eventType, properties.severity]);
const health = async (): Promise<Json> => (await look.azure.siteRecovery.replicationVaultHealth.get(...VAULT)).properties;
const eligibility = async (group: string, name: string): Promise<readonly (string | undefined)[]> =>
  ((await look.azure.siteRecovery.replicationEligibilityResultsOperations.get(group, name)).properties?.errors ?? []).map(
    ({ code }) => code,
  );
const counts = async (): Promise<readonly unknown[]> =>
  (await collect(look.azure.siteRecovery.replicationProtectionContainers.list(...VAULT))).map(
    ({ properties }) => properties?.protectedItemCount,
  );

test('what an item names of its surroundings is there: fabric, container, policy, mapping, networks', async () => {
  const { siteRecovery } = look.azure;
  const item: Json = (await siteRecovery.replicationProtectedItems.get(...VAULT, WEU, `${WEU}-container`, 'web-01')).properties;
  const fabrics = await collect(siteRecovery.replicationFabrics.list(...VAULT));
  expect(fabrics.map(({ id, properties }) => [id?.endsWith(`/${WEU}`), properties?.friendlyName])).toEqual([
    [true, item.primaryFabricFriendlyName],
    [false, item.recoveryFabricFriendlyName],
  ]);
  expect(fabrics[1]?.id).toBe(item.recoveryFabricId);
  const containers = await collect(siteRecovery.replicationProtectionContainers.list(...VAULT));
  expect(containers.map(({ id, properties }) => [id, properties?.role])).toEqual([
    [expect.stringContaining(`/${WEU}-container`), 'Primary'],
    [item.recoveryContainerId, 'Recovery'],
  ]);
  expect((await collect(siteRecovery.replicationPolicies.list(...VAULT))).map(({ id, properties }) => [id, properties])).toEqual([
    [
      item.policyId,
      expect.objectContaining({
        providerSpecificDetails: expect.objectContaining({ recoveryPointHistory: 1440, crashConsistentFrequencyInMinutes: 5 }),
      }),
    ],
  ]);
  const mappings = await collect(siteRecovery.replicationProtectionContainerMappings.list(...VAULT));
  expect(mappings.map(({ properties }) => properties?.targetProtectionContainerId)).toEqual([item.recoveryContainerId, containers[0]?.id]);
  const [there, back] = await collect(siteRecovery.replicationNetworkMappings.list(...VAULT));
  expect(there?.properties?.recoveryNetworkId).toBe(item.providerSpecificDetails.selectedRecoveryAzureNetworkId);
  expect(back?.properties?.recoveryNetworkId).toBe(there?.properties?.primaryNetworkId);
});

test('the health of a vault follows from its items, and an event tells when it changed: the list of them is late', async () => {
  expect(await health()).toMatchObject({
    vaultErrors: [],
    protectedItemsHealth: {
      resourceCount: 12,
      issues: [{ summaryCode: 'MobilityAgentUpdateAvailable', severity: 'Info', affectedResourceCorrelationIds: [expect.any(String)] }],
      categorizedResourceCounts: { Normal: 12 },
    },
    fabricsHealth: { resourceCount: 2 },
    containersHealth: { resourceCount: 2 },
  });
  expect(await told()).toEqual([['web-04', 'AgentHealth', 'Warning']]);
  await arm('/db-01/', { lagRpo: 7200 });
  await arm('/db-02/', { health: 'Warning' });
  await arm('/web-02/', { agentOutdated: true });
  await arm('VmMonitoringEvent', { listLag: 60 });
  // A minute of the estate: the next look at its machines.
  await look.move(SECONDS);
  expect(await told()).toHaveLength(1);
  const { issues, categorizedResourceCounts } = (await health()).protectedItemsHealth;
  expect(categorizedResourceCounts).toEqual({ Normal: 10, Warning: 1, Critical: 1 });
  expect(issues.map(({ summaryCode, severity }: Json) => [summaryCode, severity]).toSorted()).toEqual([
    ['153007', 'Error'],
    ['DataChangeRateBeyondSupportedLimits', 'Warning'],
    ['MobilityAgentUpdateAvailable', 'Info'],
  ]);
  const item = (await look.get(`${look.drill.itemPath('db-01')}?${SR}`)).properties;
  expect(item.healthErrors.map(({ errorCode }: Json) => errorCode)).toEqual(['153007']);
  await look.move(2 * SECONDS);
  expect(await told("eventType eq 'VmHealth' and severity eq 'Critical'")).toEqual([['db-01', 'VmHealth', 'Critical']]);
  expect(await told(`affectedObjectCorrelationId eq '${item.eventCorrelationId}'`)).toEqual([['db-01', 'VmHealth', 'Critical']]);
  expect(await told(`fabricName eq '${NEU}'`)).toEqual([]);
  await disarm();
  await look.move(2 * SECONDS);
  expect(await told("affectedObjectFriendlyName eq 'db-01'")).toEqual([
    ['db-01', 'VmHealth', 'OK'],
    ['db-01', 'VmHealth', 'Critical'],
  ]);
  await expect(events("health eq 'bad'")).rejects.toMatchObject({ statusCode: 400, code: 'InvalidFilter' });
});

test('events come a hundred a page, the newest first, and each can be read by its name', async () => {
  for (let time = 0; time < 5; time += 1) {
    await arm('/', { health: 'Critical' });
    await look.move(SECONDS);
    await disarm();
    await look.move(SECONDS);
  }
  const pages: Json[][] = [];
  for await (const page of look.azure.siteRecovery.replicationEvents.list(...VAULT).byPage()) pages.push([...page]);
  expect(pages.map((page) => page.length)).toEqual([100, expect.any(Number)]);
  const times = pages.flat().map((event) => Number(event.properties.timeOfOccurrence));
  expect(times).toEqual(times.toSorted((left, right) => right - left));
  const names = pages.flat().map((event) => event.name);
  expect(new Set(names).size).toBe(names.length);
  const [, [oldest] = []] = pages;
  expect((await look.azure.siteRecovery.replicationEvents.get(...VAULT, oldest.name)).properties).toEqual(oldest.properties);
});

test('a job that fails is an event with its error, one that ends well is none; both survive a snapshot', async () => {
  const at = { match: { operation: 'ReplicationProtectedItems_TestFailover' }, when: 'duringJob' };
  await look.simulator.control('faults', { method: 'POST', body: { ...at, do: { failJob: { code: '28031' } } } });
  const before = (await look.drill.test('web-03')).status;
  await look.move(5 * SECONDS);
  const failed = await events("eventType eq 'JobStatus'");
  expect([before, failed.map(({ properties }) => properties)]).toMatchObject([
    202,
    [
      {
        description: 'Test failover - Failed',
        severity: 'Critical',
        affectedObjectFriendlyName: 'web-03',
        providerSpecificDetails: { instanceType: 'A2A', protectedItemName: 'web-03', fabricLocation: 'westeurope' },
        eventSpecificDetails: { instanceType: 'JobStatus', jobStatus: 'Failed' },
        healthErrors: [{ errorCode: '28031' }],
      },
    ],
  ]);
  const job = await look.get(`${failed[0].properties.eventSpecificDetails.jobId}?${SR}`);
  expect(job.properties.state).toBe('Failed');
  const jobs = async (filter: string): Promise<number> =>
    (await collect(look.azure.siteRecovery.replicationJobs.list(...VAULT, { filter }))).length;
  expect([await jobs(`fabricId eq '${WEU}'`), await jobs(`fabricId eq '${NEU}'`)]).toEqual([1, 0]);
  expect([await jobs("affectedObjectTypes eq 'ProtectionEntity'"), await jobs("affectedObjectTypes eq 'RecoveryPlan'")]).toEqual([1, 0]);
  const all = await events();
  await look.simulator.control('snapshot', { method: 'POST', body: { name: 'events' } });
  await look.drill.tested('web-03');
  await look.move(SECONDS);
  expect(await events()).toEqual(all);
  await look.simulator.control('restore', { method: 'POST', body: { name: 'events' } });
  expect(await events()).toEqual(all);
});

test('a machine can be given to Site Recovery when it runs, is known to it, and nobody has', async () => {
  expect(await eligibility('rg-shop-weu', 'web-01')).toEqual(['AzureVmAlreadyProtected']);
  await look.drill.tested('web-01');
  expect(await eligibility('rg-shop-neu', 'web-01-test')).toEqual([]);
  await look.post(
    `/subscriptions/${look.simulator.ready.subscriptionId}/resourceGroups/rg-shop-neu/providers/Microsoft.Compute/virtualMachines/web-01-test/deallocate?${VM}`,
  );
  await look.move(3 * SECONDS);
  expect(await eligibility('rg-shop-neu', 'web-01-test')).toEqual(['AzureVmIsNotInDesiredPowerState']);
  await expect(eligibility('rg-shop-weu', 'nobody')).rejects.toMatchObject({ statusCode: 404 });
});

test('a failover whose network is gone is told before it is tried: replication is well, the failover is not', async () => {
  await look.simulator.control('snapshot', { method: 'POST', body: { name: 'whole' } });
  const network = look.drill.network('rg-shop-neu', 'vnet-shop-neu');
  expect((await look.azure.raw('DELETE', `${network}?api-version=2024-05-01`)).status).toBe(202);
  await look.move(2 * SECONDS);
  const { properties } = await look.get(`${look.drill.itemPath('web-02')}?${SR}`);
  expect([properties.replicationHealth, properties.failoverHealth, properties.healthErrors[0].errorCategory]).toEqual([
    'Normal',
    'Critical',
    'Configuration',
  ]);
  expect((await health()).protectedItemsHealth).toMatchObject({
    issues: [{ category: 'Configuration', severity: 'Error', affectedResourceCorrelationIds: { length: 12 } }, {}],
    categorizedResourceCounts: { Normal: 12 },
  });
  expect((await told("affectedObjectFriendlyName eq 'web-02'"))[0]).toEqual(['web-02', 'VmHealth', 'Critical']);
  await look.simulator.control('restore', { method: 'POST', body: { name: 'whole' } });
});

test('sizes of the recovery region are told with what keeps the machine from them', async () => {
  const sizes = await collect(
    look.azure.siteRecovery.targetComputeSizes.listByReplicationProtectedItems(...VAULT, WEU, `${WEU}-container`, 'web-01'),
  );
  const errors = (name: string): number | undefined => sizes.find((size) => size.name === name)?.properties?.errors?.length;
  expect([errors('Standard_D2s_v5'), errors('Standard_A1_v2'), errors('Standard_D2_v5')]).toEqual([undefined, 2, 1]);
});

test('the operator reads places and events, the health of the whole vault is a right of its own, and nobody reads nothing', async () => {
  const operator = sdkClients(readyAs(look.simulator.ready, 'site-recovery-operator')).siteRecovery;
  expect(await collect(operator.replicationFabrics.list(...VAULT))).toHaveLength(2);
  expect((await collect(operator.replicationEvents.list(...VAULT))).length).toBeGreaterThan(0);
  for (const refused of [
    () => operator.replicationVaultHealth.get(...VAULT),
    () => operator.replicationEligibilityResultsOperations.get('rg-shop-weu', 'web-01'),
    () => collect(sdkClients(readyAs(look.simulator.ready, 'nobody')).siteRecovery.replicationPolicies.list(...VAULT)),
  ])
    await expect(refused()).rejects.toMatchObject({ statusCode: 403, code: 'AuthorizationFailed' });
});

/** Items come a page for each fabric that has some. */
async function pagesByFabric(): Promise<void> {
  const items = look.azure.siteRecovery.replicationProtectedItems;
  const pages: number[] = [];
  for await (const page of items.list(...VAULT).byPage()) pages.push(page.length);
  expect(pages).toEqual([11, 1]);
  const named = async (filter: string): Promise<readonly unknown[]> =>
    (await collect(items.list(...VAULT, { filter }))).map(({ name }) => name);
  expect(await named(`sourceFabricName eq '${NEU}'`)).toEqual(['jump-01']);
  expect(await named(`recoveryPlanName eq 'rp-shop' and sourceFabricLocation eq 'westeurope'`)).toHaveLength(10);
  await expect(named("state eq 'good'")).rejects.toMatchObject({ statusCode: 400, code: 'InvalidFilter' });
  await expect(collect(items.list(...VAULT, { skipToken: 'nobody' }))).rejects.toMatchObject({ statusCode: 400 });
}

test('a machine whose protection is reversed counts on the other side, and wants a test failover', async () => {
  expect(await counts()).toEqual([12, 0]);
  const path = look.drill.itemPath('jump-01');
  const container = path.split('/replicationProtectedItems/')[0] ?? '';
  await look.post(`${path}/unplannedFailover?${SR}`, { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'NotRequired' });
  await look.move(4 * SECONDS);
  await look.post(`${path}/failoverCommit?${SR}`);
  await look.move(2 * SECONDS);
  const { policyId, providerSpecificDetails: details } = (await look.get(`${path}?${SR}`)).properties;
  const group = details.recoveryFabricObjectId.split('/providers/')[0];
  const target = look.vm('x').split('/providers/')[0];
  const answer = await look.post(`${container}/switchprotection?${SR}`, {
    replicationProtectedItemName: 'jump-01',
    providerSpecificDetails: {
      instanceType: 'A2A',
      recoveryContainerId: container,
      policyId,
      recoveryResourceGroupId: target,
      vmManagedDisks: details.protectedManagedDisks.map(({ diskName }: Json) => ({
        diskId: `${group}/providers/Microsoft.Compute/disks/${diskName}`,
        primaryStagingAzureStorageAccountId: `${group}/providers/Microsoft.Storage/storageAccounts/stcachene`,
        recoveryResourceGroupId: target,
      })),
    },
  });
  expect(answer.status).toBe(202);
  await arm('/jump-01/', { listLag: 300 });
  const moved = async (): Promise<number | undefined> =>
    (await look.azure.siteRecovery.replicationProtectionContainers.get(...VAULT, NEU, `${NEU}-container`)).properties?.protectedItemCount;
  // The container by its name is current, the list of containers is as late as that of their items.
  await look.move(SECONDS);
  expect([await moved(), await counts()]).toEqual([1, [12, 0]]);
  await look.move(6 * SECONDS);
  expect([await moved(), await counts()]).toEqual([1, [11, 1]]);
  await disarm();
  await pagesByFabric();
  // Initial replication, the first point, and the look that finds the machine untested.
  await look.move(35 * SECONDS);
  expect((await told("affectedObjectFriendlyName eq 'jump-01'"))[0]).toEqual(['jump-01', 'VmHealth', 'Warning']);
  const issue = (await health()).protectedItemsHealth.issues.find(({ summaryCode }: Json) => summaryCode === '161011');
  expect(issue).toMatchObject({ category: 'TestFailover', severity: 'Warning', affectedResourceCorrelationIds: [expect.any(String)] });
});
