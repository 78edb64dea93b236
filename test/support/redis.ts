import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { quickFolder } from './quick-folder.ts';

/** A Redis server of a test's own. `kill` is SIGKILL; `start` starts it again on the same port and data. */
export interface TestRedis {
  readonly url: string;
  readonly start: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Makes a user with these rights, in the words of ACL SETUSER; answers the address for this user. */
  readonly asUser: (name: string, rights: readonly string[]) => Promise<string>;
  /** Removes everything that is stored. */
  readonly clear: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts a private server in a temporary directory on a free port; `settings` are extra arguments like `--appendfsync everysec`. */
export async function startTestRedis(settings: readonly string[] = []): Promise<TestRedis> {
  const directory = await quickFolder('runward-redis-');
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let admin: Redis | undefined;

  const start = async (): Promise<void> => {
    const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'yes'];
    const policy = ['--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
    child = spawn('redis-server', [...fixed, ...policy, ...settings], { stdio: 'ignore' });
    // A test process that ends before it has cleaned up leaves no server behind.
    process.once('exit', () => child?.kill('SIGKILL'));
    await untilAnswers(url);
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url,
    start,
    kill,
    pause: () => child?.kill('SIGSTOP'),
    resume: () => child?.kill('SIGCONT'),
    async asUser(name, rights) {
      admin ??= new Redis(url);
      await admin.acl('SETUSER', name, 'on', '>of-a-test', ...rights);
      return url.replace('redis://', `redis://${name}:of-a-test@`);
    },
    async clear() {
      admin ??= new Redis(url);
      await admin.flushall();
    },
    async stop() {
      admin?.disconnect();
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function untilAnswers(url: string): Promise<void> {
  const redis = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null, connectTimeout: 1_000 });
  redis.on('error', () => {});
  for (let tries = 0; tries < 500; tries += 1) {
    const answer = await redis.ping().catch((error: unknown) => String(error));
    if (answer === 'PONG') {
      redis.disconnect();
      return;
    }
    await delay(20);
  }
  redis.disconnect();
  throw new Error(`the test's Redis at ${url} does not answer`);
}
