import { expect, test } from 'vitest';
import { estimateOf } from '../../../engine/plan/estimate.ts';

const took = (...minutes: readonly number[]) => minutes.map((each) => ({ startedAtMs: 1_000, endedAtMs: 1_000 + each * 60_000 }));

test('an estimate is the range and the median of the newest five', () => {
  expect(estimateOf(took(40, 38, 46, 44, 41, 5, 900))).toEqual({ fromMs: 38 * 60_000, toMs: 46 * 60_000, medianMs: 41 * 60_000, runs: 5 });
  expect(estimateOf(took(10, 20))).toMatchObject({ medianMs: 15 * 60_000, runs: 2 });
});

test('there is none without a run that has ended', () => {
  expect(estimateOf([])).toBeUndefined();
  expect(estimateOf([{ startedAtMs: 5 }, {}])).toBeUndefined();
});
