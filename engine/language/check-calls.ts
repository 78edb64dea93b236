import { inputsFrom } from './build-steps.ts';
import { checkGiven } from './check-given.ts';
import { didYouMean, quoted, type Report } from './diagnostics.ts';
import type { ReadFile } from './load.ts';
import { nearest } from './near.ts';
import type { OutlinedStep } from './outline.ts';
import type { InputSource } from './schema-input.ts';
import { soleExpression, splitTemplate } from './template.ts';
import { child, entriesOf, type Entry, entryOf, itemsOf, plainValue, pointerOf, textOf, type TreeNode } from './tree.ts';
import { inputCelType } from './object-types.ts';

/** How many runs may stand below each other: a run, what it calls, what that calls, and once more. */
const CALLS_DEEP_MAX = 3;

interface CallChecking {
  readonly root: TreeNode;
  readonly files: readonly ReadFile[];
  /** Types of the expressions that were found sound, by the JSON Pointer of their value. */
  readonly types: ReadonlyMap<string, string>;
  readonly report: Report;
}

/** Checks what a `call` names: a runbook of the project and of the same environment, no circle, at most 3 deep, with inputs that fit. */
export function checkCall(step: OutlinedStep, checking: CallChecking): void {
  const call = entryOf(step.node, 'call');
  const name = textOf(call?.value);
  if (step.body !== 'call' || call === undefined || name === undefined) return;
  const { files, report } = checking;
  const place = { span: call.value.span, pointer: pointerOf([...step.path, 'call']) };
  const runbooks = files.filter((file) => file.kind === 'Runbook');
  const called = runbooks.find((file) => nameOf(file.root) === name);
  if (called === undefined) {
    const near = nearest(
      name,
      runbooks.map(({ root }) => nameOf(root)),
    );
    const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
    return report('RW408', { ...place, ...suggestion }, { problem: `unknown runbook ${quoted(name)}` });
  }
  const chain = chainProblem(nameOf(checking.root), name, runbooks);
  if (chain !== undefined) return report('RW408', place, { problem: chain });
  checkPlaceOfCall(called.root, name, { ...checking, place });
  checkCallInputs(step, called.root, { ...checking, name });
}

/** Why a call leads too far, or undefined. */
function chainProblem(from: string, to: string, files: readonly ReadFile[]): string | undefined {
  const calls = new Map(files.map(({ root }) => [nameOf(root), calledNames(root)] as const));
  const open: (readonly string[])[] = [[from, to]];
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    const last = way.at(-1) ?? '';
    const before = way.indexOf(last);
    if (before === 0 && way.length > 1) return `calls form a circle: ${way.join(' → ')}`;
    if (before < way.length - 1) continue;
    if (way.length > CALLS_DEEP_MAX + 1) return `calls go deeper than ${CALLS_DEEP_MAX}: ${way.join(' → ')}`;
    for (const next of calls.get(last) ?? []) open.push([...way, next]);
  }
  return undefined;
}

function checkPlaceOfCall(
  called: TreeNode,
  name: string,
  { root, report, place }: CallChecking & { readonly place: Parameters<Report>[1] },
): void {
  const [ours, theirs] = [root, called].map((each) => textOf(child(each, 'environment')));
  if (ours !== undefined && theirs !== undefined && ours !== theirs)
    report('RW507', place, { what: `runbook ${quoted(name)}`, theirs: quoted(theirs), ours: quoted(ours) });
  const [own, possible] = [root, called].map(purposesOf);
  const missing = own?.find((purpose) => possible !== undefined && possible.length > 1 && !possible.includes(purpose));
  if (missing === undefined || possible === undefined) return;
  report(
    'RW206',
    { ...place, hint: `${name} must be for ${missing} too: it runs for the purpose of its caller` },
    { value: quoted(missing), list: possible.join(', ') },
  );
}

function checkCallInputs(step: OutlinedStep, called: TreeNode, checking: CallChecking & { readonly name: string }): void {
  const { name, report } = checking;
  const definitions = child(called, 'inputs');
  const given = entryOf(step.node, 'with');
  const at = [...step.path, 'with'];
  for (const entry of entriesOf(given?.value)) {
    const definition = child(definitions, entry.key);
    if (definition !== undefined) {
      checkCallInput(entry, definition, { ...checking, path: [...at, entry.key] });
      continue;
    }
    const near = nearest(
      entry.key,
      entriesOf(definitions).map((input) => input.key),
    );
    const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
    const place = { span: entry.keySpan, pointer: pointerOf([...at, entry.key]), ...suggestion };
    report('RW414', place, { what: 'call', id: quoted(name), input: quoted(entry.key), problem: 'unknown' });
  }
  const span = given?.keySpan ?? entryOf(step.node, 'call')?.keySpan ?? step.node.span;
  for (const input of entriesOf(definitions)) {
    if (child(input.value, 'default') !== undefined || child(given?.value, input.key) !== undefined) continue;
    report('RW414', { span, pointer: pointerOf(at) }, { what: 'call', id: quoted(name), input: quoted(input.key), problem: 'missing' });
  }
}

// A value with expressions is checked by its type only: what it will be is checked again when the step's turn comes.
function checkCallInput(entry: Entry, definition: TreeNode, checking: CallChecking & { readonly path: OutlinedStep['path'] }): void {
  const { path, types, report, root } = checking;
  const place = { span: entry.value.span, pointer: pointerOf(path) };
  const wanted = inputsFrom({ it: plainValue(definition) as unknown as InputSource })['it'];
  if (wanted === undefined) return;
  const text = textOf(entry.value);
  if (text?.includes('${{') === true) {
    const secret = secretIn(text, root);
    if (secret !== undefined && wanted.type !== 'secret')
      return report('RW502', place, { input: quoted(secret), place: 'an input that is not of type secret' });
    const type = types.get(place.pointer);
    const expected = inputCelType(definition);
    if (type === undefined || fits(type, expected)) return;
    return report('RW304', place, { found: readable(type), expected: readable(expected) });
  }
  checkGiven(entry, definition, { path, report });
}

function secretIn(text: string, root: TreeNode): string | undefined {
  const input = /^inputs\.([a-z][a-z0-9_]*)$/.exec(soleExpression(splitTemplate(text))?.text.trim() ?? '')?.[1];
  const isSecret = input !== undefined && textOf(child(child(child(root, 'inputs'), input), 'type')) === 'secret';
  return isSecret ? input : undefined;
}

function fits(type: string, expected: string): boolean {
  if (type === 'dyn' || expected === 'dyn' || type === expected) return true;
  if (expected === 'double') return type === 'int';
  return type.startsWith('list') && expected.startsWith('list');
}

function readable(type: string): string {
  return type
    .replace('google.protobuf.', '')
    .replaceAll(/(Input|Form_\w+?_)Object\d+_/g, 'map')
    .toLowerCase();
}

// Wherever steps may stand, a call is a map entry of that name with text.
function calledNames(node: TreeNode): readonly string[] {
  if (node.kind === 'list') return node.items.flatMap(calledNames);
  if (node.kind !== 'map') return [];
  return node.entries.flatMap((entry) => {
    const name = entry.key === 'call' && child(node, 'id') !== undefined ? textOf(entry.value) : undefined;
    return name === undefined ? calledNames(entry.value) : [name];
  });
}

function nameOf(root: TreeNode): string {
  return textOf(child(child(root, 'metadata'), 'name')) ?? '';
}

function purposesOf(root: TreeNode): readonly string[] {
  const purpose = child(root, 'purpose');
  if (purpose?.kind === 'list') return itemsOf(purpose).flatMap((item) => textOf(item) ?? []);
  return textOf(purpose) === undefined ? [] : [textOf(purpose) ?? ''];
}
