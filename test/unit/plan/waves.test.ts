import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutWaves, toleratedOf } from '../../../engine/plan/waves.ts';

test.each([
  [12, [], [12]],
  [12, [{ count: 1 }, { percent: 25 }], [1, 3, 3, 3, 2]],
  [10, [{ percent: 10 }, { percent: 100 }], [1, 9]],
  [3, [{ percent: 1 }], [1, 1, 1]],
  [0, [{ count: 2 }], []],
])('%i members in %j are cut into %j', (total, waves, sizes) => {
  expect(cutWaves(total, waves)).toEqual(sizes);
});

test('waves hold every member and no wave is empty', () => {
  const share = fc.oneof(fc.record({ count: fc.integer({ min: 1, max: 50 }) }), fc.record({ percent: fc.integer({ min: 1, max: 100 }) }));
  const seed = Date.now() & 0xff_ff_ff;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.array(share, { maxLength: 4 }), (total, waves) => {
      const sizes = cutWaves(total, waves);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(total);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1);
    }),
    { seed },
  );
});

test('a tolerated share is rounded down, so that a rounding never widens a run', () => {
  expect(toleratedOf({ percent: 10 }, 12)).toBe(1);
  expect(toleratedOf({ percent: 10 }, 9)).toBe(0);
  expect(toleratedOf({ count: 2 }, 5)).toBe(2);
});

test('a share tolerates each failure, and never that nothing succeeds', () => {
  expect(toleratedOf({ percent: 100 }, 4)).toBe(3);
  expect(toleratedOf({ percent: 100 }, 1)).toBe(0);
  expect(toleratedOf({ percent: 100 }, 0)).toBe(0);
  expect(toleratedOf({ count: 4 }, 4)).toBe(4);
});
