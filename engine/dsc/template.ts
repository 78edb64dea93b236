import type { Finding, Report } from '../language/diagnostics.ts';
import { quoted, reportInto } from '../language/diagnostics.ts';
import { acceptText, type DocumentFile } from '../language/guard.ts';
import { readDocument } from '../language/read.ts';
import type { SourceText } from '../language/source-text.ts';
import { child, entriesOf, type Entry, type MapNode, textOf, type TreeNode } from '../language/tree.ts';
import { readFunctions, readParameters } from './definitions.ts';
import { readEntry, type ResourceEntry } from './resource-entry.ts';
import type { ParameterDefinition } from './parameters.ts';
import type { UserFunction } from './expression/scope.ts';
import { withoutRepeatedKeys } from './repeated-keys.ts';
import { CONTRACT_VERSION, meetsRequirement } from './version-requirement.ts';

/** A document as it is written, before anything in it has a value. */
export interface Template {
  readonly path: string;
  readonly text: string;
  readonly source: SourceText;
  readonly root: TreeNode;
  readonly parameters: ReadonlyMap<string, ParameterDefinition>;
  readonly variables: readonly Entry[];
  readonly functions: ReadonlyMap<string, UserFunction>;
  readonly resources: readonly ResourceEntry[];
  readonly outputs: readonly Entry[];
}

const RESOURCES_MAX = 500;
// What the format has and carries no meaning here is accepted.
const KNOWN = [
  '$schema',
  'contentVersion',
  'directives',
  'executionInformation',
  'functions',
  'metadata',
  'outputs',
  'parameters',
  'resources',
  'variables',
];

/** Reads the structure of a DSC v3 document (YAML or JSON). Adds its findings and answers undefined when one is an error. */
export function readTemplate(file: DocumentFile, findings: Finding[]): Template | undefined {
  const { source, reason } = acceptText({ ...file, text: withoutMark(file.text) });
  const before = findings.length;
  const report = reportInto(findings, source);
  if (reason !== undefined) {
    report('RW101', { span: { start: 0, end: 0 }, pointer: '' }, { reason });
    return undefined;
  }
  const read = readDocument(source, report, { repeatedKeys: true });
  if (read === undefined) return undefined;
  if (read.kind !== 'map') {
    report('RW-DSC-104', { span: { start: 0, end: 0 }, pointer: '' }, { what: 'the document', type: 'a map' });
    return undefined;
  }
  const root = withoutRepeatedKeys(read, report);
  const template = templateOf(root, source, report);
  return findings.slice(before).some(({ severity }) => severity === 'error') ? undefined : { ...template, path: file.path };
}

/** Editors of some systems put a byte order mark before documents; the format allows it. */
function withoutMark(text: DocumentFile['text']): DocumentFile['text'] {
  if (typeof text === 'string') return text.startsWith(MARK) ? text.slice(MARK.length) : text;
  return MARK_BYTES.every((byte, index) => text[index] === byte) ? text.subarray(MARK_BYTES.length) : text;
}

const MARK = '\uFEFF';
const MARK_BYTES = [0xef, 0xbb, 0xbf];

/** The template of a document that stands inside another one, as the properties of a group. */
export function templateOf(root: TreeNode, source: SourceText, report: Report): Template {
  if (root.kind === 'map') checkTop(root, report);
  const resources = child(root, 'resources');
  return {
    path: source.path,
    text: source.text,
    source,
    root,
    parameters: readParameters(child(root, 'parameters'), report),
    variables: entriesOf(child(root, 'variables')),
    functions: readFunctions(child(root, 'functions'), report),
    resources: readResources(resources, { source, report }),
    outputs: entriesOf(child(root, 'outputs')),
  };
}

function checkTop(root: MapNode, report: Report): void {
  for (const { key, keySpan, value } of root.entries) {
    if (!KNOWN.includes(key)) report('RW-DSC-102', { span: keySpan, pointer: `/${key}` }, { key: quoted(key), parent: 'the document' });
    else if ((key === '$schema' || key === 'contentVersion') && textOf(value) === undefined)
      report('RW-DSC-104', { span: value.span, pointer: `/${key}` }, { what: quoted(key), type: 'text' });
  }
  for (const key of ['$schema', 'resources'])
    if (child(root, key) === undefined)
      report('RW-DSC-103', { span: { start: 0, end: 0 }, pointer: '' }, { key: quoted(key), parent: 'the document' });
  checkVersion(child(child(root, 'directives'), 'version'), report);
}

function checkVersion(node: TreeNode | undefined, report: Report): void {
  if (node === undefined) return;
  const wanted = textOf(node) ?? '';
  if (meetsRequirement(CONTRACT_VERSION, wanted) === true) return;
  const marks = { what: 'the document', wanted: quoted(wanted), version: `DSC ${CONTRACT_VERSION}` };
  report('RW-DSC-116', { span: node.span, pointer: '/directives/version' }, marks);
}

function readResources(
  list: TreeNode | undefined,
  { source, report }: { readonly source: SourceText; readonly report: Report },
): readonly ResourceEntry[] {
  if (list === undefined) return [];
  if (list.kind !== 'list') {
    report('RW-DSC-104', { span: list.span, pointer: '/resources' }, { what: '"resources"', type: 'a list' });
    return [];
  }
  if (list.items.length > RESOURCES_MAX)
    report('RW-DSC-104', { span: list.span, pointer: '/resources' }, { what: '"resources"', type: `at most ${RESOURCES_MAX} instances` });
  return list.items.flatMap((node, index) => readEntry(node, { index, source, report }) ?? []);
}
