import type { RunSummary, StepSummary } from '../../../engine/run/summary.ts';
import type { RunModel } from '../../../cli/run-model.ts';

/** 2026-11-24T09:02:00Z, when the sample was read. */
export const NOW = Date.parse('2026-11-24T09:02:00.000Z');

/** A step row; `fields` replace what the story needs otherwise. */
export function row(path: string, fields: Partial<StepSummary> = {}): StepSummary {
  const id = path.slice(path.lastIndexOf('/') + 1);
  const section = path.startsWith('finally/') ? 'finally' : path.startsWith('readiness/') ? 'readiness' : 'steps';
  return { path, id, name: id, section, depth: 0, status: 'pending', attempt: 1, items: [], ...fields };
}

const began = '2026-11-24T09:01:00.000Z';

/** A drill in the middle: one gate passed, one tier done, one under way. */
export const drill: RunSummary = {
  apiVersion: 'runward/v1',
  kind: 'Run',
  id: '0198c0de-0000-7000-8000-000000000001',
  number: 142,
  runbook: 'shop-drill',
  title: 'Shop drill',
  purpose: 'drill',
  environment: 'production',
  status: 'running',
  phase: 'main',
  planHash: '5f2c9a1e'.repeat(8),
  requester: { name: 'alice@corp' },
  createdAt: began,
  startedAt: began,
  seq: 56,
  url: 'https://runward.corp/runs/142',
  objectives: { rto: { targetMs: 3_600_000, elapsedMs: 42_000, verdict: 'not_measured' } },
  waitingFor: [],
  pendingCommands: 0,
  steps: [
    row('readiness/replication', { status: 'succeeded', startedAt: began, endedAt: '2026-11-24T09:01:01.000Z' }),
    row('readiness/isolated', { status: 'succeeded', startedAt: began, endedAt: '2026-11-24T09:01:02.000Z' }),
    row('start_gate', { status: 'succeeded', name: 'Approve the drill', startedAt: began, endedAt: '2026-11-24T09:01:05.000Z' }),
    row('failover_db', {
      status: 'succeeded',
      startedAt: '2026-11-24T09:01:05.000Z',
      endedAt: '2026-11-24T09:01:30.000Z',
      items: [
        { key: 'db-01', status: 'succeeded' },
        { key: 'db-02', status: 'succeeded' },
      ],
    }),
    row('failover_app', {
      status: 'running',
      startedAt: '2026-11-24T09:01:30.000Z',
      items: [
        { key: 'app-01', status: 'succeeded' },
        { key: 'app-02', status: 'running', percent: 62 },
      ],
    }),
    row('repoint_app'),
    row('finally/cleanup', { name: 'Delete the test machines' }),
  ],
};

/** The drill as a screen holds it. */
export const model: RunModel = { run: drill, snapshotAtMs: NOW };
