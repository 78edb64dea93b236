import type { Share } from '../language/runbook.ts';

/** Cuts `total` members into waves, in order: shares are rounded up, at least 1, and the last one repeats until all are in one. */
export function cutWaves(total: number, waves: readonly Share[]): readonly number[] {
  if (total === 0) return [];
  if (waves.length === 0) return [total];
  const sizes: number[] = [];
  let left = total;
  for (let index = 0; left > 0; index += 1) {
    const share = waves[Math.min(index, waves.length - 1)] ?? { percent: 100 };
    const size = Math.min(left, Math.max(1, countOf(share, total)));
    sizes.push(size);
    left -= size;
  }
  return sizes;
}

/** How many of `total` a wave holds: a percentage is rounded up. */
export function countOf(share: Share, total: number): number {
  return 'count' in share ? share.count : Math.ceil((share.percent * total) / 100);
}

/**
 * How many of `total` may fail. A percentage is rounded down, so that a rounding never widens a run; 100% tolerates each failure, and not
 * that nothing succeeds: then the step has failed, and is no partial success.
 */
export function toleratedOf(share: Share, total: number): number {
  if ('count' in share) return share.count;
  return Math.max(0, Math.min(total - 1, Math.floor((share.percent * total) / 100)));
}
