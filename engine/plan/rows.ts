import { type Action, type Severity, severityOf } from '../actions/action.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { asText, evaluate, freeNames, renderTemplate, templateNames } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import { formatDuration } from '../language/duration.ts';
import { targetScope } from '../run/scope.ts';
import { allSteps, childrenOf, handlerOf } from '../run/step-path.ts';
import { laterSteps } from './later-steps.ts';
import type { PlannedSet, PlanRow, PlanRowKind } from './plan-record.ts';
import { cutWaves } from './waves.ts';

/** What a plan needs to know of an action. */
export type KnownAction = Pick<Action, 'effect' | 'severity' | 'milderWith' | 'noteWith'>;

/** What is known of one call: the rows of the called runbook and how severe it is. */
export interface PlannedCall {
  readonly rows: readonly PlanRow[];
  readonly severity: Severity;
}

/** What is known when a plan is made: scope without steps, sets, actions, calls by the id of their step. */
export interface Known {
  readonly scope: JsonObject;
  readonly sets: Readonly<Record<string, PlannedSet>>;
  /** Sets that a draft could not resolve. */
  readonly open: ReadonlySet<string>;
  readonly actions: ReadonlyMap<string, KnownAction>;
  readonly nowMs: number;
  /** Every step of the runbook, by id. */
  readonly steps: ReadonlyMap<string, Step>;
  readonly calls: ReadonlyMap<string, PlannedCall>;
}

/** The lines of a plan for steps and all steps inside them, in written order. */
export function planRows(steps: readonly Step[], section: PlanRow['section'], known: Known): readonly PlanRow[] {
  const at: At = { section, prefix: section === 'steps' ? '' : `${section}/`, depth: 0, count: undefined, condition: 'always' };
  return rowsBelow(steps, at, { ...known, later: laterSteps([...steps, ...known.steps.values()]) });
}

/** The most severe of severities. */
export function worstOf(severities: readonly Severity[]): Severity {
  if (severities.includes('severe')) return 'severe';
  return severities.includes('moderate') ? 'moderate' : 'mild';
}

interface KnownRows extends Known {
  /** Ids of steps whose targets or arguments only another step will tell. */
  readonly later: ReadonlySet<string>;
}

interface At {
  readonly section: PlanRow['section'];
  readonly prefix: string;
  readonly depth: number;
  /** Members of the enclosing fan-out, where known; `undefined` outside of one. */
  readonly count: number | undefined;
  readonly role?: PlanRow['role'];
  /** What the conditions of everything around will do. */
  readonly condition: PlanRow['condition'];
}

function rowsBelow(steps: readonly Step[], at: At, known: KnownRows): readonly PlanRow[] {
  return steps.flatMap((step) => {
    const path = `${at.prefix}${step.id}`;
    const { body } = step;
    const count = countOf(step, known) ?? at.count;
    const within = { ...at, path, condition: bothHold(at.condition, conditionOf(step, known)) };
    const after = [...afterWaveRows(step, within, known), ...asideRows(step, { ...within, count }, known)];
    if (body.kind === 'call') return [...callRows(step, within, known), ...after];
    if (body.kind !== 'steps' && body.kind !== 'parallel') return [rowOf(step, within, known), ...after];
    const inner = { ...within, prefix: `${path}/`, depth: at.depth + 1, count };
    const [first, ...others] = rowsBelow(childrenOf(step), inner, known);
    return [...(first === undefined ? [] : [{ ...first, ...wavesOf(step, known) }]), ...others, ...after];
  });
}

// The steps of a called runbook stand below its call, as far as they are known, and are the ones that count.
function callRows(step: Step, at: At & { readonly path: string }, known: KnownRows): readonly PlanRow[] {
  const { body } = step;
  if (body.kind !== 'call') return [];
  const called = known.calls.get(step.id) ?? { rows: [], severity: 'mild' };
  const later = known.later.has(step.id);
  const rows = called.rows.map((row): PlanRow => {
    const inner = {
      ...row,
      path: `${at.path}/${row.path}`,
      section: at.section,
      depth: row.depth + at.depth + 1,
      condition: bothHold(at.condition, row.condition),
    };
    return later && row.kind === 'MUTATES' ? { ...inner, kind: 'UNKNOWN', note: 'depends on a later result' } : inner;
  });
  const kinds = new Set(rows.map(({ kind }) => kind));
  const kind = kinds.has('UNKNOWN') ? 'UNKNOWN' : kinds.has('MUTATES') ? 'MUTATES' : 'READ';
  const targets = at.count;
  const head: PlanRow = {
    kind,
    path: at.path,
    name: step.name,
    section: at.section,
    depth: at.depth,
    action: 'call',
    condition: at.condition,
    calls: body.runbook,
    severity: called.severity,
    ...(targets === undefined ? {} : { targets }),
    note: `calls ${body.runbook}`,
  };
  return [head, ...rows];
}

// What handles a failure and what undoes a step is part of the plan: an approval covers it as well.
function asideRows(step: Step, at: At & { readonly path: string }, known: KnownRows): readonly PlanRow[] {
  const below = { ...at, depth: at.depth + 1 };
  return [
    ...rowsBelow(handlerOf(step), { ...below, prefix: `${at.path}/on_failure/`, role: 'on_failure' }, known),
    ...rowsBelow(step.rollback ?? [], { ...below, prefix: `${at.path}/rollback/`, role: 'rollback' }, known),
  ];
}

// Steps after a wave see one wave at a time: how many there will be is known when the items are.
function afterWaveRows(step: Step, at: At & { readonly path: string }, known: KnownRows): readonly PlanRow[] {
  return rowsBelow(
    step.rollout?.afterWave ?? [],
    { ...at, prefix: `${at.path}/after_wave/`, depth: at.depth + 1, count: undefined },
    known,
  );
}

function rowOf(step: Step, at: At & { readonly path: string }, known: KnownRows): PlanRow {
  const { kind, note, severity: ofUndone } = noteOpenSet(step, kindOf(step, known), known);
  const targets = countOf(step, known) ?? at.count;
  const action = step.body.kind === 'uses' ? known.actions.get(step.body.action) : undefined;
  const effect = step.body.kind === 'run' ? step.body.effect : action?.effect;
  const severity = ofUndone ?? severityOfStep(step, known);
  const said = [step.ownUndo === undefined ? undefined : 'the undo of its action, where that has changed something', note];
  const noted = said.filter((text) => text !== undefined).join('; ');
  return {
    kind,
    path: at.path,
    name: step.name,
    section: at.section,
    depth: at.depth,
    ...(at.role === undefined ? {} : { role: at.role }),
    action: step.body.kind === 'uses' ? step.body.action : step.body.kind,
    condition: at.condition,
    ...(targets === undefined ? {} : { targets }),
    ...wavesOf(step, known),
    ...(effect === undefined ? {} : { effect }),
    ...(severity === undefined ? {} : { severity }),
    ...(noted === '' ? {} : { note: noted }),
  };
}

function severityOfStep({ body }: Step, { actions }: Known): Severity | undefined {
  if (body.kind === 'uses') {
    const action = actions.get(body.action);
    return action === undefined ? undefined : severityOf(action, body.with);
  }
  return body.kind === 'run' ? (body.effect === 'read' ? 'mild' : 'moderate') : undefined;
}

function wavesOf(step: Step, known: KnownRows): Pick<PlanRow, 'waves'> {
  const waves = step.rollout?.waves ?? [];
  const count = waves.length === 0 ? undefined : countOf(step, known);
  return count === undefined ? {} : { waves: cutWaves(count, waves) };
}

// A draft cannot tell how many machines a set holds that only Azure knows.
function noteOpenSet(step: Step, row: ReturnType<typeof kindOf>, { open }: Known): ReturnType<typeof kindOf> {
  const set = step.target?.kind === 'set' ? step.target.set : undefined;
  return set !== undefined && open.has(set) ? { ...row, note: `targets of ${set} are not resolved` } : row;
}

function kindOf(step: Step, known: KnownRows): { readonly kind: PlanRowKind; readonly note?: string; readonly severity?: Severity } {
  const { body } = step;
  switch (body.kind) {
    case 'approval':
      return {
        kind: 'GATE',
        note: `${body.need} of ${body.by.join(', ')}${body.self ? '' : ', not the starter'}, within ${formatDuration(body.timeoutMs)}`,
      };
    case 'manual':
      return { kind: 'GATE', note: `${body.by.join(', ')} within ${formatDuration(body.timeoutMs)}` };
    case 'wait':
      return { kind: 'GATE', note: waitNote(body.wait, known) };
    case 'assert':
    case 'call':
    case 'steps':
    case 'parallel':
      return { kind: 'READ' };
    case 'undo':
      return kindOfUndo(body.step, known);
    case 'run':
      if (body.effect === 'read') return { kind: 'READ', note: 'declared by the script' };
      if (body.effect === 'blind') return { kind: 'UNKNOWN', note: 'a script: its effect cannot be predicted' };
      return known.later.has(step.id) ? { kind: 'UNKNOWN', note: 'depends on a later result' } : { kind: 'MUTATES' };
    case 'uses':
      if (known.actions.get(body.action)?.effect === 'read') return { kind: 'READ' };
      return known.later.has(step.id)
        ? { kind: 'UNKNOWN', note: 'depends on a later result' }
        : { kind: 'MUTATES', ...noteOfUse(body, known) };
  }
}

function waitNote(wait: Extract<Step['body'], { readonly kind: 'wait' }>['wait'], known: Known): string {
  const text = 'duration' in wait ? wait.duration : wait.untilTime;
  const value = knownValue(text, known);
  const shown = value === undefined ? undefined : asText(value);
  return `${'duration' in wait ? 'waits' : 'waits until'} ${shown?.ok === true ? shown.value : text}`;
}

function noteOfUse(body: Extract<Step['body'], { readonly kind: 'uses' }>, { actions }: Known): { readonly note?: string } {
  const noteWith = actions.get(body.action)?.noteWith;
  return noteWith !== undefined && Object.hasOwn(body.with, noteWith.argument) ? { note: noteWith.note } : {};
}

/** An `undo` is what the rollbacks are that it runs: those of the step and of every step inside it. */
function kindOfUndo(id: string, known: KnownRows): { readonly kind: PlanRowKind; readonly note: string; readonly severity: Severity } {
  const undone = known.steps.get(id);
  const undoing = undone === undefined ? [] : [...allSteps([undone])].flatMap((inside) => inside.rollback ?? []);
  const run = [...allSteps(undoing)];
  const kinds = run.map((step) => kindOf(step, known).kind);
  const kind = (['UNKNOWN', 'MUTATES'] as const).find((one) => kinds.includes(one)) ?? 'READ';
  const severity = worstOf(run.flatMap((step) => severityOfStep(step, known) ?? []));
  return { kind, note: `runs ${undoing.map((step) => step.id).join(', ')}`, severity };
}

function countOf(step: Step, known: KnownRows): number | undefined {
  if (step.forEach !== undefined) return lengthOf(step.forEach, known);
  if (step.target?.kind !== 'set') return undefined;
  const targets = known.sets[step.target.set]?.targets;
  const { where } = step.target;
  if (targets === undefined || where === undefined) return targets?.length;
  if (freeNames(where).functions.has('now')) return undefined;
  let count = 0;
  for (const target of targets) {
    const outcome = evaluate(where, { ...(known.scope as Record<string, never>), [step.as ?? 'target']: targetScope(target) }, known.nowMs);
    if (!outcome.ok) return undefined;
    if (outcome.value === true) count += 1;
  }
  return count;
}

function lengthOf(list: string, known: Known): number | undefined {
  const value = knownValue(list, known);
  return Array.isArray(value) ? value.length : undefined;
}

/** What a text gives that depends on nothing later; undefined for all others. */
function knownValue(text: string, { scope, nowMs }: Known): JsonValue | undefined {
  const { names, functions } = templateNames(text);
  if (functions.has('now') || [...names].some((name) => !(name in scope))) return undefined;
  const outcome = renderTemplate(text, scope as Record<string, never>, nowMs);
  return outcome.ok ? outcome.value : undefined;
}

function conditionOf(step: Step, known: KnownRows): PlanRow['condition'] {
  if (step.if === undefined) return 'always';
  const { names, functions } = freeNames(step.if);
  // The time of its turn decides, not that of the plan.
  if (functions.has('now') || [...names].some((name) => !(name in known.scope))) return 'depends';
  const outcome = evaluate(step.if, known.scope as Record<string, never>, known.nowMs);
  if (!outcome.ok || typeof outcome.value !== 'boolean') return 'depends';
  return outcome.value ? 'always' : 'never';
}

function bothHold(around: PlanRow['condition'], own: PlanRow['condition']): PlanRow['condition'] {
  if (around === 'never' || own === 'never') return 'never';
  return around === 'depends' ? 'depends' : own;
}
