import type { ExpressionChecking, PlacedExpression } from './check-expressions.ts';
import { didYouMean, quoted, type Report } from './diagnostics.ts';
import type { Expression, Path, Range } from './expression-parse.ts';
import { stepName } from './expression-places.ts';
import { nearest } from './near.ts';
import type { OutlinedStep } from './outline.ts';
import { GENERAL_NAMES } from './scope-types.ts';
import { child, entriesOf, textOf, type TreeNode } from './tree.ts';
import { isOwn, mayLackOutputs, visibilityOf } from './visible.ts';

/** Everything that a runbook names. */
export interface Names {
  readonly inputs: ReadonlyMap<string, TreeNode>;
  readonly vars: ReadonlySet<string>;
  /** The sets, and whether each is made of a recovery plan. */
  readonly targets: ReadonlyMap<string, boolean>;
  readonly steps: ReadonlyMap<string, OutlinedStep>;
}

/** Collects the names of a runbook; of two steps with one id the first counts. */
export function collectNames(root: TreeNode, steps: readonly OutlinedStep[]): Names {
  const byId = new Map<string, OutlinedStep>();
  for (const step of steps) if (step.id !== '' && !byId.has(step.id)) byId.set(step.id, step);
  return {
    inputs: new Map(entriesOf(child(root, 'inputs')).map((entry) => [entry.key, entry.value])),
    vars: new Set(entriesOf(child(root, 'vars')).map((entry) => entry.key)),
    targets: new Map(entriesOf(child(root, 'targets')).map((entry) => [entry.key, child(entry.value, 'recovery_plan') !== undefined])),
    steps: byId,
  };
}

const TYPE_NAMES = new Set(['int', 'double', 'string', 'bool', 'list', 'map', 'type', 'null_type']);

/** Checks every name that an expression reads. Returns the steps that it reads, or undefined after a finding. */
export function checkPaths(
  expression: Expression,
  placed: PlacedExpression,
  checking: ExpressionChecking,
): readonly OutlinedStep[] | undefined {
  const read = new Set<OutlinedStep>();
  let sound = true;
  const report: Report = (code, place, marks) => {
    sound = false;
    checking.report(code, place, marks);
  };
  for (const path of expression.paths) checkPath(path, { expression, placed, checking, report, read });
  return sound ? [...read] : undefined;
}

interface PathChecking {
  readonly expression: Expression;
  readonly placed: PlacedExpression;
  readonly checking: ExpressionChecking;
  readonly report: Report;
  readonly read: Set<OutlinedStep>;
}

function checkPath(path: Path, context: PathChecking): void {
  const { standing } = context.placed.place;
  if (TYPE_NAMES.has(path.root) || standing.items.has(path.root)) return;
  const known = path.root === 'result' ? standing.withResult : standing.general.has(path.root);
  if (!known) return reportUnknownName(path, context);
  const { names, usedInputs } = context.checking;
  const [field] = path.fields;
  if (path.root === 'inputs') {
    if (field === undefined) for (const input of names.inputs.keys()) usedInputs.add(input);
    else checkInput(field, context);
  }
  if (field === undefined) return;
  if (path.root === 'vars') checkMember('var', field, { known: names.vars, context });
  if (path.root === 'targets') checkTargets(path, field, context);
  if (path.root === 'steps') checkStepPath(path, field, context);
  if (path.root === 'run') checkRun(field, context);
}

const INSIDE_FAN_OUT = 'it is visible inside a fan-out, under the name that "as" gives it';
const PLACES: Readonly<Record<string, string>> = {
  result: 'it is visible in success_if, outputs, until and retry.if',
  target: INSIDE_FAN_OUT,
  item: INSIDE_FAN_OUT,
  wave: 'it is visible in after_wave',
};

function reportUnknownName(path: Path, { placed, report }: PathChecking): void {
  const { standing } = placed.place;
  const visible = [...standing.general, ...standing.items.keys(), ...(standing.withResult ? ['result'] : [])];
  // A name that has its own places is no misspelling of another.
  const near = Object.hasOwn(PLACES, path.root) ? undefined : nearest(path.root, visible);
  const where =
    PLACES[path.root] ??
    (GENERAL_NAMES.has(path.root) ? `here only ${visible.join(', ')} can be read` : `visible here: ${visible.join(', ')}`);
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
  report('RW303', { ...placed.at(path.range), ...suggestion }, { name: quoted(path.root), where });
}

interface Field {
  readonly name: string;
  readonly range: Range;
}

function checkInput(field: Field, context: PathChecking): void {
  const { checking } = context;
  const definition = checking.names.inputs.get(field.name);
  checking.usedInputs.add(field.name);
  if (definition === undefined) return checkMember('input', field, { known: checking.names.inputs, context });
  if (textOf(child(definition, 'type')) === 'secret') checkSecret(field, context);
}

// A secret is resolved at the moment of use, so it can only be the whole of a value whose reader knows that it is one.
function checkSecret(field: Field, { placed, report }: PathChecking): void {
  const { use, path, node } = placed.place;
  const whole = new RegExp(`^\\s*\\$\\{\\{\\s*inputs\\.${field.name}\\s*\\}\\}\\s*$`).test(String(node.value));
  const taken = use === 'env' || (use === 'with' && path.at(-1) === 'secret') || (use === 'call' && path.at(-2) === 'with');
  if (taken && whole) return;
  const place = taken ? 'a larger text' : use === 'with' ? 'an argument that takes none' : 'a place that is shown or stored';
  const hint = taken ? { hint: `write "\${{ inputs.${field.name} }}" and nothing else` } : {};
  report('RW502', { ...placed.at(field.range), ...hint }, { input: quoted(field.name), place });
}

function checkMember(
  what: string,
  field: Field,
  {
    known,
    context,
  }: { readonly known: { readonly has: (name: string) => boolean; readonly keys: () => Iterable<string> }; readonly context: PathChecking },
): void {
  if (known.has(field.name)) return;
  const names = [...known.keys()];
  const near = nearest(field.name, names);
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
  const listed = names.length === 0 ? `there is no ${what}` : `known: ${names.slice(0, 8).join(', ')}`;
  context.report('RW402', { ...context.placed.at(field.range), ...suggestion }, { what, id: quoted(field.name), known: listed });
}

function checkTargets(path: Path, field: Field, context: PathChecking): void {
  const { targets } = context.checking.names;
  const [, member] = path.fields;
  if (member === undefined || !targets.has(field.name)) return checkMember('target set', field, { known: targets, context });
  const ofPlan = targets.get(field.name) === true;
  if (ofPlan && member.name === 'plan_id') return;
  context.report('RW305', context.placed.at(member.range), {
    field: quoted(member.name),
    type: `the target set ${quoted(field.name)}, a list of targets`,
    has: ofPlan ? 'it has plan_id; its targets have fields' : 'only a set of a recovery_plan has plan_id; its targets have fields',
  });
}

function checkStepPath(path: Path, field: Field, context: PathChecking): void {
  const { placed, checking, report, read, expression } = context;
  const reader = placed.place.standing.reader;
  const step = checking.names.steps.get(field.name);
  if (step === undefined) {
    const readable = [...checking.names.steps.values()].filter((each) => visibilityOf(each, reader).kind === 'visible');
    const near = nearest(
      field.name,
      readable.map((each) => each.id),
    );
    report(
      'RW401',
      { ...placed.at(field.range), ...(near === undefined ? {} : { hint: didYouMean(near), fix: near }) },
      { id: quoted(field.name) },
    );
    return;
  }
  const visibility = visibilityOf(step, reader);
  if (visibility.kind === 'hidden') {
    report('RW405', placed.at(field.range), {
      id: quoted(step.id),
      outer: quoted(visibility.outer.id),
      name: `steps.${visibility.outer.id}`,
    });
    return;
  }
  if (visibility.kind === 'later') return report('RW404', placed.at(field.range), { id: quoted(step.id), here: stepName(reader) });
  const member = path.fields[1];
  const isOwnItem = reader !== undefined && isOwn(step, reader);
  if (member?.name === 'outputs' && step.fanOut !== undefined && !isOwnItem)
    return report('RW306', placed.at(member.range), { step: quoted(step.id) });
  read.add(isOwnItem ? { ...step, fanOut: undefined } : step);
  if (member?.name !== 'outputs' || path.guarded || reader === undefined || placed.place.lenient) return;
  if (mayLackOutputs(step, reader) && !isGuarded(step, expression, reader)) {
    report('RW307', placed.at(member.range), { step: quoted(step.id) });
  }
}

// The status or presence is asked for in the same expression or in the `if` of the step that reads.
function isGuarded(step: OutlinedStep, expression: Expression, reader: OutlinedStep): boolean {
  const asks = expression.paths.some(
    (path) => path.root === 'steps' && path.fields[0]?.name === step.id && (path.fields[1]?.name === 'status' || path.guarded),
  );
  const condition = textOf(child(reader.node, 'if')) ?? '';
  return asks || condition.includes(`steps.${step.id}.`);
}

function checkRun(field: Field, { placed, report }: PathChecking): void {
  const { reader } = placed.place.standing;
  if (field.name !== 'status' && field.name !== 'rollback') return;
  if (reader === undefined || reader.section === 'finally') return;
  report(
    'RW303',
    { ...placed.at(field.range), hint: 'it is visible in finally and in the outputs of the runbook' },
    { name: quoted(`run.${field.name}`), where: '' },
  );
}
