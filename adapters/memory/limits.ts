import type { Store } from '../../engine/store.ts';

/** Which limits of Azure are used up. */
export function makeLimits(nowMs: () => number): Pick<Store, 'closeLimit' | 'closedLimits'> {
  const closedUntilMs = new Map<string, number>();
  return {
    async closeLimit(bucket, forMs) {
      closedUntilMs.set(bucket, Math.max(closedUntilMs.get(bucket) ?? 0, nowMs() + Math.ceil(forMs)));
    },
    async closedLimits() {
      const now = nowMs();
      for (const [bucket, untilMs] of closedUntilMs) if (untilMs <= now) closedUntilMs.delete(bucket);
      return [...closedUntilMs].map(([bucket, untilMs]) => ({ bucket, forMs: untilMs - now }));
    },
  };
}
