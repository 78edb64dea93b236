import { type Hold, holdNow, type WindowQuestion } from '../gates/hold.ts';
import type { StopFacts } from '../gates/stops.ts';
import type { Step } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import { spentApproval } from './approval-use.ts';
import { notReady } from './readiness.ts';
import type { RunView, StepRecord } from './record.ts';
import type { Level, WindowScope } from './walk.ts';

/** What is known when a step is about to change something. */
export interface HoldFacts {
  readonly plan: Plan;
  readonly view: RunView;
  readonly nowMs: number;
  readonly stops: StopFacts;
}

/** What holds a changing leaf now: kill switch, freeze, window, approval. Undefined: its request may be sent. */
export function holdOfStep(facts: HoldFacts, record: StepRecord, level: Pick<Level, 'windows' | 'cleanup'>): Hold | undefined {
  const { plan, view, nowMs, stops } = facts;
  const windows = (level.windows ?? []).map((scope) => questionOf(facts, record, scope));
  const spent = spentApproval(
    view,
    windows.flatMap((one) => one.windows),
    nowMs,
  );
  const [failed] = notReady(plan, view);
  return holdNow({
    nowMs,
    stops,
    environment: plan.environment,
    exempt: isExempt(plan, view.run),
    cleanup: level.cleanup === true,
    begun: record.firstIntentAtMs !== undefined,
    windows,
    ...(spent === undefined ? {} : { spent }),
    ...(failed === undefined ? {} : { notReady: failed.check }),
  });
}

/** True for a failover that freezes do not hold: its runbook says so, and whoever started it may. */
export function isExempt({ definition, purpose }: Plan, run: Pick<RunView['run'], 'freezeExempt'>): boolean {
  return definition.freeze === 'exempt' && purpose === 'failover' && run.freezeExempt === true;
}

/** The level below a place that names calendars: their windows count there beside those around it. */
export function withinWindows(level: Level, of: Pick<Step, 'windows' | 'atWindowClose'>, path: string): Level {
  if (of.windows === undefined) return level;
  const scope: WindowScope = { path, names: of.windows, atClose: of.atWindowClose ?? 'hold' };
  return { ...level, windows: [...(level.windows ?? []), scope] };
}

function questionOf({ plan, view }: HoldFacts, record: StepRecord, scope: WindowScope): WindowQuestion {
  const root = scope.atClose === 'finish' ? startedRoot(record, scope) : itemRoot(view, record, scope);
  return {
    names: scope.names,
    windows: scope.names.flatMap((name) => plan.calendars?.[name] ?? []),
    underWay: root !== undefined && hasBegun(view, root),
  };
}

/** `finish`: the block that names the window goes on once it has begun; for the runbook that is the step at its top. */
function startedRoot(record: StepRecord, scope: WindowScope): string {
  return scope.path === '' ? (/^[^/[#]*/.exec(record.path)?.[0] ?? record.path) : scope.path;
}

/** `hold`: a member of a fan-out that has begun is brought to its end; everything else waits. */
function itemRoot(view: RunView, record: StepRecord, scope: WindowScope): string | undefined {
  return [...view.steps.values()]
    .filter(({ itemKey, path }) => itemKey !== undefined && path.startsWith(scope.path) && isWithin(record.path, path))
    .toSorted((left, right) => left.path.length - right.path.length)[0]?.path;
}

function hasBegun(view: RunView, root: string): boolean {
  return [...view.steps.values()].some(({ path, firstIntentAtMs }) => firstIntentAtMs !== undefined && isWithin(path, root));
}

function isWithin(path: string, root: string): boolean {
  return path === root || ['/', '[', '#'].some((mark) => path.startsWith(`${root}${mark}`));
}
