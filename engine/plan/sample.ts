import { renderTemplate } from '../language/expression.ts';
import type { SampleRule } from '../language/runbook.ts';
import type { Target } from '../target.ts';
import type { DrawnSample } from './plan-record.ts';
import type { Narrowing } from './targets.ts';

interface Candidates {
  readonly targets: readonly Target[];
  /** When each machine was last restored and proved (milliseconds since 1970), by its id in lower case. */
  readonly testedAtMs: Readonly<Record<string, number>>;
}

type Drawn = { readonly targets: readonly Target[]; readonly sample?: DrawnSample } | { readonly message: string };

/**
 * Draws some of the machines: by chance, or those that were not tested for the longest time, chance deciding between equals. The same seed
 * draws the same; the drawn ones keep their order.
 */
export function drawSample(rule: SampleRule | undefined, candidates: Candidates, at: Narrowing): Drawn {
  if (rule === undefined) return { targets: candidates.targets };
  const count = renderTemplate(rule.count, at.scope as Record<string, never>, at.nowMs);
  if (!count.ok) return { message: `count: ${count.message}` };
  if (typeof count.value !== 'number' || !Number.isInteger(count.value) || count.value < 1)
    return { message: `count: ${JSON.stringify(count.value)} is not a whole number above 0` };
  const given =
    rule.seed === undefined
      ? { ok: true as const, value: at.seed }
      : renderTemplate(rule.seed, at.scope as Record<string, never>, at.nowMs);
  if (!given.ok) return { message: `seed: ${given.message}` };
  const seed = typeof given.value === 'string' ? given.value : JSON.stringify(given.value);
  const testedAt = ({ id }: Target): number =>
    rule.weight === 'restore_test_age' ? (candidates.testedAtMs[id.toLowerCase()] ?? Number.NEGATIVE_INFINITY) : 0;
  const ranked = candidates.targets
    .map((target) => ({ target, testedAtMs: testedAt(target), lot: at.sha256(`${seed}\n${target.id.toLowerCase()}`) }))
    .toSorted((left, right) =>
      left.testedAtMs === right.testedAtMs ? (left.lot < right.lot ? -1 : 1) : left.testedAtMs < right.testedAtMs ? -1 : 1,
    );
  const drawn = new Set(ranked.slice(0, count.value).map(({ target }) => target.id));
  return {
    targets: candidates.targets.filter(({ id }) => drawn.has(id)),
    sample: { of: candidates.targets.length, weight: rule.weight, seed },
  };
}
