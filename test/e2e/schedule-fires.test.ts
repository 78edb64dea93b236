import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../cli/project-root.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import { lacks } from '../support/lacks.ts';
import type { TestStack } from '../support/stack.ts';
import { startTestStack } from '../support/stack.ts';

const SCALE = 60;
const PATH = 'runbooks/recovery-readiness.yaml';
const ID = 'recovery-readiness.minutely';

describe.skipIf(lacks('redis-server'))('a schedule', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack({ scale: SCALE, leaseMs: 3_000 });
    await stack.startWorker();
  });
  afterAll(() => stack.stop());

  it('that is switched on by publishing fires within its minute, and a worker carries its run to the end', async () => {
    const text = (await readFile(join(projectRoot(), PATH), 'utf8')).replace('enabled: false', 'enabled: true');
    const answer = await fetch(`${stack.client.baseUrl}/api/v1/runbooks`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ files: [{ path: PATH, text }] }),
    });
    expect(answer.status).toBe(200);

    const run = await firstRun();
    expect(run.requester.name).toBe(`schedule ${ID}`);
    expect((await stack.ended(run.id, 120_000)).status).toBe('succeeded');
    const { past } = await stack.client.get<{ readonly past: readonly { readonly outcome: string; readonly runId?: string }[] }>(
      `/schedules/${ID}/slots`,
    );
    expect(past.at(-1)).toMatchObject({ outcome: 'run', runId: run.id });
  });

  async function firstRun(): Promise<RunSummary> {
    for (;;) {
      const { items } = await stack.client.get<{ readonly items: readonly RunSummary[] }>('/runs?runbook=recovery-readiness');
      const oldest = items.at(-1);
      if (oldest !== undefined) return oldest;
      await delay(500);
    }
  }
});
