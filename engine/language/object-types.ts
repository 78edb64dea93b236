import type { FieldType } from './expression-check.ts';
import { child, entriesOf, textOf, type TreeNode } from './tree.ts';

const DURATION = 'google.protobuf.Duration';
const TIMESTAMP = 'google.protobuf.Timestamp';

const INPUT_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'int',
  number: 'double',
  duration: DURATION,
  datetime: TIMESTAMP,
  boolean: 'bool',
  azure_id: 'string',
  file: 'string',
  secret: 'string',
};

/** A named CEL type with fields. */
type NamedType = readonly [name: string, type: FieldType];

/** Types of inputs or form fields, and the types with fields that they mention, each after those that it mentions itself. */
export interface DefinedTypes {
  readonly fields: Readonly<Record<string, string>>;
  readonly types: readonly NamedType[];
}

/**
 * The CEL types of definitions as written: an object has the fields that it lists and no others. Objects with the same fields are one type,
 * so that they can stand for each other. Findings call an object by the place that `prefix` and its path make; `name` keeps the types of
 * one map of definitions apart from those of others.
 */
export function definedTypes(
  definitions: TreeNode | undefined,
  { prefix, name }: { readonly prefix: string; readonly name: string },
): DefinedTypes {
  const types: NamedType[] = [];
  const known = new Map<string, string>();
  const typeOf = (definition: TreeNode | undefined, title: string): string => {
    const type = textOf(child(definition, 'type'));
    if (type === 'array') return `list<${typeOf(child(definition, 'items'), `an item of ${title}`)}>`;
    const written = child(definition, 'fields');
    if (type !== 'object' || written?.kind !== 'map') return inputCelType(definition);
    const fields = Object.fromEntries(entriesOf(written).map(({ key, value }) => [key, typeOf(value, `${title}.${key}`)]));
    const shape = Object.keys(fields)
      .toSorted()
      .map((key) => `${key} ${fields[key] ?? ''}`)
      .join();
    const found = known.get(shape) ?? `${name}Object${types.length}_`;
    if (!known.has(shape)) types.push([found, { title, fields }]);
    known.set(shape, found);
    return found;
  };
  const fields = Object.fromEntries(entriesOf(definitions).map(({ key, value }) => [key, typeOf(value, `${prefix}.${key}`)]));
  return { fields, types };
}

/** The CEL type of an input or form definition by itself, where an object is dyn. `definedTypes` gives objects their fields. */
export function inputCelType(definition: TreeNode | undefined): string {
  const type = textOf(child(definition, 'type')) ?? '';
  if (type === 'array') return `list<${inputCelType(child(definition, 'items'))}>`;
  return Object.hasOwn(INPUT_TYPES, type) ? (INPUT_TYPES[type] ?? 'dyn') : 'dyn';
}
