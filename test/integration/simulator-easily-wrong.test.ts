import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { readyAs } from '../support/principals.ts';
import { runOnMachine } from '../support/run-command.ts';
import { SR, VM, closeLook } from './simulator-plants.ts';
import type { RawAnswer } from '../support/azure-sdk.ts';
import type { CloseLook, Json } from './simulator-plants.ts';

// Behaviours that a stand-in for Azure easily has wrong. Each test is a client that would be misled, and fails when the wrong
// behaviour is planted.
let look: CloseLook;

beforeAll(async () => {
  look = await closeLook();
});
afterEach(async () => look.simulator.control('faults', { method: 'DELETE' }));
afterAll(async () => look.simulator.stop());

const operationOf = (answer: RawAnswer): string => String(answer.headers['azure-asyncoperation']);
const status = async (answer: RawAnswer): Promise<unknown> => (await look.get(operationOf(answer))).status;
const arm = (fault: object): Promise<unknown> => look.simulator.control('faults', { method: 'POST', body: fault });
const cleaned = async (item: string): Promise<void> => {
  await look.simulator.until(async () => (await look.drill.allowed(item)).includes('TestFailoverCleanup'));
  await look.drill.cleanup(item);
  await look.simulator.until(async () => (await look.drill.allowed(item)).includes('TestFailover'));
};

test('E1 an operation takes polls before it ends', async () => {
  await look.caught('E1', {
    right: 'deallocate',
    planted: 'start',
    check: async (verb) => {
      const answer = await look.post(`${look.vm('jump-01')}/${verb}?${VM}`);
      expect([await status(answer), await status(answer)]).toEqual(['InProgress', 'InProgress']);
      await look.move(3000);
      expect(await status(answer)).toBe('Succeeded');
    },
  });
});

test('E2 the two URLs of an operation are 6 KB, and good only byte by byte', async () => {
  await look.caught('E2', {
    right: 'web-01',
    planted: 'web-02',
    check: async (item) => {
      const answer = await look.drill.test(item);
      const url = operationOf(answer);
      expect(url.length + String(answer.headers.location).length).toBeGreaterThan(6000);
      expect((await look.azure.raw('GET', url)).status).toBe(200);
      expect(
        (
          await look.azure.raw(
            'GET',
            url.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
          )
        ).status,
      ).toBe(403);
    },
  });
  await cleaned('web-01');
  await cleaned('web-02');
});

test('E3 the operation of a backup has succeeded long before the backup has', async () => {
  const vault = `/subscriptions/${look.simulator.ready.subscriptionId}/resourceGroups/rg-shop-weu/providers/Microsoft.RecoveryServices/vaults/rsv-backup-weu`;
  await look.caught('E3', {
    right: 'app-01',
    planted: 'app-02',
    check: async (name) => {
      const part = `iaasvmcontainerv2;rg-shop-weu;${name}`;
      const item = `${vault}/backupFabrics/Azure/protectionContainers/IaasVMContainer;${part}/protectedItems/VM;${part}`;
      const points = async (): Promise<number> => (await look.get(`${item}/recoveryPoints?${SR}`)).value.length;
      const before = await points();
      const answer = await look.post(`${item}/backup?${SR}`, { objectType: 'IaasVMBackupRequest' });
      await look.move(1000);
      const ended = await look.get(operationOf(answer));
      expect(ended.status).toBe('Succeeded');
      expect((await look.get(`${vault}/backupJobs/${ended.properties.jobId}?${SR}`)).properties.status).toBe('InProgress');
      expect(await points()).toBe(before);
    },
  });
});

test('E6 lists know less than a GET', async () => {
  await look.caught('E6', {
    right: 'web-03',
    planted: 'web-04',
    check: async (item) => {
      await look.drill.test(item);
      await look.move(1500);
      const jobs: readonly Json[] = (await look.get(`${look.drill.vaultPath}/replicationJobs?${SR}`)).value;
      const listed = jobs.find(({ properties }) => properties.targetObjectName === item);
      const got = await look.get(`${look.drill.vaultPath}/replicationJobs/${listed.name}?${SR}`);
      expect(got.properties).toMatchObject({
        activityId: expect.any(String) as string,
        tasks: expect.arrayContaining([expect.anything()]) as unknown,
      });
      expect(listed.properties).toMatchObject({ activityId: null, tasks: [], customDetails: null });
      expect((await look.get(`${look.drill.vaultPath}/replicationRecoveryPlans?${SR}`)).value[0].properties.groups).toEqual([]);
      expect((await look.get(`${look.drill.vaultPath}/replicationRecoveryPlans/rp-shop?${SR}`)).properties.groups).not.toEqual([]);
    },
  });
  await cleaned('web-03');
  await cleaned('web-04');
});

test('E7 one resource is spelt in several ways', async () => {
  await look.caught('E7', {
    right: 'web-01',
    planted: 'web-01',
    check: async (name) => {
      const disk = look.vm('x').replace('virtualMachines/x', `disks/${name}_OsDisk_1`);
      const nic = look.vm('x').replace('Microsoft.Compute/virtualMachines/x', `Microsoft.Network/networkInterfaces/${name}-nic`);
      const group = look.vm('x').split('/providers/')[0] ?? '';
      const replicated = await look.get(`${look.drill.itemPath(name)}?${SR}`);
      const machine = await look.get(`${look.vm(name)}?${VM}`);
      const pairs: readonly (readonly [string, string])[] = [
        [machine.id, look.vm(name)],
        [replicated.properties.providerSpecificDetails.fabricObjectId, machine.id],
        [replicated.id, look.drill.itemPath(name)],
        [machine.properties.storageProfile.osDisk.managedDisk.id, disk],
        [machine.properties.networkProfile.networkInterfaces[0].id, nic],
        [(await look.get(`${group}?api-version=2025-04-01`)).id, group],
      ];
      expect(pairs.map(([left, right]) => left.toLowerCase() === right.toLowerCase())).toEqual([true, true, true, true, true, true]);
      expect(pairs.map(([left, right]) => left === right)).toEqual([false, false, false, false, false, false]);
    },
  });
});

test('E8 "nothing" is written as null, as None, as the year 1 and as the year 1753', async () => {
  await look.drill.test('db-01');
  await look.move(300);
  await look.caught('E8', {
    right: 'db-02',
    planted: 'db-02',
    check: async (item) => {
      const { currentScenario, protectableItemId } = (await look.get(`${look.drill.itemPath(item)}?${SR}`)).properties;
      expect([currentScenario.scenarioName, currentScenario.startTime, protectableItemId]).toEqual(['None', '1753-01-01T01:01:01Z', null]);
      expect((await look.get(`${look.drill.vaultPath}/replicationRecoveryPlans/rp-shop?${SR}`)).properties.currentScenario).toBeNull();
      const jobs: readonly Json[] = (await look.get(`${look.drill.vaultPath}/replicationJobs?${SR}`)).value;
      const running = await look.get(
        `${look.drill.vaultPath}/replicationJobs/${jobs.find(({ properties }) => properties.state === 'InProgress').name}?${SR}`,
      );
      expect([running.properties.endTime, running.properties.tasks.at(-1).endTime]).toEqual([null, '0001-01-01T00:00:00']);
    },
  });
  await cleaned('db-01');
});

test('E9 a second test failover starts nothing', async () => {
  await look.drill.test('app-03');
  await look.caught('E9', {
    right: 'app-03',
    planted: 'app-03',
    check: async (item) => {
      await look.drill.test(item);
      expect(await look.started(`/${item}/testFailover`)).toHaveLength(1);
    },
  });
  await cleaned('app-03');
});

test('E10 what goes wrong inside a job is told by the job', async () => {
  await look.caught('E10', {
    right: 'app-04',
    planted: 'app-04',
    check: async (item) => {
      const operation = 'ReplicationProtectedItems_TestFailover';
      await arm({ match: { operation, resource: `/${item}/` }, when: 'duringJob', do: { failJob: { code: 'AllocationFailed' } } });
      const answer = await look.drill.test(item);
      expect(answer.status).toBe(202);
      await look.move(4000);
      const id = String(answer.headers['x-ms-request-id']).split(', ')[0] ?? '';
      const { state, errors } = (await look.get(`${id}?${SR}`)).properties;
      expect([state, errors[0].serviceErrorDetails.code, errors[0].providerErrorDetails.errorId]).toEqual([
        'Failed',
        '539',
        'AllocationFailed',
      ]);
    },
  });
});

test('E11 the same client request id twice makes two jobs', async () => {
  const requestId = '11111111-0000-4000-8000-000000000011';
  await look.caught('E11', {
    right: 'web-01',
    planted: 'web-02',
    check: async (item) => {
      const jobs = async (): Promise<number> =>
        (await look.started(`/${item}/testFailover`)).filter(({ path }) => path.endsWith('/testFailover')).length;
      const before = await jobs();
      for (let count = 0; count < 2; count += 1) {
        await look.drill.test(item, { requestId: `${requestId.slice(0, -1)}${item.at(-1)}` });
        await look.move(4000);
        await look.drill.cleanup(item);
        await look.move(4000);
      }
      expect((await jobs()) - before).toBe(2);
    },
  });
});

test('E12 whoever looks too early and sends again does it twice', async () => {
  await look.caught('E12', {
    right: 'app-01',
    planted: 'app-02',
    check: async (name) => {
      await arm({ match: { operation: 'VirtualMachines_Restart', resource: `/${name}/` }, when: 'instead', do: { lateEffect: 300 } });
      const restart = (): Promise<RawAnswer> => look.post(`${look.vm(name)}/restart?${VM}`);
      await expect(restart()).rejects.toMatchObject({ code: 'ECONNRESET' });
      const runs = JSON.stringify(await look.get(`${look.vm(name)}/instanceView?${VM}`)).includes('PowerState/running');
      if (runs) await restart();
      await look.move(8000);
      expect(await look.started(`/${name}/restart`)).toHaveLength(2);
    },
  });
});

test('E14 what was detached stays, and costs', async () => {
  const names = (): Promise<Json> => look.simulator.control('cost');
  const check = async (name: string): Promise<void> => {
    const { nic } = { nic: `${name}-nic` };
    await look.azure.raw('DELETE', `${look.vm(name)}?${VM}`);
    await look.move(2000);
    expect((await look.azure.raw('GET', `${look.vm(name)}?${VM}`)).status).toBe(404);
    const { disks, nics } = await names();
    expect(disks.map((disk: Json) => disk.name)).toEqual([`${name}_OsDisk_1`, `${name}_DataDisk_0`]);
    expect(nics.map((each: Json) => each.name)).toContain(nic);
  };
  const again = async (): Promise<void> => {
    const provider = `${look.vm('x').split('/providers/')[0]}/providers`;
    const disk = (name: string): object => ({ id: `${provider}/Microsoft.Compute/disks/${name}` });
    const answer = await look.azure.raw('PUT', `${look.vm('batch-01')}?${VM}`, {
      body: {
        location: 'westeurope',
        properties: {
          hardwareProfile: { vmSize: 'Standard_D2s_v5' },
          storageProfile: {
            osDisk: { osType: 'Linux', createOption: 'Attach', managedDisk: disk('batch-01_OsDisk_1') },
            dataDisks: [{ lun: 0, createOption: 'Attach', managedDisk: disk('batch-01_DataDisk_0') }],
          },
          networkProfile: {
            networkInterfaces: [{ id: `${provider}/Microsoft.Network/networkInterfaces/batch-01-nic`, properties: { primary: true } }],
          },
        },
      },
    });
    expect(answer.status).toBe(201);
    await look.move(3000);
  };
  let first = true;
  await look.caught('E14', {
    right: 'batch-01',
    planted: 'batch-01',
    check: async (name) => {
      if (!first) await again();
      first = false;
      await check(name);
    },
  });
});

test('E17 a replica holds what was there at its point', async () => {
  await look.caught('E17', {
    right: 'web-03',
    planted: 'web-04',
    check: async (item) => {
      const write = (text: string): Promise<unknown> =>
        look.simulator.control(`machines/${item}/files/var/lib/shop/mark`, { method: 'PUT', body: text });
      const points = `${look.drill.itemPath(item)}/recoveryPoints?${SR}`;
      await write('early');
      await look.move(12_000);
      const [point] = (await look.get(points)).value as readonly Json[];
      await write('late');
      await look.drill.tested(item, { recoveryPointId: point.id });
      expect(await look.simulator.control(`machines/${item}-test/files/var/lib/shop/mark`)).toBe('early');
    },
  });
});

test('E18 a machine of an isolated network answers its neighbours only', async () => {
  await look.caught('E18', {
    right: 'web-03',
    planted: 'web-03',
    check: async (item) => {
      const nic = `${look.vm('x').split('/providers/')[0]?.replace('weu', 'neu')}/providers/Microsoft.Network/networkInterfaces/${item}-nic-test`;
      const address = (await look.get(`${nic}?api-version=2024-05-01`)).properties.ipConfigurations[0].properties
        .privateIPAddress as string;
      const world = (await look.simulator.control('world')) as {
        readonly machines: readonly { readonly name: string; readonly realAddress: string }[];
      };
      const real = world.machines.find(({ name }) => name === `${item}-test`)?.realAddress ?? '';
      expect((await fetch(`http://${real}:8080/`)).status).toBe(200);
      const outside = await fetch(`http://${address}:8080/`, { signal: AbortSignal.timeout(500) }).then(
        (answer) => answer.text(),
        () => 'silent',
      );
      // Something else may have this address where the test runs; the machine must not.
      expect(outside).not.toContain(item);
    },
  });
});

test('E19 of a script the last 4,096 bytes come back, and its failure is not one of the resource', async () => {
  await look.caught('E19', {
    right: 'right',
    planted: 'planted',
    check: async (name) => {
      const script = 'i=0; while [ $i -lt 500 ]; do echo 0123456789; i=$((i+1)); done; echo the end; exit 3';
      const view = await runOnMachine(look, { machine: 'db-01', name, script });
      expect([view.executionState, view.exitCode]).toEqual(['Failed', 3]);
      expect(view.output).toHaveLength(4096);
      expect(view.output).toMatch(/the end\n$/);
      expect((await look.get(`${look.vm('db-01')}/runCommands/${name}?${VM}`)).properties.provisioningState).toBe('Succeeded');
    },
  });
});

test('E20 who may start a failover may read its job, not its operation', async () => {
  const operator = sdkClients(readyAs(look.simulator.ready, 'site-recovery-operator'));
  await look.caught('E20', {
    right: 'app-01',
    planted: 'app-02',
    check: async (name) => {
      const body = { properties: { failoverDirection: 'PrimaryToRecovery', sourceSiteOperations: 'NotRequired' } };
      const answer = await operator.raw('POST', `${look.drill.itemPath(name)}/unplannedFailover?${SR}`, { body });
      const job = `${String(answer.headers['x-ms-request-id']).split(', ')[0]}?${SR}`;
      const statuses = [(await operator.raw('GET', operationOf(answer))).status, (await operator.raw('GET', job)).status];
      expect([answer.status, ...statuses]).toEqual([202, 403, 200]);
    },
  });
});
