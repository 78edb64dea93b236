import { z } from 'zod';
import { didYouMean, quoted, type Report, shown } from './diagnostics.ts';
import { writtenSubscription } from './implied-subscription.ts';
import type { KnownAction } from './load.ts';
import { nearest } from './near.ts';
import { fanOutsOf, type OutlinedStep } from './outline.ts';
import { RESERVED_ACTIONS } from './reserved-actions.ts';
import { soleExpression, splitTemplate } from './template.ts';
import { child, entriesOf, type Entry, entryOf, plainValue, pointerOf, textOf, type TreeNode } from './tree.ts';
import { celType } from './types-of-steps.ts';

/** Types of the expressions that were found sound, by the JSON Pointer of their value. */
export type KnownTypes = ReadonlyMap<string, string>;

/** Checks the action of a `uses` step and its arguments. An unknown action silences findings about its arguments. */
export function checkAction(
  step: OutlinedStep,
  actions: ReadonlyMap<string, KnownAction>,
  { root, types, report }: ArgumentChecking,
): void {
  const uses = entryOf(step.node, 'uses');
  const name = textOf(uses?.value);
  if (step.body !== 'uses' || uses === undefined || name === undefined) return;
  const pointer = pointerOf([...step.path, 'uses']);
  if (name.includes('${{')) return report('RW309', { span: uses.value.span, pointer }, { problem: 'not allowed here' });
  if (step.action === undefined) return reportUnknown(name, uses.value, { pointer, actions, report });
  const needsTarget = step.action.target === 'vm' || step.action.target === 'item' || step.action.target === 'machine';
  if (needsTarget && !fanOutsOf(step).some((fanOut) => fanOut.fanOut === 'target')) {
    const hint = `${name} works on ${TARGET_WORDS[step.action.target]}: add target`;
    report('RW203', { span: uses.keySpan, pointer, hint }, { key: '"target"', parent: `step "${step.id}"` });
  }
  checkArguments(step, step.action, { root, types, report });
}

const TARGET_WORDS = {
  vm: 'an Azure VM',
  item: 'a replication item',
  machine: 'a machine',
  'machine-or-none': 'a machine',
  none: 'nothing',
} as const;

function reportUnknown(
  name: string,
  node: TreeNode,
  { pointer, actions, report }: { readonly pointer: string; readonly actions: ReadonlyMap<string, KnownAction>; readonly report: Report },
): void {
  const [base = name] = name.split('@');
  const versions = [...actions.keys()].filter((known) => known.startsWith(`${base}@`)).map((known) => known.split('@')[1]);
  const place = { span: node.span, pointer };
  if (RESERVED_ACTIONS.has(name)) return report('RW224', place, { key: quoted(name) });
  if (versions.length > 0) {
    const only = versions.length === 1 ? { fix: `${base}@${versions[0]}` } : {};
    return report('RW406', { ...place, hint: `versions: ${versions.join(', ')}`, ...only }, { name: quoted(name) });
  }
  const near = nearest(name, actions.keys());
  report('RW406', { ...place, ...(near === undefined ? {} : { hint: didYouMean(near), fix: near }) }, { name: quoted(name) });
}

interface ArgumentChecking {
  readonly root: TreeNode;
  readonly types: KnownTypes;
  readonly report: Report;
}

function checkArguments(step: OutlinedStep, action: KnownAction, { root, types, report }: ArgumentChecking): void {
  if (!(action.input instanceof z.ZodObject)) return;
  const shape = action.input.shape as Readonly<Record<string, z.ZodType>>;
  const given = child(step.node, 'with');
  const signature = signatureOf(shape);
  for (const entry of entriesOf(given)) {
    const path = [...step.path, 'with', entry.key];
    const place = { span: entry.value.span, pointer: pointerOf(path) };
    const schema = shape[entry.key];
    if (schema === undefined) {
      const near = nearest(entry.key, Object.keys(shape));
      const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
      report(
        'RW407',
        { ...place, span: entry.keySpan, ...suggestion },
        { argument: quoted(entry.key), action: action.name, reason: 'unknown', signature },
      );
      continue;
    }
    const reason = problemOf(entry, schema, types.get(place.pointer));
    if (reason !== undefined) report('RW407', place, { argument: quoted(entry.key), action: action.name, reason, signature });
  }
  const withKey = entryOf(step.node, 'with') ?? entryOf(step.node, 'uses');
  for (const [name, schema] of Object.entries(shape)) {
    const implied = action.impliesSubscription === true && name === 'subscription';
    const optional = implied ? writtenSubscription(root) !== undefined : schema.safeParse(undefined).success;
    if (child(given, name) !== undefined || optional || withKey === undefined) continue;
    const misspelt = entriesOf(given).some((entry) => shape[entry.key] === undefined && nearest(entry.key, [name]) !== undefined);
    if (misspelt) continue;
    const place = { span: withKey.keySpan, pointer: pointerOf([...step.path, 'with']) };
    const reason = implied ? 'missing: the target sets name several, or none' : 'missing';
    report('RW407', place, { argument: quoted(name), action: action.name, reason, signature });
  }
}

// Values with expressions are checked by type only: their content is known later.
function problemOf(entry: Entry, schema: z.ZodType, type: string | undefined): string | undefined {
  const text = textOf(entry.value);
  if (text !== undefined && text.includes('${{')) {
    if (soleExpression(splitTemplate(text)) === undefined)
      return accepts(schema, ['text', 'x', '/x']) ? undefined : 'is text, and must not be';
    if (type === undefined || type === 'dyn') return undefined;
    return accepts(schema, samplesOf(type))
      ? undefined
      : `is ${type.replace('google.protobuf.', '').toLowerCase()}, expected ${kindOf(schema)}`;
  }
  if (hasInnerExpression(entry.value)) return undefined;
  const parsed = schema.safeParse(plainValue(entry.value));
  if (parsed.success) return undefined;
  const issue = parsed.error.issues[0];
  if (issue?.code === 'invalid_value') return `must be one of ${issue.values.slice(0, 8).map(String).join(', ')}`;
  if (issue?.code === 'invalid_type') return `must be ${kindOf(schema)}`;
  return shown((issue?.message ?? 'does not fit').replace(/^Invalid /, 'invalid ').replace(/^Too /, 'too '));
}

function hasInnerExpression(node: TreeNode): boolean {
  if (node.kind === 'map') return node.entries.some((entry) => hasInnerExpression(entry.value));
  if (node.kind === 'list') return node.items.some(hasInnerExpression);
  return typeof node.value === 'string' && node.value.includes('${{');
}

// A schema says no to every sample of a type only for its type, or because it is a closed list, which the value may still meet.
function accepts(schema: z.ZodType, samples: readonly unknown[]): boolean {
  return samples.some((sample) => {
    const parsed = schema.safeParse(sample);
    return parsed.success || parsed.error.issues.every((issue) => issue.code !== 'invalid_type' && issue.code !== 'invalid_union');
  });
}

function samplesOf(type: string): readonly unknown[] {
  if (type === 'string') return ['x'];
  if (type === 'int') return [1];
  if (type === 'double') return [1.5];
  if (type === 'bool') return [true];
  if (type.startsWith('list')) return [[], ['x'], [1]];
  if (type === celType('duration')) return ['1m', { $duration: 60_000 }];
  if (type === celType('timestamp')) return ['2026-01-01T00:00:00Z', { $time: 0 }];
  return [{}];
}

function kindOf(schema: z.ZodType): string {
  const inner = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema;
  if (inner instanceof z.ZodString || inner instanceof z.ZodEnum) return 'text';
  if (inner instanceof z.ZodNumber) return 'a number';
  if (inner instanceof z.ZodBoolean) return 'true or false';
  if (inner instanceof z.ZodArray) return 'a list';
  return inner instanceof z.ZodObject || inner instanceof z.ZodRecord ? 'a map' : 'another type';
}

function signatureOf(shape: Readonly<Record<string, z.ZodType>>): string {
  const names = Object.entries(shape).map(([name, schema]) => (schema.safeParse(undefined).success ? name : `${name}!`));
  return names.length === 0 ? 'it takes no arguments' : `with: ${names.join(', ')}`;
}
