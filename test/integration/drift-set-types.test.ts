import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRunCommandShell } from '../../adapters/azure/run-command-shell.ts';
import type { ActionPorts } from '../../engine/actions/action.ts';
import { projectRoot } from '../../cli/project-root.ts';
import { actionPorts, machine } from '../support/action-world.ts';
import { driveSet, setContext, setDocument } from '../support/set-drive.ts';
import { type RunningSimulator, startSimulator } from '../support/simulator.ts';
import { azureOf, SIMULATOR_FLAGS } from './azure-drive.ts';

/** What one machine has beside the files of all: packages that can be had, one that others need, and a unit of a package. */
const FILES = `/usr/local/lib/sim/packages: |
  htop 3.2.2-2
  telnetd 0.17+2.4-2
  chrony 4.3-2+deb12u1
  chrony 4.4-1
  libshop 1.0-1
  shop-tools 1.0-1 libshop
/usr/local/lib/systemd/system/telnet.service: |
  [Service]
  ExecStart=/usr/sbin/telnetd
/var/lib/dpkg/status: |
  Package: chrony
  Status: install ok installed
  Architecture: amd64
  Version: 4.3-2+deb12u1

  Package: telnetd
  Status: install ok installed
  Architecture: amd64
  Version: 0.17+2.4-2

  Package: libshop
  Status: install ok installed
  Architecture: amd64
  Version: 1.0-1

  Package: shop-tools
  Status: install ok installed
  Architecture: amd64
  Version: 1.0-1
`;

const of = (type: string, name: string, properties: string): string =>
  `type: Runward.Linux/${type}, name: ${name}, properties: { ${properties} }`;

const WANTED = [
  of('Package', 'htop', 'name: htop'),
  of('Package', 'telnetd', 'name: telnetd, _exist: false'),
  of('Package', 'chrony', 'name: chrony, version: 4.4-1, held: true'),
  of('Service', 'chrony', 'name: chrony, status: running, startType: enabled'),
  of('Service', 'telnet', 'name: telnet, startType: masked'),
  of(
    'User',
    'deploy',
    'name: deploy, uid: 1200, gid: shop, home: /srv/deploy, shell: /bin/sh, fullName: Deployer, groups: [azureuser], locked: true',
  ),
  of('User', 'shop', 'name: shop, shell: /bin/false, groups: [daemon], _purge: false, passwordMaxDays: 90'),
  of('User', 'nobody', 'name: nobody, _exist: false'),
  of('Sysctl', 'aslr', 'key: kernel.randomize_va_space, value: "1", persisted: true'),
  of('Sysctl', 'forward', 'key: net.ipv4.ip_forward, value: "1"'),
  of('File', 'motd', String.raw`path: /etc/motd, content: "Mind the gap\n", owner: root, mode: "0644"`),
  of('FileLine', 'x11', 'path: /etc/ssh/sshd_config, line: X11Forwarding yes, match: "^X11Forwarding"'),
];

// Managed run commands of a simulated machine: its own shell, its own files, stand-ins only for tools that need more than files.
describe('a set of every type over Run Command', () => {
  let simulator: RunningSimulator;
  let folder: string;
  let ports: ActionPorts;
  const target = (name: string) =>
    machine({
      key: name,
      name,
      kind: 'azure_vm',
      id: `/subscriptions/${simulator.ready.subscriptionId}/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/${name}`,
      via: 'run-command',
      location: 'westeurope',
      resourceGroup: 'rg-shop-weu',
      subscription: simulator.ready.subscriptionId,
    });
  const set = (name: string, ...resources: readonly string[]) =>
    driveSet(ports, setContext(setDocument(...resources), { target: target(name) }));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runward-estate-'));
    await cp(join(projectRoot(), 'simulator/estates/contoso-shop'), folder, { recursive: true });
    await writeFile(join(folder, 'files', 'batch-01.yaml'), FILES);
    simulator = await startSimulator([...SIMULATOR_FLAGS, '--estate', join(folder, 'estate.yaml')]);
    const clock = {
      nowMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      sleep: async (ms: number) => await delay(Math.min(ms, 50)),
    };
    ports = actionPorts({ shell: createRunCommandShell(azureOf(simulator)), clock });
  });
  afterAll(async () => {
    await simulator.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('makes all of it so, says so because a check says so, and has nothing to do the second time', async () => {
    const first = await set('batch-01', ...WANTED);
    expect(first.outcome, JSON.stringify(first.outcome)).toMatchObject({ kind: 'succeeded', result: { changed: true } });
    expect(first.outcome.result?.['changed_instances']).toHaveLength(WANTED.length);
    const second = await set('batch-01', ...WANTED);
    expect(second).toMatchObject({ submits: 0, outcome: { kind: 'succeeded', result: { changed: false, changed_instances: [] } } });
  });

  it('does not remove a package with what needs it, names a version that nobody offers, and stays drifted', async () => {
    const needed = of('Package', 'libshop', 'name: libshop, _exist: false');
    const missing = of('Package', 'htop', 'name: htop, version: 9.9-9');
    const { outcome } = await set('batch-01', needed, missing);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'verify' }, result: { changed_instances: [] } });
    const message = outcome.kind === 'failed' ? outcome.failure.message : '';
    expect(message).toContain('with libshop these would go as well: shop-tools');
    expect(message).toContain("E: Version '9.9-9' for 'htop' was not found");
  });

  it('brings every message back that fits, when twenty instances fail over a transport that keeps the end of an output', async () => {
    const many = Array.from({ length: 20 }, (_, index) => of('File', `f${index}`, `path: /no/such/folder/${index}, content: x`));
    const { outcome } = await set('web-01', ...many);
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { kind: 'verify', message: expect.stringContaining('the folder /no/such/folder is not there') as string },
    });
  });
});
