import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningRedis } from '../../adapters/embedded-redis.ts';
import { startRedis } from '../../adapters/embedded-redis.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { makeCreate, newRunId } from '../contracts/store-requests.ts';
import { lacks } from '../support/lacks.ts';
import { silentLog } from '../support/silent-log.ts';
import { until } from '../support/until.ts';

describe('a Redis for demo and development', () => {
  let dataDir: string;
  const started: RunningRedis[] = [];
  const start = async (changes: { readonly url?: string; readonly path?: string } = {}): Promise<RunningRedis> => {
    const redis = await startRedis({ dataDir, allowDownload: false, log: silentLog, ...changes });
    started.push(redis);
    return redis;
  };
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'runward-embedded-'));
  });
  afterEach(async () => {
    for (const redis of started.splice(0)) await redis.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('refuses a given address that does not answer, without telling its password', async () => {
    const failing = start({ url: 'redis://:hunter2@127.0.0.1:1' });
    await expect(failing).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'the Redis at redis://127.0.0.1:1 does not answer (refused)',
    });
  });

  describe.skipIf(lacks('redis-server'))('with redis-server on PATH', () => {
    it('starts it privately, with every write forced to disk', async () => {
      const redis = await start();
      expect(redis.kind).toBe('installed');
      const store = await openRedisStore({ url: redis.url, log: silentLog });
      expect(await store.durability()).toMatchObject({ tier: 'gold', findings: [] });
      await store.close();
      const open = new URL(redis.url);
      open.password = '';
      await expect(openRedisStore({ url: open.href, log: silentLog })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    it('keeps the password from other users of the machine', async () => {
      const redis = await start();
      const { password } = new URL(redis.url);
      for (const file of ['redis.json', 'redis/redis.conf']) expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
      expect(readFileSync(`/proc/${redis.pid}/cmdline`, 'utf8')).not.toContain(password);
    });

    it('finds the server of an earlier start, and one server when two start at once', async () => {
      const [first, second] = await Promise.all([start(), start()]);
      expect([first.kind, second.kind].toSorted()).toEqual(['earlier', 'installed']);
      expect(second.pid).toBe(first.pid);
      const third = await start();
      expect(third).toMatchObject({ kind: 'earlier', url: first.url, pid: first.pid });
    });

    it('uses a given address as it is and never stops it', async () => {
      const own = await start();
      const given = await start({ url: own.url });
      expect(given.kind).toBe('given');
      expect(given.describe).not.toContain(new URL(own.url).password);
      await given.stop();
      expect((await start()).kind).toBe('earlier');
    });

    it('has the data again, at the same address, after the server was killed', async () => {
      const first = await start();
      const runId = newRunId();
      const store = await openRedisStore({ url: first.url, log: silentLog });
      await store.create(makeCreate(runId));
      await store.close();
      process.kill(first.pid ?? -1, 'SIGKILL');
      // The port is free again only when the kernel has taken the process down.
      await until(async () => !(await answers(first.url)));

      const second = await start();
      expect(second).toMatchObject({ kind: 'installed', url: first.url });
      const again = await openRedisStore({ url: second.url, log: silentLog });
      expect((await again.readRun(runId))?.run.runId).toBe(runId);
      await again.close();
    });

    it('ignores a process that has got the number of an earlier server', async () => {
      const known = { url: 'redis://127.0.0.1:1', pid: process.pid, kind: 'installed', program: '/none', describe: 'none' };
      writeFileSync(join(dataDir, 'redis.json'), JSON.stringify(known));
      const redis = await start();
      expect(redis.kind).toBe('installed');
      expect(redis.pid).not.toBe(process.pid);
    });
  });
});

/** True while somebody listens at the address. */
function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
