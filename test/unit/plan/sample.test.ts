import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { drawSample } from '../../../engine/plan/sample.ts';
import type { SampleRule } from '../../../engine/language/runbook.ts';
import { testTarget } from '../../support/targets.ts';

const fleet = Array.from({ length: 20 }, (_, index) => testTarget(`vm-${String(index).padStart(2, '0')}`));
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function draw(rule: SampleRule, seed: string, testedAtMs: Readonly<Record<string, number>> = {}, inputs = {}) {
  const drawn = drawSample(rule, { targets: fleet, testedAtMs }, { scope: { inputs }, nowMs: 0, seed, sha256 });
  return 'message' in drawn ? [drawn.message] : drawn.targets.map(({ name }) => name);
}

test('the same seed draws the same machines, another one others, and they keep their order', () => {
  const first = draw({ count: 5, weight: 'none' }, 'a');
  expect(draw({ count: 5, weight: 'none' }, 'a')).toEqual(first);
  expect(draw({ count: 5, weight: 'none' }, 'b')).not.toEqual(first);
  expect(first).toHaveLength(5);
  expect(fleet.map(({ name }) => name).filter((name) => first.includes(name))).toEqual(first);
});

test('a seed of the runbook wins over that of the plan; the count may come from an input', () => {
  const rule: SampleRule = { count: '${{ inputs.count }}', weight: 'none', seed: 'fixed' };
  expect(draw(rule, 'a', {}, { count: 3 })).toEqual(draw(rule, 'b', {}, { count: 3 }));
  expect(draw(rule, 'a', {}, { count: 99 })).toHaveLength(20);
  expect(draw(rule, 'a', {}, { count: 0 })).toEqual(['count: 0 is not a whole number above 0']);
});

test('by restore_test_age those that were never tested come first, then the longest untested', () => {
  const tested = Object.fromEntries(fleet.map(({ id, name }) => [id.toLowerCase(), 1_000 + Number(name.slice(3))]));
  const { [fleet[11]?.id ?? '']: _, ...others } = tested;
  expect(draw({ count: 3, weight: 'restore_test_age' }, 'a', others)).toEqual(['vm-00', 'vm-01', 'vm-11']);
  expect(draw({ count: 3, weight: 'restore_test_age' }, 'b', tested)).toEqual(['vm-00', 'vm-01', 'vm-02']);
});
