import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunSummary } from '../../engine/run/summary.ts';
import { lacks } from '../support/lacks.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

const CANARY = 'canary-7f3a-of-a-secret';
const missing = lacks('redis-server');
let stack: TestStack;

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: leak, title: A script that prints its secret, owner: team-test }
purpose: operations
environment: test
timeout: 10m
inputs:
  token: { type: secret, default: "secret:token" }
targets:
  app:
    hosts:
      - name: app-01
        os: linux
        id: /subscriptions/6f1c1b5e-0000-4000-8000-00000000a001/resourceGroups/rg-shop-weu/providers/Microsoft.Compute/virtualMachines/app-01
    max: 1
steps:
  - id: print
    target: app
    effect: read
    env: { TOKEN: "\${{ inputs.token }}" }
    run: |
      echo "the token is $TOKEN"
      printf '%s' "$TOKEN" | base64
      echo "$TOKEN" >&2
      exit 3
    outputs: { text: result.stdout }
`;

beforeAll(async () => {
  if (missing) return;
  stack = await startTestStack({ scale: 200, leaseMs: 2_000 });
  await mkdir(join(stack.dataDir, 'secrets'), { mode: 0o700 });
  await writeFile(join(stack.dataDir, 'secrets', 'token'), CANARY, { mode: 0o600 });
});

afterAll(async () => {
  if (!missing) await stack.stop();
});

test.skipIf(missing)(
  'a secret that a script prints stands nowhere: not in the store, the API, the evidence, the log or a process log',
  async () => {
    await stack.startWorker();
    await fetch(`${stack.client.baseUrl}/api/v1/runbooks`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ files: [{ path: 'runbooks/leak.yaml', text: RUNBOOK }] }),
    });
    const run = await stack.client.post<RunSummary>('/runs', { runbook: 'leak', inputs: {}, reason: 'test' }, randomUUID());
    expect((await stack.ended(run.id, 60_000)).status).toBe('failed');

    const lines = await stack.client.get<{ readonly lines: readonly { readonly text: string }[] }>(`/runs/${run.id}/logs`);
    expect(lines.lines.map(({ text }) => text)).toContain('the token is ***');
    const places: Record<string, string> = {
      api: JSON.stringify(await stack.client.get(`/runs/${run.id}`)),
      log: JSON.stringify(lines),
      audit: JSON.stringify(await stack.client.get(`/runs/${run.id}/audit`)),
      evidence: (await stack.client.download(`/runs/${run.id}/evidence?format=json`)).text,
      page: (await stack.client.download(`/runs/${run.id}/evidence?format=html`)).text,
      store: await dump(stack.redis.url),
    };
    const logs = join(stack.dataDir, 'logs');
    for (const name of ['server.log', 'worker.log']) places[name] = await readFile(join(logs, name), 'utf8');
    expect((await readdir(logs)).length).toBeGreaterThan(0);
    for (const [place, text] of Object.entries(places)) {
      for (const form of [CANARY, Buffer.from(CANARY).toString('base64')])
        expect(text.includes(form), `${form} stands in ${place}`).toBe(false);
    }
  },
);

/** Everything that Redis holds, as text. */
async function dump(url: string): Promise<string> {
  const redis = new Redis(url);
  const parts: string[] = [];
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key);
    const value =
      type === 'string'
        ? await redis.get(key)
        : type === 'hash'
          ? await redis.hgetall(key)
          : type === 'stream'
            ? await redis.xrange(key, '-', '+')
            : type === 'zset'
              ? await redis.zrange(key, '0', '-1')
              : type === 'list'
                ? await redis.lrange(key, 0, -1)
                : await redis.smembers(key);
    parts.push(`${key} ${JSON.stringify(value)}`);
  }
  redis.disconnect();
  return parts.join('\n');
}
