import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sdkClients } from '../support/azure-sdk.ts';
import { isShown } from '../support/shown.ts';
import { manualClock, startSimulator } from '../support/simulator.ts';
import type { VirtualMachineRunCommandInstanceView } from '@azure/arm-compute';
import type { SdkClients } from '../support/azure-sdk.ts';
import type { RunningSimulator } from '../support/simulator.ts';

const GROUP = 'rg-shop-weu';
let simulator: RunningSimulator;
let azure: SdkClients;
let count = 0;

// The ways to contain a script that this computer has; root is needed to change the root.
const ways = [
  { way: 'userns', curl: 'host' },
  { way: 'userns', curl: 'own' },
  ...(process.getuid?.() === 0 ? [{ way: 'chroot', curl: 'host' }] : []),
];

describe.each(ways)('scripts contained by $way, with the curl of $curl', ({ way, curl }) => {
  beforeAll(async () => {
    simulator = await startSimulator([...manualClock(), '--isolation', way, '--curl', curl, '--principal', 'owner']);
    expect(simulator.ready.isolation).toBe(way);
    azure = sdkClients(simulator.ready);
  });
  afterAll(async () => simulator.stop());

  interface Order {
    readonly script: string;
    readonly parameters?: readonly { readonly name: string; readonly value: string }[];
    readonly protectedParameters?: readonly { readonly name: string; readonly value: string }[];
    readonly timeoutInSeconds?: number;
  }

  async function begin(machine: string, order: Order, name = `rc-${(count += 1)}`): Promise<string> {
    const { script, parameters = [], protectedParameters = [], timeoutInSeconds = 60 } = order;
    const poller = azure.compute.virtualMachineRunCommands.createOrUpdate(GROUP, machine, name, {
      location: 'westeurope',
      source: { script },
      parameters: [...parameters],
      protectedParameters: [...protectedParameters],
      timeoutInSeconds,
      asyncExecution: true,
      treatFailureAsDeploymentFailure: false,
    });
    await poller.submitted();
    await simulator.until(async () => isShown(() => view(machine, name)));
    return name;
  }

  async function view(machine: string, name: string): Promise<VirtualMachineRunCommandInstanceView> {
    const found = await azure.compute.virtualMachineRunCommands.getByVirtualMachine(GROUP, machine, name, { expand: 'instanceView' });
    return found.instanceView ?? {};
  }

  async function run(machine: string, order: Order): Promise<VirtualMachineRunCommandInstanceView> {
    const name = await begin(machine, order);
    await simulator.until(async () => !['Pending', 'Running'].includes((await view(machine, name)).executionState ?? ''));
    return view(machine, name);
  }

  const machineNow = async (name: string): Promise<{ readonly address: string; readonly power: string }> => {
    const world = (await simulator.control('world')) as {
      readonly machines: readonly { readonly name: string; readonly address: string; readonly power: string }[];
    };
    const found = world.machines.find((machine) => machine.name === name);
    if (found === undefined) throw new Error(`no machine ${name}`);
    return found;
  };
  const power = async (name: string): Promise<string | undefined> =>
    (await azure.compute.virtualMachines.instanceView(GROUP, name)).statuses
      ?.map((status) => status.code)
      .find((code) => code?.startsWith('PowerState/'));

  test('a script really runs in the files of its machine, with its variables, and its end is told', async () => {
    const end = await run('app-01', {
      script:
        'set -eu\nprintf "hello %s\\n" "$WHO"\ncat /etc/hostname\necho "$SECRET" | wc -c\necho no >&2\necho kept > /var/lib/note\nexit 3',
      parameters: [{ name: 'WHO', value: "it's me" }],
      protectedParameters: [{ name: 'SECRET', value: 'hush' }],
    });
    expect(end).toMatchObject({ executionState: 'Failed', exitCode: 3, output: "hello it's me\napp-01\n5\n", error: 'no\n' });
    expect(await simulator.control('machines/app-01/files/var/lib/note')).toBe('kept\n');
    expect(await run('app-01', { script: 'cat /var/lib/note; id -u; ls /run/sim/scripts | wc -l' })).toMatchObject({
      output: 'kept\n0\n1\n',
    });
    expect(await run('app-02', { script: 'cat /var/lib/note' })).toMatchObject({ executionState: 'Failed' });
  });

  test('a protected parameter never comes back, and only the last 4,096 bytes of output do', async () => {
    const name = await begin('app-02', {
      script: 'head -c 10000 /dev/zero | tr "\\0" x; echo end',
      protectedParameters: [{ name: 'SECRET', value: 'hush-hush' }],
    });
    await simulator.until(async () => (await view('app-02', name)).executionState === 'Succeeded');
    const output = (await view('app-02', name)).output ?? '';
    expect([output.length, output.slice(-5)]).toEqual([4096, 'xend\n']);
    const id = `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/${GROUP}/providers/Microsoft.Compute/virtualMachines/app-02/runCommands/${name}`;
    expect((await azure.raw('GET', `${id}?api-version=2026-04-01&$expand=instanceView`)).text).not.toContain('hush-hush');
  });

  test('a run command that is deleted while its script runs kills the script', async () => {
    const name = await begin('app-03', { script: 'echo begun > /var/lib/begun\nsleep 600\necho late > /var/lib/late' });
    await simulator.until(
      async () => (await simulator.control('machines/app-03/files/var/lib/begun').catch(() => undefined)) !== undefined,
    );
    await azure.compute.virtualMachineRunCommands.delete(GROUP, 'app-03', name).submitted();
    await simulator.until(async () => {
      const world = (await simulator.control('world')) as {
        readonly machines: readonly { readonly name: string; readonly runCommands: readonly unknown[] }[];
      };
      return world.machines.find((machine) => machine.name === 'app-03')?.runCommands.length === 0;
    });
    expect((await run('app-03', { script: 'ls /run/sim/scripts | wc -l; cat /var/lib/late' })).output).toBe('1\n');
  });

  test('a script that takes too long is timed out', async () => {
    expect(await run('app-03', { script: 'echo first; sleep 30', timeoutInSeconds: 1 })).toMatchObject({
      executionState: 'TimedOut',
      output: 'first\n',
    });
  });

  test('the same name again replaces the run command and runs its script again', async () => {
    const name = await begin('app-04', { script: 'echo x >> /var/lib/times' });
    await simulator.until(async () => (await view('app-04', name)).executionState === 'Succeeded');
    await begin('app-04', { script: 'echo x >> /var/lib/times' }, name);
    await simulator.until(async () => (await view('app-04', name)).executionState === 'Succeeded');
    expect(await simulator.control('machines/app-04/files/var/lib/times')).toBe('x\nx\n');
    const effects = (await simulator.ledger()).filter((line) => line.resource.endsWith(`/${name}`)).map((line) => line.effect);
    expect(effects).toEqual(['started', 'replaced']);
  });

  test('the shop answers on the addresses that ARM reports, tier by tier, and keeps its orders', async () => {
    const { address } = await machineNow('web-02');
    const health = await fetch(`http://${address}:8080/healthz`);
    expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok', by: ['web-02', 'app-01', 'db-01'] }]);
    const placed = await fetch(`http://${address}:8080/orders`, { method: 'POST', body: 'one of these' });
    expect([placed.status, await placed.json()]).toMatchObject([201, { number: 6, machine: 'db-01', order: 'one of these' }]);
    expect(((await simulator.control('orders')) as { readonly 'db-01': readonly unknown[] })['db-01']).toHaveLength(6);
  });

  test('a service stopped inside a machine closes its port, and one started again opens it', async () => {
    const { address } = await machineNow('web-03');
    const stopped = await run('web-03', {
      // 7: refused. 56: the listener was closing and cut the connection.
      script:
        'systemctl stop shop-web; systemctl is-active shop-web; echo $?; curl -s -o /dev/null http://127.0.0.1:8080/healthz; case $? in 7|56) echo closed;; *) echo open;; esac',
    });
    expect(stopped.output).toBe('inactive\n3\nclosed\n');
    await expect(fetch(`http://${address}:8080/healthz`)).rejects.toThrow();
    const started = await run('web-03', {
      script: 'systemctl restart shop-web && curl -s -w "%{http_code}" -o /dev/null http://127.0.0.1:8080/healthz',
    });
    expect(started).toMatchObject({ executionState: 'Succeeded', output: '200' });
    expect(
      (
        await run('web-03', {
          script: 'mv /etc/shop/upstream.env /tmp/; systemctl restart shop-web; echo $?; systemctl is-failed shop-web',
        })
      ).output,
    ).toBe('1\nfailed\n');
  });

  test('tools of a machine reach what its network reaches and nothing else, and say what they cannot do', async () => {
    const end = await run('web-04', {
      script:
        'pg_isready --host=db-01 --port=5432 --timeout=5; nc -z -w 1 app-01 8081; echo $?; wget -qO- http://app-01:8081/healthz; curl -s http://example.com/; echo $?; systemctl edit shop-web',
    });
    expect(end.output).toBe('db-01:5432 - accepting connections\n0\n{"status":"ok","by":["app-01","db-01"]}\n7\n');
    expect(end).toMatchObject({ exitCode: 64, error: 'not simulated: systemctl edit shop-web\n' });
    expect(await simulator.control('unmatched')).toMatchObject({ shims: [{ machine: 'web-04', call: 'systemctl edit shop-web' }] });
  });

  test('a request from a configuration file is made as it says, and a port that is closed is told', async () => {
    const script =
      'printf \'url = "http://app-01:8081/healthz"\\nrequest = "GET"\\nheader = "X-Why: because"\\n\' |' +
      ' curl -sS -g --proto "=http,https" --max-time 5 --max-filesize 1048576 -K - -o - -w "\\n@ %{http_code}\\n"; echo $?; curl -sS http://app-01:9/; echo $?';
    const end = await run('web-02', { script });
    expect(end.output).toBe('{"status":"ok","by":["app-01","db-01"]}\n\n@ 200\n0\n7\n');
    expect(end.error).toMatch(/^curl: \(7\) Failed to connect to .* port 9/);
  });

  test('a machine is deallocated and started, refuses what contradicts, and needs no second start', async () => {
    await azure.compute.virtualMachines.deallocate(GROUP, 'batch-01').submitted();
    expect(await power('batch-01')).toBe('PowerState/deallocating');
    await expect(azure.compute.virtualMachines.start(GROUP, 'batch-01').submitted()).rejects.toMatchObject({
      statusCode: 409,
      code: 'OperationNotAllowed',
    });
    await expect(begin('batch-01', { script: 'true' })).rejects.toMatchObject({ statusCode: 409 });
    await simulator.until(async () => (await power('batch-01')) === 'PowerState/deallocated');
    const before = (await simulator.ledger()).length;
    await azure.compute.virtualMachines.start(GROUP, 'batch-01').submitted();
    await simulator.finish(azure.compute.virtualMachines.start(GROUP, 'batch-01'));
    expect(await power('batch-01')).toBe('PowerState/running');
    expect((await simulator.ledger()).slice(before).map((line) => line.effect)).toEqual(['started', 'none']);
  });
});
