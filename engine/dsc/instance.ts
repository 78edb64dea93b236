import type { JsonObject, JsonValue } from '../json.ts';
import { didYouMean, quoted, type Report } from '../language/diagnostics.ts';
import { nearest } from '../language/near.ts';
import type { LineColumn, Span } from '../language/source-text.ts';
import {
  child,
  entriesOf,
  entryOf,
  itemsOf,
  type MapNode,
  nodeAt,
  plainValue,
  pointerOf,
  type Segment,
  type TreeNode,
} from '../language/tree.ts';
import type { ResourceType } from './resource.ts';
import { resourceTypes } from './resources/catalogue.ts';

/** How much a finding about an instance matters. */
export type DriftSeverity = 'critical' | 'high' | 'medium' | 'low' | 'info';

/** Severities, worst first. */
export const SEVERITIES: readonly DriftSeverity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** One entry of `resources` with checked properties. `at` is its line and column. */
export interface Instance {
  readonly index: number;
  /** `<type>:<percent-encoded name>`. */
  readonly id: string;
  readonly type: ResourceType;
  readonly properties: JsonObject;
  readonly dependsOn: readonly string[];
  readonly severity: DriftSeverity;
  readonly at: LineColumn;
}

interface Reading {
  readonly index: number;
  readonly report: Report;
  readonly at: LineColumn;
}

const KNOWN = ['type', 'name', 'properties', 'dependsOn', 'metadata'];
const RESERVED = ['requireVersion', 'apiVersion', 'condition', 'copy', 'directives', 'executionInformation', 'resources'];

/** Reads one entry of `resources`; undefined after any finding that leaves nothing to check. */
export function readInstance(node: TreeNode, reading: Reading): Instance | undefined {
  const { index, report } = reading;
  const base: readonly Segment[] = ['resources', index];
  if (node.kind !== 'map') {
    report('RW-DSC-104', { span: node.span, pointer: pointerOf(base) }, { what: 'an entry of resources', type: 'a map' });
    return undefined;
  }
  checkKeys(node, base, report);
  const type = typeOf(node, base, report);
  const name = child(node, 'name');
  const title = name === undefined ? '' : literal(name, [...base, 'name'], report);
  const properties = child(node, 'properties');
  const desired = properties === undefined ? {} : literals(properties, [...base, 'properties'], report);
  const dependsOn = dependenciesOf(node, base, report);
  const severity = severityOf(child(node, 'metadata'), base, report);
  if (type === undefined || title === undefined || desired === undefined) return undefined;
  const parsed = type.schema.safeParse(desired);
  if (!parsed.success) {
    reportProperties(parsed.error.issues, { type, node, base, report });
    return undefined;
  }
  const id = `${type.type}:${encodeURIComponent(title)}`;
  return { index, id, type, properties: parsed.data as JsonObject, dependsOn, severity, at: reading.at };
}

function checkKeys(node: MapNode, base: readonly Segment[], report: Report): void {
  for (const { key, keySpan } of entriesOf(node)) {
    const place = { span: keySpan, pointer: pointerOf([...base, key]) };
    if (RESERVED.includes(key)) report('RW-DSC-101', place, { what: quoted(key) });
    else if (!KNOWN.includes(key)) report('RW-DSC-102', place, { key: quoted(key), parent: 'an entry of resources' });
  }
}

function typeOf(node: MapNode, base: readonly Segment[], report: Report): ResourceType | undefined {
  const written = child(node, 'type');
  if (written === undefined) {
    report('RW-DSC-103', { span: firstKey(node), pointer: pointerOf(base) }, { key: '"type"', parent: 'the entry' });
    return undefined;
  }
  const text = written.kind === 'scalar' ? String(written.value) : 'a map or list';
  const known = resourceTypes.get(text);
  if (known !== undefined) return known;
  const near = nearest(text, [...resourceTypes.keys()]);
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
  const place = { span: written.span, pointer: pointerOf([...base, 'type']), ...suggestion };
  report('RW-DSC-105', place, { type: quoted(text), known: [...resourceTypes.keys()].map((name) => name.split('/')[1]).join(', ') });
  return undefined;
}

function dependenciesOf(node: MapNode, base: readonly Segment[], report: Report): readonly string[] {
  const list = child(node, 'dependsOn');
  if (list === undefined) return [];
  if (list.kind !== 'list') {
    report('RW-DSC-104', { span: list.span, pointer: pointerOf([...base, 'dependsOn']) }, { what: '"dependsOn"', type: 'a list of ids' });
    return [];
  }
  return itemsOf(list).flatMap((item, index) => literal(item, [...base, 'dependsOn', index], report) ?? []);
}

function severityOf(metadata: TreeNode | undefined, base: readonly Segment[], report: Report): DriftSeverity {
  const written = child(metadata, 'severity');
  if (written === undefined) return 'medium';
  const found = SEVERITIES.find((severity) => written.kind === 'scalar' && written.value === severity);
  if (found !== undefined) return found;
  const pointer = pointerOf([...base, 'metadata', 'severity']);
  report('RW-DSC-104', { span: written.span, pointer }, { what: '"severity"', type: `one of ${SEVERITIES.join(', ')}` });
  return 'medium';
}

/** A text without an expression in it. `[[` is the written form of a text that starts with `[`. */
function literal(node: TreeNode, path: readonly Segment[], report: Report): string | undefined {
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    report('RW-DSC-104', { span: node.span, pointer: pointerOf(path) }, { what: quoted(String(path.at(-1))), type: 'text' });
    return undefined;
  }
  const value = literals(node, path, report);
  return typeof value === 'string' ? value : undefined;
}

function literals(node: TreeNode, path: readonly Segment[], report: Report): JsonValue | undefined {
  if (node.kind === 'list') return all(node.items.map((item, index) => literals(item, [...path, index], report)));
  if (node.kind === 'map') {
    const entries = node.entries.map((entry) => [entry.key, literals(entry.value, [...path, entry.key], report)] as const);
    return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries);
  }
  const value = plainValue(node);
  if (typeof value !== 'string' || !/^\s*\[/.test(value)) return value;
  if (value.startsWith('[[')) return value.slice(1);
  report('RW-DSC-101', { span: node.span, pointer: pointerOf(path) }, { what: `expression ${quoted(value)}` });
  return undefined;
}

function all(values: readonly (JsonValue | undefined)[]): JsonValue | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}

interface Checking {
  readonly type: ResourceType;
  readonly node: MapNode;
  readonly base: readonly Segment[];
  readonly report: Report;
}

type Issue = { readonly code?: string; readonly path: readonly PropertyKey[]; readonly message: string; readonly keys?: readonly string[] };

function reportProperties(issues: readonly Issue[], checking: Checking): void {
  const { node, base, report, type } = checking;
  const properties = child(node, 'properties');
  for (const issue of issues) {
    const path = issue.path as readonly Segment[];
    for (const key of issue.code === 'unrecognized_keys' ? (issue.keys ?? []) : []) {
      const span = entryOf(nodeAt(properties ?? node, path), key)?.keySpan ?? firstKey(node);
      report('RW-DSC-102', { span, pointer: pointerOf([...base, 'properties', ...path, key]) }, { key: quoted(key), parent: type.type });
    }
    if (issue.code === 'unrecognized_keys') continue;
    const span = (properties === undefined ? undefined : nodeAt(properties, path))?.span ?? firstKey(node);
    const property = path.length === 0 ? 'properties' : path.join('.');
    report(
      'RW-DSC-109',
      { span, pointer: pointerOf([...base, 'properties', ...path]) },
      { property: quoted(property), reason: issue.message },
    );
  }
}

function firstKey(node: MapNode): Span {
  return node.entries[0]?.keySpan ?? node.span;
}
