import type { JsonValue } from '../json.ts';
import type { ScalarNode, TreeNode } from '../language/tree.ts';
import { evaluateText } from './expression/evaluate.ts';
import { type ExpressionProblem, fail } from './expression/problem.ts';
import type { Scope } from './expression/scope.ts';
import { isList, isMap, isSecure, type Value } from './expression/value.ts';

const INTEGER = /^[-+]?\d+$/;
const BASED = /^0[xo][0-9a-fA-F]+$/;
const INT64 = 2n ** 63n;

/** The value of a node as it is written; the last one of keys that are written twice. Integers that 64 bits cannot hold become floats. */
export function valueOf(node: TreeNode): Value {
  if (node.kind === 'scalar') return scalarValue(node);
  if (node.kind === 'list') return node.items.map(valueOf);
  return new Map(node.entries.map(({ key, value }) => [key, valueOf(value)]));
}

/** The value of a scalar as written: the number that a parser made of a long integer is not that integer. */
export function scalarValue({ value, source, style }: ScalarNode): Value {
  if (typeof value !== 'number' || style !== 'plain') return value;
  const written = source.trim();
  if (!INTEGER.test(written) && !BASED.test(written)) return value;
  const integer = BigInt(written);
  return integer >= -INT64 && integer < INT64 ? integer : value;
}

/** The value of plain JSON. */
export function valueFromJson(json: JsonValue): Value {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json;
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return (json as readonly JsonValue[]).map(valueFromJson);
  return new Map(Object.entries(json).flatMap(([key, value]) => (value === undefined ? [] : [[key, valueFromJson(value)] as const])));
}

/** Plain JSON of a value. Throws DSC_EXPRESSION for secrets, and for integers that a JSON number cannot hold exactly. */
export function jsonOf(value: Value): JsonValue {
  if (isList(value)) return value.map(jsonOf);
  if (isMap(value)) {
    const made = Object.create(null) as Record<string, JsonValue>;
    for (const [key, item] of value) made[key] = jsonOf(item);
    return made;
  }
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : fail(`the integer ${value} is too large to be compared exactly`);
  }
  if (value !== null && typeof value === 'object') return fail(isSecure(value) ? 'a secure value' : 'a lambda is no value of a property');
  return value;
}

/** Told about every text of a tree that has no value, with the way to it. */
export type OnProblem = (node: ScalarNode, path: readonly (string | number)[], problem: ExpressionProblem) => void;

/**
 * The value of a tree in which every text is evaluated. Undefined when one of them has no value. An array must not stand directly in an
 * array, and a text in an array must give a text: the reference refuses both.
 */
export function evaluateTree(node: TreeNode, scope: Scope, onProblem: OnProblem): Value | undefined {
  return evaluated({ node, path: [], inList: false }, scope, onProblem);
}

interface At {
  readonly node: TreeNode;
  readonly path: readonly (string | number)[];
  readonly inList: boolean;
}

function evaluated({ node, path, inList }: At, scope: Scope, onProblem: OnProblem): Value | undefined {
  if (node.kind === 'scalar') return scalarEvaluated({ node, path, inList }, scope, onProblem);
  if (node.kind === 'list') {
    const items = node.items.map((item, index) => {
      if (item.kind === 'list') return nested(item, [...path, index], onProblem);
      return evaluated({ node: item, path: [...path, index], inList: true }, scope, onProblem);
    });
    const known = items.filter((item) => item !== undefined);
    return known.length === items.length ? known : undefined;
  }
  const made = new Map<string, Value>();
  let isWhole = true;
  for (const { key, value } of node.entries) {
    const item = evaluated({ node: value, path: [...path, key], inList: false }, scope, onProblem);
    if (item === undefined) isWhole = false;
    else made.set(key, item);
  }
  return isWhole ? made : undefined;
}

function nested(node: TreeNode, path: readonly (string | number)[], onProblem: OnProblem): undefined {
  onProblem(firstScalar(node), path, { reason: 'an array cannot stand directly in an array' });
}

function firstScalar(node: TreeNode): ScalarNode {
  return node.kind === 'scalar' ? node : { kind: 'scalar', span: node.span, value: '', style: 'plain', source: '' };
}

function scalarEvaluated(
  { node, path, inList }: At & { readonly node: ScalarNode },
  scope: Scope,
  onProblem: OnProblem,
): Value | undefined {
  if (typeof node.value !== 'string') return scalarValue(node);
  const made = evaluateText(node.value, scope);
  if ('problem' in made) {
    onProblem(node, path, made.problem);
    return undefined;
  }
  if (!inList || typeof made.value === 'string' || isSecure(made.value)) return made.value;
  onProblem(node, path, { reason: 'an expression that is an element of an array must give a text' });
  return undefined;
}
