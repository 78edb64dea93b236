import type { ScalarNode, TreeNode } from '../language/tree.ts';
import { evaluateText } from './expression/evaluate.ts';
import { isOfType, kindWords, TYPE_WORDS } from './expression/parameter-type.ts';
import type { ExpressionProblem } from './expression/problem.ts';
import type { ParameterType, Scope } from './expression/scope.ts';
import { isEqual, isList, isMap, kindOf, secured, type Value, type ValueMap } from './expression/value.ts';
import { valueOf } from './tree-value.ts';

/** One parameter that a document declares. */
export interface ParameterDefinition {
  readonly name: string;
  readonly type: ParameterType;
  /** Where it stands in the document. */
  readonly node: TreeNode;
  readonly defaultValue?: TreeNode;
  readonly allowedValues?: readonly Value[];
  readonly minValue?: bigint;
  readonly maxValue?: bigint;
  readonly minLength?: bigint;
  readonly maxLength?: bigint;
}

/** Why a document cannot be used with its parameters. A wrong input is told without its value: it may be a secret. */
export type ParameterProblem =
  | { readonly kind: 'input'; readonly name: string; readonly reason: string; readonly known?: readonly string[] }
  | { readonly kind: 'default'; readonly definition: ParameterDefinition; readonly reason: string }
  | {
      readonly kind: 'expression';
      readonly definition: ParameterDefinition;
      readonly node: ScalarNode;
      readonly problem: ExpressionProblem;
    };

/** The values of the parameters; one without an input and a default has none. */
export interface SettledParameters {
  readonly values: ValueMap;
  readonly problems: readonly ParameterProblem[];
}

/** Gives every parameter its value: inputs are checked first, then defaults in the order of the document, each against its limits. */
export function settleParameters(
  definitions: ReadonlyMap<string, ParameterDefinition>,
  inputs: ValueMap,
  scope: Pick<Scope, 'answers' | 'nowMs' | 'work'>,
): SettledParameters {
  const values = new Map<string, Value>();
  const problems: ParameterProblem[] = [];
  for (const [name, given] of inputs) {
    const definition = definitions.get(name);
    if (definition === undefined) {
      problems.push({ kind: 'input', name, reason: 'the document has no such parameter', known: [...definitions.keys()] });
      continue;
    }
    const value = typed(given, definition.type);
    const reason = whyRefused(value, definition);
    if (reason === undefined) values.set(name, value);
    else problems.push({ kind: 'input', name, reason });
  }
  for (const definition of definitions.values()) {
    if (inputs.has(definition.name) || definition.defaultValue === undefined) continue;
    const settled = defaultOf(definition, definition.defaultValue, scope);
    if (settled === undefined) continue;
    if ('problem' in settled) problems.push(settled.problem);
    else values.set(definition.name, settled.value);
  }
  return { values, problems };
}

function defaultOf(
  definition: ParameterDefinition,
  node: TreeNode,
  scope: Pick<Scope, 'answers' | 'nowMs' | 'work'>,
): { readonly value: Value } | { readonly problem: ParameterProblem } | undefined {
  const empty: ValueMap = new Map();
  let written = valueOf(node);
  if (written === null) return undefined;
  if (node.kind === 'scalar' && typeof written === 'string') {
    const made = evaluateText(written, { ...scope, place: 'default', parameters: empty, variables: empty, functions: new Map() });
    if ('problem' in made) return { problem: { kind: 'expression', definition, node, problem: made.problem } };
    written = made.value;
  }
  const value = typed(written, definition.type);
  const reason = whyRefused(value, definition);
  return reason === undefined ? { value } : { problem: { kind: 'default', definition, reason } };
}

/** A secret is given as it is, or inside a map that says so. */
function typed(value: Value, type: ParameterType): Value {
  if (type !== 'secureString' && type !== 'secureObject') return value;
  const inside = isMap(value) && value.size === 1 ? value.get(type) : undefined;
  const plain = inside ?? value;
  const isRight = type === 'secureString' ? typeof plain === 'string' : isMap(plain);
  return isRight ? secured(plain) : value;
}

/** Why a parameter cannot have a value. The text of the value is not in it. */
function whyRefused(value: Value, definition: ParameterDefinition): string | undefined {
  const { type } = definition;
  if (!isOfType(value, type)) return `must be ${TYPE_WORDS[type]}, and is ${kindWords(value)}`;
  return definitionProblem(definition) ?? limitProblem(value, definition);
}

function limitProblem(value: Value, { allowedValues, minValue, maxValue, minLength, maxLength }: ParameterDefinition): string | undefined {
  if (allowedValues !== undefined && !allowedValues.some((allowed) => isEqual(allowed, value))) {
    return `must be one of ${allowedValues.slice(0, 10).map(String).join(', ')}`;
  }
  if (typeof value === 'bigint') {
    if (minValue !== undefined && value < minValue) return `must be at least ${minValue}`;
    if (maxValue !== undefined && value > maxValue) return `must be at most ${maxValue}`;
  }
  const length = lengthOf(value);
  if (length === undefined) return undefined;
  const unit = isList(value) ? 'elements' : 'bytes';
  if (minLength !== undefined && length < minLength) return `must have at least ${minLength} ${unit}, and has ${length}`;
  if (maxLength !== undefined && length > maxLength) return `must have at most ${maxLength} ${unit}, and has ${length}`;
  return undefined;
}

function lengthOf(value: Value): bigint | undefined {
  const plain = kindOf(value) === 'secure' ? (value as { readonly reveal: () => Value }).reveal() : value;
  if (isList(plain)) return BigInt(plain.length);
  return typeof plain === 'string' ? BigInt(new TextEncoder().encode(plain).length) : undefined;
}

/** Why a definition contradicts itself: a limit that its type does not have. */
export function definitionProblem(definition: ParameterDefinition): string | undefined {
  const { type, allowedValues, minValue, maxValue, minLength, maxLength } = definition;
  const isText = type === 'string' || type === 'secureString';
  if ((minLength !== undefined || maxLength !== undefined) && !isText && type !== 'array') return `${type} has no minLength and maxLength`;
  if (allowedValues !== undefined && !isText && type !== 'int') return `${type} has no allowedValues`;
  if ((minValue !== undefined || maxValue !== undefined) && type !== 'int') return `${type} has no minValue and maxValue`;
  return undefined;
}

/** The input of a reference parameters file: `parameters` holds values, or objects with one key `value`. */
export function parameterInputs(input: Value): { readonly values: ValueMap } | { readonly reason: string } {
  const given = isMap(input) ? input.get('parameters') : undefined;
  if (!isMap(given)) return { reason: 'the input has no map "parameters"' };
  const wrapped = [...given.values()].every((value) => isMap(value) && value.size === 1 && value.has('value'));
  return {
    values: wrapped ? new Map([...given].map(([name, value]) => [name, isMap(value) ? (value.get('value') ?? null) : value])) : given,
  };
}
