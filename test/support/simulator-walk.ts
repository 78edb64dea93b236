import { createHash } from 'node:crypto';
import type { SdkClients } from './azure-sdk.ts';
import { sdkClients } from './azure-sdk.ts';
import { shopDrill } from './shop-drill.ts';
import { manualClock, startSimulator } from './simulator.ts';
import type { RunningSimulator } from './simulator.ts';

const STEPS = 14;
const ITEMS = ['web-01', 'web-02', 'app-01', 'db-01', 'db-02', 'jump-01'];
const FAULTS = [
  { when: 'before', do: { status: 503 }, probability: 0.2 },
  { when: 'after', do: { status: 500 }, probability: 0.2 },
  { when: 'instead', do: { lateEffect: 90, answer: 'timeout' }, probability: 0.3 },
  { when: 'duringJob', do: { failJob: { code: 'AllocationFailed' } }, probability: 0.3 },
  { do: { health: 'Critical' } },
] as const;
const VM = 'api-version=2026-04-01';
const SITE_RECOVERY = 'api-version=2023-06-01';

/** A simulated shop in which random requests and faults are sent, each walk from the same start. */
export interface Walker {
  /** Walks as the seed says, and gives a digest of the world, the faults, the ledger and the lists it has come to. */
  readonly walk: (seed: number) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts a shop to walk in; nothing runs inside its machines. */
export async function startWalker(): Promise<Walker> {
  const simulator = await startSimulator([...manualClock(), '--principal', 'owner', '--isolation', 'none']);
  const azure = sdkClients(simulator.ready);
  await simulator.control('snapshot', { method: 'POST', body: { name: 'start' } });
  return { walk: (seed) => walk(simulator, azure, seed), stop: () => simulator.stop() };
}

async function walk(simulator: RunningSimulator, azure: SdkClients, seed: number): Promise<string> {
  await simulator.control('restore', { method: 'POST', body: { name: 'start' } });
  await simulator.control('seed', { method: 'POST', body: { seed } });
  const next = numbers(seed);
  for (let step = 0; step < STEPS; step += 1) {
    await pick(next, deedsOf({ simulator, azure, next, step }))();
    await simulator.control('clock', { method: 'POST', body: { advanceMs: Math.floor(next() * 3000) } });
  }
  const seen = [
    await simulator.control('world'),
    await simulator.control('faults'),
    await simulator.ledger(),
    ...(await lists(simulator, azure)),
  ];
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex');
}

/** What a step may do: each of these leaves something behind, or changes when something does. */
function deedsOf(at: {
  readonly simulator: RunningSimulator;
  readonly azure: SdkClients;
  readonly next: () => number;
  readonly step: number;
}): readonly (() => Promise<unknown>)[] {
  const { simulator, azure, next, step } = at;
  const groups = groupsOf(simulator);
  const drill = shopDrill(azure, simulator);
  const item = pick(next, ITEMS);
  const requestId = `dddddddd-0000-4000-8000-${String(step).padStart(12, '0')}`;
  const send = (method: string, url: string, body?: unknown) =>
    azure.raw(method, url, { headers: { 'x-ms-client-request-id': requestId }, ...(body === undefined ? {} : { body }) });
  const machine = `${groups}/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/${item}`;
  const plan = `${drill.vaultPath}/replicationRecoveryPlans/rp-shop`;
  const backed = `iaasvmcontainerv2;rg-shop-weu;${item}`;
  const vault = `${groups}/rg-shop-weu/providers/Microsoft.RecoveryServices/vaults/rsv-backup-weu`;
  const place = `${vault}/backupFabrics/Azure/protectionContainers/${encodeURIComponent(`IaasVMContainer;${backed}`)}/protectedItems/${encodeURIComponent(`VM;${backed}`)}`;
  const protection = { protectedItemType: 'Microsoft.Compute/virtualMachines', sourceResourceId: machine };
  const nic = `${groups}/rg-restore-test/providers/Microsoft.Network/networkInterfaces/walk-${item}`;
  const island = `${groups}/rg-restore-test/providers/Microsoft.Network/virtualNetworks/vnet-island`;
  const subnet = { id: `${island}/subnets/default` };
  const shop = `${groups}/rg-shop-weu/providers/Microsoft.Network/virtualNetworks/vnet-shop-weu`;
  const peering = `${island}/virtualNetworkPeerings/walk`;
  const point = [{ instanceType: 'A2A', recoveryPointType: 'LatestProcessed', multiVmSyncPointOption: 'UseMultiVmSyncRecoveryPoint' }];
  const provider = { instanceType: 'A2A' };
  const alone = { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'Required', providerSpecificDetails: provider };
  const over = { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'NotRequired', providerSpecificDetails: point };
  return [
    () => drill.test(item, { requestId }),
    () => drill.cleanup(item, { requestId }),
    () =>
      send('POST', `${drill.itemPath(item)}/${pick(next, ['unplannedFailover', 'failoverCommit'])}?${SITE_RECOVERY}`, {
        properties: alone,
      }),
    () =>
      send('POST', `${drill.itemPath(item)}/applyRecoveryPoint?${SITE_RECOVERY}`, { properties: { providerSpecificDetails: provider } }),
    () => send('POST', `${drill.itemPath(item)}/remove?${SITE_RECOVERY}`, { properties: {} }),
    () => send('DELETE', `${drill.itemPath(item)}?${SITE_RECOVERY}`),
    async () => {
      const line = pick(
        next,
        (await simulator.ledger()).filter(({ jobId, operation }) => jobId !== undefined && operation.startsWith('Replication')),
      );
      const verb = pick(next, ['cancel', 'restart']);
      return send('POST', `${drill.vaultPath}/replicationJobs/${line?.jobId ?? 'none'}/${verb}?${SITE_RECOVERY}`);
    },
    () => send('POST', `${machine}/${pick(next, ['start', 'deallocate', 'powerOff', 'restart'])}?${VM}`),
    () => send('DELETE', `${machine}?${VM}`),
    () => send('POST', `${plan}/${pick(next, ['unplannedFailover', 'failoverCommit'])}?${SITE_RECOVERY}`, { properties: over }),
    () => send('POST', `${place}/backup?${SITE_RECOVERY}`, { properties: { objectType: 'IaasVMBackupRequest' } }),
    () => send('PUT', `${place}?${SITE_RECOVERY}`, { properties: { ...protection, policyId: `${vault}/backupPolicies/DefaultPolicy` } }),
    () => send('PUT', `${place}?${SITE_RECOVERY}`, { properties: { ...protection, protectionState: 'ProtectionStopped' } }),
    () => send('DELETE', `${place}?${SITE_RECOVERY}`),
    async () => {
      const { text } = await send('GET', `${place}/recoveryPoints?${SITE_RECOVERY}`);
      const { value = [] } = JSON.parse(text) as { readonly value?: readonly { readonly name: string }[] };
      const recoveryPointId = pick(next, value)?.name ?? 'none';
      return send('POST', `${place}/recoveryPoints/${recoveryPointId}/restore?${SITE_RECOVERY}`, {
        properties: {
          objectType: 'IaasVMRestoreRequest',
          recoveryPointId,
          recoveryType: 'AlternateLocation',
          sourceResourceId: machine,
          targetVirtualMachineId: `${groups}/rg-restore-test/providers/Microsoft.Compute/virtualMachines/${item}-back`,
          targetResourceGroupId: `${groups}/rg-restore-test`,
          storageAccountId: `${groups}/rg-shop-weu/providers/Microsoft.Storage/storageAccounts/ststagingwe`,
          virtualNetworkId: island,
          subnetId: subnet.id,
          region: 'westeurope',
          createNewCloudService: false,
          originalStorageAccountOption: false,
        },
      });
    },
    () => send('POST', `${vault}/backupFabrics/Azure/refreshContainers?${SITE_RECOVERY}`),
    () =>
      send('PUT', `${nic}?api-version=2024-05-01`, {
        location: 'westeurope',
        properties: { ipConfigurations: [{ name: 'ipconfig1', properties: { subnet, privateIPAllocationMethod: 'Dynamic' } }] },
      }),
    () => send('DELETE', `${nic}?api-version=2024-05-01`),
    () => send(pick(next, ['PUT', 'DELETE']), `${peering}?api-version=2024-05-01`, { properties: { remoteVirtualNetwork: { id: shop } } }),
    () => send(pick(next, ['PUT', 'DELETE']), `${groups}/walk-${item}?api-version=2025-04-01`, { location: 'westeurope' }),
    () =>
      simulator.control('faults', { method: 'POST', body: { match: { operation: '*', resource: `/${item}/` }, ...pick(next, FAULTS) } }),
    // A machine that an earlier step has deleted holds no files.
    () => simulator.control(`machines/${item}/files/var/lib/mark`, { method: 'PUT', body: String(next()) }).catch(() => undefined),
  ];
}

/** What lists show at the end: they are late by a time of their own. */
async function lists(simulator: RunningSimulator, azure: SdkClients): Promise<readonly string[]> {
  await simulator.control('faults', { method: 'DELETE' });
  const groups = groupsOf(simulator);
  const paths = [
    `${groups}/rg-shop-weu/providers/Microsoft.Compute/virtualMachines?${VM}`,
    `${groups}/rg-shop-weu/providers/Microsoft.Compute/disks?api-version=2026-03-02`,
    `${groups}/rg-shop-weu/resources?api-version=2025-04-01`,
    `${groups}/rg-restore-test/resources?api-version=2025-04-01`,
    ...['replicationJobs', 'replicationEvents', 'replicationVaultHealth', 'replicationProtectionContainers'].map(
      (list) => `${groups}/rg-dr-weu/providers/Microsoft.RecoveryServices/vaults/rsv-dr-weu/${list}?${SITE_RECOVERY}`,
    ),
    `${groups}/rg-shop-weu/providers/Microsoft.RecoveryServices/vaults/rsv-backup-weu/backupProtectedItems?${SITE_RECOVERY}`,
    `${groups}/rg-shop-weu/providers/Microsoft.RecoveryServices/vaults/rsv-backup-weu/backupJobs?${SITE_RECOVERY}`,
  ];
  const answers: string[] = [];
  // The host and the port are other ones at each start, and stand in the links to next pages.
  for (const path of paths) {
    const { text } = await azure.raw('GET', path);
    // A correlation id is drawn for its answer alone, and never comes twice.
    answers.push(text.replaceAll(simulator.ready.endpoint, '').replaceAll(/ActivityId: [0-9a-f-]{36}/g, 'ActivityId'));
  }
  return answers;
}

const groupsOf = ({ ready }: RunningSimulator): string => `/subscriptions/${ready.subscriptionId}/resourceGroups`;

/** Numbers in [0, 1) that follow from a seed. */
function numbers(seed: number): () => number {
  let count = 0;
  return () => {
    count += 1;
    return createHash('sha256').update(`${seed}:${count}`).digest().readUIntBE(0, 6) / 2 ** 48;
  };
}

function pick<Value>(next: () => number, from: readonly Value[]): Value {
  return from[Math.floor(next() * from.length)] as Value;
}
