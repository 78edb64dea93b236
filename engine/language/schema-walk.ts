import { z } from 'zod';
import { MAPS, type MapDescription } from './schema-maps.ts';
import { child, itemsOf, type Segment, textOf, type TreeNode } from './tree.ts';

/** What the schema says of the map at a path: its keys and its description, with a title that names the very map. */
export interface MapAt extends MapDescription {
  readonly keys: readonly string[];
}

/** Finds the map schema that governs the value at a path; undefined where a free map or no map is expected. */
export function mapAt(schema: z.ZodType, root: TreeNode, path: readonly Segment[]): MapAt | undefined {
  let current: z.ZodType | undefined = schema;
  let node: TreeNode | undefined = root;
  for (const segment of path) {
    current = current === undefined ? undefined : step(current, segment);
    node = typeof segment === 'number' ? itemsOf(node)[segment] : child(node, segment);
  }
  const map = current === undefined ? undefined : objectIn(current);
  if (map === undefined) return undefined;
  const description = MAPS.get(map) ?? { title: 'the map' };
  return { ...description, title: namedTitle(description.title, node, path), keys: Object.keys(map.shape) };
}

function step(schema: z.ZodType, segment: Segment): z.ZodType | undefined {
  for (const option of optionsOf(schema)) {
    if (typeof segment === 'number' && option instanceof z.ZodArray) return option.element as z.ZodType;
    if (typeof segment === 'string' && option instanceof z.ZodObject) return (option.shape as Record<string, z.ZodType>)[segment];
    if (typeof segment === 'string' && option instanceof z.ZodRecord) return option.valueType as z.ZodType;
  }
  return undefined;
}

function objectIn(schema: z.ZodType): z.ZodObject | undefined {
  return optionsOf(schema).find((option) => option instanceof z.ZodObject);
}

// What may stand at a place: the branches of unions, without the wrappers.
function optionsOf(schema: z.ZodType): readonly z.ZodType[] {
  if (schema instanceof z.ZodOptional) return optionsOf(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion) return (schema.options as readonly z.ZodType[]).flatMap(optionsOf);
  return [schema];
}

function namedTitle(title: string, node: TreeNode | undefined, path: readonly Segment[]): string {
  const last = path.at(-1);
  const own = title === 'host' ? textOf(child(node, 'name')) : textOf(child(node, 'id'));
  if ((title === 'step' || title === 'schedule' || title === 'host') && own !== undefined) return `${title} "${own}"`;
  if ((title === 'input' || title === 'target set') && typeof last === 'string') return `${title} "${last}"`;
  return title;
}
