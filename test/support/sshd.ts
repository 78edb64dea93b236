import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Secrets } from '../../engine/ports.ts';
import type { Target } from '../../engine/target.ts';
import { freePort } from './free-port.ts';
import { sshKeyPair } from './ssh-key.ts';

/** A private sshd behind a proxy that can lose connections. Scripts run as the user who logs in, with `home` as home directory. */
export interface TestSshd {
  readonly target: Target;
  readonly home: string;
  readonly knownHostsFile: string;
  readonly secrets: Secrets;
  /** The key that logs in, as the text of its file. */
  readonly privateKey: string;
  /** Cuts every open connection now. */
  readonly cut: () => void;
  /** Lets nothing of the server's answers through any more once the client has sent this many further bytes. */
  readonly muteAfter: (clientBytes: number) => void;
  readonly connectionsMade: () => number;
  readonly stop: () => Promise<void>;
}

/** Who logs in: another user than the one who runs the tests is possible for root only. */
export interface Login {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Starts sshd on a free port with keys of its own; every file of it lies in one temporary folder that `stop` removes. */
export async function startTestSshd(login: Login = currentUser()): Promise<TestSshd> {
  const folder = await mkdtemp(join(tmpdir(), 'runward-sshd-'));
  // sshd reads the keys as the user who logs in.
  await chmod(folder, 0o755);
  const home = join(folder, 'home');
  await mkdir(home);
  await chown(home, login.uid, login.gid);
  const hostKey = sshKeyPair();
  const userKey = sshKeyPair();
  await writeFile(join(folder, 'host_key'), hostKey.private, { mode: 0o600 });
  await writeFile(join(folder, 'authorized_keys'), `${userKey.public}\n`);
  const daemon = await startDaemon(folder, { home, usePam: login.name !== userInfo().username });
  const proxy = await startProxy(daemon.port);
  const knownHostsFile = join(folder, 'known_hosts');
  await writeFile(knownHostsFile, `[127.0.0.1]:${proxy.port} ${hostKey.public}\n`);
  return {
    target: sshTarget(proxy.port, login.name),
    home,
    knownHostsFile,
    privateKey: userKey.private,
    secrets: { resolve: () => Promise.resolve({ kind: 'found', value: userKey.private }) },
    cut: proxy.cut,
    muteAfter: proxy.muteAfter,
    connectionsMade: proxy.connectionsMade,
    stop: async () => {
      proxy.close();
      daemon.child.kill('SIGTERM');
      await once(daemon.child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Daemon {
  readonly home: string;
  /** Without PAM sshd lets nobody in whose password is locked, as that of a service's user is. */
  readonly usePam: boolean;
}

async function startDaemon(folder: string, { home, usePam }: Daemon): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  // sshd as root wants the folder that its package's start script makes.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host_key')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'pid')}`,
    `SetEnv HOME=${home}`,
    'StrictModes no',
    `UsePAM ${usePam ? 'yes' : 'no'}`,
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
  ];
  const config = join(folder, 'sshd_config');
  await writeFile(config, `${settings.join('\n')}\n`);
  const binary = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path)) ?? 'sshd';
  const child = spawn(binary, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  // The pipe is read to its end: a server whose log nobody reads fails at a later connection.
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8');
      if (log.includes('Server listening')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${log}`)));
  });
  return { child, port };
}

interface Proxy {
  readonly port: number;
  readonly cut: () => void;
  readonly muteAfter: (clientBytes: number) => void;
  readonly connectionsMade: () => number;
  readonly close: () => void;
}

async function startProxy(sshdPort: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let made = 0;
  let budget = Number.POSITIVE_INFINITY;
  const server = createServer((near) => {
    made += 1;
    const far = connect(sshdPort, '127.0.0.1');
    for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.on('data', (chunk) => {
      budget -= chunk.length;
      far.write(chunk);
    });
    far.on('data', (chunk) => (budget > 0 ? near.write(chunk) : undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    budget = Number.POSITIVE_INFINITY;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: portOf(server.address()),
    cut,
    muteAfter: (clientBytes) => (budget = clientBytes),
    connectionsMade: () => made,
    close: () => {
      cut();
      server.close();
    },
  };
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function currentUser(): Login {
  const { username, uid, gid } = userInfo();
  return { name: username, uid, gid };
}

function sshTarget(port: number, user: string): Target {
  return {
    key: 'db1',
    name: 'db1',
    kind: 'host',
    id: 'db1',
    lockId: 'db1',
    os: 'linux',
    address: '127.0.0.1',
    via: 'ssh',
    port,
    user,
    credential: 'secret:ssh-key',
    tags: {},
    location: null,
    resourceGroup: null,
    subscription: null,
    recoveryGroup: null,
    powerState: null,
    environment: null,
  };
}
