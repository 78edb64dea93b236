import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A Redis server of a bench's own, with a folder for what belongs to it. */
export interface BenchRedis {
  readonly url: string;
  readonly pid: number;
  readonly directory: string;
}

/** Starts a server for `act` and kills it afterwards; `fsync` is its appendfsync. */
export async function withRedis<Answer>(fsync: string, act: (redis: BenchRedis) => Promise<Answer>): Promise<Answer> {
  const directory = await mkdtemp(join(tmpdir(), 'runward-bench-'));
  const port = await freePort();
  const kept = ['--save', '', '--appendonly', 'yes', '--appendfsync', fsync, '--maxmemory-policy', 'noeviction'];
  const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, ...kept], { stdio: 'ignore' });
  try {
    await delay(500);
    return await act({ url: `redis://127.0.0.1:${port}`, pid: redis.pid ?? 0, directory });
  } finally {
    redis.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
}

/** The memory of a process in MiB. */
export async function memoryMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address === null || typeof address === 'string' ? 0 : address.port);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
