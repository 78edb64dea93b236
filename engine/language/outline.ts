import { type EffectClass, type Severity, severityOf } from '../actions/action.ts';
import type { JsonObject } from '../json.ts';
import type { KnownAction } from './load.ts';
import { child, entriesOf, type Entry, entryOf, itemsOf, type Segment, textOf, type TreeNode } from './tree.ts';

/** The words of which a step has exactly one. */
export const BODIES = ['uses', 'run', 'approval', 'manual', 'wait', 'assert', 'call', 'undo', 'steps', 'parallel'] as const;

/** What a step does. */
export type BodyName = (typeof BODIES)[number];

/** Where a step stands. */
export type Section = 'readiness' | 'steps' | 'finally';

/** A step as written, with its place among the others. Fields that the text gets wrong are undefined. */
export interface OutlinedStep {
  readonly id: string;
  readonly node: TreeNode;
  readonly path: readonly Segment[];
  readonly bodies: readonly Entry[];
  readonly body: BodyName | undefined;
  readonly section: Section;
  /** The list that holds it. */
  readonly list: 'top' | 'steps' | 'parallel' | 'finally' | 'after_wave' | 'rollback' | 'on_failure';
  readonly index: number;
  readonly parent: OutlinedStep | undefined;
  readonly fanOut: 'target' | 'for_each' | undefined;
  readonly alias: string;
  readonly action: KnownAction | undefined;
  /** Undefined for blocks, gates and unknown actions. */
  readonly effect: EffectClass | undefined;
  readonly severity: Severity | undefined;
}

/** All steps of a runbook in written order: readiness, steps, finally; blocks before what they hold. */
export function outlineSteps(root: TreeNode, actions: ReadonlyMap<string, KnownAction>): readonly OutlinedStep[] {
  const outlining: Outlining = { actions, found: [] };
  const readiness = child(child(root, 'readiness'), 'checks');
  addSteps(readiness, { path: ['readiness', 'checks'], section: 'readiness', list: 'top', parent: undefined }, outlining);
  addSteps(child(root, 'steps'), { path: ['steps'], section: 'steps', list: 'top', parent: undefined }, outlining);
  const handler = child(child(root, 'on_failure'), 'do');
  addSteps(handler, { path: ['on_failure', 'do'], section: 'steps', list: 'on_failure', parent: undefined }, outlining);
  addSteps(child(root, 'finally'), { path: ['finally'], section: 'finally', list: 'top', parent: undefined }, outlining);
  return outlining.found;
}

interface Outlining {
  readonly actions: ReadonlyMap<string, KnownAction>;
  readonly found: OutlinedStep[];
}

type ListPlace = Pick<OutlinedStep, 'section' | 'list' | 'parent'> & { readonly path: readonly Segment[] };

function addSteps(list: TreeNode | undefined, place: ListPlace, outlining: Outlining): void {
  itemsOf(list).forEach((node, index) => {
    if (node.kind !== 'map') return;
    const step = outlined(node, { ...place, path: [...place.path, index] }, { index, actions: outlining.actions });
    outlining.found.push(step);
    for (const inner of ['steps', 'parallel', 'finally'] as const) {
      addSteps(child(node, inner), { path: [...step.path, inner], section: place.section, list: inner, parent: step }, outlining);
    }
    const waves = [...step.path, 'rollout', 'after_wave'];
    const after = child(child(node, 'rollout'), 'after_wave');
    addSteps(after, { path: waves, section: place.section, list: 'after_wave', parent: step }, outlining);
    const handler = [...step.path, 'on_failure', 'do'];
    addSteps(
      child(child(node, 'on_failure'), 'do'),
      { path: handler, section: place.section, list: 'on_failure', parent: step },
      outlining,
    );
    const undoing = { path: [...step.path, 'rollback'], section: place.section, list: 'rollback', parent: step } as const;
    addSteps(child(node, 'rollback'), undoing, outlining);
  });
}

function outlined(
  node: TreeNode,
  place: ListPlace,
  { index, actions }: { readonly index: number; readonly actions: Outlining['actions'] },
): OutlinedStep {
  const bodies = entriesOf(node).filter((entry) => (BODIES as readonly string[]).includes(entry.key));
  const body = bodies.length === 1 ? (bodies[0]?.key as BodyName) : undefined;
  const action = body === 'uses' ? actions.get(textOf(child(node, 'uses')) ?? '') : undefined;
  const fanOut = entryOf(node, 'target') !== undefined ? 'target' : entryOf(node, 'for_each') !== undefined ? 'for_each' : undefined;
  const effect = action?.effect ?? (body === 'run' ? declaredEffect(node) : undefined);
  return {
    ...place,
    // A hyphen is reported by the schema; what already reads the id as it should be is not wrong too.
    id: (textOf(child(node, 'id')) ?? '').replaceAll('-', '_'),
    node,
    bodies,
    body,
    index,
    fanOut,
    alias: textOf(child(node, 'as')) ?? (fanOut === 'for_each' ? 'item' : 'target'),
    action,
    effect,
    severity: action === undefined ? undefined : severityOf(action, writtenTrue(child(node, 'with'))),
  };
}

function writtenTrue(args: TreeNode | undefined): JsonObject {
  return Object.fromEntries(
    entriesOf(args).flatMap(({ key, value }) => (value.kind === 'scalar' && value.value === true ? [[key, true]] : [])),
  );
}

function declaredEffect(node: TreeNode): EffectClass {
  const written = textOf(child(node, 'effect'));
  return written === 'read' || written === 'named' || written === 'guarded' ? written : 'blind';
}

/** The blocks around a step, innermost first. */
export function enclosing(step: OutlinedStep): readonly OutlinedStep[] {
  const blocks: OutlinedStep[] = [];
  for (let block = step.parent; block !== undefined; block = block.parent) blocks.push(block);
  return blocks;
}

/** The fan-outs that an item of the step belongs to: its own, then those of the blocks around it. */
export function fanOutsOf(step: OutlinedStep): readonly OutlinedStep[] {
  const way = [step, ...enclosing(step)];
  // What stands in after_wave belongs to a wave of the fan-out, not to one of its items.
  return way.filter((each, index) => each.fanOut !== undefined && way[index - 1]?.list !== 'after_wave');
}

/** True when the step stands in an after_wave, at any depth: it sees `wave`. */
export function isAfterWave(step: OutlinedStep): boolean {
  return [step, ...enclosing(step)].some((each) => each.list === 'after_wave');
}

/** True when `inner` stands inside the block `outer`. */
export function isInside(inner: OutlinedStep, outer: OutlinedStep): boolean {
  return enclosing(inner).includes(outer);
}
