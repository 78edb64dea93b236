import type { JsonObject } from '../json.ts';
import { ms } from './build-steps.ts';
import { checkMocks } from './check-mocks.ts';
import { didYouMean, quoted, type Report } from './diagnostics.ts';
import { parseExpression } from './expression-parse.ts';
import { parseInstantMs } from './instant.ts';
import { nearest } from './near.ts';
import { enclosing, type OutlinedStep } from './outline.ts';
import type { Purpose } from './runbook.ts';
import type { MachineEntry, Mock, RunbookTest, TestCase, TestEvent } from './runbook-test.ts';
import type { MockSource } from './schema-test.ts';
import { spanInScalar } from './scalar-offsets.ts';
import { placeOf, type SourceText } from './source-text.ts';
import { nearestNode, placeIn, type WrittenCase, writtenCases } from './test-cases.ts';
import { child, entriesOf, entryOf, itemsOf, pointerOf, type Segment, textOf, type TreeNode } from './tree.ts';

/** The runbook that a test is about: its document and its steps. */
export interface TestedRunbook {
  readonly name: string;
  readonly root: TreeNode;
  readonly steps: readonly OutlinedStep[];
}

interface Checking {
  readonly runbook: TestedRunbook;
  readonly byId: ReadonlyMap<string, OutlinedStep>;
  readonly source: SourceText;
  readonly report: Report;
}

interface CaseAt extends Checking {
  readonly written: WrittenCase;
}

const START = '2026-01-05T09:00:00Z';

/** Checks every case of a test against its runbook and builds them. Findings go to the test's own report. */
export function checkTest(
  file: { readonly source: SourceText; readonly root: TreeNode; readonly report: Report },
  runbook: TestedRunbook,
): RunbookTest {
  const byId = new Map(runbook.steps.map((step) => [step.id, step]));
  const checking = { runbook, byId, source: file.source, report: file.report };
  const written = writtenCases(file.root);
  const names = new Set<string>();
  const cases = written.map((one): TestCase => {
    const at = { ...checking, written: one };
    if (names.has(one.source.name)) wrong(at, ['name'], 'another case has this name', 'reports name cases: give each its own');
    names.add(one.source.name);
    return checkCase(at);
  });
  return { path: file.source.path, runbook: runbook.name, cases };
}

function checkCase(at: CaseAt): TestCase {
  const { source } = at.written;
  checkPurpose(at);
  checkTargets(at);
  checkInputs(at);
  const mocks = mocksOf(at);
  checkPeople(at);
  checkExpectations(at);
  return {
    name: source.name,
    nowMs: parseInstantMs(source.now ?? START) ?? 0,
    ...(source.purpose === undefined ? {} : { purpose: source.purpose as Purpose }),
    inputs: (source.inputs ?? {}) as JsonObject,
    targets: (source.targets ?? {}) as Readonly<Record<string, readonly MachineEntry[]>>,
    mocks,
    events: (source.events ?? []).map((_, index) => eventOf(at, index)),
    expect: source.expect ?? {},
    at: placeOf(at.source, at.written.tree.span.start),
    placeOf: (path) => placeIn(at.written, path, at.source),
  };
}

function checkPurpose(at: CaseAt): void {
  const node = child(at.runbook.root, 'purpose');
  const purposes = node?.kind === 'list' ? itemsOf(node).map((item) => textOf(item) ?? '') : [textOf(node) ?? ''];
  const { purpose } = at.written.source;
  const list = purposes.join(', ');
  if (purpose === undefined && purposes.length > 1)
    wrong(at, ['name'], 'the runbook has several purposes', `write purpose: one of ${list}`);
  if (purpose !== undefined && !purposes.includes(purpose))
    wrong(at, ['purpose'], `the runbook is not for ${purpose}`, `it is for ${list}`);
}

function checkTargets(at: CaseAt): void {
  const sets = entriesOf(child(at.runbook.root, 'targets'));
  const given = at.written.source.targets ?? {};
  for (const name of Object.keys(given)) {
    const keys = given[name]?.map((machine) => machine.key ?? machine.name) ?? [];
    if (new Set(keys).size < keys.length) wrong(at, ['targets', name], 'two machines have one key', 'give one of them a key of its own');
    if (sets.some(({ key }) => key === name)) continue;
    unknown(at, ['targets', name], { what: 'target set', id: name, known: sets.map(({ key }) => key) });
  }
  for (const { key, value } of sets) {
    const inAzure = entryOf(value, 'azure') ?? entryOf(value, 'recovery_plan');
    if (inAzure === undefined || Object.hasOwn(given, key)) continue;
    const advice = `a case asks no cloud: targets: { ${key}: [{ name: … }] }`;
    wrong(at, ['name'], `the machines of ${quoted(key)} are found in Azure`, advice);
  }
}

function checkInputs(at: CaseAt): void {
  // A case about wrong inputs is a case about findings.
  if (at.written.source.expect?.diagnostics !== undefined) return;
  const known = entriesOf(child(at.runbook.root, 'inputs')).map(({ key }) => key);
  for (const name of Object.keys(at.written.source.inputs ?? {})) {
    if (!known.includes(name)) unknown(at, ['inputs', name], { what: 'input', id: name, known });
  }
}

function mocksOf(at: CaseAt): Readonly<Record<string, readonly Mock[]>> {
  const built: Record<string, readonly Mock[]> = {};
  for (const [id, mock] of Object.entries(at.written.source.mocks ?? {})) {
    const step = at.byId.get(id);
    const path = ['mocks', id];
    if (step === undefined) unknownStep(at, path, id);
    else built[id] = checkMocks(mock as MockSource | readonly MockSource[], { step, written: at.written, path, report: at.report });
  }
  return built;
}

function checkPeople(at: CaseAt): void {
  const { source } = at.written;
  if (source.expect?.diagnostics !== undefined) return;
  for (const step of at.runbook.steps) {
    const mock = source.mocks?.[step.id];
    if ((step.body !== 'approval' && step.body !== 'manual') || mock !== undefined || !isAlwaysAsked(step)) continue;
    const by = itemsOf(child(child(step.node, step.body), 'by')).map((item) => (textOf(item) ?? '').replace(/^group:/, ''));
    const marks = { case: quoted(source.name), step: quoted(step.id), id: step.id, group: by[0] ?? '' };
    at.report('RW601', { span: spanOf(at, ['name']), pointer: `${at.written.pointer}/mocks` }, marks);
  }
}

/** A step that only some runs come to is missed when the case is played and it asks. */
function isAlwaysAsked(step: OutlinedStep): boolean {
  return [step, ...enclosing(step)].every(
    (each) => child(each.node, 'if') === undefined && each.list !== 'on_failure' && each.list !== 'after_wave',
  );
}

function checkExpectations(at: CaseAt): void {
  const { expect } = at.written.source;
  if (expect === undefined || Object.keys(expect).length === 0)
    return wrong(at, ['name'], 'it expects nothing', 'write expect: { status: succeeded }');
  const named: readonly (readonly [readonly Segment[], string])[] = [
    ...Object.keys(expect.steps ?? {}).map((id) => [['expect', 'steps', id], id] as const),
    ...Object.keys(expect.items ?? {}).map((id) => [['expect', 'items', id], id] as const),
    ...(['order', 'not_started', 'rolled_back'] as const).flatMap((key) =>
      (expect[key] ?? []).map((id, index) => [['expect', key, index], id] as const),
    ),
  ];
  for (const [path, id] of named) if (!at.byId.has(idIn(id))) unknownStep(at, path, id);
  const outputs = entriesOf(child(at.runbook.root, 'outputs')).map(({ key }) => key);
  for (const id of Object.keys(expect.outputs ?? {})) {
    if (!outputs.includes(id)) unknown(at, ['expect', 'outputs', id], { what: 'output', id, known: outputs });
  }
  (expect.assert ?? []).forEach((text, index) => checkAssert(at, ['expect', 'assert', index], text));
}

function checkAssert(at: CaseAt, path: readonly Segment[], text: string): void {
  const parsed = parseExpression(text);
  const node = nearestNode(at.written.tree, path);
  if (parsed.ok || node.kind !== 'scalar') return;
  const span = spanInScalar(node, parsed.range.start, Math.max(parsed.range.end, parsed.range.start));
  at.report('RW301', { span, pointer: `${at.written.pointer}${pointerOf(path)}`, hint: 'look at the marked place' }, parsed);
}

function eventOf(at: CaseAt, index: number): TestEvent {
  const path = ['events', index];
  const event = at.written.source.events?.[index];
  const problem = (text: string, advice: string): void => wrong(at, path, text, advice);
  if ((event?.at === undefined) === (event?.when === undefined)) problem('an event has at or when', 'at: 5m, or when: { step: …, is: … }');
  if (event?.at !== undefined && event.after !== undefined) problem('after goes with when', 'remove it, or write when');
  if (event?.do === 'resolve' && (event.step === undefined || event.as === undefined))
    problem('resolve needs step and as', 'step: …, as: succeeded, failed or again');
  if (event?.do !== 'resolve' && (event?.step !== undefined || event?.as !== undefined))
    problem('step and as go with resolve', 'remove them');
  if (event?.do !== 'cancel' && event?.rollback !== undefined) problem('rollback goes with cancel', 'remove it');
  if (event?.do !== 'store_loss' && event?.do !== 'kill_switch' && event?.for !== undefined)
    problem('for goes with store_loss and kill_switch', 'remove it');
  if (event?.when !== undefined && !at.byId.has(idIn(event.when.step))) unknownStep(at, [...path, 'when', 'step'], event.when.step);
  if (event?.step !== undefined && !at.byId.has(idIn(event.step))) unknownStep(at, [...path, 'step'], event.step);
  return {
    when:
      event?.when === undefined
        ? { kind: 'at', atMs: ms(event?.at ?? '0s') }
        : {
            kind: 'step',
            ...present({ item: event.when.item }),
            step: event.when.step,
            is: event.when.is,
            afterMs: ms(event.after ?? '0s'),
          },
    do: event?.do ?? 'cancel',
    rollback: event?.rollback ?? false,
    ...present({ step: event?.step, as: event?.as, forMs: event?.for === undefined ? undefined : ms(event.for) }),
    at: placeIn(at.written, path, at.source),
  };
}

/** The id of the step that an id or a path such as `update[web-01]/drain` names. */
export function idIn(path: string): string {
  return (
    path
      .replaceAll(/\[[^\]]*\]/g, '')
      .split('/')
      .at(-1) ?? ''
  ).trim();
}

function unknownStep(at: CaseAt, path: readonly Segment[], id: string): void {
  const near = nearest(idIn(id), at.byId.keys());
  const suggestion = near === undefined ? { hint: `steps are those of ${at.runbook.name}` } : { hint: didYouMean(near), fix: near };
  at.report('RW401', { ...placeOfName(at, path, id), ...suggestion }, { id: quoted(id) });
}

function unknown(
  at: CaseAt,
  path: readonly Segment[],
  name: { readonly what: string; readonly id: string; readonly known: readonly string[] },
): void {
  const near = nearest(name.id, name.known);
  const known = near === undefined ? `known: ${name.known.join(', ') || 'none'}` : didYouMean(near);
  at.report(
    'RW402',
    { ...placeOfName(at, path, name.id), ...(near === undefined ? {} : { fix: near }) },
    { ...name, id: quoted(name.id), known },
  );
}

function wrong(at: CaseAt, path: readonly Segment[], problem: string, advice: string): void {
  const pointer = `${at.written.pointer}${pointerOf(path)}`;
  at.report('RW603', { span: spanOf(at, path), pointer }, { case: quoted(at.written.source.name), problem, advice });
}

// A name is written as a key, or as the value of another key or of a list.
function placeOfName(at: CaseAt, path: readonly Segment[], name: string) {
  const last = path.at(-1);
  const parent = nearestNode(at.written.tree, path.slice(0, -1));
  const span = (last === name ? entryOf(parent, name)?.keySpan : undefined) ?? nearestNode(at.written.tree, path).span;
  return { span, pointer: `${at.written.pointer}${pointerOf(path)}` };
}

function spanOf(at: CaseAt, path: readonly Segment[]): TreeNode['span'] {
  const node = nearestNode(at.written.tree, path);
  return node.kind === 'map' ? (node.entries[0]?.keySpan ?? node.span) : node.span;
}

function present<Shape extends object>(value: Shape): { [Key in keyof Shape]?: Exclude<Shape[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [Key in keyof Shape]?: Exclude<Shape[Key], undefined>;
  };
}
