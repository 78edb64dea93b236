import { enclosing, isAfterWave, type OutlinedStep } from './outline.ts';
import { GENERAL_NAMES, type Standing, WAVE_NAMES } from './scope-types.ts';
import { child, entriesOf, type Entry, entryOf, itemsOf, type ScalarNode, type Segment, type TreeNode } from './tree.ts';
import { itemNames } from './visible.ts';

/** What a place takes. */
export type ExpectedType = 'bool' | 'list' | 'order' | 'duration' | 'time';

/** One value of a document that is or may hold expressions. */
export interface ExpressionPlace {
  readonly node: ScalarNode;
  readonly path: readonly Segment[];
  /** `cel`: the text is one expression. `template`: expressions stand in `${{ }}`. */
  readonly form: 'cel' | 'template';
  readonly standing: Standing;
  /** The type that the expression must have, when it is the whole value. */
  readonly expected?: ExpectedType;
  /** What the value is for, for secrets: only scripts' env and secret arguments may read them. */
  readonly use: 'env' | 'with' | 'call' | 'other';
  /** Reading a step whose outputs may be null is fine here. */
  readonly lenient: boolean;
}

const PLAN_NAMES = new Set(['inputs', 'targets', 'vars']);
const SET_NAMES = new Set(['inputs', 'vars']);

/** All places of expressions in a runbook, in the order of their kind. */
export function expressionPlaces(root: TreeNode, steps: readonly OutlinedStep[]): readonly ExpressionPlace[] {
  const plan: Standing = { reader: undefined, withResult: false, items: new Map(), general: PLAN_NAMES };
  const sets: Standing = { ...plan, items: new Map([['target', 'target'] as const]), general: SET_NAMES };
  const end: Standing = { ...plan, general: GENERAL_NAMES };
  return [
    ...entriesOf(child(root, 'vars')).flatMap((entry) => templates(entry.value, ['vars', entry.key], { standing: plan })),
    ...entriesOf(child(root, 'targets')).flatMap((entry) =>
      cel(entryOf(entry.value, 'where'), ['targets', entry.key], { standing: sets, expected: 'bool' }),
    ),
    ...entriesOf(child(root, 'targets')).flatMap((entry) =>
      templates(child(entry.value, 'sample'), ['targets', entry.key, 'sample'], { standing: { ...plan, general: SET_NAMES } }),
    ),
    ...itemsOf(child(child(root, 'triggers'), 'schedules')).flatMap((schedule, index) =>
      templates(child(schedule, 'inputs'), ['triggers', 'schedules', index, 'inputs'], { standing: plan }),
    ),
    ...itemsOf(child(child(root, 'triggers'), 'webhooks')).flatMap((webhook, index) =>
      templates(child(webhook, 'set'), ['triggers', 'webhooks', index, 'set'], { standing: { ...plan, general: new Set<string>() } }),
    ),
    ...entriesOf(child(root, 'outputs')).flatMap((entry) => cel(entry, ['outputs'], { standing: end, lenient: true })),
    ...steps.flatMap(stepPlaces),
  ];
}

type Traits = Pick<ExpressionPlace, 'standing'> & Partial<Pick<ExpressionPlace, 'expected' | 'use' | 'lenient'>>;

function cel(entry: Entry | undefined, path: readonly Segment[], traits: Traits): readonly ExpressionPlace[] {
  if (entry?.value.kind !== 'scalar' || typeof entry.value.value !== 'string') return [];
  return [{ node: entry.value, path: [...path, entry.key], form: 'cel', use: 'other', lenient: false, ...traits }];
}

function templates(node: TreeNode | undefined, path: readonly Segment[], traits: Traits): readonly ExpressionPlace[] {
  if (node === undefined) return [];
  if (node.kind === 'map') return node.entries.flatMap((entry) => templates(entry.value, [...path, entry.key], traits));
  if (node.kind === 'list') return node.items.flatMap((item, index) => templates(item, [...path, index], traits));
  if (typeof node.value !== 'string') return [];
  return [{ node, path, form: 'template', use: 'other', lenient: false, ...traits }];
}

function stepPlaces(step: OutlinedStep): readonly ExpressionPlace[] {
  const { node, path } = step;
  const inside: Standing = {
    reader: step,
    withResult: false,
    items: itemNames(step),
    general: isAfterWave(step) ? WAVE_NAMES : GENERAL_NAMES,
  };
  const outer = step.parent === undefined ? new Map() : itemNames(step.parent);
  const before: Standing = { ...inside, items: outer };
  const after: Standing = { ...inside, withResult: step.body !== 'steps' && step.body !== 'parallel' };
  const bool = (key: string, from: TreeNode, at: readonly Segment[], standing: Standing): readonly ExpressionPlace[] =>
    cel(entryOf(from, key), at, { standing, expected: 'bool' });
  const inner = (key: string): TreeNode => child(node, key) ?? EMPTY;
  return [
    ...bool('if', node, path, inside),
    ...templates(child(node, 'with'), [...path, 'with'], { standing: inside, use: step.body === 'call' ? 'call' : 'with' }),
    ...templates(child(node, 'env'), [...path, 'env'], { standing: inside, use: 'env' }),
    ...templates(child(inner('approval'), 'message'), [...path, 'approval', 'message'], { standing: inside }),
    ...templates(child(inner('manual'), 'instructions'), [...path, 'manual', 'instructions'], { standing: inside }),
    ...waitPlaces(step, inside),
    ...itemsOf(child(node, 'assert')).flatMap((check, index) => [
      ...bool('that', check, [...path, 'assert', index], inside),
      ...templates(child(check, 'message'), [...path, 'assert', index, 'message'], { standing: inside, lenient: true }),
    ]),
    ...bool('where', inner('target'), [...path, 'target'], inside),
    ...targetPlaces(step, before),
    ...cel(entryOf(inner('rollout'), 'order_by'), [...path, 'rollout'], { standing: inside, expected: 'order' }),
    ...bool('condition', inner('until'), [...path, 'until'], after),
    ...bool('success_if', node, path, after),
    ...bool('if', inner('retry'), [...path, 'retry'], after),
    ...entriesOf(child(node, 'outputs')).flatMap((entry) => cel(entry, [...path, 'outputs'], { standing: after })),
  ];
}

const EMPTY: TreeNode = { kind: 'map', span: { start: 0, end: 0 }, entries: [] };

function waitPlaces({ node, path }: OutlinedStep, standing: Standing): readonly ExpressionPlace[] {
  const wait = child(node, 'wait');
  if (wait?.kind === 'map') return templates(child(wait, 'until_time'), [...path, 'wait', 'until_time'], { standing, expected: 'time' });
  return templates(wait, [...path, 'wait'], { standing, expected: 'duration' });
}

function targetPlaces({ node, path }: OutlinedStep, standing: Standing): readonly ExpressionPlace[] {
  const target = child(node, 'target');
  const each = child(node, 'for_each');
  return [
    ...(target?.kind === 'scalar' ? templates(target, [...path, 'target'], { standing }) : []),
    ...templates(each, [...path, 'for_each'], { standing, expected: 'list' }),
  ];
}

/** A step as findings name it, with the blocks around it for people who read long runbooks. */
export function stepName(step: OutlinedStep | undefined): string {
  if (step === undefined) return 'the end of the run';
  const outer = enclosing(step).at(-1);
  return outer === undefined ? `"${step.id}"` : `"${step.id}" in "${outer.id}"`;
}
