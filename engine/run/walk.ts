import type { Hold } from '../gates/hold.ts';
import type { StopFacts } from '../gates/stops.ts';
import type { AtWindowClose, Step } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { StepChange } from './change.ts';
import type { LockWant } from './named-locks.ts';
import type { RunView, StepRecord } from './record.ts';
import type { ItemBinding } from './scope.ts';
import type { StepStatus } from './verdict.ts';

/**
 * What may happen at a place of the tree. `go`: everything. `finish`: what has started goes on, nothing new opens. `drain`: what was sent
 * is followed to its end, the rest is cancelled. `hold`: what was sent is followed, everything else stays as it is.
 */
export type Mode = 'go' | 'finish' | 'drain' | 'hold';

/** A person is asked here. */
export interface Asked {
  readonly path: string;
  readonly step: Step;
  readonly record: StepRecord;
}

/** What a walk over the tree found to do. Collected by the walkers, read by `nextMoves`. */
export interface Found {
  readonly changes: StepChange[];
  /** Leaves whose turn it is now. */
  readonly due: { readonly path: string; readonly step: Step; readonly level: Level }[];
  readonly asked: Asked[];
  /** Changing leaves whose turn it is and that something holds. */
  readonly held: { readonly path: string; readonly hold: Hold }[];
  /** Steps that need their named locks before they go on. */
  readonly wants: LockWant[];
  /** Failed nodes about which a person decides before the run goes on. */
  readonly paused: StepRecord[];
  /** Nodes whose rollback was looked at in this walk: two places may ask for the same one. */
  readonly undone: Set<string>;
  wakeAtMs: number | undefined;
}

/** Facts that a decision is made from. `nowMs` is the store's time; `busy` are the paths that this process works on right now. */
export interface Situation {
  readonly plan: Plan;
  readonly view: RunView;
  readonly nowMs: number;
  readonly busy: ReadonlySet<string>;
  /** Kill switch and freezes, as this process knows them. */
  readonly stops: StopFacts;
  /** Whether the run has what it needs for its whole time, or what it waits for; undefined: nobody asked. */
  readonly entry?: Hold | 'entered' | undefined;
  /** Paths of steps that have their named locks. */
  readonly granted: ReadonlySet<string>;
  readonly uuid5: (...parts: readonly string[]) => string;
}

/** The walk: facts that are the same everywhere in it, and what it has found. */
export interface Walk extends Situation {
  readonly found: Found;
  /** The run comes to its end by a refusal, a cancel or its time: no failure is answered any more. */
  readonly ending: boolean;
  /** Walks steps in written order. A tolerant sequence runs each of its steps even if an earlier one failed. */
  readonly walkSteps: (steps: readonly Step[], level: Level, tolerant?: boolean) => StepStatus;
}

/** One level of the tree: the prefix of its paths, the items around it and what may happen there. */
export interface Level {
  readonly prefix: string;
  readonly bindings: readonly ItemBinding[];
  readonly mode: Mode;
  /** The node that the steps here handle or undo: they see it under its id, also when it is one item of a fan-out. */
  readonly about?: string;
  /** Why nothing opens here any more. */
  readonly why?: string;
  /** Calendars that must be open here, outermost first. */
  readonly windows?: readonly WindowScope[];
  /** The try to undo something that the steps here are opened for. */
  readonly openedFor?: string;
  /** Inside rollback or finally, which must be able to run unattended. */
  readonly cleanup?: boolean;
  /** What stands here is undone because a step says so and not because something failed: it is held as any change is. */
  readonly onGoodPath?: boolean;
}

/** Calendars that the runbook (path '') or a block names, and what becomes of started work there when none is open. */
export interface WindowScope {
  readonly path: string;
  readonly names: readonly string[];
  readonly atClose: AtWindowClose;
}

/** A node that has a record, at its level. */
export interface Node {
  readonly record: StepRecord;
  readonly level: Level;
}

/** Remembers the earliest time at which something is due. */
export function wakeAt(walk: Walk, atMs: number): void {
  walk.found.wakeAtMs = Math.min(walk.found.wakeAtMs ?? atMs, atMs);
}

/** The level of rollback and `finally` below a level: they go on when the rest is stopped, until their own time is over. */
export function cleanupLevel({ view }: Pick<Walk, 'view'>, level: Level): Level {
  const mode = level.mode === 'hold' ? 'hold' : isCleanupOver(view) ? 'drain' : 'go';
  return { ...level, mode, cleanup: true };
}

/** True when rollback and `finally` have used up their time, or a person has given them up. */
export function isCleanupOver({ run }: RunView): boolean {
  return run.reason === 'cleanup_late' || run.cleanup === 'incomplete';
}
