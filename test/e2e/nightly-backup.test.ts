import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunSummary, StepSummary } from '../../engine/run/summary.ts';
import { lacks } from '../support/lacks.ts';
import { doubled, startTestStack, type TestStack } from '../support/stack.ts';

const FLEET = 400;
const UNPROTECTED = 2;
const WITHIN_MS = 240_000;

/** The first two backups fail; later the answer to one request is lost, and nothing of a job tells who asked for it. */
const FAULTS = [
  {
    match: { operation: 'Backups_Trigger' },
    when: 'duringJob',
    do: { failJob: { code: 'UserErrorGuestAgentStatusUnavailable', message: 'The agent does not answer.' } },
    times: 2,
  },
  { match: { operation: 'Backups_Trigger', nth: 20 }, when: 'after', do: { reset: true } },
];

const missing = lacks('redis-server');
let stack: TestStack;

beforeAll(async () => {
  if (missing) return;
  const flags = ['--estate', 'contoso-fleet', '--backup-marks', 'none'];
  stack = await startTestStack({ scale: 2_000, leaseMs: 10_000, flags, faults: FAULTS });
  await stack.startWorker();
});

afterAll(async () => {
  if (!missing) await stack.stop();
});

const start = () => stack.client.post<RunSummary>('/runs', { runbook: 'nightly-backup', inputs: {}, reason: 'test' }, randomUUID());
const stepOf = (run: RunSummary, path: string): StepSummary => {
  const found = run.steps.find((step) => step.path === path);
  if (found === undefined) throw new Error(`the run has no step ${path}`);
  return found;
};
const counts = (step: StepSummary): Readonly<Record<string, number>> => {
  const seen: Record<string, number> = {};
  for (const { status } of step.items) seen[status] = (seen[status] ?? 0) + 1;
  return seen;
};
const backups = async () =>
  (await stack.ledger()).filter(({ operation, effect }) => operation === 'Backups_Trigger' && effect === 'started');

test.skipIf(missing)('a first wave that fails stops the rest of the fleet', { timeout: WITHIN_MS }, async () => {
  const end = await stack.ended((await start()).id, WITHIN_MS);
  expect(end.status).toBe('failed');
  const backup = stepOf(end, 'backup');
  expect(counts(stepOf(end, 'coverage'))).toEqual({ succeeded: FLEET - UNPROTECTED, failed: UNPROTECTED });
  expect(counts(backup)).toEqual({ failed: 2, skipped: FLEET - UNPROTECTED - 2 });
  expect(backup.error?.message).toContain('The first machines failed; not touching the rest');
  expect(stepOf(end, 'backup/wave-1/wave_ok').status).toBe('failed');
  expect(await backups()).toHaveLength(2);
});

test.skipIf(missing)(
  'every protected machine is backed up once; a request whose fate nobody can tell waits for a person',
  { timeout: WITHIN_MS },
  async () => {
    const before = (await stack.ledger()).length;
    const run = await start();
    const parked = await stack.ended(run.id, WITHIN_MS);
    expect(parked.status).toBe('unknown');
    const [unclear, ...others] = parked.waitingFor.filter(({ kind }) => kind === 'resolve');
    expect(others).toEqual([]);
    if (unclear === undefined) throw new Error('nothing waits for a person');
    const sent = (await backups()).length;
    await stack.client.post(
      `/runs/${run.id}/steps/${unclear.stepKey}/resolve`,
      { as: 'succeeded', reason: 'the vault shows the recovery point' },
      randomUUID(),
    );
    let end = await stack.ended(run.id, WITHIN_MS);
    while (end.status === 'unknown') end = await stack.ended(run.id, WITHIN_MS);
    expect(end.status).toBe('partially_failed');
    expect(counts(stepOf(end, 'backup'))).toEqual({ succeeded: FLEET - UNPROTECTED });
    expect(stepOf(end, 'unprotected').error?.message).toContain('Some machines tagged env=prod are in no backup vault');
    expect(doubled(await stack.ledger(), before)).toEqual([]);
    expect(await backups()).toHaveLength(2 + FLEET - UNPROTECTED);
    expect(sent).toBeLessThan(2 + FLEET - UNPROTECTED);
  },
);
