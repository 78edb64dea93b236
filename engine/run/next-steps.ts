import { assert } from '../errors.ts';
import { HOLD_LOOK_MS, PLAN_AGE_MAX_MS, PLAN_AGE_SEVERE_MS } from '../limits.ts';
import { freezeHold, type Hold, killHold } from '../gates/hold.ts';
import { freezeOf } from '../gates/stops.ts';
import type { RunChange } from './change.ts';
import { changesAnything } from './effects.ts';
import { isExempt, withinWindows } from './hold-step.ts';
import { cancelChange, endWaiting, isParked, startFields, timeLimitMs } from './interruption.ts';
import { breachAtMs, clockChange } from './objective-clock.ts';
import { phaseEnd, refusalOf } from './phase-end.ts';
import type { RunView } from './record.ts';
import { hasEnded } from './run-state.ts';
import { stopChange } from './run-stops.ts';
import { phasePrefix } from './step-path.ts';
import { stepHasEnded, type StepStatus } from './verdict.ts';
import { walkRounds } from './walk-person.ts';
import { walkRunRollback } from './walk-rollback.ts';
import { type Asked, type Found, isCleanupOver, type Level, type Mode, type Situation, type Walk } from './walk.ts';
import { walkParallel, walkSequence } from './walk-tree.ts';

/** What comes next for a run: a change to store first, or leaves to work on, or a time to wait for. */
export type Moves =
  | { readonly kind: 'change'; readonly change: RunChange }
  | {
      readonly kind: 'work';
      readonly due: Found['due'];
      readonly asked: readonly Asked[];
      readonly held: Found['held'];
      readonly wants: Found['wants'];
      /** The earliest time at which something is due without a person; undefined when nothing is. */
      readonly wakeAtMs: number | undefined;
    }
  /** An accepted run asks for its place in its group and its named locks. */
  | { readonly kind: 'enter' }
  | { readonly kind: 'ended' };

/** Decides what a run does next. Pure: the same record at the same time gives the same answer. */
export function nextMoves(situation: Situation): Moves {
  const { run } = situation.view;
  if (hasEnded(run.state)) return { kind: 'ended' };
  if (run.state === 'queued') return startOrWait(situation);
  if (isParked(run)) {
    const cancel = cancelChange(situation);
    return cancel === undefined ? { kind: 'work', due: [], asked: [], held: [], wants: [], wakeAtMs: undefined } : change(cancel);
  }
  const stop = stopChange(situation);
  if (stop !== undefined) return change(stop);
  const walk: Walk = {
    ...situation,
    found: { changes: [], due: [], asked: [], held: [], wants: [], paused: [], undone: new Set(), wakeAtMs: undefined },
    ending: isEnding(situation),
    walkSteps: (steps, level, tolerant) => walkSequence(walk, steps, level, tolerant),
  };
  const status = walkPhase(walk);
  return movesOf(situation, walk.found, status);
}

/** The run comes to its end by a refusal, a cancel or its time: what fails now only stops. */
function isEnding(situation: Situation): boolean {
  const { view } = situation;
  return view.run.state === 'cancelling' || isCleanupOver(view) || (view.run.phase === 'main' && refusalOf(situation) !== undefined);
}

function movesOf(situation: Situation, found: Found, status: StepStatus): Moves {
  const { view, nowMs, plan } = situation;
  const clock = clockChange(plan, view);
  // Reminding somebody of a gate is no reason to begin the wait anew.
  const moved = found.changes.some(({ event, to }) => event !== 'postponed' || to.node !== 'person');
  const wakes = view.run.state === 'waiting' && (moved || found.due.length > 0);
  if (found.changes.length > 0 || wakes) {
    const woken = wakes ? ({ event: 'woken', fields: { ...clock, ...endWaiting(view.run, nowMs) } } as const) : { fields: clock };
    return change({ ...woken, steps: found.changes });
  }
  if (stepHasEnded(status) && view.run.state !== 'paused') return change(phaseEnd(situation, status));
  const inFlight = situation.busy.size > 0 || [...view.steps.values()].some(({ state }) => state === 'intent' || state === 'submitted');
  // Beside an unknown step nothing opens: when nothing else is under way either, only a person can bring the run on.
  const stuck = (view.run.state === 'running' || view.run.state === 'paused') && found.due.length === 0 && hasUnknown(view);
  if ((status === 'unknown' || stuck) && !inFlight && view.run.state !== 'unknown') {
    return change({ event: 'step_unknown', fields: { ...clock, reason: unknownReason(view) } });
  }
  if (view.run.state === 'paused' && !inFlight && view.run.clock.waitingSinceMs === undefined)
    return change({ fields: { clock: { ...view.run.clock, ...clock.clock, waitingSinceMs: nowMs } } });
  if (found.paused.length > 0 && (view.run.state === 'running' || view.run.state === 'waiting'))
    return change(failurePause(situation, found));
  if (found.due.length + found.wants.length > 0 || inFlight || view.run.state !== 'running') return work(found, situation);
  if (Object.keys(clock).length > 0) return change({ fields: clock });
  const nothingToDo = found.asked.length === 0 && found.held.length === 0 && found.wakeAtMs === undefined;
  if (nothingToDo || !onlyWaits(view, found)) return work(found, situation);
  const word = found.held[0]?.hold.word ?? 'timer';
  // What the kill switch has stopped goes on when a person says so, not when the switch goes off.
  const { kill } = situation.stops;
  if (found.asked.length === 0 && word === 'kill_switch' && kill !== undefined && kill.unreadable !== true) {
    const pause = { cause: 'killed', by: kill.by, reason: kill.reason, atMs: nowMs } as const;
    return change({ event: 'paused', fields: { ...clock, reason: 'killed', pause } });
  }
  return change({
    event: 'gated',
    fields: { reason: found.asked.length > 0 ? 'approval' : word, ...beginWaiting(found, view, nowMs) },
  });
}

/** A step has failed and its runbook asks a person: nothing new starts, what was sent is followed, and the time of the run goes on. */
function failurePause({ view, nowMs, plan }: Situation, found: Found): RunChange {
  const { run } = view;
  const words = found.paused.map(({ path, error }) => `${path}: ${error?.message ?? 'it did not run'}`);
  const reason = `failed, a person decides: ${words.join('; ')}`;
  const inRollback = run.phase === 'rollback' ? ({ rollback: 'failed' } as const) : {};
  const pause = { cause: 'failure', by: 'runward', reason, atMs: nowMs } as const;
  return { event: 'paused', fields: { ...clockChange(plan, view), ...inRollback, reason, pause } };
}

/** A run that may change something starts while nothing holds it; one that waited longer than its plan may be old ends instead. */
function startOrWait(situation: Situation): Moves {
  const { plan, view, nowMs } = situation;
  const { run } = view;
  const startByMs = (run.plannedAtMs ?? run.createdAtMs) + (plan.severity === 'severe' ? PLAN_AGE_SEVERE_MS : PLAN_AGE_MAX_MS);
  if (nowMs >= startByMs) {
    const reason = `it could not start in time (${run.hold?.message ?? 'no worker was there'}): plan again`;
    return change({ event: 'ended_timed_out', stampFields: ['endedAtMs'], fields: { outcome: 'timed_out', reason, hold: null } });
  }
  const { concurrency, locks } = plan.definition;
  const needsEntry = concurrency !== undefined || locks !== undefined;
  const free = holdOfStart(situation);
  if (free === undefined && needsEntry && situation.entry === undefined) return { kind: 'enter' };
  const hold = free ?? (situation.entry === 'entered' ? undefined : situation.entry);
  if (hold === undefined)
    return change({ event: 'started', stampFields: ['startedAtMs'], fields: { ...startFields(situation), hold: null, reason: null } });
  if (run.hold?.message !== hold.message) return change({ fields: { hold, reason: hold.word } });
  const wakeAtMs = Math.min(startByMs, hold.untilMs ?? Infinity, nowMs + HOLD_LOOK_MS);
  return { kind: 'work', due: [], asked: [], held: [{ path: '', hold }], wants: [], wakeAtMs };
}

function holdOfStart({ plan, view, stops, nowMs }: Situation): Hold | undefined {
  if (!changesAnything(plan)) return undefined;
  if (stops.kill !== undefined) return killHold(stops.kill);
  const freeze = isExempt(plan, view.run) ? undefined : freezeOf(stops, plan.environment, nowMs);
  return freeze === undefined ? undefined : freezeHold(freeze);
}

function work(found: Found, { view, plan }: Situation): Moves {
  const limit = timeLimitMs(view.run);
  const breach = breachAtMs(plan, view);
  const times = [
    ...(found.wakeAtMs === undefined ? [] : [found.wakeAtMs]),
    ...(limit === undefined ? [] : [limit]),
    ...(breach === undefined ? [] : [breach]),
  ];
  assert(plan.schema === 1, 'plan schema is known');
  return {
    kind: 'work',
    due: found.due,
    asked: found.asked,
    held: found.held,
    wants: found.wants,
    wakeAtMs: times.length === 0 ? undefined : Math.min(...times),
  };
}

function walkPhase(walk: Walk): StepStatus {
  const { run } = walk.view;
  const { definition } = walk.plan;
  const level: Level = {
    prefix: phasePrefix(run.phase, run.readinessRound),
    bindings: [],
    mode: modeOf(walk),
    cleanup: run.phase !== 'main',
  };
  switch (run.phase) {
    case 'readiness':
      return walkParallel(walk, definition.readiness?.checks ?? [], level, 10);
    case 'main': {
      walkRounds(walk, level);
      const mode = walk.ending && level.mode === 'go' ? 'finish' : level.mode;
      return walkSequence(walk, definition.steps, { ...withinWindows(level, definition, ''), mode });
    }
    case 'rollback':
      return walkRunRollback(walk, definition.steps, level);
    case 'finally':
      return walkSequence(walk, definition.finally, level, true);
  }
}

function modeOf({ view }: Pick<Walk, 'view'>): Mode {
  if (view.run.state === 'cancelling') return 'drain';
  if (view.run.state === 'paused' || hasUnknown(view)) return 'hold';
  return isCleanupOver(view) ? 'drain' : 'go';
}

function hasUnknown({ steps }: RunView): boolean {
  return [...steps.values()].some(({ state }) => state === 'unknown');
}

function unknownReason(view: RunView): string {
  const paths = [...view.steps.values()].filter(({ state }) => state === 'unknown').map(({ path }) => path);
  return `it is not known whether ${paths.join(', ')} happened: a person decides`;
}

function onlyWaits(view: RunView, found: Found): boolean {
  const held = new Set(found.held.map(({ path }) => path));
  return [...view.steps.values()].every(({ node, state, path }) => state !== 'ready' || node !== 'leaf' || held.has(path));
}

/** The active time of a run leaves out only intervals in which every open branch waits for a person: not for a clock, a window or a lock. */
function beginWaiting(found: Found, { run, steps }: RunView, nowMs: number): NonNullable<RunChange['fields']> {
  const counts = [...steps.values()].some(({ node, state }) => node === 'timer' && state === 'ready');
  const isHeld = found.held.some(({ hold }) => hold.word !== 'approval' && hold.word !== 'readiness');
  return found.asked.length === 0 || counts || isHeld ? {} : { clock: { ...run.clock, waitingSinceMs: nowMs } };
}

function change(made: RunChange): Moves {
  return { kind: 'change', change: made };
}
