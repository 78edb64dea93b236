import type { StepKey } from '../ids.ts';
import type { Step } from '../language/runbook.ts';
import type { Plan, PlanRowKind } from '../plan/plan-record.ts';
import type { RetryOf, RunView, StepRecord } from './record.ts';
import { dependents } from './retry-reach.ts';
import { allSteps } from './step-path.ts';
import { stepsById } from './waiting.ts';

/** What a retry shall do again: what did not succeed, a step and all that follows it, or one step or item alone. */
export interface RetryAsked {
  readonly mode: Exclude<RetryOf['mode'], 'rollback'>;
  readonly step?: string;
}

/** What a retry is made from. `plan` is that of the new run: another one where inputs were edited. */
export interface RetrySource {
  readonly old: RunView;
  readonly plan: Plan;
  readonly newRunId: string;
  readonly nowMs: number;
  readonly uuid5: (...parts: readonly string[]) => string;
  /** ARM ids in lower case of machines that steps of the old run produced and that are gone. */
  readonly gone: ReadonlySet<string>;
  /** Ids of steps that read what the edited inputs have changed. */
  readonly edited: ReadonlySet<string>;
}

/** One row of the preview: what becomes of a step at the top of the runbook. */
export interface RetryRow {
  readonly path: string;
  readonly name: string;
  readonly becomes: 'kept' | 'again' | 'partly' | 'left_out' | 'undo';
  readonly kind: PlanRowKind;
  /** Paths of records of the old run below it that are dropped and run again. */
  readonly again: readonly string[];
  readonly kept: number;
}

/** The records that a new run begins with, and what becomes of each step; or why there is nothing to retry. */
export type RetryAnswer =
  | { readonly kind: 'planned'; readonly steps: readonly StepRecord[]; readonly rows: readonly RetryRow[] }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Decides which results of an ended run a new one carries over. Pure. Only what succeeded and is not undone is kept; readiness, approvals,
 * handlers, rollbacks and `finally` begin anew, and so does every step whose machines are gone, with the steps that read it.
 */
export function carryOver(source: RetrySource, asked: RetryAsked): RetryAnswer {
  const records = mainRecords(source.old);
  const chosen = asked.step === undefined ? undefined : records.get(asked.step);
  if (asked.mode !== 'failed' && asked.step === undefined) return refused('name the step');
  if (asked.step !== undefined && chosen === undefined && !stepsById(source.plan.definition).has(asked.step))
    return refused(`the run has no step ${asked.step}`);
  const again = chosenPaths(source, records, asked);
  if (again.size === 0 && asked.mode === 'failed' && [...records.values()].every((record) => record.state !== 'skipped'))
    return refused('every step succeeded and nothing of it is gone: there is nothing to retry');
  const steps = [...records.values()].flatMap((record) => {
    const made = carried(source, { record, records, again, asked });
    return made === undefined ? [] : [made];
  });
  return { kind: 'planned', steps: [...steps, ...leftOut(source, steps, asked)], rows: rowsOf(source, records, steps) };
}

type Records = ReadonlyMap<string, StepRecord>;

function refused(why: string): RetryAnswer {
  return { kind: 'refused', why };
}

/** The records of the steps themselves: what handled a failure or undid something belongs to the old run alone. */
function mainRecords({ steps }: RunView): Records {
  const own = [...steps.values()].filter(
    ({ path }) => !/^(readiness(#\d+)?|finally)\/|\/(on-failure-\d+|roll-back|finally-\d+)\//.test(path),
  );
  return new Map(own.map((record) => [record.path, record]));
}

/** True for a result that stands: the step succeeded, or its handler made a success of it, and nothing has undone it. */
function stands({ state, verdict, undoneBy }: StepRecord): boolean {
  return (state === 'succeeded' || verdict === 'recovered') && undoneBy === undefined;
}

function isContainer({ node }: StepRecord): boolean {
  return node === 'sequence' || node === 'parallel' || node === 'fan_out';
}

/** Paths of records that are dropped; what lies below them goes with them. */
function chosenPaths(source: RetrySource, records: Records, asked: RetryAsked): ReadonlySet<string> {
  const { definition } = source.plan;
  const again = new Set<string>();
  const reach = dependents(definition, new Set([...goneSteps(source, records), ...source.edited]));
  for (const record of records.values()) {
    const leaf = !isContainer(record);
    if (asked.mode !== 'only' && leaf && !stands(record) && record.state !== 'skipped') again.add(record.path);
    if (reach.has(record.stepId) && (leaf || record.itemKey === undefined)) again.add(record.path);
    if (isGone(source, record)) again.add(record.itemKey === undefined ? record.path : pathOfFanOut(record));
  }
  if (asked.step === undefined) return again;
  const chosen = records.get(asked.step);
  if (asked.mode === 'from') for (const path of following(definition.steps, records, asked.step)) again.add(path);
  if (asked.mode === 'only') for (const path of alone(records, chosen, asked.step)) again.add(path);
  return again;
}

/** Steps of the old run that produced a machine which is gone, or which something has undone. */
function goneSteps({ gone }: RetrySource, records: Records): readonly string[] {
  return [...records.values()]
    .filter((record) => record.undoneBy !== undefined || (record.produced ?? []).some(({ id }) => gone.has(id.toLowerCase())))
    .map(({ stepId }) => stepId);
}

function isGone({ gone }: RetrySource, { target, items }: StepRecord): boolean {
  const targets = [target, ...(items ?? []).map((item) => item.target)];
  return targets.some((one) => one !== undefined && gone.has(one.id.toLowerCase()));
}

function pathOfFanOut({ path }: StepRecord): string {
  return path.slice(0, path.lastIndexOf('['));
}

/** The step itself and what stands behind it, on its own level and on every level around it; other items go on as they were. */
function following(steps: readonly Step[], records: Records, path: string): readonly string[] {
  const found = [path];
  const [head = '', ...rest] = path.split('/');
  const at = steps.findIndex(({ id }) => id === head.replace(/[[#].*$/, ''));
  const behind = steps.slice(at + 1).map(({ id }) => id);
  found.push(...behind);
  for (let depth = 1, prefix = head, level = steps[at]; depth <= rest.length && level !== undefined; depth += 1) {
    const id = (rest[depth - 1] ?? '').replace(/[[#].*$/, '');
    const children: readonly Step[] = level.body.kind === 'steps' || level.body.kind === 'parallel' ? level.body.steps : [];
    const index = children.findIndex((child) => child.id === id);
    if (index < 0) break;
    if (level.body.kind === 'steps') found.push(...children.slice(index + 1).map((child) => `${prefix}/${child.id}`));
    prefix = `${prefix}/${rest[depth - 1] ?? ''}`;
    level = children[index];
  }
  return found.filter((one) => one === path || records.has(one));
}

/** One step, or one item from the first step of its block that did not succeed. */
function alone(records: Records, chosen: StepRecord | undefined, path: string): readonly string[] {
  if (chosen?.node !== 'sequence' || stands(chosen)) return [path];
  const inside = [...records.values()]
    .filter((record) => record.path.startsWith(`${path}/`) && !record.path.slice(path.length + 1).includes('/'))
    .toSorted((left, right) => (left.createdAtMs ?? 0) - (right.createdAtMs ?? 0));
  const first = inside.findIndex((record) => !stands(record));
  return first < 0 ? [path] : inside.slice(first).map((record) => record.path);
}

interface Carrying {
  readonly record: StepRecord;
  readonly records: Records;
  readonly again: ReadonlySet<string>;
  readonly asked: RetryAsked;
}

/** The record of the new run: the old result, a container that is opened again, one that stays out of an `only`, or none. */
function carried(source: RetrySource, at: Carrying): StepRecord | undefined {
  const { record, again } = at;
  if (isBelow(record.path, again)) return undefined;
  const touched = [...again].some((path) => isInside(path, record.path));
  if (isContainer(record)) return container(source, at, touched);
  const levelIsOpen = parentOf(at.records, record.path) === undefined || touchedLevel(at, record.path);
  // Approvals, and what cleans up inside a block, begin anew wherever something behind or beside them does.
  if (levelIsOpen && beginsAnew(source, record)) return isBehindOnly(source, at) ? out(source, record) : undefined;
  if (stands(record)) return kept(source, record);
  if (at.asked.mode === 'only') return out(source, record);
  return record.state === 'skipped' && !levelIsOpen ? kept(source, record) : undefined;
}

function container(source: RetrySource, at: Carrying, touched: boolean): StepRecord | undefined {
  const { record, asked } = at;
  if (!touched && stands(record)) return kept(source, record);
  if (!touched && asked.mode === 'only') return out(source, record);
  const neverOpened = record.node === 'fan_out' && record.items === undefined;
  return neverOpened || record.undoneBy !== undefined ? undefined : reopened(source, record);
}

function beginsAnew({ plan }: RetrySource, { stepId }: StepRecord): boolean {
  const step = stepsById(plan.definition).get(stepId);
  if (step?.body.kind === 'approval') return true;
  return [...allSteps(plan.definition.steps)].some(
    ({ body }) => body.kind === 'steps' && [...allSteps(body.finally)].some(({ id }) => id === stepId),
  );
}

/** With `only` nothing behind the step is asked or done. */
function isBehindOnly({ plan }: RetrySource, { record, asked }: Pick<Carrying, 'record' | 'asked'>): boolean {
  if (asked.mode !== 'only') return false;
  const at = (path: string): number => plan.definition.steps.findIndex(({ id }) => id === topOf(path));
  return at(record.path) > at(asked.step ?? '');
}

function topOf(path: string): string {
  return path.split(/[/[#]/)[0] ?? path;
}

function touchedLevel({ records, again }: Carrying, path: string): boolean {
  const parent = parentOf(records, path);
  return parent !== undefined && [...again].some((one) => isInside(one, parent));
}

function kept({ old }: RetrySource, record: StepRecord): StepRecord {
  return { ...record, rev: 1, keptFrom: record.keptFrom ?? old.run.number };
}

function out({ old }: RetrySource, record: StepRecord): StepRecord {
  const { path, stepId, node, key, observations } = record;
  const reason = `not part of this retry: ${record.state} in run ${old.run.number}`;
  const item = record.itemKey === undefined ? {} : { itemKey: record.itemKey };
  const head = { path, stepId, node, key, ...item, generation: 0, attempt: record.attempt, send: 1, observations };
  return { ...head, state: 'skipped', rev: 1, reason, keptFrom: old.run.number };
}

/** A container keeps its items and begins to wait for its members again. */
function reopened({ plan, newRunId, nowMs, uuid5 }: RetrySource, record: StepRecord): StepRecord {
  const { path, stepId, node, attempt, itemKey, target, items } = record;
  const timeoutMs = itemKey === undefined || node !== 'fan_out' ? stepsById(plan.definition).get(stepId)?.timeoutMs : undefined;
  return {
    path,
    stepId,
    node,
    key: uuid5(newRunId, path, '0', '0') as StepKey,
    state: 'ready',
    rev: 1,
    ...(itemKey === undefined ? {} : { itemKey }),
    ...(target === undefined ? {} : { target }),
    ...(items === undefined ? {} : { items }),
    generation: 0,
    attempt,
    send: 1,
    createdAtMs: nowMs,
    ...(timeoutMs === undefined ? {} : { deadlineAtMs: nowMs + timeoutMs }),
    observations: [],
  };
}

/** Steps at the top that the old run never reached stay out of an `only` as well. */
function leftOut(source: RetrySource, steps: readonly StepRecord[], asked: RetryAsked): readonly StepRecord[] {
  if (asked.mode !== 'only' || asked.step === undefined) return [];
  const own = topOf(asked.step);
  const at = source.plan.definition.steps.findIndex(({ id }) => id === own);
  const known = new Set(steps.map(({ path }) => path));
  const missing = source.plan.definition.steps.filter(
    ({ id, body }, index) => id !== own && !known.has(id) && (body.kind !== 'approval' || index > at),
  );
  const reason = `not part of this retry: not reached in run ${source.old.run.number}`;
  return missing
    .filter(({ id }) => !source.old.steps.has(id))
    .map(({ id }) => ({
      path: id,
      stepId: id,
      node: 'leaf' as const,
      key: source.uuid5(source.newRunId, id, '0', '0') as StepKey,
      state: 'skipped' as const,
      rev: 1,
      reason,
      generation: 0,
      attempt: 1,
      send: 1,
      observations: [],
    }));
}

function rowsOf(source: RetrySource, records: Records, steps: readonly StepRecord[]): readonly RetryRow[] {
  const made = new Map(steps.map((record) => [record.path, record]));
  return source.plan.definition.steps.map(({ id, name }) => {
    const below = [...records.keys()].filter((path) => path === id || isInside(path, id));
    const again = below.filter((path) => !made.has(path));
    const record = made.get(id);
    const becomes =
      record === undefined
        ? 'again'
        : record.state === 'ready'
          ? 'partly'
          : record.state === 'skipped' && record.reason?.startsWith('not part') === true
            ? 'left_out'
            : 'kept';
    const kind = source.plan.rows.find((row) => row.path === id)?.kind ?? 'READ';
    const leaves = below.filter(
      (path) => made.has(path) && made.get(path)?.keptFrom !== undefined && records.get(path)?.itemKey !== undefined,
    );
    return { path: id, name, becomes, kind, again: record === undefined ? [] : again, kept: leaves.length };
  });
}

function isBelow(path: string, chosen: ReadonlySet<string>): boolean {
  return chosen.has(path) || [...chosen].some((one) => isInside(path, one));
}

function isInside(path: string, around: string): boolean {
  return path.length > around.length && path.startsWith(around) && '/[#'.includes(path[around.length] ?? ' ');
}

function parentOf(records: Records, path: string): string | undefined {
  const around = [...records.keys()].filter((one) => isInside(path, one));
  return around.toSorted((left, right) => right.length - left.length)[0];
}
