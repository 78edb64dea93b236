import { didYouMean, quoted, type Report } from '../language/diagnostics.ts';
import { nearest } from '../language/near.ts';
import { child, entriesOf, itemsOf, pointerOf, type Segment, textOf, type TreeNode } from '../language/tree.ts';
import { PARAMETER_TYPES, type ParameterType, type UserFunction } from './expression/scope.ts';
import { definitionProblem, type ParameterDefinition } from './parameters.ts';
import { valueOf } from './tree-value.ts';

const PARAMETER_KEYS = [
  'type',
  'defaultValue',
  'allowedValues',
  'minValue',
  'maxValue',
  'minLength',
  'maxLength',
  'description',
  'metadata',
];
const FUNCTION_NAME = /^[_a-zA-Z][_a-zA-Z0-9]*\.[a-zA-Z0-9]+$/;

/** The parameters that a document declares; what is wrong with one is reported. */
export function readParameters(node: TreeNode | undefined, report: Report): ReadonlyMap<string, ParameterDefinition> {
  if (node !== undefined && node.kind !== 'map') {
    report('RW-DSC-104', { span: node.span, pointer: '/parameters' }, { what: '"parameters"', type: 'a map' });
  }
  const definitions = entriesOf(node).flatMap(({ key, value }) => readParameter(key, value, report) ?? []);
  return new Map(definitions.map((definition) => [definition.name, definition]));
}

function readParameter(name: string, node: TreeNode, report: Report): ParameterDefinition | undefined {
  const base = ['parameters', name];
  checkKeys(node, PARAMETER_KEYS, { base, parent: 'a parameter', report });
  const type = typeAt(child(node, 'type'), { base, parent: node, report });
  if (type === undefined) return undefined;
  const allowed = child(node, 'allowedValues');
  const defaultValue = child(node, 'defaultValue');
  const limits = ['minValue', 'maxValue', 'minLength', 'maxLength'].flatMap((key) => {
    const limit = child(node, key);
    if (limit === undefined) return [];
    const value = valueOf(limit);
    if (typeof value === 'bigint') return [[key, value] as const];
    report('RW-DSC-104', { span: limit.span, pointer: pointerOf([...base, key]) }, { what: quoted(key), type: 'an integer' });
    return [];
  });
  const definition: ParameterDefinition = {
    name,
    type,
    node,
    ...(defaultValue === undefined ? {} : { defaultValue }),
    ...(allowed === undefined ? {} : { allowedValues: itemsOf(allowed).map(valueOf) }),
    ...Object.fromEntries(limits),
  };
  const reason = definitionProblem(definition);
  if (reason !== undefined)
    report('RW-DSC-112', { span: node.span, pointer: pointerOf(base) }, { what: `parameter ${quoted(name)}`, reason });
  return definition;
}

/** The functions that a document defines, by `namespace.name`. */
export function readFunctions(node: TreeNode | undefined, report: Report): ReadonlyMap<string, UserFunction> {
  if (node !== undefined && node.kind !== 'list') {
    report('RW-DSC-104', { span: node.span, pointer: '/functions' }, { what: '"functions"', type: 'a list' });
  }
  const found = new Map<string, UserFunction>();
  itemsOf(node).forEach((group, index) => {
    for (const { key, keySpan, value } of entriesOf(child(group, 'members'))) {
      const name = `${textOf(child(group, 'namespace')) ?? ''}.${key}`;
      const base = ['functions', index, 'members', key];
      const wrong = !FUNCTION_NAME.test(name) ? 'must be named namespace.name' : found.has(name) ? 'is there twice' : undefined;
      if (wrong !== undefined) {
        report('RW-DSC-112', { span: keySpan, pointer: pointerOf(base) }, { what: `function ${quoted(name)}`, reason: wrong });
        continue;
      }
      const read = readFunction(name, value, { base, report });
      if (read !== undefined) found.set(name, read);
    }
  });
  return found;
}

function readFunction(
  name: string,
  node: TreeNode,
  { base, report }: { readonly base: readonly Segment[]; readonly report: Report },
): UserFunction | undefined {
  const output = child(node, 'output');
  const type = typeAt(child(output, 'type'), { base: [...base, 'output'], parent: output ?? node, report });
  const value = child(output, 'value');
  if (value === undefined)
    report('RW-DSC-103', { span: node.span, pointer: pointerOf(base) }, { key: '"output.value"', parent: 'the function' });
  const parameters = itemsOf(child(node, 'parameters')).flatMap((each, index) => {
    const at = [...base, 'parameters', index];
    const of = typeAt(child(each, 'type'), { base: at, parent: each, report });
    return of === undefined ? [] : [{ name: textOf(child(each, 'name')) ?? '', type: of }];
  });
  return type === undefined || value === undefined ? undefined : { name, parameters, output: { type, value: valueOf(value) } };
}

function typeAt(
  node: TreeNode | undefined,
  { base, parent, report }: { readonly base: readonly Segment[]; readonly parent: TreeNode; readonly report: Report },
): ParameterType | undefined {
  if (node === undefined) {
    report('RW-DSC-103', { span: parent.span, pointer: pointerOf(base) }, { key: '"type"', parent: 'the definition' });
    return undefined;
  }
  const written = textOf(node) ?? '';
  const type = PARAMETER_TYPES.find((each) => each === written);
  if (type !== undefined) return type;
  const near = nearest(written, PARAMETER_TYPES);
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
  const place = { span: node.span, pointer: pointerOf([...base, 'type']), ...suggestion };
  report('RW-DSC-104', place, { what: '"type"', type: `one of ${PARAMETER_TYPES.join(', ')}` });
  return undefined;
}

/** Reports keys that a fixed structure does not have. */
export function checkKeys(
  node: TreeNode,
  known: readonly string[],
  { base, parent, report }: { readonly base: readonly Segment[]; readonly parent: string; readonly report: Report },
): void {
  for (const { key, keySpan } of entriesOf(node)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
    report('RW-DSC-102', { span: keySpan, pointer: pointerOf([...base, key]), ...suggestion }, { key: quoted(key), parent });
  }
}
