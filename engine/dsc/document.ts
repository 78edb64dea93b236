import type { Finding, Report } from '../language/diagnostics.ts';
import { quoted, reportInto } from '../language/diagnostics.ts';
import { acceptText, type DocumentFile } from '../language/guard.ts';
import { readDocument } from '../language/read.ts';
import { placeOf, type SourceText } from '../language/source-text.ts';
import { child, entriesOf, itemsOf, type MapNode, type TreeNode } from '../language/tree.ts';
import { type Instance, readInstance } from './instance.ts';
import { inDependencyOrder } from './order.ts';

/** A configuration document without errors: its instances in the order of their dependencies. */
export interface Configuration {
  readonly path: string;
  readonly text: string;
  readonly instances: readonly Instance[];
}

const INSTANCES_MAX = 500;
const KNOWN = ['$schema', 'contentVersion', 'metadata', 'resources'];
// Parts of the DSC v3 format that this release does not evaluate.
const RESERVED = ['directives', 'executionInformation', 'functions', 'outputs', 'parameters', 'variables'];

/** True for paths of configuration documents. */
export function isConfigurationPath(path: string): boolean {
  return /\.dsc\.(ya?ml|json)$/.test(path);
}

/**
 * Reads a DSC v3 configuration document (YAML or JSON) of literal values. What needs an expression engine is refused by name and place.
 * Adds its findings to the list and answers undefined when one is an error; never throws for what a file holds.
 */
export function readConfiguration(file: DocumentFile, findings: Finding[]): Configuration | undefined {
  const { source, reason } = acceptText(file);
  const before = findings.length;
  const report = reportInto(findings, source);
  if (reason !== undefined) {
    report('RW101', { span: { start: 0, end: 0 }, pointer: '' }, { reason });
    return undefined;
  }
  const root = readDocument(source, report);
  if (root === undefined) return undefined;
  const instances = instancesOf(root, source, report);
  return findings.length > before ? undefined : { path: file.path, text: source.text, instances };
}

function instancesOf(root: TreeNode, source: SourceText, report: Report): readonly Instance[] {
  if (root.kind !== 'map') {
    report('RW-DSC-104', { span: { start: 0, end: 0 }, pointer: '' }, { what: 'the document', type: 'a map' });
    return [];
  }
  checkKeys(root, report);
  const list = child(root, 'resources');
  if (list === undefined) return [];
  if (list.kind !== 'list') {
    report('RW-DSC-104', { span: list.span, pointer: '/resources' }, { what: '"resources"', type: 'a list' });
    return [];
  }
  if (list.items.length > INSTANCES_MAX)
    report('RW-DSC-104', { span: list.span, pointer: '/resources' }, { what: '"resources"', type: `at most ${INSTANCES_MAX} instances` });
  const read = list.items.flatMap((node, index) => readInstance(node, { index, report, at: placeOf(source, node.span.start) }) ?? []);
  return orderedInstances(read, list.items, report);
}

function checkKeys(root: MapNode, report: Report): void {
  for (const { key, keySpan, value } of entriesOf(root)) {
    const place = { span: keySpan, pointer: `/${key}` };
    if (RESERVED.includes(key)) report('RW-DSC-101', place, { what: quoted(key) });
    else if (!KNOWN.includes(key)) report('RW-DSC-102', place, { key: quoted(key), parent: 'the document' });
    else if ((key === '$schema' || key === 'contentVersion') && !(value.kind === 'scalar' && typeof value.value === 'string'))
      report('RW-DSC-104', { span: value.span, pointer: `/${key}` }, { what: quoted(key), type: 'text' });
    else if (key === 'metadata') checkMetadata(value, report);
  }
  for (const key of ['$schema', 'resources'])
    if (child(root, key) === undefined)
      report('RW-DSC-103', { span: { start: 0, end: 0 }, pointer: '' }, { key: quoted(key), parent: 'the document' });
}

// These two carry meaning: what would change a check and is not followed must not be passed over.
function checkMetadata(metadata: TreeNode, report: Report): void {
  for (const { key, keySpan } of entriesOf(metadata))
    if (key === 'Microsoft.DSC' || key === 'runward')
      report('RW-DSC-101', { span: keySpan, pointer: `/metadata/${key}` }, { what: quoted(`metadata.${key}`) });
}

function orderedInstances(read: readonly Instance[], nodes: readonly TreeNode[], report: Report): readonly Instance[] {
  const ids = new Set<string>();
  for (const instance of read) {
    const node = nodes[instance.index];
    const span = node?.span ?? { start: 0, end: 0 };
    const pointer = `/resources/${instance.index}`;
    if (ids.has(instance.id)) report('RW-DSC-106', { span, pointer }, { id: quoted(instance.id) });
    ids.add(instance.id);
  }
  for (const instance of read) {
    const dependencies = itemsOf(child(nodes[instance.index], 'dependsOn'));
    instance.dependsOn.forEach((id, index) => {
      const span = dependencies[index]?.span ?? { start: 0, end: 0 };
      if (!ids.has(id)) report('RW-DSC-107', { span, pointer: `/resources/${instance.index}/dependsOn/${index}` }, { id: quoted(id) });
    });
  }
  const order = inDependencyOrder(read);
  if ('ordered' in order) return order.ordered;
  const first = read.find(({ id }) => id === order.cycle[0]);
  const span = child(nodes[first?.index ?? 0], 'dependsOn')?.span ?? { start: 0, end: 0 };
  report('RW-DSC-108', { span, pointer: `/resources/${first?.index ?? 0}/dependsOn` }, { path: order.cycle.join(' → ') });
  return [];
}
