import { afterAll, beforeAll, expect, test } from 'vitest';
import { SR, VM, closeLook } from './simulator-plants.ts';
import type { RawAnswer } from '../support/azure-sdk.ts';
import type { CloseLook, Json } from './simulator-plants.ts';

// What is there, and yet not shown by the lists of Azure.
let look: CloseLook;

beforeAll(async () => {
  look = await closeLook(['--isolation', 'none']);
});
afterAll(async () => look.simulator.stop());

const SCALE = 60;
/** The longest that a list lags behind, at the pace of this simulator. */
const LIST_LAG_MS = 5000 / SCALE;
/** The longest that a GET does not see what was put. */
const READ_LAG_MS = 2000 / SCALE;

function putNic(path: string): Promise<RawAnswer> {
  const subnet = path.replace(/networkInterfaces.*/, 'virtualNetworks/vnet-shop-weu/subnets/default');
  const properties = { primary: true, privateIPAllocationMethod: 'Dynamic', subnet: { id: subnet } };
  return look.azure.raw('PUT', path, {
    body: { location: 'westeurope', properties: { ipConfigurations: [{ name: 'one', properties }] } },
  });
}

function putCommand(path: string): Promise<RawAnswer> {
  return look.azure.raw('PUT', path, { body: { location: 'westeurope', properties: { source: { script: 'exit 0' } } } });
}

test('E21 lists learn later of what a GET shows at once', async () => {
  const group = look.vm('x').split('/providers/')[0] ?? '';
  await look.caught('E21', {
    right: 'right',
    planted: 'planted',
    check: async (suffix) => {
      const nic = await putNic(`${group}/providers/Microsoft.Network/networkInterfaces/late-${suffix}?api-version=2024-05-01`);
      const command = await putCommand(`${look.vm('db-01')}/runCommands/late-${suffix}?${VM}`);
      expect([nic.status, command.status]).toEqual([201, 201]);
      const lists = [`${group}/resources?api-version=2025-04-01`, `${look.vm('db-01')}/runCommands?${VM}`];
      const shown = async (): Promise<readonly boolean[]> =>
        Promise.all(lists.map(async (list) => (await look.get(list)).value.some(({ name }: Json) => name === `late-${suffix}`)));
      expect(await shown()).toEqual([false, false]);
      await look.move(LIST_LAG_MS);
      expect(await shown()).toEqual([true, true]);
    },
  });
});

test('E21 so do the lists of what can be restored and failed over to', async () => {
  const orderedMs = 1000;
  await look.simulator.control('faults', { method: 'POST', body: { do: { listLag: (orderedMs * SCALE) / 1000 } } });
  const vault = `${look.vm('x').split('/providers/')[0]}/providers/Microsoft.RecoveryServices/vaults/rsv-backup-weu`;
  const until = async (read: () => Promise<string | null>, old: string | null): Promise<string> => {
    const now = await read();
    if (now !== null && now !== old) return now;
    await look.move(500);
    return until(read, old);
  };
  await look.caught('E21', {
    right: ['app-03', 'web-01'] as const,
    planted: ['app-04', 'web-02'] as const,
    check: async ([backed, replicated]) => {
      const part = `iaasvmcontainerv2;rg-shop-weu;${backed}`;
      const item = `${vault}/backupFabrics/Azure/protectionContainers/IaasVMContainer;${part}/protectedItems/VM;${part}`;
      const newest = async (): Promise<string> => (await look.get(`${item}?${SR}`)).properties.lastRecoveryPoint as string;
      const before = await newest();
      await look.post(`${item}/backup?${SR}`, { objectType: 'IaasVMBackupRequest' });
      const madeAt = await until(newest, before);
      const backups = async (): Promise<readonly boolean[]> => {
        const points: readonly Json[] = (await look.get(`${item}/recoveryPoints?${SR}`)).value;
        const items: readonly Json[] = (await look.get(`${vault}/backupProtectedItems?${SR}`)).value;
        return [
          points.some(({ properties }) => properties.recoveryPointTime === madeAt),
          items.some(({ properties }) => properties.lastRecoveryPoint === madeAt),
        ];
      };
      expect(await backups()).toEqual([false, false]);
      await look.move(orderedMs + LIST_LAG_MS);
      expect(await backups()).toEqual([true, true]);

      const order = { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'Required' };
      await look.post(`${look.drill.itemPath(replicated)}/unplannedFailover?${SR}`, order);
      const chosen = await until(
        async () => (await look.get(`${look.drill.itemPath(replicated)}?${SR}`)).properties.failoverRecoveryPointId as string | null,
        null,
      );
      const replicas = async (): Promise<boolean> => {
        const points: readonly Json[] = (await look.get(`${look.drill.itemPath(replicated)}/recoveryPoints?${SR}`)).value;
        return points.some(({ id }) => id === chosen);
      };
      expect((await look.azure.raw('GET', `${chosen}?${SR}`)).status).toBe(200);
      expect(await replicas()).toBe(false);
      await look.move(orderedMs + LIST_LAG_MS);
      expect(await replicas()).toBe(true);
    },
  });
});

test('E22 what was answered 201 is not found for a moment, and then it is', async () => {
  const group = look.vm('x').split('/providers/')[0] ?? '';
  await look.caught('E22', {
    right: 'right',
    planted: 'planted',
    check: async (suffix) => {
      const nic = `${group}/providers/Microsoft.Network/networkInterfaces/new-${suffix}?api-version=2024-05-01`;
      const command = `${look.vm('db-02')}/runCommands/new-${suffix}?${VM}`;
      const read = async (): Promise<readonly number[]> =>
        Promise.all([nic, command].map(async (path) => (await look.azure.raw('GET', path)).status));
      const made = [await putNic(nic), await putCommand(command)];
      expect(made.map(({ status }) => status)).toEqual([201, 201]);
      expect(await read()).toEqual([404, 404]);
      await look.move(READ_LAG_MS);
      expect(await read()).toEqual([200, 200]);
      expect((await putCommand(command)).status).toBe(200);
      expect(await read()).toEqual([200, 200]);
    },
  });
});

test('E22 nor is a machine that was just made', async () => {
  const group = look.vm('x').split('/providers/')[0] ?? '';
  const disk = (name: string): object => ({ managedDisk: { id: `${group}/providers/Microsoft.Compute/disks/${name}` } });
  const nic = `${group}/providers/Microsoft.Network/networkInterfaces/batch-01-nic`;
  const path = `${look.vm('batch-01')}?${VM}`;
  const properties = {
    hardwareProfile: { vmSize: 'Standard_D2s_v5' },
    storageProfile: {
      osDisk: { osType: 'Linux', createOption: 'Attach', ...disk('batch-01_OsDisk_1') },
      dataDisks: [{ lun: 0, createOption: 'Attach', ...disk('batch-01_DataDisk_0') }],
    },
    networkProfile: { networkInterfaces: [{ id: nic, properties: { primary: true } }] },
  };
  await look.caught('E22', {
    right: path,
    planted: path,
    check: async (machine) => {
      await look.azure.raw('DELETE', machine);
      await look.move(3000);
      expect((await look.azure.raw('PUT', machine, { body: { location: 'westeurope', properties } })).status).toBe(201);
      const views = [machine, machine.replace('?', '/instanceView?')];
      const read = async (): Promise<readonly number[]> =>
        Promise.all(views.map(async (each) => (await look.azure.raw('GET', each)).status));
      const early = await read();
      await look.move(3000);
      expect([early, await read()]).toEqual([
        [404, 404],
        [200, 200],
      ]);
    },
  });
});
