import { APPROVAL_USE_MS } from '../limits.ts';
import type { Turn } from './turn.ts';

/**
 * An approval must be used soon: the first effect behind it starts within an hour. Returns why it may not be used any more, or undefined.
 * Steps after the first effect go on with it, also after a crash: it is bound to this run and plan.
 */
export function approvalIsStale(turn: Turn): string | undefined {
  const { run, steps } = turn.holder.view();
  if (run.phase === 'finally') return undefined;
  const granted = [...steps.values()].filter(
    ({ node, state, decisions }) => node === 'person' && state === 'succeeded' && decisions?.some(({ answer }) => answer === 'approve'),
  );
  const last = Math.max(0, ...granted.map(({ endedAtMs }) => endedAtMs ?? 0));
  if (last === 0) return undefined;
  const used = [...steps.values()].some(({ firstIntentAtMs }) => firstIntentAtMs !== undefined && firstIntentAtMs >= last);
  if (used || turn.holder.nowMs() - last <= APPROVAL_USE_MS) return undefined;
  return 'the approval was given more than an hour ago and nothing was started since: it is no longer valid';
}
