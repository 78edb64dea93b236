import { quoted, type Report } from '../language/diagnostics.ts';
import { child, pointerOf, type ScalarNode, type Segment } from '../language/tree.ts';
import { evaluateText } from './expression/evaluate.ts';
import { caught, type ExpressionProblem } from './expression/problem.ts';
import type { Scope } from './expression/scope.ts';
import type { Value } from './expression/value.ts';
import { uriComponent, uriComponentToText } from './functions/encodings.ts';
import { inDependencyOrder } from './order.ts';
import { reportKind, reportNoValue } from './problem-place.ts';
import { firstKey, type ResourceEntry } from './resource-entry.ts';
import { scalarValue } from './tree-value.ts';

/** One instance of a document: an entry, or one turn of its copy, with a name and what it depends on. */
export interface Unfolded {
  /** Its place among all instances, from 0. */
  readonly index: number;
  readonly entry: ResourceEntry;
  readonly id: string;
  readonly name: string;
  readonly dependsOn: readonly string[];
  /** What its expressions can read. */
  readonly scope: Scope;
}

/** How instances are unfolded. `isAwaited` says that a missing value is expected, so that what needs it is left out without a word. */
export interface Unfolding {
  readonly scope: Scope;
  readonly report: Report;
  readonly isAwaited: (name: string) => boolean;
}

const INSTANCES_MAX = 500;

/** The instances of a document in the order of their dependencies. Names and copies have their values, properties have not. */
export function unfold(entries: readonly ResourceEntry[], unfolding: Unfolding): readonly Unfolded[] {
  const found: Unfolded[] = [];
  let isWhole = true;
  for (const entry of entries) {
    const turns = turnsOf(entry, unfolding);
    if (turns === undefined) isWhole = false;
    if (found.length + (turns?.length ?? 0) > INSTANCES_MAX) {
      const place = { span: entry.node.span, pointer: pointerOf(entry.base) };
      unfolding.report('RW-DSC-104', place, { what: 'the document', type: `at most ${INSTANCES_MAX} instances` });
      return [];
    }
    for (const scope of turns ?? []) {
      const instance = instanceOf(entry, found.length, { ...unfolding, scope });
      if (instance === undefined) isWhole = false;
      else found.push(instance);
    }
  }
  return ordered(found, { ...unfolding, isWhole });
}

/** Whether an instance is looked at: without a condition, or when that is true. Undefined when it has no value. */
export function isWanted({ entry, scope }: Unfolded, unfolding: Unfolding): boolean | undefined {
  if (entry.condition === undefined) return true;
  const value = valueAt(entry.condition, [...entry.base, 'condition'], { ...unfolding, scope });
  return value === undefined ? undefined : value === true;
}

/** The value of a text, or undefined after a finding. */
function valueAt(node: ScalarNode, path: readonly Segment[], unfolding: Unfolding): Value | undefined {
  const made = typeof node.value === 'string' ? evaluateText(node.value, unfolding.scope) : { value: scalarValue(node) };
  if ('value' in made) return made.value;
  reportUnlessAwaited({ node, path }, made.problem, unfolding);
  return undefined;
}

/** Reports why something has no value, unless that was to be expected. */
export function reportUnlessAwaited(
  at: { readonly node: ScalarNode; readonly path: readonly Segment[] },
  problem: ExpressionProblem,
  { isAwaited, report }: Pick<Unfolding, 'isAwaited' | 'report'>,
): void {
  if (problem.missing === undefined || !isAwaited(problem.missing)) reportNoValue(report, at, problem);
}

function turnsOf(entry: ResourceEntry, unfolding: Unfolding): readonly Scope[] | undefined {
  const { copy } = entry;
  if (copy === undefined) return [unfolding.scope];
  const path = [...entry.base, 'copy', 'count'];
  unfolding.report('RW-DSC-115', { span: copy.span, pointer: pointerOf([...entry.base, 'copy']) }, { name: quoted(copy.name) });
  const count = valueAt(copy.count, path, unfolding);
  if (count === undefined) return undefined;
  if (typeof count !== 'bigint' || count < 0n || count > BigInt(INSTANCES_MAX)) {
    reportKind(unfolding.report, { node: copy.count, path }, `an integer from 0 to ${INSTANCES_MAX}`);
    return undefined;
  }
  return Array.from({ length: Number(count) }, (_, turn) => ({
    ...unfolding.scope,
    loop: { name: copy.name, index: BigInt(turn) },
  }));
}

function instanceOf(entry: ResourceEntry, index: number, unfolding: Unfolding): Unfolded | undefined {
  const { scope } = unfolding;
  const path = [...entry.base, 'name'];
  const inName: Unfolding = { ...unfolding, scope: { ...scope, place: 'name' } };
  const name = entry.name === undefined ? '' : valueAt(entry.name, path, inName);
  if (name === undefined) return undefined;
  if (typeof name !== 'string') {
    if (entry.name !== undefined) reportKind(unfolding.report, { node: entry.name, path }, 'text');
    return undefined;
  }
  const dependsOn = entry.dependsOn.flatMap((node, place) => dependency(node, [...entry.base, 'dependsOn', place], unfolding) ?? []);
  return { index, entry, name, scope, dependsOn, id: instanceId(entry.type, name) };
}

function dependency(node: ScalarNode, path: readonly Segment[], unfolding: Unfolding): string | undefined {
  const value = valueAt(node, path, { ...unfolding, scope: { ...unfolding.scope, place: 'name' } });
  if (value === undefined) return undefined;
  if (typeof value === 'string') return normalId(value);
  reportKind(unfolding.report, { node, path }, 'the id of an instance');
  return undefined;
}

/** The id of an instance: its type and its name with escapes. */
export function instanceId(type: string, name: string): string {
  return `${type}:${uriComponent(name)}`;
}

/** An id as instances have it, whichever characters of its name were escaped. */
export function normalId(id: string): string {
  const colon = id.indexOf(':');
  const name = caught(() => uriComponentToText(id.slice(colon + 1)));
  return colon < 0 || 'problem' in name ? id : instanceId(id.slice(0, colon), name.value);
}

function ordered(found: readonly Unfolded[], { report, isWhole }: Unfolding & { readonly isWhole: boolean }): readonly Unfolded[] {
  const ids = new Set<string>();
  for (const { entry, id } of found) {
    if (ids.has(id)) report('RW-DSC-106', { span: entry.node.span, pointer: pointerOf(entry.base) }, { id: quoted(id) });
    ids.add(id);
  }
  // What could not be named yet may be what others wait for.
  if (isWhole) for (const instance of found) reportMissing(instance, ids, report);
  const order = inDependencyOrder(found);
  if ('ordered' in order) return order.ordered;
  const first = found.find(({ id }) => id === order.cycle[0]);
  if (first === undefined) return [];
  const span = child(first.entry.node, 'dependsOn')?.span ?? firstKey(first.entry.node);
  report('RW-DSC-108', { span, pointer: pointerOf([...first.entry.base, 'dependsOn']) }, { path: order.cycle.join(' → ') });
  return [];
}

function reportMissing({ entry, dependsOn }: Unfolded, ids: ReadonlySet<string>, report: Report): void {
  dependsOn.forEach((id, place) => {
    const span = entry.dependsOn[place]?.span ?? firstKey(entry.node);
    const pointer = pointerOf([...entry.base, 'dependsOn', place]);
    if (!ids.has(id)) report('RW-DSC-107', { span, pointer }, { id: quoted(id) });
  });
}
