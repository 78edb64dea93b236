import type { ValueType } from '../values.ts';
import { checkTypes, type FieldType, type TypeScope } from './expression-check.ts';
import { parseExpression } from './expression-parse.ts';
import { type DefinedTypes, definedTypes } from './object-types.ts';
import type { OutlinedStep } from './outline.ts';
import { soleExpression, splitTemplate } from './template.ts';
import { child, entriesOf, itemsOf, textOf, type TreeNode } from './tree.ts';

const DURATION = 'google.protobuf.Duration';
const TIMESTAMP = 'google.protobuf.Timestamp';

/** The CEL type of a stored type. */
export function celType(type: ValueType): string {
  if (type === 'duration') return DURATION;
  if (type === 'timestamp') return TIMESTAMP;
  if (typeof type === 'string') return type;
  return 'list' in type ? `list<${celType(type.list)}>` : `map<string, ${celType(type.map)}>`;
}

/** True when nothing is known of a step's result, because its action or body is unknown: what reads it is not judged. */
export function isOpaque(step: OutlinedStep): boolean {
  return step.body === undefined || step.body === 'call' || (step.body === 'uses' && step.action === undefined);
}

/** The fields of `result` of a step. */
export function resultFields(step: OutlinedStep): FieldType {
  const title = 'the result';
  if (step.body === 'run') return { title, fields: { stdout: 'string', stderr: 'string', exit_code: 'int' } };
  if (step.body === 'approval' || step.body === 'manual') return { title, fields: { ...formTypes(step).fields, decided_by: 'string' } };
  const fields = Object.entries(step.action?.result ?? {}).map(([name, type]) => [name, celType(type)] as const);
  return { title, fields: Object.fromEntries(fields) };
}

/** The types of what a person fills in at a step: nothing where it asks nobody. */
export function formTypes({ id, node, body }: OutlinedStep): DefinedTypes {
  const form = body === 'approval' || body === 'manual' ? child(child(node, body), 'form') : undefined;
  return definedTypes(form, { prefix: `steps.${id}.outputs`, name: `Form_${id}_` });
}

/** Infers what expressions read from steps; asks back for the scope in which a step's own outputs are written. */
export interface StepTypes {
  readonly typesFor: (steps: readonly OutlinedStep[]) => ReadonlyMap<string, FieldType>;
}

/** Types of steps, inferred once each. `scopeOf` gives the names that the outputs of a step see. */
export function stepTypes(scopeOf: (step: OutlinedStep) => TypeScope): StepTypes {
  const known = new Map<OutlinedStep, Readonly<Record<string, string>>>();
  const outputsOf = (step: OutlinedStep): Readonly<Record<string, string>> => {
    const found = known.get(step);
    if (found !== undefined) return found;
    known.set(step, {});
    const written = child(step.node, 'outputs');
    const fields =
      written === undefined
        ? defaultOutputs(step)
        : Object.fromEntries(entriesOf(written).map((entry) => [entry.key, inferredType(textOf(entry.value) ?? '', () => scopeOf(step))]));
    known.set(step, fields);
    return fields;
  };
  return { typesFor: (steps) => new Map(steps.flatMap((step) => typesOfStep(step, outputsOf(step)))) };
}

function defaultOutputs(step: OutlinedStep): Readonly<Record<string, string>> {
  return step.body === 'run' || step.body === 'steps' || step.body === 'parallel' ? {} : resultFields(step).fields;
}

/** The type of bare CEL; dyn when it has errors, which are reported where it stands. */
export function inferredType(text: string, scope: () => TypeScope): string {
  const parsed = parseExpression(text);
  if (!parsed.ok) return 'dyn';
  const answer = checkTypes(text, scope());
  return answer.ok && !answer.type.includes('<T>') && !answer.type.includes('K, V') ? answer.type : 'dyn';
}

/** The type of a `vars` value: a text that is only one expression has that expression's type. */
export function valueCelType(node: TreeNode, scope: () => TypeScope): string {
  if (node.kind === 'map') return 'map<string, dyn>';
  if (node.kind === 'list')
    return itemsOf(node).every((item) => item.kind === 'scalar' && typeof item.value === 'string') ? 'list<string>' : 'list<dyn>';
  if (typeof node.value === 'boolean') return 'bool';
  if (typeof node.value === 'number') return Number.isInteger(node.value) ? 'int' : 'double';
  if (node.value === null) return 'dyn';
  const sole = soleExpression(splitTemplate(node.value));
  return sole === undefined ? 'string' : inferredType(sole.text, scope);
}

function typesOfStep(step: OutlinedStep, outputs: Readonly<Record<string, string>>): readonly (readonly [string, FieldType])[] {
  const shared = {
    status: 'string',
    attempts: 'int',
    started_at: TIMESTAMP,
    ended_at: TIMESTAMP,
    duration: DURATION,
    error: 'StepError',
    produced: 'list<Target>',
  };
  const forms = formTypes(step).types;
  const opaque = isOpaque(step) && child(step.node, 'outputs') === undefined;
  const outputsType = opaque ? 'dyn' : `Outputs_${step.id}`;
  const own: readonly (readonly [string, FieldType])[] = opaque
    ? forms
    : [...forms, [outputsType, { title: `outputs of "${step.id}"`, fields: outputs }]];
  if (step.fanOut === undefined) {
    return [...own, [`Step_${step.id}`, { title: `step "${step.id}"`, fields: { ...shared, outputs: outputsType } }]];
  }
  const item = `Item_${step.id}`;
  return [
    ...own,
    [item, { title: `an item of "${step.id}"`, fields: { key: 'string', status: 'string', outputs: outputsType, error: 'StepError' } }],
    [`Step_${step.id}`, { title: `fan-out "${step.id}"`, fields: { ...shared, results: `list<${item}>`, by_key: `map<string, ${item}>` } }],
  ];
}
