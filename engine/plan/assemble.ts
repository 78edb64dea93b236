import type { EffectClass } from '../actions/action.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { renderTemplate, templateNames } from '../language/expression.ts';
import { checkMap, givenForm } from '../language/input-values.ts';
import type { LateFinding } from '../language/late-finding.ts';
import type { Purpose, Runbook, Step } from '../language/runbook.ts';
import { targetsScope } from '../run/scope.ts';
import { allSteps } from '../run/step-path.ts';
import { VERSION } from '../version.ts';
import { withGateTimes } from './gate-times.ts';
import { knownValueProblems } from './known-values.ts';
import type { PinnedRunbook, Plan, PlannedSet, PlanRow } from './plan-record.ts';
import { heldMachines } from './recovery-plan.ts';
import { type Known, type KnownAction, type PlannedCall, planRows, worstOf } from './rows.ts';
import { narrowSets } from './targets.ts';
import { computeVars } from './vars.ts';
import { setNotes } from './set-notes.ts';

/** What a plan is put together from: everything is there, nothing is read any more. */
export interface Assembling {
  readonly pinned: PinnedRunbook;
  /** All runbooks that may be called, by name. */
  readonly calls: Readonly<Record<string, PinnedRunbook>>;
  readonly purpose: Purpose;
  /** Checked inputs in stored form. */
  readonly inputs: JsonObject;
  /** Seed of samples whose set has none of its own. */
  readonly seed: string;
  readonly nowMs: number;
  readonly sha256: (text: string) => string;
  readonly actions: ReadonlyMap<string, KnownAction>;
  readonly simulatedScale?: number;
}

/** Why no plan can be made: a finding about a runbook. With `step` its path begins at that step. */
export interface PlanProblem {
  readonly runbook: string;
  readonly step?: string;
  readonly late: LateFinding;
}

/** A plan, or all that stands against it. `open` are the sets that a draft could not resolve. */
export type Assembled =
  | { readonly kind: 'assembled'; readonly plan: Plan; readonly open: readonly string[] }
  | { readonly kind: 'refused'; readonly problems: readonly PlanProblem[] };

/** Puts a plan together. Pure: the same pins, inputs and seed give the same plan, whoever asks and whenever. */
export function assemblePlan(from: Assembling): Assembled {
  const { pinned, inputs, nowMs, seed, sha256 } = from;
  const { definition } = pinned;
  const early = computeVars(definition.vars, { inputs }, nowMs);
  const { sets, problems } = narrowSets(pinned, { scope: { inputs, vars: early.vars as JsonObject }, nowMs, seed, sha256 });
  const open = Object.keys(definition.targets).filter((name) => pinned.members[name] === undefined);
  const targets = targetsScope(definition, sets);
  const { vars, failed } = computeVars(definition.vars, { inputs, targets }, nowMs);
  const scope = { inputs, vars: vars as JsonObject, targets };
  const planned = planCalls(from, scope);
  const against: readonly PlanProblem[] = [
    ...problems.map((late) => ({ runbook: definition.name, late })),
    ...Object.entries(failed)
      .filter(([name]) => open.length === 0 || !templateNames(definition.vars[name] ?? null).names.has('targets'))
      .map(([name, message]): PlanProblem => ({
        runbook: definition.name,
        late: { code: 'RW312', path: ['vars', name], marks: { message } },
      })),
    ...[...planned.values()].flatMap((call) => call.problems),
  ];
  if (against.length > 0) return { kind: 'refused', problems: against };
  const useless = open.length > 0 ? [] : knownValueProblems(definition, { scope, nowMs, configurations: pinned.configurations });
  if (useless.length > 0) return { kind: 'refused', problems: useless.map((late) => ({ runbook: definition.name, late })) };
  const known = { scope, sets, open: new Set(open), actions: from.actions, nowMs, calls: planned };
  return { kind: 'assembled', plan: planOf(from, { vars, sets, rows: rowsOf(definition, known) }), open };
}

function rowsOf(definition: Runbook, facts: Omit<Known, 'steps'>): readonly PlanRow[] {
  const { readiness, steps, finally: last } = definition;
  const known = { ...facts, steps: new Map(stepsOf(definition).map((step) => [step.id, step])) };
  return [
    ...planRows(readiness?.checks ?? [], 'readiness', known),
    ...planRows(steps, 'steps', known),
    ...planRows(last, 'finally', known),
  ];
}

interface Parts {
  readonly vars: Readonly<Record<string, JsonValue>>;
  readonly sets: Readonly<Record<string, PlannedSet>>;
  readonly rows: Plan['rows'];
}

function planOf(from: Assembling, { vars, sets, rows }: Parts): Plan {
  const { pinned, purpose, actions } = from;
  const { definition } = pinned;
  const calls = reachable(definition, from.calls);
  const all = [definition, ...Object.values(calls).map((called) => called.definition)].flatMap(stepsOf);
  const recoveryPlans = heldMachines(pinned);
  const changes = rows.some(({ kind }) => kind === 'MUTATES' || kind === 'UNKNOWN');
  const severePurpose = purpose === 'failover' || purpose === 'failback';
  const severity = severePurpose
    ? 'severe'
    : worstOf([...rows.flatMap((row) => row.severity ?? []), ...(changes ? (['moderate'] as const) : [])]);
  const documents = Object.assign({}, pinned.documents, ...Object.values(calls).map((called) => called.documents)) as Plan['documents'];
  const configurations = Object.assign({}, pinned.configurations, ...Object.values(calls).map((called) => called.configurations)) as Record<
    string,
    string
  >;
  return {
    schema: 1,
    engine: VERSION,
    runbookDigest: pinned.digest,
    runbookPath: pinned.path,
    definition: withGateTimes(definition, severity),
    purpose,
    environment: definition.environment,
    inputs: from.inputs,
    vars,
    sets,
    ...(Object.keys(recoveryPlans).length === 0 ? {} : { recoveryPlans }),
    rows,
    severity,
    actions: actionsOf(all, actions),
    documents,
    ...(Object.keys(pinned.calendars).length === 0 ? {} : { calendars: pinned.calendars }),
    ...(Object.keys(configurations).length === 0 ? {} : { configurations }),
    ...(Object.keys(calls).length === 0 ? {} : { calls }),
    notes: setNotes(all, configurations),
    ...(from.simulatedScale === undefined ? {} : { simulatedScale: from.simulatedScale }),
  };
}

// A plan carries what it may call and nothing else: a child's plan does not depend on its siblings.
function reachable(definition: Runbook, calls: Readonly<Record<string, PinnedRunbook>>): Readonly<Record<string, PinnedRunbook>> {
  const found: Record<string, PinnedRunbook> = {};
  const open: Runbook[] = [definition];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { body } of stepsOf(next)) {
      const called = body.kind === 'call' ? calls[body.runbook] : undefined;
      if (body.kind !== 'call' || called === undefined || found[body.runbook] !== undefined) continue;
      found[body.runbook] = called;
      open.push(called.definition);
    }
  }
  return found;
}

function stepsOf({ readiness, steps, finally: last }: Runbook): readonly Step[] {
  return [...allSteps([...(readiness?.checks ?? []), ...steps, ...last])];
}

function actionsOf(steps: readonly Step[], actions: Assembling['actions']): Readonly<Record<string, EffectClass>> {
  const used = steps.flatMap(({ body }) => (body.kind === 'uses' ? [body.action] : []));
  return Object.fromEntries(
    [...new Set(used)].toSorted().flatMap((name) => {
      const action = actions.get(name);
      return action === undefined ? [] : [[name, action.effect] as const];
    }),
  );
}

type Calling = Pick<Assembling, 'calls' | 'purpose' | 'seed' | 'nowMs' | 'sha256' | 'actions' | 'simulatedScale'>;

/** A call: the step of the runbook that makes it, and what it gives. */
interface Call {
  readonly caller: string;
  readonly step: string;
  readonly given: JsonObject;
}

/** The plan of a called runbook under given inputs, or what stands against it. Pure: at plan, at its turn and at every check it is the same. */
export function planOfCall(calling: Calling, name: string, { caller, step, given }: Call): Assembled {
  const pinned = calling.calls[name];
  const refuse = (...late: readonly LateFinding[]): Assembled => ({
    kind: 'refused',
    problems: late.map((each) => ({ runbook: caller, step, late: each })),
  });
  if (pinned === undefined) return refuse({ code: 'RW408', path: ['call'], marks: { problem: `runbook "${name}" is not in the plan` } });
  const purpose = purposeOfCall(pinned.definition, calling.purpose);
  if (purpose === undefined)
    return refuse({ code: 'RW206', path: ['call'], marks: { value: `"${calling.purpose}"`, list: pinned.definition.purposes.join(', ') } });
  const checked = checkMap(pinned.definition.inputs, givenForm(given) as JsonObject, '');
  if (checked.ok) return assemblePlan({ ...calling, pinned, purpose, inputs: checked.value as JsonObject });
  return refuse(
    ...checked.problems.map(({ pointer, reason, bounds }): LateFinding => {
      const path = ['with', ...pointer.split('/').slice(1, 2)];
      return { code: 'RW517', path, pointer, marks: { pointer, reason, bounds } };
    }),
  );
}

/** A called runbook runs for the purpose of its caller, or for its own when it has only one. */
function purposeOfCall({ purposes }: Runbook, caller: Purpose): Purpose | undefined {
  if (purposes.includes(caller)) return caller;
  return purposes.length === 1 ? purposes[0] : undefined;
}

/** What is known of every call of a runbook: its rows, how severe it is, and what stands against it. */
function planCalls(from: Assembling, scope: JsonObject): ReadonlyMap<string, PlannedCall & { readonly problems: readonly PlanProblem[] }> {
  const { definition } = from.pinned;
  const planned = new Map<string, PlannedCall & { readonly problems: readonly PlanProblem[] }>();
  for (const { id, body } of stepsOf(definition)) {
    if (body.kind !== 'call') continue;
    const given = renderTemplate(body.with as JsonValue, scope as Record<string, never>, from.nowMs);
    if (!given.ok) {
      planned.set(id, { ...outlineOfCall(from, from.calls[body.runbook]), problems: [] });
      continue;
    }
    const made = planOfCall(from, body.runbook, { caller: definition.name, step: id, given: given.value as JsonObject });
    planned.set(
      id,
      made.kind === 'refused'
        ? { rows: [], severity: 'mild', problems: made.problems }
        : { rows: made.plan.rows, severity: made.plan.severity, problems: [] },
    );
  }
  return planned;
}

// Its inputs are known only when its turn comes: sets that depend on them have no count yet.
function outlineOfCall(from: Assembling, pinned: PinnedRunbook | undefined): PlannedCall {
  if (pinned === undefined) return { rows: [], severity: 'mild' };
  const { definition, members } = pinned;
  const whole = Object.entries(definition.targets).flatMap(([name, { where, sample, onEmpty, onUnreachable }]) => {
    const set = members[name];
    return set === undefined || where !== undefined || sample !== undefined ? [] : [[name, { ...set, onEmpty, onUnreachable }] as const];
  });
  const sets = Object.fromEntries(whole);
  const scope = { targets: targetsScope(definition, sets) };
  const open = new Set(Object.keys(definition.targets).filter((name) => members[name] === undefined));
  const calls = planCalls({ ...from, pinned, inputs: {} }, scope);
  const known = { scope, sets, open, actions: from.actions, nowMs: from.nowMs, calls };
  const rows = rowsOf(definition, known);
  return { rows, severity: worstOf(rows.flatMap(({ severity }) => severity ?? [])) };
}
