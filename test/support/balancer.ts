import { once } from 'node:events';
import { createServer } from 'node:net';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestSshd } from './sshd.ts';

/** A command that a balancer has carried out. */
export interface BalancerChange {
  readonly server: string;
  readonly to: 'ready' | 'maint';
  readonly atMs: number;
}

/** A balancer behind a real sshd, whose servers are switched by lines on an admin socket, as those of HAProxy are. */
export interface TestBalancer {
  /** What a stage needs to lead the inventory `fleet-linux` to it. */
  readonly stage: {
    readonly inventories: Readonly<Record<string, string>>;
    readonly secrets: Readonly<Record<string, string>>;
    readonly settings: Readonly<Record<string, string>>;
  };
  readonly changes: () => readonly BalancerChange[];
  /** Servers that get no customers now. */
  readonly outOfUse: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts a balancer in front of these servers, all of them in use. */
export async function startTestBalancer(servers: readonly string[]): Promise<TestBalancer> {
  const folder = await mkdtemp(join(tmpdir(), 'runward-balancer-'));
  await chmod(folder, 0o755);
  const socket = join(folder, 'admin.sock');
  const states = new Map<string, BalancerChange['to']>(servers.map((server) => [server, 'ready']));
  const changes: BalancerChange[] = [];
  const obey = (line: string): string => {
    const [, verb, server = ''] = /^(enable|disable) server shop\/(\S+)$/.exec(line.trim()) ?? [];
    if (verb === undefined) return 'Unknown command.\n';
    if (!states.has(server)) return 'No such server.\n';
    const to = verb === 'enable' ? 'ready' : 'maint';
    if (states.get(server) !== to) changes.push({ server, to, atMs: Date.now() });
    states.set(server, to);
    return '\n';
  };
  const admin = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', (line: Buffer) => client.end(obey(line.toString('utf8'))));
  });
  admin.listen(socket);
  await once(admin, 'listening');
  const tell = join(folder, 'tell');
  const relay = `const c = require('node:net').connect('${socket}'); process.stdin.pipe(c, { end: false }); c.pipe(process.stdout);`;
  await writeFile(tell, `#!/bin/sh\nexec '${process.execPath}' -e "${relay}"\n`, { mode: 0o755 });
  const sshd = await startTestSshd();
  return {
    stage: {
      inventories: { 'fleet-linux': inventory({ tell, user: sshd.target.user ?? '', port: sshd.target.port ?? 22 }) },
      secrets: { 'fleet-ssh': sshd.privateKey },
      settings: { RUNWARD_SSH_KNOWN_HOSTS_FILE: sshd.knownHostsFile },
    },
    changes: () => changes,
    outOfUse: () => [...states].filter(([, state]) => state === 'maint').map(([server]) => server),
    stop: async () => {
      admin.close();
      await sshd.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function inventory({ tell, user, port }: { readonly tell: string; readonly user: string; readonly port: number }): string {
  return `apiVersion: runward/v1
kind: Inventory
metadata: { name: fleet-linux, title: The balancer of a test, owner: team-test }
environment: production
defaults: { os: linux, via: ssh, user: ${user}, credential: "secret:fleet-ssh" }
hosts:
  - { name: balance-11, address: 127.0.0.1, port: ${port}, tags: { role: balancer, admin: ${tell} } }
`;
}
