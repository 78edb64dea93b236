import { expect, it } from 'vitest';
import type { StepKey } from '../../../engine/ids.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { actions } from '../../../engine/actions/registry.ts';
import type { Runbook } from '../../../engine/language/runbook.ts';
import type { Plan } from '../../../engine/plan/plan-record.ts';
import type { RunRecord, StepRecord } from '../../../engine/run/record.ts';
import { summarize } from '../../../engine/run/summary.ts';

const T0 = Date.UTC(2026, 0, 15, 9);

const TEXT = `apiVersion: runward/v1
kind: Runbook
metadata: { name: blocks, title: Blocks, owner: team-a }
purpose: drill
environment: test
timeout: 1h
objectives:
  rto: 10m
  rpo: 5m
  clock: { start: first, stop: last }
readiness:
  checks:
    - id: ready
      assert: [{ that: "true", message: no }]
steps:
  - id: first
    assert: [{ that: "true", message: no }]
  - id: each
    for_each: \${{ ["a", "b"] }}
    steps:
      - id: inner
        assert: [{ that: "true", message: no }]
  - id: last
    assert: [{ that: "true", message: no }]
finally:
  - id: tidy
    assert: [{ that: "true", message: no }]
`;

function definition(): Runbook {
  const loaded = loadDocuments([{ path: 'runbooks/blocks.yaml', text: TEXT }], { actions });
  const found = loaded.runbooks.get('blocks');
  expect(loaded.findings.filter((finding) => finding.severity === 'error')).toEqual([]);
  return (found as NonNullable<typeof found>).runbook;
}

function record(path: string, fields: Partial<StepRecord>): StepRecord {
  const stepId = /([a-z_]+)(?:\[[^\]]*\])?$/.exec(path)?.[1] as string;
  const key = `key of ${path}` as StepKey;
  return { path, stepId, node: 'assert', key, state: 'succeeded', rev: 1, generation: 0, attempt: 1, send: 0, observations: [], ...fields };
}

function show(fields: Partial<RunRecord>, steps: readonly StepRecord[], nowMs = T0 + 60_000) {
  const run = {
    runId: '0b5cbd7c-9d4b-5c8e-8d5a-0f6f3c1f2a10',
    number: 7,
    state: 'running',
    phase: 'main',
    requester: { id: 'ada', name: 'ada', kind: 'token', groups: [] },
    createdAtMs: T0,
    clock: { waitedMs: 0 },
    eventSeq: 12,
    ...fields,
  } as unknown as RunRecord;
  return summarize({ run, steps, plan: { definition: definition() } as Plan, pendingCommands: 0, nowMs, baseUrl: 'http://h' });
}

it('rows stand in the order of the runbook, also those that have not begun', () => {
  const { steps } = show({}, []);
  expect(steps.map((step) => [step.section, step.depth, step.path, step.status])).toEqual([
    ['readiness', 0, 'readiness/ready', 'pending'],
    ['steps', 0, 'first', 'pending'],
    ['steps', 0, 'each', 'pending'],
    ['steps', 1, 'each/inner', 'pending'],
    ['steps', 0, 'last', 'pending'],
    ['finally', 0, 'finally/tidy', 'pending'],
  ]);
});

it('a fan-out shows its items, and its children once per item', () => {
  const items = [{ key: 'a' }, { key: 'b' }];
  const { steps } = show({}, [
    record('each', { node: 'fan_out', state: 'ready', items, createdAtMs: T0 }),
    record('each[a]', { node: 'sequence', itemKey: 'a', createdAtMs: T0, endedAtMs: T0 + 5 }),
    record('each[a]/inner', { createdAtMs: T0, endedAtMs: T0 + 5 }),
  ]);
  expect(steps.map((step) => step.path)).toEqual([
    'readiness/ready',
    'first',
    'each',
    'each[a]/inner',
    'each[b]/inner',
    'last',
    'finally/tidy',
  ]);
  expect(steps[2]).toMatchObject({
    status: 'running',
    startedAt: '2026-01-15T09:00:00.000Z',
    items: [
      { key: 'a', status: 'succeeded', endedAt: '2026-01-15T09:00:00.005Z' },
      { key: 'b', status: 'pending' },
    ],
  });
});

it('the recovery time runs with the clock, and is late for good once it is', () => {
  const clock = { startedAtMs: T0, waitedMs: 0 };
  expect(show({ clock }, []).objectives.rto).toEqual({ targetMs: 600_000, elapsedMs: 60_000, verdict: 'not_measured' });
  expect(show({ clock }, [], T0 + 700_000).objectives.rto).toEqual({ targetMs: 600_000, elapsedMs: 700_000, verdict: 'breached' });
  const stopped = { ...clock, stoppedAtMs: T0 + 30_000 };
  expect(show({ clock: stopped }, [], T0 + 700_000).objectives.rto).toEqual({ targetMs: 600_000, elapsedMs: 30_000, verdict: 'met' });
  expect(show({ clock, state: 'failed' }, []).objectives.rto).toEqual({ targetMs: 600_000, verdict: 'not_measured' });
});

it('the recovery point is met, breached or not measured, never assumed', () => {
  expect(show({}, []).objectives.rpo).toEqual({ targetMs: 300_000, verdict: 'not_measured' });
  expect(show({ rpoMs: 10_000 }, []).objectives.rpo).toEqual({ targetMs: 300_000, measuredMs: 10_000, verdict: 'met' });
  expect(show({ rpoMs: 400_000 }, []).objectives.rpo?.verdict).toBe('breached');
});

it('an unknown step asks for a person; an ended run asks for nothing', () => {
  const steps = [record('first', { node: 'leaf', state: 'unknown', reason: 'connection reset, no answer' })];
  expect(show({ state: 'unknown' }, steps).waitingFor).toMatchObject([
    { step: 'first', kind: 'resolve', by: [], message: 'connection reset, no answer', stepKey: 'key of first' },
  ]);
  expect(show({ state: 'failed' }, steps).waitingFor).toEqual([]);
});
