import type { Clock } from '../engine/ports.ts';

const LOOK_MS = 1_000;
const STALL_MAX_MS = 10_000;
const JUMP_MAX_MS = 1_000;

/**
 * Watches the process itself and resolves with the reason why it must not go on: its event loop stood still for more than 10 s, or the wall
 * clock moved against the monotonic clock by more than 1 s between two looks (a suspended machine). Undefined when the signal aborts.
 */
export async function fenceReason(clock: Clock, signal: AbortSignal): Promise<string | undefined> {
  let wallMs = clock.nowMs();
  let monotonicMs = clock.monotonicMs();
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal);
    const passedMs = clock.monotonicMs() - monotonicMs;
    const driftMs = Math.abs(clock.nowMs() - wallMs - passedMs);
    if (passedMs > LOOK_MS + STALL_MAX_MS) return `the event loop stood still for ${Math.round(passedMs / 1000)} s`;
    if (driftMs > JUMP_MAX_MS) return `the wall clock jumped by ${Math.round(driftMs)} ms`;
    wallMs = clock.nowMs();
    monotonicMs = clock.monotonicMs();
  }
  return undefined;
}
