import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../engine/actions/action.ts';
import { type CheckFacts, judgeChecks, wordOf } from '../../../engine/recovery/check-results.ts';
import { checksOnly } from '../../../engine/recovery/checks-only.ts';
import type { Runbook, Step, TargetSet } from '../../../engine/language/runbook.ts';
import type { RunRecord, StepRecord } from '../../../engine/run/record.ts';
import { step } from '../../support/plan.ts';

const MINUTE_MS = 60_000;
const MADE_MS = Date.UTC(2026, 10, 24, 9);
const CHECK = step('healthy', { kind: 'uses', action: 'asr.item.get@1', with: {} });
const RUN = { number: 7, state: 'failed', endedAtMs: MADE_MS } as RunRecord;

function record(state: StepRecord['state'], more: Partial<StepRecord> = {}): StepRecord {
  return { path: 'readiness/healthy', stepId: 'healthy', state, node: 'leaf', endedAtMs: MADE_MS, ...more } as StepRecord;
}

function failing(kind: Failure['kind'], message: string): Partial<StepRecord> {
  return { error: { kind, message } };
}

function item(key: string, kind: Failure['kind'], message: string): StepRecord {
  return record('failed', { path: `readiness/healthy[${key}]`, itemKey: key, ...failing(kind, message) });
}

function judge(steps: readonly StepRecord[], more: Partial<CheckFacts> = {}) {
  const last = { run: RUN, steps, checks: [CHECK] };
  return judgeChecks({ checks: [CHECK], everyMs: 10 * MINUTE_MS, unasked: [], last, nowMs: MADE_MS + MINUTE_MS, ...more });
}

describe('a readiness check', () => {
  it.each([
    ['succeeded', 'passed', 'ready'],
    ['skipped', 'skipped', 'unknown'],
    ['cancelled', 'unknown', 'unknown'],
    ['pending', 'unknown', 'unknown'],
    ['submitted', 'unknown', 'unknown'],
  ] as const)('that %s is %s, and the runbook %s', (state, said, word) => {
    const { checks, word: judged } = judge([record(state)]);
    expect([checks[0]?.state, judged]).toEqual([said, word]);
  });

  it('without a record was not made, and is never green', () => {
    expect(judge([])).toMatchObject({
      word: 'unknown',
      checks: [{ state: 'unknown', message: expect.stringContaining('did not come to an end') }],
    });
  });

  it.each([
    ['target', 'failed'],
    ['target_missing', 'failed'],
    ['not_protected', 'failed'],
    ['assertion', 'failed'],
    ['script', 'failed'],
    ['verify', 'failed'],
    ['denied', 'unknown'],
    ['unreachable', 'unknown'],
    ['timed_out', 'unknown'],
    ['expression', 'unknown'],
    ['locked', 'unknown'],
    ['stale_plan', 'unknown'],
  ] as const)('that failed with %s is %s: what could not be read says nothing about the machine', (kind, state) => {
    expect(judge([record('failed', failing(kind, 'why'))]).checks[0]).toMatchObject({ state, message: 'why', run: 7 });
  });

  it('over machines has failed when one did, and is unknown when one could not be read', () => {
    const whole = record('failed', { node: 'fan_out', ...failing('target', '2 of 3 failed') });
    const unread = item('web-01', 'unreachable', 'no answer');
    expect(judge([whole, unread]).checks[0]).toMatchObject({ state: 'unknown', message: 'web-01: no answer' });
    const broken = ['web-02', 'web-03', 'web-04', 'web-05'].map((key) => item(key, 'target', 'Critical'));
    expect(judge([whole, unread, ...broken]).checks[0]).toMatchObject({
      state: 'failed',
      message: 'web-02: Critical; web-03: Critical; web-04: Critical and 1 more',
    });
    expect(judge([record('succeeded', { verdict: 'partially_failed' }), unread]).checks[0]).toMatchObject({ state: 'unknown' });
  });

  it.each([
    [20, 10, 'passed'],
    [21, 10, 'unknown'],
    [10, undefined, 'passed'],
    [11, undefined, 'unknown'],
  ])('made %i minutes ago with a period of %s minutes is %s', (ageMinutes, everyMinutes, state) => {
    const everyMs = everyMinutes === undefined ? undefined : everyMinutes * MINUTE_MS;
    const nowMs = MADE_MS + ageMinutes * MINUTE_MS;
    expect(judge([record('succeeded')], { everyMs, nowMs }).checks[0]?.state).toBe(state);
  });

  it('counts only as the check that it was when it was made', () => {
    const moved = { ...CHECK, at: { line: 99, column: 1 } };
    expect(judge([record('succeeded')], { checks: [moved] }).checks[0]?.state).toBe('passed');
    const other = { ...CHECK, successIf: 'false' };
    expect(judge([record('succeeded')], { checks: [other] }).checks[0]).toMatchObject({ state: 'unknown' });
  });

  it('is unknown when the newest period could not be planned, whatever was true before', () => {
    expect(judge([record('succeeded')], { refused: 'the vault cannot be read' })).toMatchObject({
      word: 'unknown',
      checks: [{ message: 'the vault cannot be read' }],
    });
  });
});

it.each([
  [['passed', 'failed', 'unknown'], 'not_ready'],
  [['passed', 'unknown'], 'unknown'],
  [['passed', 'skipped'], 'ready'],
  [['skipped'], 'unknown'],
  [[], 'unknown'],
] as const)('%j together are %s', (states, word) => {
  expect(wordOf(states.map((state) => ({ state })))).toBe(word);
});

describe('the checks of a runbook alone', () => {
  const uses = (id: string, text: string, more: Partial<Step> = {}) =>
    step(id, { kind: 'uses', action: 'http.check@1', with: { url: text } }, more);
  const runbook = {
    timeoutMs: 60 * MINUTE_MS,
    inputs: { network: { type: 'string' }, port: { type: 'integer', default: 80 }, ring: { type: 'string' } },
    vars: { url: 'http://${{ inputs.network }}', far: '${{ vars.url }}/x', near: 'http://here' },
    targets: { web: { where: 'target.tags.ring == inputs.ring' } as TargetSet, db: {} as TargetSet },
    readiness: {
      everyMs: 10 * MINUTE_MS,
      checks: [
        uses('plain', '${{ vars.near }}:${{ inputs.port }}', { locks: ['shop'] }),
        uses('through_var', '${{ vars.far }}'),
        uses('through_set', 'x', { target: { kind: 'set', set: 'web' } }),
        uses('other_set', 'x', { target: { kind: 'set', set: 'db' } }),
        uses('sized', '${{ size(targets.web) }}'),
      ],
    },
    steps: [uses('change', 'x')],
    finally: [uses('last', 'x')],
    locks: ['shop'],
    notify: [{ to: 'teams:x', when: ['failed'] }],
    concurrency: { group: 'g', limit: 1, onConflict: 'reject' },
  } as unknown as Runbook;

  it('leaves out what reads an input without a value, directly or not, and names the input', () => {
    const { unasked, runbook: only } = checksOnly(runbook, {});
    expect(unasked.map(({ check }) => check)).toEqual(['through_var', 'through_set', 'sized']);
    expect(unasked[0]?.reason).toContain('input network');
    expect(unasked[1]?.reason).toContain('input ring');
    expect(only.readiness?.checks.map(({ id }) => id)).toEqual(['plain', 'other_set']);
    expect([Object.keys(only.inputs), Object.keys(only.vars), Object.keys(only.targets)]).toEqual([['port'], ['near'], ['db']]);
    expect(checksOnly(runbook, { network: 'n', ring: 'r' }).unasked).toEqual([]);
  });

  it('keeps nothing that changes, waits, holds or tells', () => {
    const only = checksOnly(runbook, { network: 'n', ring: 'r' }).runbook;
    expect(only).toMatchObject({ purposes: ['readiness'], steps: [], finally: [], notify: [], timeoutMs: 10 * MINUTE_MS });
    expect(only).not.toHaveProperty('locks');
    expect(only).not.toHaveProperty('concurrency');
    expect(only.readiness?.checks.some((check) => check.locks !== undefined)).toBe(false);
  });
});
