import { inputsFrom } from './build-steps.ts';
import { didYouMean, quoted, type Report, shown } from './diagnostics.ts';
import { boundOf, checkValue, type ValueProblem } from './input-values.ts';
import { nearest } from './near.ts';
import type { OutlinedStep } from './outline.ts';
import { compilePattern } from './pattern.ts';
import type { InputDefinition } from './runbook.ts';
import type { InputSource } from './schema-input.ts';
import {
  child,
  type Entry,
  entriesOf,
  entryOf,
  itemsOf,
  nodeAt,
  plainValue,
  pointerOf,
  type Segment,
  textOf,
  type TreeNode,
} from './tree.ts';

type InputType = InputDefinition['type'];

/** The keys that a type has beside `type`, `description` and `default`. */
const KEYS: Readonly<Record<InputType, readonly string[]>> = {
  string: ['enum', 'pattern', 'min_length', 'max_length'],
  integer: ['enum', 'min', 'max'],
  number: ['enum', 'min', 'max'],
  duration: ['enum', 'min', 'max'],
  datetime: ['enum', 'min', 'max'],
  array: ['items', 'min_length', 'max_length'],
  boolean: [],
  object: ['fields'],
  azure_id: ['resource_type'],
  file: [],
  secret: [],
};
const ANY_KEY = new Set(Object.values(KEYS).flat());
const COMMON = ['type', 'description', 'default'];
const REQUIRED: Readonly<Partial<Record<InputType, string>>> = { array: 'items', object: 'fields' };

/** Checks the inputs of a runbook and the forms of its gates: keys that the type has, bounds of the type, defaults within them. */
export function checkInputs(root: TreeNode, steps: readonly OutlinedStep[], report: Report): void {
  checkDefinitions(child(root, 'inputs'), ['inputs'], report);
  for (const { node, path } of steps)
    for (const body of ['approval', 'manual']) checkDefinitions(child(child(node, body), 'form'), [...path, body, 'form'], report);
}

function checkDefinitions(map: TreeNode | undefined, path: readonly Segment[], report: Report): void {
  for (const entry of entriesOf(map)) checkDefinition(entry, [...path, entry.key], report);
}

function checkDefinition({ key: name, keySpan, value: node }: Entry, path: readonly Segment[], report: Report): void {
  const type = textOf(child(node, 'type')) as InputType | undefined;
  // Another word is found by the schema, also one that every object has, such as `constructor`.
  if (type === undefined || !Object.hasOwn(KEYS, type)) return;
  const known = [...COMMON, ...KEYS[type]];
  for (const { key, keySpan: span } of entriesOf(node)) {
    // A key that no type has is found by the schema.
    if (known.includes(key) || !ANY_KEY.has(key)) continue;
    const near = nearest(key, known);
    const hint = near === undefined ? `${type} has ${KEYS[type].join(', ') || 'no bounds'}` : didYouMean(near);
    report('RW202', { span, pointer: pointerOf([...path, key]), hint }, { key: quoted(key), parent: `${quoted(name)} of type ${type}` });
  }
  const required = REQUIRED[type];
  if (required !== undefined && child(node, required) === undefined)
    return report(
      'RW203',
      { span: keySpan, pointer: pointerOf(path) },
      { key: quoted(required), parent: `${quoted(name)} of type ${type}` },
    );
  if (!checkPattern(node, path, report) || !checkBounds(node, path, report)) return;
  const items = entryOf(node, 'items');
  if (items !== undefined) checkDefinition(items, [...path, 'items'], report);
  checkDefinitions(child(node, 'fields'), [...path, 'fields'], report);
  checkDefault(node, path, report);
}

function checkPattern(node: TreeNode, path: readonly Segment[], report: Report): boolean {
  const pattern = entryOf(node, 'pattern');
  const compiled = compilePattern(textOf(pattern?.value) ?? '');
  if (pattern === undefined || compiled.ok) return true;
  const found = quoted(textOf(pattern.value) ?? '');
  const marks = { key: '"pattern"', type: 'a pattern of the linear subset', found, example: compiled.message };
  report('RW205', { span: pattern.value.span, pointer: pointerOf([...path, 'pattern']) }, marks);
  return false;
}

const BOUND_WORDS: Readonly<Partial<Record<InputType, readonly [string, string]>>> = {
  string: ['text', 'quote it: "…"'],
  integer: ['a whole number', '3'],
  number: ['a number', '3, or 2.5'],
  duration: ['a duration', '90s, 1h30m, 2d'],
  datetime: ['an RFC 3339 time with an offset', '2026-01-05T09:00:00Z'],
};

// Each bound is a value of the type itself, and the lower one is not above the upper one.
function checkBounds(node: TreeNode, path: readonly Segment[], report: Report): boolean {
  const definition = definitionOf(node);
  const words = definition === undefined ? undefined : BOUND_WORDS[definition.type];
  let sound = true;
  const refuse = (value: TreeNode, key: string, at: readonly Segment[]): void => {
    const found = value.kind === 'scalar' ? quoted(String(value.value)) : 'more than one value';
    report(
      'RW205',
      { span: value.span, pointer: pointerOf(at) },
      { key: quoted(key), type: words?.[0] ?? '', found, example: words?.[1] ?? '' },
    );
    sound = false;
  };
  if (definition !== undefined && words !== undefined) {
    const plain = { type: definition.type };
    for (const key of ['min', 'max']) {
      const bound = child(node, key);
      if (KEYS[definition.type].includes(key) && bound !== undefined && !checkValue(plain, plainValue(bound), '').ok)
        refuse(bound, key, [...path, key]);
    }
    itemsOf(child(node, 'enum')).forEach((item, index) => {
      if (!checkValue(plain, plainValue(item), '').ok) refuse(item, 'enum', [...path, 'enum', index]);
    });
  }
  return sound && isOrdered(node, definition, { path, report });
}

function isOrdered(
  node: TreeNode,
  definition: InputDefinition | undefined,
  { path, report }: { readonly path: readonly Segment[]; readonly report: Report },
): boolean {
  for (const [lower, upper] of [
    ['min', 'max'],
    ['min_length', 'max_length'],
  ] as const) {
    const [low, high] = [child(node, lower), child(node, upper)];
    if (definition === undefined || low === undefined || high === undefined) continue;
    if ((boundOf(definition, plainValue(low)) ?? 0) <= (boundOf(definition, plainValue(high)) ?? 0)) continue;
    report(
      'RW207',
      { span: low.span, pointer: pointerOf([...path, lower]) },
      { key: quoted(lower), bound: `it is above ${upper}, so no value fits` },
    );
    return false;
  }
  return true;
}

function checkDefault(node: TreeNode, path: readonly Segment[], report: Report): void {
  const fallback = entryOf(node, 'default');
  const definition = definitionOf(node);
  if (fallback === undefined || definition === undefined) return;
  const checked = checkValue(definition, plainValue(fallback.value), '');
  // Paths are checked together with what the project holds.
  if (checked.ok || (definition.type === 'file' && textOf(fallback.value) !== undefined)) return;
  for (const problem of checked.problems) {
    const inner = segmentsOf(problem);
    const found = nodeAt(fallback.value, inner);
    const span = (found ?? fallback.value).span;
    const place = { span, pointer: pointerOf([...path, 'default', ...inner]) };
    if (definition.type === 'secret') report('RW503', place, {});
    else
      report('RW219', place, {
        input: quoted(String(path.at(-1))),
        bound: shown(`${problem.key}: ${found === undefined ? `${quoted(inner.join('.'))} ` : ''}${problem.reason}`),
      });
  }
}

function segmentsOf({ pointer }: ValueProblem): readonly Segment[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function definitionOf(node: TreeNode): InputDefinition | undefined {
  return inputsFrom({ it: plainValue(node) as unknown as InputSource })['it'];
}
