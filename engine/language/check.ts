import type { Template } from '../dsc/template.ts';
import { checkAction } from './check-actions.ts';
import { checkApprovals } from './check-approvals.ts';
import { checkCalendar, checkWindows } from './check-calendars.ts';
import { checkCall } from './check-calls.ts';
import { checkDocument } from './check-document.ts';
import { checkPlace } from './check-expressions.ts';
import { checkFiles } from './check-files.ts';
import { checkParameters } from './check-parameters.ts';
import { collectNames, type Names } from './check-names.ts';
import { checkInputs } from './check-inputs.ts';
import { checkPlainTexts } from './check-plain-text.ts';
import { checkHosts, checkReach } from './check-reach.ts';
import { checkSafety } from './check-safety.ts';
import { checkTarget, checkTargetSets } from './check-targets.ts';
import { quoted } from './diagnostics.ts';
import { expressionPlaces } from './expression-places.ts';
import type { DocumentFile } from './guard.ts';
import type { LoadOptions, ReadFile } from './load.ts';
import { type OutlinedStep, outlineSteps } from './outline.ts';
import { scopeTypes } from './scope-types.ts';
import { placeOf } from './source-text.ts';
import { ownerOfStep } from './step-places.ts';
import { checkRollback } from './rollback-rules.ts';
import { checkStep } from './step-rules.ts';
import { checkWebhooks } from './check-webhooks.ts';
import { child, pointerOf, textOf, type TreeNode } from './tree.ts';

// Steps are checked against each other, so their number bounds the time that a document can take.
const STEPS_MAX = 500;

/** Checks references, types and safety of all documents together; findings go to each document's own report. */
export function checkDocuments(files: readonly ReadFile[], options: CheckOptions): void {
  checkDocumentNames(files);
  for (const file of files) {
    if (file.kind === 'Runbook') checkRunbook(file, files, options);
    if (file.kind === 'Inventory') checkHosts(child(file.root, 'hosts'), ['hosts'], file.report);
    if (file.kind === 'Calendar') checkCalendar(file);
  }
}

interface CheckOptions extends LoadOptions {
  /** All files of the project, also those of other kinds. */
  readonly project: readonly DocumentFile[];
  /** The configuration documents without errors, by path. */
  readonly configurations: ReadonlyMap<string, Template>;
}

function checkRunbook(
  file: ReadFile,
  files: readonly ReadFile[],
  { actions, allowLocalScripts, project, configurations }: CheckOptions,
): void {
  const { root, report } = file;
  const steps = outlineSteps(root, actions);
  const surplus = steps[STEPS_MAX];
  if (surplus !== undefined) return report('RW107', ownerOfStep(surplus), { limit: `${STEPS_MAX} steps` });
  const names = collectNames(root, steps);
  checkInputs(root, steps, report);
  checkDocument(root, steps, report);
  checkPlainTexts(root, steps, report);
  checkWebhooks(root, report);
  checkTargetSets(root, files, report);
  checkWindows(root, steps, { files, report });
  checkStepIds(steps, file);
  for (const step of steps) {
    checkStep(step, report, allowLocalScripts);
    checkRollback(step, steps, report);
    checkTarget(step, names, report);
  }
  const types = checkExpressions(file, steps, names);
  for (const step of steps) {
    checkAction(step, actions, { root, types, report });
    checkReach(step, { root, files, report });
    checkCall(step, { root, files, types, report });
  }
  checkApprovals(root, steps, report);
  checkFiles(root, steps, { files: project, report });
  for (const step of steps) checkParameters(step, { configurations, report });
  checkSafety(steps, report);
}

function checkExpressions({ source, root, report }: ReadFile, steps: readonly OutlinedStep[], names: Names): ReadonlyMap<string, string> {
  const usedInputs = new Set<string>();
  const checking = { names, scopes: scopeTypes(root, [...names.steps.values()]), report, usedInputs };
  const types = new Map<string, string>();
  for (const place of expressionPlaces(root, steps)) {
    const type = checkPlace(place, checking);
    if (type !== undefined) types.set(pointerOf(place.path), type);
  }
  for (const [id] of names.inputs) {
    const entry = inputEntry(root, id);
    // A text that cannot be checked, such as a construct of a later release, may still read the input.
    const read = usedInputs.has(id) || source.text.includes(`inputs.${id}`);
    if (!read && entry !== undefined) report('RW417', { span: entry, pointer: pointerOf(['inputs', id]) }, { id: quoted(id) });
  }
  return types;
}

function inputEntry(root: TreeNode, id: string): TreeNode['span'] | undefined {
  const inputs = child(root, 'inputs');
  return inputs?.kind === 'map' ? inputs.entries.find((entry) => entry.key === id)?.keySpan : undefined;
}

function checkStepIds(steps: readonly OutlinedStep[], { source, report }: ReadFile): void {
  const first = new Map<string, TreeNode['span']>();
  for (const step of steps) {
    const node = child(step.node, 'id');
    if (node === undefined || step.id === '') continue;
    const earlier = first.get(step.id);
    if (earlier === undefined) {
      first.set(step.id, node.span);
      continue;
    }
    const line = String(placeOf(source, earlier.start).line);
    const related = [{ message: 'first used here', span: earlier }];
    report('RW403', { span: node.span, pointer: pointerOf([...step.path, 'id']), related }, { id: quoted(step.id), line });
  }
}

function checkDocumentNames(files: readonly ReadFile[]): void {
  const known = new Map<string, ReadFile>();
  for (const file of files) {
    const node = child(child(file.root, 'metadata'), 'name');
    const name = textOf(node);
    if (node === undefined || name === undefined) continue;
    const key = `${file.kind} ${name}`;
    const earlier = known.get(key);
    if (earlier === undefined) {
      known.set(key, file);
      continue;
    }
    const there = child(child(earlier.root, 'metadata'), 'name')?.span ?? { start: 0, end: 0 };
    const related = [{ message: 'first used here', span: there, source: earlier.source }];
    const marks = { kind: file.kind.toLowerCase(), name: quoted(name), file: earlier.source.path };
    file.report('RW415', { span: node.span, pointer: '/metadata/name', related }, marks);
  }
}
