import { describe, expect, it, test } from 'vitest';
import { finalOutcome, runOutcome } from '../../../engine/run/run-outcome.ts';
import { fanOutStatus, levelStatus, type Member, type StepStatus } from '../../../engine/run/verdict.ts';

const member = (status: StepStatus, more: Partial<Member> = {}): Member => ({ status, tolerated: false, ...more });

describe('an item, a sequence or a parallel block: the first rule that matches', () => {
  it.each<[string, readonly Member[], 'complete' | 'failed' | undefined, StepStatus]>([
    ['a step unknown', [member('unknown'), member('failed')], 'complete', 'unknown'],
    ['rolled back', [member('failed')], 'complete', 'rolled_back'],
    ['rolled back and not all of it', [member('failed')], 'failed', 'rollback_failed'],
    ['stopped by a failure', [member('partially_failed'), member('failed')], undefined, 'failed'],
    ['stopped by the time', [member('timed_out'), member('skipped')], undefined, 'timed_out'],
    [
      'several failures: the first in time',
      [member('failed', { endedAtMs: 9 }), member('timed_out', { endedAtMs: 5 })],
      undefined,
      'timed_out',
    ],
    ['a scope inside was rolled back, not this one', [member('rolled_back')], undefined, 'failed'],
    ['nothing failed, something was cancelled', [member('succeeded'), member('cancelled')], undefined, 'cancelled'],
    ['a tolerated failure', [member('failed', { tolerated: true }), member('succeeded')], undefined, 'partially_failed'],
    ['a level inside with a tolerated failure', [member('partially_failed')], undefined, 'partially_failed'],
    ['nothing ran', [member('skipped'), member('skipped')], undefined, 'skipped'],
    ['recovered counts as success', [member('recovered'), member('skipped')], undefined, 'succeeded'],
  ])('%s', (_, members, rolledBack, status) => {
    expect(levelStatus({ members, rolledBack })).toBe(status);
  });
});

describe('a fan-out: the first rule that matches', () => {
  it.each<[string, readonly StepStatus[], boolean, 'complete' | undefined, StepStatus]>([
    ['an item unknown', ['unknown', 'failed'], true, undefined, 'unknown'],
    ['more failed than is tolerated', ['failed', 'succeeded'], true, undefined, 'failed'],
    ['more failed than is tolerated, and rolled back', ['failed', 'succeeded'], true, 'complete', 'rolled_back'],
    ['some cancelled: nothing has failed', ['succeeded', 'cancelled'], false, undefined, 'cancelled'],
    ['a tolerated failure, and then cancelled', ['failed', 'cancelled'], false, undefined, 'cancelled'],
    ['more failed than is tolerated, and then cancelled', ['failed', 'cancelled'], true, undefined, 'failed'],
    ['any failed', ['rolled_back', 'succeeded'], false, undefined, 'partially_failed'],
    ['all skipped', ['skipped', 'skipped'], false, undefined, 'skipped'],
    ['otherwise', ['recovered', 'skipped'], false, undefined, 'succeeded'],
  ])('%s', (_, statuses, exceeded, rolledBack, status) => {
    expect(fanOutStatus({ statuses, exceeded, rolledBack })).toBe(status);
  });
});

test('the outcome of a run is fixed by the first of: denial, cancel or deadline, failure, tolerated failure', () => {
  const none = { refused: undefined, stopped: undefined } as const;
  expect(runOutcome({ refused: 'rejected', stopped: 'cancelled', main: 'failed' })).toBe('rejected');
  expect(runOutcome({ refused: undefined, stopped: 'cancelled', main: 'failed' })).toBe('cancelled');
  expect(runOutcome({ refused: undefined, stopped: 'timed_out', main: 'cancelled' })).toBe('timed_out');
  expect(runOutcome({ refused: 'timed_out', stopped: undefined, main: 'failed' })).toBe('timed_out');
  expect(runOutcome({ ...none, main: 'failed' })).toBe('failed');
  expect(runOutcome({ ...none, main: 'rolled_back' })).toBe('failed');
  expect(runOutcome({ ...none, main: 'partially_failed' })).toBe('partially_failed');
  expect(runOutcome({ ...none, main: 'succeeded' })).toBe('succeeded');
  expect(runOutcome({ ...none, main: 'skipped' })).toBe('succeeded');
});

test('a failed cleanup turns success into partial failure and gives every other outcome a reason', () => {
  expect(finalOutcome('succeeded', 'clean')).toEqual({ outcome: 'succeeded' });
  expect(finalOutcome('succeeded', 'failed').outcome).toBe('partially_failed');
  expect(finalOutcome('succeeded', 'rollback_failed')).toEqual({ outcome: 'partially_failed', reason: 'not everything was undone' });
  expect(finalOutcome('failed', 'rollback_failed')).toEqual({ outcome: 'failed', reason: 'cleanup_failed' });
  expect(finalOutcome('rejected', 'failed')).toEqual({ outcome: 'rejected', reason: 'cleanup_failed' });
  expect(finalOutcome('cancelled', 'incomplete')).toEqual({ outcome: 'cancelled', reason: 'cleanup_incomplete' });
});
