import { quoted, type Report } from '../language/diagnostics.ts';
import { type LineColumn, placeOf, type SourceText, type Span } from '../language/source-text.ts';
import { child, itemsOf, type MapNode, pointerOf, type ScalarNode, type Segment, textOf, type TreeNode } from '../language/tree.ts';
import { checkKeys } from './definitions.ts';

/** One entry of `resources` as it is written. */
export interface ResourceEntry {
  readonly index: number;
  readonly node: MapNode;
  /** The way to it in the document. */
  readonly base: readonly Segment[];
  readonly at: LineColumn;
  readonly type: string;
  readonly name?: ScalarNode;
  readonly requireVersion?: ScalarNode;
  readonly condition?: ScalarNode;
  readonly dependsOn: readonly ScalarNode[];
  readonly copy?: { readonly name: string; readonly count: ScalarNode; readonly span: Span };
  readonly properties?: TreeNode;
}

const KNOWN = [
  'type',
  'name',
  'requireVersion',
  'apiVersion',
  'condition',
  'dependsOn',
  'copy',
  'properties',
  'directives',
  'metadata',
  'executionInformation',
  'resources',
];
const TYPE = /^\w+(\.\w+)*\/\w+$/;

/** Reads one entry of `resources`; undefined after a finding that leaves nothing to look at. */
export function readEntry(
  node: TreeNode,
  { index, source, report }: { readonly index: number; readonly source: SourceText; readonly report: Report },
): ResourceEntry | undefined {
  const base = ['resources', index];
  if (node.kind !== 'map') {
    report('RW-DSC-104', { span: node.span, pointer: pointerOf(base) }, { what: 'an entry of resources', type: 'a map' });
    return undefined;
  }
  checkKeys(node, KNOWN, { base, parent: 'an entry of resources', report });
  const reading: Reading = { node, base, report };
  const type = typeOf(reading);
  const name = scalarAt('name', reading);
  const requireVersion = scalarAt('requireVersion', reading) ?? scalarAt('apiVersion', reading);
  const condition = scalarAt('condition', reading);
  const copy = copyOf(reading);
  const properties = child(node, 'properties');
  return {
    index,
    node,
    base,
    at: placeOf(source, node.span.start),
    type: type ?? '',
    ...(name === undefined ? {} : { name }),
    ...(requireVersion === undefined ? {} : { requireVersion }),
    ...(condition === undefined ? {} : { condition }),
    dependsOn: dependenciesOf(reading),
    ...(copy === undefined ? {} : { copy }),
    ...(properties === undefined ? {} : { properties }),
  };
}

interface Reading {
  readonly node: MapNode;
  readonly base: readonly Segment[];
  readonly report: Report;
}

function typeOf({ node, base, report }: Reading): string | undefined {
  const written = child(node, 'type');
  if (written === undefined) {
    report('RW-DSC-103', { span: firstKey(node), pointer: pointerOf(base) }, { key: '"type"', parent: 'the entry' });
    return undefined;
  }
  const type = textOf(written);
  if (type !== undefined && TYPE.test(type)) return type;
  report('RW-DSC-104', { span: written.span, pointer: pointerOf([...base, 'type']) }, { what: '"type"', type: 'Owner.Area/Name' });
  return undefined;
}

function scalarAt(key: string, { node, base, report }: Reading): ScalarNode | undefined {
  const value = child(node, key);
  if (value === undefined || value.kind === 'scalar') return value;
  const type = key === 'condition' ? 'an expression that gives true or false' : 'text';
  report('RW-DSC-104', { span: value.span, pointer: pointerOf([...base, key]) }, { what: quoted(key), type });
  return undefined;
}

function dependenciesOf({ node, base, report }: Reading): readonly ScalarNode[] {
  const list = child(node, 'dependsOn');
  if (list === undefined) return [];
  if (list.kind !== 'list') {
    report('RW-DSC-104', { span: list.span, pointer: pointerOf([...base, 'dependsOn']) }, { what: '"dependsOn"', type: 'a list of ids' });
    return [];
  }
  return itemsOf(list).flatMap((item, index) => {
    if (item.kind === 'scalar' && typeof item.value === 'string') return [item];
    const pointer = pointerOf([...base, 'dependsOn', index]);
    report('RW-DSC-104', { span: item.span, pointer }, { what: quoted(String(index)), type: 'text' });
    return [];
  });
}

function copyOf({ node, base, report }: Reading): ResourceEntry['copy'] {
  const written = child(node, 'copy');
  if (written === undefined) return undefined;
  const at = [...base, 'copy'];
  checkKeys(written, ['name', 'count'], { base: at, parent: 'copy', report });
  const name = textOf(child(written, 'name'));
  const count = child(written, 'count');
  if (name === undefined || count?.kind !== 'scalar') {
    report('RW-DSC-104', { span: written.span, pointer: pointerOf(at) }, { what: '"copy"', type: 'a map with name and count' });
    return undefined;
  }
  return { name, count, span: written.span };
}

/** The place of an entry as a whole. */
export function firstKey(node: MapNode): Span {
  return node.entries[0]?.keySpan ?? node.span;
}
