import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacks } from '../support/lacks.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { GREET } from '../unit/server/documents.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'server', 'main.ts');

describe.skipIf(lacks('redis-server'))('the server as a process', () => {
  let redis: TestRedis;
  let directory: string;

  beforeAll(async () => {
    redis = await startTestRedis();
    directory = await mkdtemp(join(tmpdir(), 'runward-server-'));
    await mkdir(join(directory, 'runbooks'));
    await writeFile(join(directory, GREET.path), GREET.text);
  });

  afterAll(async () => {
    await redis.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const run = (env: Readonly<Record<string, string>>, args: readonly string[] = []) =>
    start({ RUNWARD_REDIS_URL: redis.url, RUNWARD_DATA_DIR: join(directory, 'data'), RUNWARD_PORT: '0', ...env }, args);

  it('publishes its project, says when it is ready, and ends in order while a stream is open', async () => {
    const { url, stop, stderr } = await run({
      RUNWARD_AZURE_ARM_ENDPOINT: 'https://127.0.0.1:9',
      RUNWARD_AZURE_AUTHORITY_HOST: 'https://127.0.0.1:9',
      RUNWARD_PROJECT_DIR: directory,
    });
    expect(await names(url)).toEqual(['greet']);
    const started = await fetch(`${url}/api/v1/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'once-and-again' },
      body: JSON.stringify({ runbook: 'greet' }),
    });
    expect(started.status).toBe(202);
    const stream = await fetch(`${url}/api/v1/runs/1/events`, { headers: { accept: 'text/event-stream' } });
    const text = stream.text();
    expect(await stop()).toBe(0);
    expect(await text).toContain('event: runward.run.created');
    expect(stderr()).toContain('"msg":"server stops"');
  });

  it('takes its first token from a file, refuses one that others can read, and knows it after a restart', async () => {
    const token = `rw_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('hex')}`;
    const file = join(directory, 'token');
    await writeFile(file, `${token}\n`, { mode: 0o644 });
    const env = { RUNWARD_AUTH: 'token', RUNWARD_BOOTSTRAP_TOKEN_FILE: file, RUNWARD_AZURE_ARM_ENDPOINT: 'https://127.0.0.1:9' };
    await expect(run(env)).rejects.toThrow(/exit 2.*chmod 600/s);

    await rm(file);
    await writeFile(file, `${token}\n`, { mode: 0o600 });
    for (let round = 0; round < 2; round += 1) {
      const { url, stop, stderr } = await run(env);
      const me = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
      expect(await me.json()).toMatchObject({ id: 'bootstrap', kind: 'token', grants: [{ role: 'admin' }] });
      expect((await fetch(`${url}/api/v1/me`)).status).toBe(401);
      expect(await stop()).toBe(0);
      expect(stderr()).not.toContain(token.slice(16));
    }
  });

  it('refuses to be open to others, or to start with settings that do not hold', async () => {
    await expect(run({ RUNWARD_HOST: '0.0.0.0' })).rejects.toThrow(/exit 2.*USAGE_OPEN/s);
    await expect(run({}, ['--host', '0.0.0.0'])).rejects.toThrow(/exit 2.*USAGE_OPEN/s);
    await expect(run({}, ['--prot', '1'])).rejects.toThrow(/exit 2.*USAGE_FLAG.*--port/s);
    await expect(run({ RUNWARD_PORT: 'seven' })).rejects.toThrow(/exit 2.*USAGE_CONFIG_INVALID.*port/s);
  });
});

async function names(url: string): Promise<readonly string[]> {
  const { items } = (await (await fetch(`${url}/api/v1/runbooks`)).json()) as { readonly items: readonly { readonly name: string }[] };
  return items.map((item) => item.name);
}

// Resolves when the process says that it is ready; rejects with its exit code and last words when it ends instead.
async function start(env: Readonly<Record<string, string>>, args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, '--ready-json', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ready = once(createInterface(child.stdout), 'line').then(
    ([line]) => JSON.parse(String(line)) as { readonly ready: boolean; readonly url: string },
  );
  const gone = ended(child).then((code) => {
    throw new Error(`exit ${code}: ${said}`);
  });
  const { url } = await Promise.race([ready, gone]);
  gone.catch(() => undefined);
  return {
    url,
    stderr: () => said,
    stop: async () => {
      child.kill('SIGTERM');
      return ended(child);
    },
  };
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return child.exitCode;
}
