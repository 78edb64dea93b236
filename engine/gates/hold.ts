import { freezeOf, type StopFacts } from './stops.ts';
import { windowState, type WindowState } from './windows.ts';
import type { WindowDefinition } from '../language/runbook.ts';

/** Why something that would change the world waits, in one word. */
export type HoldWord = 'kill_switch' | 'freeze' | 'window' | 'approval' | 'readiness' | 'lock' | 'concurrency';

/** What holds a step or a run now. `untilMs` is when it ends by itself, where that is known. The message stays the same while it holds. */
export interface Hold {
  readonly word: HoldWord;
  readonly message: string;
  readonly untilMs?: number;
}

/** Calendars that must be open for a step, and whether the work that they are about has begun and may go on. */
export interface WindowQuestion {
  readonly names: readonly string[];
  readonly windows: readonly WindowDefinition[];
  readonly underWay: boolean;
}

/** Everything that decides whether a changing step may start. Times are milliseconds since 1970. */
export interface HoldQuestion {
  readonly nowMs: number;
  readonly environment: string;
  readonly stops: StopFacts;
  /** The plan is a failover that freezes do not hold. */
  readonly exempt: boolean;
  /** Part of rollback or finally: only the kill switch holds it, because leaving things half undone is worse. */
  readonly cleanup: boolean;
  /** A request of this step has had its chance already: what began before a freeze or the end of a window is brought to its end. */
  readonly begun: boolean;
  readonly windows: readonly WindowQuestion[];
  /** Why the approval in front of the step counts no more. */
  readonly spent?: string;
  /** A readiness check that failed and that nobody waived. */
  readonly notReady?: string;
}

/** What holds a changing step now; the kill switch stands above everything. Undefined: it may start. */
export function holdNow(question: HoldQuestion): Hold | undefined {
  const { stops, cleanup, begun, exempt, nowMs, spent, notReady } = question;
  if (stops.kill !== undefined) return killHold(stops.kill);
  if (cleanup || begun) return undefined;
  const freeze = exempt ? undefined : freezeOf(stops, question.environment, nowMs);
  if (freeze !== undefined) return freezeHold(freeze);
  if (notReady !== undefined)
    return { word: 'readiness', message: `readiness check ${notReady} failed (RW519): repair, or have an approver waive it` };
  // Before the window: people are asked again while they are awake, not when it opens.
  if (spent !== undefined) return { word: 'approval', message: spent };
  const closed = question.windows.flatMap((one) => closedHold(one, nowMs) ?? []);
  const [first] = closed.toSorted((left, right) => (right.untilMs ?? Infinity) - (left.untilMs ?? Infinity));
  return first;
}

/** What the kill switch says to whoever waits for it. */
export function killHold(kill: NonNullable<StopFacts['kill']>): Hold {
  return { word: 'kill_switch', message: `the kill switch is on: ${kill.reason} (${kill.by})` };
}

/** What a freeze says to whoever waits for its end. */
export function freezeHold(freeze: NonNullable<ReturnType<typeof freezeOf>>): Hold {
  return { word: 'freeze', message: `frozen: ${freeze.reason} (${freeze.by})`, untilMs: freeze.toMs };
}

function closedHold({ names, windows, underWay }: WindowQuestion, nowMs: number): Hold | undefined {
  const state: WindowState = windowState(windows, nowMs);
  if (state.open || underWay) return undefined;
  const message = `no window of ${names.join(', ')} is open`;
  return { word: 'window', message, ...(state.opensAtMs === undefined ? {} : { untilMs: state.opensAtMs }) };
}
