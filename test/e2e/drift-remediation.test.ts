import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDice } from '../../adapters/memory/dice.ts';
import type { Child } from '../../cli/child-process.ts';
import type { DriftRow } from '../../cli/drift.ts';
import { projectRoot } from '../../cli/project-root.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import { runward } from '../support/command-line.ts';
import { lacks } from '../support/lacks.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const SEED = Number(process.env['TEST_SEED'] ?? Date.now() % 1_000_000);
const KILLS = 3;
const WITHIN_MS = 120_000;

/** Somebody let this machine forward packets. */
const DEBUGGED = `/etc/sysctl.d/99-debug.conf: |
  net.ipv4.ip_forward = 1
`;

/** A machine whose clock service cannot be started: it stays drifted, whatever is set. */
const BROKEN_CLOCK = `/etc/systemd/system/chrony.service: |
  [Unit]
  Description=chrony, an NTP client/server

  [Service]
  ExecStart=/usr/sbin/chronyd

  [X-Sim]
  X-Sim-Fail=1
`;

// The shipped runbook over the shipped estate with one more machine that drifted and one that cannot be repaired, while its workers die.
describe.skipIf(lacks('redis-server'))('a remediation of the fleet', () => {
  let stack: TestStack;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runward-estate-'));
    await cp(join(projectRoot(), 'simulator/estates/contoso-shop'), folder, { recursive: true });
    await writeFile(join(folder, 'files', 'batch-01.yaml'), BROKEN_CLOCK);
    await writeFile(join(folder, 'files', 'db-02.yaml'), DEBUGGED);
    stack = await startTestStack({ scale: 60, leaseMs: 2_000, flags: ['--estate', join(folder, 'estate.yaml')] });
  });
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const rows = async (): Promise<Readonly<Record<string, DriftRow>>> => {
    const { items } = await stack.client.get<{ readonly items: readonly DriftRow[] }>('/drift');
    return Object.fromEntries(items.map((row) => [row.target, row]));
  };
  const sets = async (): Promise<readonly string[]> =>
    (await stack.ledger())
      .filter(({ effect, method, path }) => effect === 'started' && method === 'PUT' && /-set(\?|$)/.test(path))
      .map(({ path }) => /virtualMachines\/([^/]+)/i.exec(path)?.[1] ?? '')
      .toSorted();

  it(`repairs what it can, once each under ${KILLS} kills, and calls nothing compliant that is not (seed ${SEED})`, async () => {
    const dice = makeDice(SEED);
    let worker: Child = await stack.startWorker();
    const run = await stack.startAgreed('drift-remediation');
    const progress = async (): Promise<number> => (await stack.client.get<RunSummary>(`/runs/${run.id}`)).seq;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const seq = await progress();
      // The moment of the kill is the subject of this test: no event can stand in for it.
      await delay(dice.between(50, 2_000));
      worker.kill('SIGKILL');
      await worker.ended;
      worker = await stack.startWorker();
      // A run whose workers die without any progress is parked, rightly.
      await until(async () => (await progress()) > seq);
    }
    const ended = await stack.ended(run.id, WITHIN_MS);
    expect({ status: ended.status, reason: ended.reason }).toMatchObject({ status: 'failed' });
    const repair = ended.steps.find(({ path }) => path === 'repair');
    expect(Object.fromEntries((repair?.items ?? []).map(({ key, status }) => [key, status]))).toEqual({
      'app-03': 'succeeded',
      'batch-01': 'failed',
      'db-02': 'succeeded',
    });
    expect(await sets()).toEqual(['app-03', 'batch-01', 'db-02']);

    const after = await rows();
    expect(Object.values(after).filter(({ status }) => status === 'compliant')).toHaveLength(10);
    expect(after['batch-01']).toMatchObject({ status: 'drifted', drifted: 1 });
    expect(after['jump-01']).toMatchObject({ status: 'unknown' });
    const failed = repair?.items.find(({ key }) => key === 'batch-01');
    expect(failed?.error).toMatchObject({ kind: 'verify', message: expect.stringContaining('Job for chrony.service failed') as string });

    const shown = await stack.client.get<{ readonly resolved: readonly object[] }>(`/drift/targets/${after['app-03']?.key ?? ''}`);
    expect(shown.resolved).toEqual([expect.objectContaining({ resource: 'Runward.Linux/Sysctl:forwarding', by: 'set' })]);
  }, 240_000);

  it('asks nobody about machines that are as desired, and sets none of them again', async () => {
    const before = await sets();
    const words = ['drift', 'remediate', '-i', 'at_most=1', '--reason', 'test', '--yes', '--no-wait', '-o', 'name'];
    const { exit, stdout, stderr } = await runward(words, projectRoot(), { RUNWARD_SERVER: stack.client.baseUrl });
    expect(exit, stderr).toBe(0);
    const run = await stack.client.get<RunSummary>(`/runs/${stdout.trim()}`);
    let now = run;
    await until(async () => {
      now = await stack.client.get<RunSummary>(`/runs/${run.id}`);
      return !['queued', 'running'].includes(now.status);
    });
    expect(now.waitingFor.find(({ kind }) => kind === 'approval')).toMatchObject({ step: 'agree' });
    await stack.client.post(`/runs/${run.id}/cancel`, { reason: 'only looked' }, randomUUID());
    const ended = await stack.ended(run.id, WITHIN_MS);
    expect(ended.outputs).toMatchObject({ drifted: ['batch-01'], not_observed: ['jump-01'] });
    expect(await sets()).toEqual(before);
  });
});
