import { expect, test } from 'vitest';
import { differencesOf } from '../../../cli/run-diff.ts';
import { drill, row } from './drill.ts';

const plan = {
  planHash: 'a'.repeat(64),
  inputs: { network: 'vnet-a', count: 2 },
  steps: [{ path: 'failover', kind: 'MUTATES', action: 'asr.item.test-failover@1' }],
};
const at = (seconds: number) => new Date(Date.UTC(2026, 10, 24, 9, 0, seconds)).toISOString();

test('two runs are compared by inputs, plan, statuses, durations and outputs, only where they differ', () => {
  const left = {
    run: {
      ...drill,
      status: 'failed' as const,
      outputs: { rto: '1:05' },
      steps: [row('failover', { status: 'failed', startedAt: at(0), endedAt: at(30) })],
    },
    plan,
  };
  const right = {
    run: {
      ...drill,
      status: 'succeeded' as const,
      outputs: { rto: '1:20' },
      steps: [row('failover', { status: 'succeeded', startedAt: at(0), endedAt: at(45) })],
    },
    plan: { ...plan, planHash: 'b'.repeat(64), inputs: { network: 'vnet-b', count: 2 } },
  };
  expect(differencesOf(left, right)).toEqual([
    { what: 'run', name: 'status', left: 'failed', right: 'succeeded' },
    { what: 'input', name: 'network', left: 'vnet-a', right: 'vnet-b' },
    { what: 'plan', name: 'hash', left: 'a'.repeat(12), right: 'b'.repeat(12) },
    { what: 'status', name: 'failover', left: 'failed', right: 'succeeded' },
    { what: 'duration', name: 'failover', left: '0:30', right: '0:45' },
    { what: 'output', name: 'rto', left: '1:05', right: '1:20' },
  ]);
  expect(differencesOf(left, left)).toEqual([]);
});
