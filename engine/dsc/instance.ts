import type { JsonObject } from '../json.ts';
import { quoted, type Report } from '../language/diagnostics.ts';
import type { LineColumn } from '../language/source-text.ts';
import { child, entryOf, nodeAt, pointerOf, type Segment, type TreeNode } from '../language/tree.ts';
import { caught } from './expression/problem.ts';
import { holdsSecure, isMap, type Value } from './expression/value.ts';
import { firstKey, type ResourceEntry } from './resource-entry.ts';
import type { ResourceType } from './resource.ts';
import { resourceTypes } from './resources/catalogue.ts';
import { evaluateTree, jsonOf } from './tree-value.ts';
import { reportUnlessAwaited, type Unfolded, type Unfolding } from './unfold.ts';

/** How much a finding about an instance matters. */
export type DriftSeverity = 'critical' | 'high' | 'medium' | 'low' | 'info';

/** Severities, worst first. */
export const SEVERITIES: readonly DriftSeverity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** One instance of `resources` with checked properties. `at` is its line and column. */
export interface Instance {
  /** Its place among all instances of the document, from 0. */
  readonly index: number;
  /** `<type>:<percent-encoded name>`. */
  readonly id: string;
  readonly type: ResourceType;
  readonly properties: JsonObject;
  readonly dependsOn: readonly string[];
  readonly severity: DriftSeverity;
  readonly at: LineColumn;
}

/** Gives an instance its properties; undefined after any finding, and when it waits for a parameter. Its type was looked up before. */
export function readInstance({ index, entry, id, dependsOn, scope }: Unfolded, unfolding: Unfolding): Instance | undefined {
  const { report } = unfolding;
  const type = resourceTypes.get(entry.type);
  if (type === undefined) return undefined;
  const desired = desiredOf(entry, { ...unfolding, scope });
  if (desired === undefined) return undefined;
  const parsed = type.schema.safeParse(desired);
  if (!parsed.success) {
    reportProperties(parsed.error.issues, { type, entry, report });
    return undefined;
  }
  return { index, id, type, properties: parsed.data as JsonObject, dependsOn, severity: severityOf(entry, report), at: entry.at };
}

/** How much an entry says that its findings matter; reports what is none of the words. */
export function severityOf({ node, base }: ResourceEntry, report: Report): DriftSeverity {
  const written = child(child(node, 'metadata'), 'severity');
  if (written === undefined) return 'medium';
  const found = SEVERITIES.find((severity) => written.kind === 'scalar' && written.value === severity);
  if (found !== undefined) return found;
  const pointer = pointerOf([...base, 'metadata', 'severity']);
  report('RW-DSC-104', { span: written.span, pointer }, { what: '"severity"', type: `one of ${SEVERITIES.join(', ')}` });
  return 'medium';
}

function desiredOf(entry: ResourceEntry, unfolding: Unfolding): JsonObject | undefined {
  const { properties } = entry;
  const base = [...entry.base, 'properties'];
  if (properties === undefined) return {};
  const value = evaluateTree(properties, unfolding.scope, (node, path, problem) =>
    reportUnlessAwaited({ node, path: [...base, ...path] }, problem, unfolding),
  );
  if (value === undefined) return undefined;
  if (!isMap(value)) {
    unfolding.report('RW-DSC-104', { span: properties.span, pointer: pointerOf(base) }, { what: '"properties"', type: 'a map' });
    return undefined;
  }
  return withoutSecrets(value, { properties, base, report: unfolding.report });
}

/** What is desired stands in scripts, verdicts and evidence, so nothing secret may be in it. */
function withoutSecrets(
  value: ReadonlyMap<string, Value>,
  { properties, base, report }: { readonly properties: TreeNode; readonly base: readonly Segment[]; readonly report: Report },
): JsonObject | undefined {
  const secret = [...value].flatMap(([key, item]) => (holdsSecure(item) ? [key] : []));
  for (const key of secret) {
    const span = child(properties, key)?.span ?? properties.span;
    report('RW-DSC-117', { span, pointer: pointerOf([...base, key]) }, { property: quoted(key) });
  }
  if (secret.length > 0) return undefined;
  const made = caught(() => jsonOf(value) as JsonObject);
  if ('value' in made) return made.value;
  report('RW-DSC-111', { span: properties.span, pointer: pointerOf(base) }, { reason: made.problem.reason });
  return undefined;
}

interface Checking {
  readonly type: ResourceType;
  readonly entry: ResourceEntry;
  readonly report: Report;
}

type Issue = { readonly code?: string; readonly path: readonly PropertyKey[]; readonly message: string; readonly keys?: readonly string[] };

function reportProperties(issues: readonly Issue[], { entry, report, type }: Checking): void {
  const { node, base, properties } = entry;
  for (const issue of issues) {
    const path = issue.path as readonly Segment[];
    for (const key of issue.code === 'unrecognized_keys' ? (issue.keys ?? []) : []) {
      const span = entryOf(nodeAt(properties ?? node, path), key)?.keySpan ?? firstKey(node);
      report('RW-DSC-102', { span, pointer: pointerOf([...base, 'properties', ...path, key]) }, { key: quoted(key), parent: type.type });
    }
    if (issue.code === 'unrecognized_keys') continue;
    const property = path.length === 0 ? 'properties' : path.join('.');
    const span = properties === undefined || path.length === 0 ? undefined : nearestSpan(properties, path);
    report(
      'RW-DSC-109',
      { span: span ?? firstKey(node), pointer: pointerOf([...base, 'properties', ...path]) },
      { property: quoted(property), reason: issue.message },
    );
  }
}

/** The place of a value, or of the expression that gave it. */
function nearestSpan(properties: TreeNode, path: readonly Segment[]): TreeNode['span'] | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const found = nodeAt(properties, path.slice(0, length));
    if (found !== undefined) return found.span;
  }
  return undefined;
}
