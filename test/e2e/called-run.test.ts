import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Child } from '../../cli/child-process.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import { lacks } from '../support/lacks.ts';
import { doubled, startTestStack, type TestStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const WITHIN_MS = 120_000;

/** Stops two machines, which asks a person, and starts them again: each by a runbook of its own. */
const POWER_CYCLE = `apiVersion: runward/v1
kind: Runbook
metadata: { name: power-cycle, title: Stop and start the batch and jump machines, owner: team-shop }
purpose: operations
environment: production
timeout: 2h
steps:
  - { id: stop, call: vm-stop }
  - { id: start, call: vm-start }
  - id: same
    assert: [{ that: 'size(steps.start.outputs.started) == size(steps.stop.outputs.stopped)', message: A machine did not come back }]
outputs: { started: steps.start.outputs.started }
`;

const missing = lacks('redis-server');
let stack: TestStack;

beforeAll(async () => {
  if (missing) return;
  stack = await startTestStack({ scale: 100, leaseMs: 2_000 });
  const files = [{ path: 'runbooks/power-cycle.yaml', text: POWER_CYCLE }];
  const published = await fetch(`${stack.client.baseUrl}/api/v1/runbooks`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ files }),
  });
  if (!published.ok) throw new Error(await published.text());
});

afterAll(async () => {
  if (!missing) await stack.stop();
});

const show = (run: string): Promise<RunSummary> => stack.client.get<RunSummary>(`/runs/${run}`);

async function calledBy(run: RunSummary, step: string): Promise<RunSummary> {
  const stepNow = async () => (await show(run.id)).steps.find(({ id }) => id === step);
  await until(async () => (await stepNow())?.calls !== undefined);
  return show((await stepNow())?.calls?.id ?? '');
}

test.skipIf(missing)(
  'workers are killed while a called run works: it goes on, its caller too, and each effect is counted once',
  async () => {
    const before = (await stack.ledger()).length;
    let worker: Child = await stack.startWorker();
    const kill = async (): Promise<void> => {
      worker.kill('SIGKILL');
      await worker.ended;
      worker = await stack.startWorker();
    };
    const run = await stack.client.post<RunSummary>('/runs', { runbook: 'power-cycle', inputs: {}, reason: 'test' }, randomUUID());

    const stopping = await calledBy(run, 'stop');
    expect(stopping.calledBy).toMatchObject({ id: run.id, number: run.number, runbook: 'power-cycle', step: 'stop' });
    await kill();
    await until(async () => (await show(stopping.id)).waitingFor.some(({ kind }) => kind === 'approval'));
    // The gate of the called run asks about its own plan; the caller's hash opens nothing.
    const approve = (planHash: string) =>
      stack.client.post(`/approvals/${stopping.number}.agree/approve`, { planHash, reason: 'nobody works on them' }, randomUUID());
    await expect(approve(run.planHash)).rejects.toMatchObject({ code: 'CONFLICT_STALE_PLAN' });
    await approve(stopping.planHash);
    await until(async () => (await show(stopping.id)).steps.some(({ id, status }) => id === 'stop' && status === 'running'));
    await kill();

    const starting = await calledBy(run, 'start');
    await until(async () => (await show(starting.id)).steps.some(({ id, status }) => id === 'start' && status !== 'pending'));
    await kill();

    const end = await stack.ended(run.id, WITHIN_MS);
    expect({ status: end.status, reason: end.reason }).toEqual({ status: 'succeeded', reason: undefined });
    expect(doubled(await stack.ledger(), before)).toEqual([]);
    const power = (await stack.ledger())
      .slice(before)
      .filter(({ effect, operation }) => effect === 'started' && operation.startsWith('VirtualMachines_'));
    expect(power.map(({ operation }) => operation).toSorted()).toEqual([
      'VirtualMachines_Deallocate',
      'VirtualMachines_Deallocate',
      'VirtualMachines_Start',
      'VirtualMachines_Start',
    ]);
    const runs = await stack.client.get<{ readonly items: readonly { readonly runbook: string }[] }>('/runs?limit=20');
    expect(runs.items.map(({ runbook }) => runbook)).toEqual(['vm-start', 'vm-stop', 'power-cycle']);
  },
);
