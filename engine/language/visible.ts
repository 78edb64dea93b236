import { enclosing, fanOutsOf, isInside, type OutlinedStep } from './outline.ts';
import { child, itemsOf, textOf, type TreeNode } from './tree.ts';

/** May an expression of one step read another: yes, or why not. `outer` is the fan-out that hides it. */
export type Visibility =
  | { readonly kind: 'visible' }
  | { readonly kind: 'later' }
  | { readonly kind: 'hidden'; readonly outer: OutlinedStep };

/** Decides whether a step is certain to have ended when an expression of `reader` is evaluated. Without a reader: at the end of the run. */
export function visibilityOf(step: OutlinedStep, reader: OutlinedStep | undefined): Visibility {
  const hiding = enclosing(step).findLast((block) => block.fanOut !== undefined && (reader === undefined || !shares(reader, block, step)));
  if (hiding !== undefined) return { kind: 'hidden', outer: hiding };
  if (standsAside(step, reader)) return { kind: 'later' };
  return reader === undefined || endsBefore(step, reader) ? { kind: 'visible' } : { kind: 'later' };
}

// Items of a fan-out and the steps after its waves do not see each other: an item exists many times.
function shares(reader: OutlinedStep, block: OutlinedStep, step: OutlinedStep): boolean {
  return (reader === block || isInside(reader, block)) && standsAfterWaveOf(reader, block) === standsAfterWaveOf(step, block);
}

function standsAfterWaveOf(step: OutlinedStep, fanOut: OutlinedStep): boolean {
  return [step, ...enclosing(step)].some((each) => each.list === 'after_wave' && each.parent === fanOut);
}

function endsBefore(step: OutlinedStep, reader: OutlinedStep): boolean {
  if (step === reader || isOwn(step, reader)) return step !== reader;
  if (isInside(reader, step)) return false;
  // A block may read its own steps in its outputs.
  if (isInside(step, reader)) return true;
  if (step.section !== reader.section) return rank(step) < rank(reader);
  const [before, after] = divergence(step, reader);
  if (before.list === after.list && before.list !== 'parallel') return before.index < after.index;
  if (isAside(before)) return false;
  if (isAside(after)) return after.parent !== undefined;
  if (before.list === 'finally' || after.list === 'finally') return before.list !== 'finally';
  if (before.list === 'parallel') return needsOf(after, before).has(before.id);
  return before.index < after.index;
}

// What handles a failure or undoes something may not have run: only its own steps see each other.
function isAside({ list }: OutlinedStep): boolean {
  return list === 'rollback' || list === 'on_failure';
}

function standsAside(step: OutlinedStep, reader: OutlinedStep | undefined): boolean {
  const aside = [step, ...enclosing(step)].find(isAside);
  if (aside === undefined) return false;
  const around = reader === undefined ? [] : [reader, ...enclosing(reader)];
  return !around.some(({ list, parent }) => list === aside.list && parent === aside.parent);
}

/** True when `reader` handles the failure of the step or undoes it: it sees the step itself, of a fan-out its own item. */
export function isOwn(step: OutlinedStep, reader: OutlinedStep): boolean {
  return ownList(step, reader) !== undefined;
}

function ownList(step: OutlinedStep, reader: OutlinedStep): 'rollback' | 'on_failure' | undefined {
  const below = [reader, ...enclosing(reader)].find(({ parent }) => parent === step);
  return below?.list === 'rollback' || below?.list === 'on_failure' ? below.list : undefined;
}

function rank(step: OutlinedStep): number {
  return ['readiness', 'steps', 'finally'].indexOf(step.section);
}

// The two siblings, or step and sibling's ancestor, at which the ways from the root to two steps part.
function divergence(step: OutlinedStep, reader: OutlinedStep): readonly [OutlinedStep, OutlinedStep] {
  const stepWay = [step, ...enclosing(step)].toReversed();
  const readerWay = [reader, ...enclosing(reader)].toReversed();
  let level = 0;
  while (stepWay[level] === readerWay[level] && level < stepWay.length - 1) level += 1;
  return [stepWay[level] ?? step, readerWay[level] ?? reader];
}

function needsOf(step: OutlinedStep, sibling: OutlinedStep): ReadonlySet<string> {
  const needs = siblingNeeds(step.parent?.node ?? step.node);
  const reached = new Set<string>();
  const open = [...(needs.get(step.id) ?? [])];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    if (id === sibling.id) break;
    open.push(...(needs.get(id) ?? []));
  }
  return reached;
}

const NEEDS = new WeakMap<TreeNode, ReadonlyMap<string, readonly string[]>>();

// Each block is read once: expressions ask for it again and again.
function siblingNeeds(block: TreeNode): ReadonlyMap<string, readonly string[]> {
  const known = NEEDS.get(block);
  if (known !== undefined) return known;
  const needs = new Map(
    itemsOf(child(block, 'parallel')).map((node) => {
      const ids = itemsOf(child(node, 'needs')).flatMap((item) => textOf(item) ?? []);
      return [textOf(child(node, 'id')) ?? '', ids] as const;
    }),
  );
  NEEDS.set(block, needs);
  return needs;
}

/** True when the outputs of a plain step can be null for `reader`: it may have been skipped or have failed, and the run went on. */
export function mayLackOutputs(step: OutlinedStep, reader: OutlinedStep): boolean {
  const own = ownList(step, reader);
  if (own !== undefined) return own === 'on_failure' || !onlyAfterSuccess(step);
  if (reader.section === 'finally' && step.section !== 'finally') return true;
  if (reader.list === 'finally' && step.list !== 'finally') return true;
  const outside = [step, ...enclosing(step).filter((block) => !isInside(reader, block) && block !== reader)];
  return outside.some((each) => hasOwnWayOut(each));
}

function onlyAfterSuccess({ node }: OutlinedStep): boolean {
  const written = child(node, 'rollback_on_failure');
  return written?.kind === 'scalar' && written.value === false;
}

function hasOwnWayOut({ node }: OutlinedStep): boolean {
  const skips = textOf(child(child(node, 'approval'), 'on_timeout')) === 'skip';
  const failing = child(node, 'on_failure');
  const goesOn = ['continue', 'recover'].includes(textOf(failing) ?? textOf(child(failing, 'then')) ?? '');
  return child(node, 'if') !== undefined || child(node, 'needs') !== undefined || goesOn || skips;
}

/** The names under which a step's expressions see the items around it, with the fan-out that each comes from. */
export function itemNames(step: OutlinedStep): ReadonlyMap<string, OutlinedStep> {
  const names = new Map<string, OutlinedStep>();
  for (const fanOut of fanOutsOf(step)) if (!names.has(fanOut.alias)) names.set(fanOut.alias, fanOut);
  return names;
}
