import { readFile } from 'node:fs/promises';
import ssh2, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { SSH_CONNECT_TIMEOUT_MS, SSH_IDLE_MS } from '../../engine/limits.ts';
import type { Secrets } from '../../engine/ports.ts';
import type { Target } from '../../engine/target.ts';
import { fingerprint, judgeHostKey, type PinnedKeys, pinnedKeys } from './known-hosts.ts';

/** How connections are made. `defaultUser` is for targets that name none. */
export interface SshOptions {
  /** File in the format of OpenSSH's known_hosts, read at every new connection. */
  readonly knownHostsFile: string;
  readonly secrets: Secrets;
  readonly defaultUser?: string;
}

/** A ready connection, or why there is none: `refused` needs a person, `unreachable` may pass. */
type Connected =
  | { readonly kind: 'ready'; readonly client: Client }
  | { readonly kind: 'refused' | 'unreachable'; readonly message: string };

/** One connection to each machine, kept while it is used. */
export interface SshConnections {
  readonly get: (target: Target, signal: AbortSignal) => Promise<Connected>;
  readonly close: () => void;
}

interface Kept {
  readonly connected: Promise<Connected>;
  idleTimer?: NodeJS.Timeout;
}

/** Connections keyed by user, address, port and credential; a lost or idle one is forgotten and made anew at the next use. */
export function createSshConnections(options: SshOptions): SshConnections {
  const kept = new Map<string, Kept>();
  const forget = (key: string, client: Client): void => {
    clearTimeout(kept.get(key)?.idleTimer);
    kept.delete(key);
    client.end();
  };
  const open = (key: string, target: Target, signal: AbortSignal): Kept => {
    const connected = connect(options, target, signal).catch((cause: unknown): Connected => {
      return { kind: 'unreachable', message: `SSH cannot be set up: ${cause instanceof Error ? cause.message : 'unknown reason'}` };
    });
    const entry: Kept = { connected };
    kept.set(key, entry);
    void connected.then((one) => {
      if (one.kind !== 'ready') kept.delete(key);
      else one.client.on('close', () => (kept.get(key) === entry ? forget(key, one.client) : undefined));
    });
    return entry;
  };
  return {
    get: async (target, signal) => {
      const key = [target.user, target.address, target.port, target.credential].join('\n');
      const entry = kept.get(key) ?? open(key, target, signal);
      const connected = await entry.connected;
      if (connected.kind !== 'ready') return connected;
      clearTimeout(entry.idleTimer);
      entry.idleTimer = setTimeout(() => forget(key, connected.client), SSH_IDLE_MS).unref();
      return connected;
    },
    close: () => {
      for (const [key, { connected }] of kept) void connected.then((one) => (one.kind === 'ready' ? forget(key, one.client) : undefined));
    },
  };
}

async function connect(options: SshOptions, target: Target, signal: AbortSignal): Promise<Connected> {
  const user = target.user ?? options.defaultUser;
  if (target.address === null) return refused('the target has no address');
  if (user === undefined) return refused('the target names no user for SSH');
  if (target.credential === null) return refused('the target names no credential for SSH');
  const port = target.port ?? 22;
  const hosts = await knownHosts(options.knownHostsFile);
  if (typeof hosts !== 'string') return hosts;
  const pinned = pinnedKeys(hosts, target.address, port);
  const place = `${target.address} port ${port}`;
  if (pinned.keys.length === 0)
    return refused(`no host key of ${place} is pinned in the known hosts file; a machine that is not in it is not trusted`);
  const secret = await options.secrets.resolve(target.credential, signal);
  if (secret.kind === 'unavailable') return { kind: 'unreachable', message: `the SSH credential cannot be read: ${secret.message}` };
  if (ssh2.utils.parseKey(secret.value) instanceof Error) return refused('the SSH credential is no private key without passphrase');
  return await handshake({ host: target.address, port, username: user, privateKey: secret.value }, { pinned, place });
}

interface HandshakePlace {
  readonly pinned: PinnedKeys;
  readonly place: string;
}

function handshake(login: ConnectConfig, { pinned, place }: HandshakePlace): Promise<Connected> {
  const client = new ssh2.Client();
  const { promise, resolve } = Promise.withResolvers<Connected>();
  // Every request under way listens for the end of the connection.
  client.setMaxListeners(0);
  let denied: string | undefined;
  client.on('ready', () => {
    // Requests are small and wait for each other's answers: collecting bytes only costs 40 ms each time.
    client.setNoDelay(true);
    resolve({ kind: 'ready', client });
  });
  client.on('error', (error: Error & { level?: string }) => {
    if (denied !== undefined) resolve(refused(denied));
    else if (error.level === 'client-authentication')
      resolve(refused(`${place} does not accept the credential for user ${login.username}`));
    else resolve({ kind: 'unreachable', message: `${place} cannot be reached over SSH: ${error.message}` });
  });
  client.on('close', () => resolve({ kind: 'unreachable', message: `${place} closed the SSH connection` }));
  const config: ConnectConfig = {
    ...login,
    readyTimeout: SSH_CONNECT_TIMEOUT_MS,
    keepaliveInterval: 10_000,
    keepaliveCountMax: 3,
    authHandler: ['publickey'],
    agentForward: false,
    algorithms: { serverHostKey: algorithmsOf(pinned) },
    hostVerifier: (key: Buffer) => {
      const verdict = judgeHostKey(pinned, key);
      if (verdict !== 'pinned')
        denied = `the host key of ${place} is ${verdict === 'revoked' ? 'revoked' : 'not the pinned one'}: ${fingerprint(key)}`;
      return verdict === 'pinned';
    },
  };
  try {
    client.connect(config);
  } catch (cause) {
    resolve(refused(`SSH to ${place} cannot be set up: ${cause instanceof Error ? cause.message : 'unusable settings'}`));
  }
  return promise;
}

const ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

// Only kinds of keys that are pinned are asked for: otherwise a machine could present one that nothing can be compared with.
function algorithmsOf(pinned: PinnedKeys): ServerHostKeyAlgorithm[] {
  const types = new Set(pinned.keys.map(({ type }) => type));
  const wanted = ALGORITHMS.filter((algorithm) => types.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm));
  return wanted.length === 0 ? [...ALGORITHMS] : wanted;
}

async function knownHosts(file: string): Promise<string | Connected> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return refused('the known hosts file cannot be read, so no machine can be trusted');
  }
}

function refused(message: string): Connected {
  return { kind: 'refused', message };
}
