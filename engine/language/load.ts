import type { z } from 'zod';
import type { Action } from '../actions/action.ts';
import { isConfigurationPath, readConfiguration } from '../dsc/document.ts';
import type { Template } from '../dsc/template.ts';
import { buildCalendar } from './build-calendar.ts';
import { buildInventory, buildRunbook } from './build.ts';
import { checkDocuments } from './check.ts';
import { didYouMean, type Finding, inOrder, quoted, type Report, reportInto } from './diagnostics.ts';
import { acceptText, type DocumentFile } from './guard.ts';
import { withoutIgnored } from './ignore.ts';
import { nearest } from './near.ts';
import { type OutlinedStep, outlineSteps } from './outline.ts';
import { withOwnUndo, withOwnUndoSteps } from './own-undo.ts';
import { readDocument } from './read.ts';
import type { Calendar, Inventory, Runbook } from './runbook.ts';
import { type CalendarSource, calendarSchema } from './schema-calendar.ts';
import { reportSchema } from './schema-findings.ts';
import { checkTest } from './check-test.ts';
import type { RunbookTest } from './runbook-test.ts';
import { type TestSource, testSchema } from './schema-test.ts';
import { type InventorySource, inventorySchema, type RunbookSource, runbookSchema } from './schema-v1.ts';
import type { SourceText } from './source-text.ts';
import { child, entryOf, plainValue, textOf, type TreeNode } from './tree.ts';

/** What the checks need to know of an action. */
export type KnownAction = Pick<
  Action,
  'name' | 'effect' | 'severity' | 'milderWith' | 'target' | 'impliesSubscription' | 'input' | 'result' | 'produces' | 'timeoutMs' | 'undo'
>;

/** What documents are checked against. */
export interface LoadOptions {
  readonly actions: ReadonlyMap<string, KnownAction>;
  /** Scripts without a target run on the worker only where the server allows it; absent means that it is not known here. */
  readonly allowLocalScripts?: boolean;
  /** Looks at the runbooks that have no error, and may report more. */
  readonly furtherChecks?: (runbooks: readonly CheckedRunbook[], inventories: ReadonlyMap<string, Inventory>) => void;
}

/** A runbook without errors, together with its text as a tree: what rules beyond the language look at. */
export interface CheckedRunbook {
  readonly path: string;
  readonly runbook: Runbook;
  readonly root: TreeNode;
  readonly steps: readonly OutlinedStep[];
  readonly report: Report;
}

/** A runbook without errors, with the file that it came from. */
export interface LoadedRunbook {
  readonly runbook: Runbook;
  readonly path: string;
  readonly text: string;
}

/** An inventory without errors, with the file that it came from. */
export interface LoadedInventory {
  readonly inventory: Inventory;
  readonly path: string;
  readonly text: string;
}

/** A calendar without errors, with the file that it came from. */
export interface LoadedCalendar {
  readonly calendar: Calendar;
  readonly path: string;
  readonly text: string;
}

/** All findings in order, and the documents that have no error, by name. */
export interface Loaded {
  readonly findings: readonly Finding[];
  readonly runbooks: ReadonlyMap<string, LoadedRunbook>;
  readonly inventories: ReadonlyMap<string, LoadedInventory>;
  readonly calendars: ReadonlyMap<string, LoadedCalendar>;
  /** Tests of runbooks, in the order of the files. */
  readonly tests: readonly RunbookTest[];
  /** Configuration documents by path. */
  readonly configurations: ReadonlyMap<string, Template>;
}

/** A document whose YAML could be read; `document` is set when its shape is right. */
export type ReadFile = { readonly source: SourceText; readonly root: TreeNode; readonly report: Report } & (
  | { readonly kind: 'Runbook'; readonly document: RunbookSource | undefined }
  | { readonly kind: 'Inventory'; readonly document: InventorySource | undefined }
  | { readonly kind: 'Calendar'; readonly document: CalendarSource | undefined }
  | { readonly kind: 'RunbookTest'; readonly document: TestSource | undefined }
);

/** Checks all files of a project in one pass and builds the documents that have no error. Pure; never throws for what a file holds. */
export function loadDocuments(files: readonly DocumentFile[], options: LoadOptions): Loaded {
  const findings: Finding[] = [];
  const configurations = new Map<string, Template>();
  for (const file of files.filter(({ path, symlink }) => isConfigurationPath(path) && symlink !== true)) {
    const configuration = readConfiguration(file, findings);
    if (configuration !== undefined) configurations.set(file.path, configuration);
  }
  const read = files.filter(({ path }) => !isConfigurationPath(path)).flatMap((file) => readFile(file, findings));
  checkDocuments(read, { ...options, project: files, configurations });
  const tests = checkTests(read, options);
  const broken = new Set(findings.filter((finding) => finding.severity === 'error').map((finding) => finding.file));
  const runbooks = new Map<string, LoadedRunbook>();
  const inventories = new Map<string, LoadedInventory>();
  const calendars = new Map<string, LoadedCalendar>();
  for (const file of read) {
    if (broken.has(file.source.path) || file.document === undefined || file.kind === 'RunbookTest') continue;
    const { path, text } = file.source;
    const { name } = file.document.metadata;
    if (file.kind === 'Runbook')
      runbooks.set(name, { runbook: withOwnUndo(buildRunbook(file.document, file.root, file.source), options.actions), path, text });
    else if (file.kind === 'Calendar') calendars.set(name, { calendar: buildCalendar(file.document), path, text });
    else inventories.set(name, { inventory: buildInventory(file.document), path, text });
  }
  options.furtherChecks?.(
    [...runbooks.values()].flatMap(({ runbook, path }) => {
      const file = read.find(({ source }) => source.path === path);
      return file === undefined
        ? []
        : [{ path, runbook, root: file.root, steps: outlineSteps(file.root, options.actions), report: file.report }];
    }),
    new Map([...inventories].map(([name, { inventory }]) => [name, inventory])),
  );
  return {
    findings: inOrder(
      withoutIgnored(
        findings,
        read.map((file) => file.source),
      ),
    ),
    runbooks,
    inventories,
    calendars,
    tests: tests.filter(({ path, runbook }) => !broken.has(path) && runbooks.has(runbook)),
    configurations,
  };
}

/** The tests whose runbook is among the documents; one that has errors of its own has nothing to be checked against. */
function checkTests(files: readonly ReadFile[], { actions }: LoadOptions): readonly RunbookTest[] {
  const runbooks = new Map(files.flatMap((file) => (file.kind === 'Runbook' ? [[nameOf(file.root), file] as const] : [])));
  return files.flatMap((file) => {
    if (file.kind !== 'RunbookTest' || file.document === undefined) return [];
    const name = file.document.runbook;
    const runbook = runbooks.get(name);
    if (runbook !== undefined && runbook.document === undefined) return [];
    if (runbook !== undefined) return checkTest(file, { name, root: runbook.root, steps: stepsWithCalls(runbook, { runbooks, actions }) });
    const near = nearest(name, runbooks.keys());
    const span = child(file.root, 'runbook')?.span ?? file.root.span;
    const suggestion = near === undefined ? { hint: 'runbooks are named by metadata.name' } : { hint: didYouMean(near), fix: near };
    file.report('RW409', { span, pointer: '/runbook', ...suggestion }, { what: 'runbook', name: quoted(name) });
    return [];
  });
}

// A case plays what its runbook calls as well, so the steps of called runbooks are known by their ids too.
function stepsWithCalls(
  runbook: ReadFile,
  { runbooks, actions }: Pick<LoadOptions, 'actions'> & { readonly runbooks: ReadonlyMap<string, ReadFile> },
): readonly OutlinedStep[] {
  const found: OutlinedStep[] = [];
  const open = [runbook];
  const seen = new Set<ReadFile>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const steps = outlineSteps(next.root, actions);
    found.push(...withOwnUndoSteps(steps, actions));
    open.push(...steps.flatMap(({ node }) => runbooks.get(textOf(child(node, 'call')) ?? '') ?? []));
  }
  return found;
}

function nameOf(root: TreeNode): string {
  return textOf(child(child(root, 'metadata'), 'name')) ?? '';
}

function readFile(file: DocumentFile, findings: Finding[]): readonly ReadFile[] {
  const { source, reason } = acceptText(file);
  const report = reportInto(findings, source);
  if (reason !== undefined) {
    report('RW101', { span: { start: 0, end: 0 }, pointer: '' }, { reason });
    return [];
  }
  const root = readDocument(source, report);
  const kind = root === undefined ? undefined : kindOf(root, report);
  if (root === undefined || kind === undefined) return [];
  const shared = { source, root, report };
  if (kind === 'Runbook') return [{ ...shared, kind, document: checkShape(runbookSchema, shared) }];
  if (kind === 'Calendar') return [{ ...shared, kind, document: checkShape(calendarSchema, shared) }];
  if (kind === 'RunbookTest') return [{ ...shared, kind, document: checkShape(testSchema, shared) }];
  return [{ ...shared, kind, document: checkShape(inventorySchema, shared) }];
}

const KINDS = ['Runbook', 'Inventory', 'Calendar', 'RunbookTest', 'Assignment'];

function kindOf(root: TreeNode, report: Report): ReadFile['kind'] | undefined {
  const start = { span: { start: 0, end: 0 }, pointer: '' };
  if (root.kind !== 'map') {
    const found = root.kind === 'list' ? 'a list' : 'a single value';
    report('RW205', start, { key: '"the document"', type: 'a map', found, example: 'apiVersion: runward/v1' });
    return undefined;
  }
  if (!versionIsKnown(root, report)) return undefined;
  const kind = entryOf(root, 'kind');
  const written = kind?.value.kind === 'scalar' ? String(kind.value.value) : '';
  if (kind === undefined) report('RW203', start, { key: '"kind"', parent: 'the document' });
  else if (written === 'Runbook' || written === 'Inventory' || written === 'Calendar' || written === 'RunbookTest') return written;
  else if (KINDS.includes(written)) report('RW224', { span: kind.value.span, pointer: '/kind' }, { key: quoted(`kind: ${written}`) });
  else reportKind(kind.value, written, report);
  return undefined;
}

function reportKind(node: TreeNode, kind: string, report: Report): void {
  const near = nearest(kind, KINDS);
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
  report('RW204', { span: node.span, pointer: '/kind', ...suggestion }, { kind: quoted(kind) });
}

function versionIsKnown(root: TreeNode, report: Report): boolean {
  const version = child(root, 'apiVersion');
  if (version === undefined) {
    report('RW203', { span: { start: 0, end: 0 }, pointer: '' }, { key: '"apiVersion"', parent: 'the document' });
    return false;
  }
  if (version.kind === 'scalar' && version.value === 'runward/v1') return true;
  const text = version.kind === 'scalar' ? String(version.value) : 'a map or list';
  report('RW201', { span: version.span, pointer: '/apiVersion' }, { version: quoted(text) });
  return false;
}

function checkShape<Document>(
  schema: z.ZodType<Document>,
  { root, report }: { readonly root: TreeNode; readonly report: Report },
): Document | undefined {
  const parsed = schema.safeParse(plainValue(root));
  if (parsed.success) return parsed.data;
  reportSchema(parsed.error.issues, { schema, root, report });
  return undefined;
}
