import { expect, test } from 'vitest';
import { attentionLines, nextCommands } from '../../../cli/run-advice.ts';
import { unknownAnswers } from '../../../engine/run/answers.ts';
import type { RunSummary } from '../../../engine/run/summary.ts';
import { drill, row } from './drill.ts';

const unclear: RunSummary = {
  ...drill,
  number: 140,
  runbook: 'patch-wave',
  status: 'unknown',
  reason: 'it is not known whether restart[web-02] happened: a person decides',
  steps: [row('restart', { status: 'running', items: [{ key: 'web-02', status: 'unknown' }] })],
  waitingFor: [
    {
      step: 'restart[web-02]',
      kind: 'resolve',
      by: [],
      message: 'connection reset, no answer',
      stepKey: 'k',
      answers: unknownAnswers({}),
      level: 'moderate',
    },
  ],
};

test('an unknown step: every answer is a command to copy, with its consequence', () => {
  expect(attentionLines(unclear)).toEqual([
    '',
    'reason: it is not known whether restart[web-02] happened: a person decides',
    '? restart[web-02]  nobody knows whether it happened; nothing was sent again: connection reset, no answer',
  ]);
  expect(nextCommands(unclear)).toEqual([
    'answer one of, for restart[web-02]:',
    '  runward run resolve 140 "restart[web-02]" --as succeeded --reason "…"   it happened: the run goes on as if the step had succeeded',
    '  runward run resolve 140 "restart[web-02]" --as failed --reason "…"      it did not happen: the step fails, and cleanup runs unless its failure is tolerated',
    '  runward run resolve 140 "restart[web-02]" --as again --reason "…"       it did not happen and is sent once more: if you are wrong, it happens twice',
  ]);
});

test('what was found at the target is offered by name, and a severe plan asks for its runbook', () => {
  const [wait] = unclear.waitingFor;
  const answers = unknownAnswers({ candidates: ['/vaults/v/backupJobs/9f0c'] });
  const waitingFor = wait === undefined ? [] : [{ ...wait, answers, level: 'severe' as const }];
  expect(nextCommands({ ...unclear, waitingFor }).at(-1)).toBe(
    '  runward run resolve 140 "restart[web-02]" --adopt "/vaults/v/backupJobs/9f0c" --reason "…" --confirm=patch-wave   this operation is its effect: it is checked at the target and followed to its end',
  );
  expect(unknownAnswers({ candidates: [] }).map(({ as }) => as)).toEqual(['succeeded', 'failed', 'again', 'adopt']);
});

test('a paused run shows since when, what it holds, and how it goes on', () => {
  const paused: RunSummary = {
    ...drill,
    status: 'paused',
    reason: 'paused by dana: wait',
    pause: { cause: 'person', by: 'dana', reason: 'wait', at: '2026-11-24T09:02:00.000Z' },
    locks: [{ target: '/vms/web-01', since: '2026-11-24T09:01:30.000Z' }],
  };
  expect(attentionLines(paused)).toEqual([
    '',
    'reason: paused by dana: wait',
    '‖ nothing new starts since 2026-11-24T09:02:00.000Z; 1 target stays locked since 2026-11-24T09:01:30.000Z; its time goes on',
  ]);
  expect(nextCommands(paused)).toEqual([
    'go on with one of:',
    '  runward run resume 142                it goes on where it stands',
    '  runward run cancel 142 --reason "…"   nothing new starts, cleanup runs',
  ]);
});

test('a step of several requests says that "succeeded" is about the one that was sent, and that "again" goes on', () => {
  const consequence = new Map(unknownAnswers({ before: { part: 'disk-1' } }).map((answer) => [answer.as, answer.consequence]));
  expect(consequence.get('succeeded')).toBe(
    'this request happened: its target is read, and where it shows that, the next request of the step is sent',
  );
  expect(consequence.get('again')).toEqual(expect.stringMatching(/^it is searched for once more: .* you are asked again$/));
});

test('a failed step whose runbook is to be looked at is told with the code and the place', () => {
  const place = { file: 'runbooks/shop.yaml', line: 12, column: 5 };
  const failed = {
    ...unclear,
    waitingFor: [],
    steps: [{ ...ROW, error: { kind: 'expression', message: 'if: no key', code: 'RW312' as const, place } }],
  };
  expect(attentionLines(failed).at(-1)).toBe('✗ look  expression: if: no key · RW312 runbooks/shop.yaml:12:5');
});

const ROW = {
  path: 'look',
  id: 'look',
  name: 'look',
  section: 'steps',
  depth: 0,
  status: 'failed',
  attempt: 1,
  items: [],
} as const;
