import { configure, type RefusedInput, refusedInputs } from '../dsc/document.ts';
import type { Template } from '../dsc/template.ts';
import type { JsonObject } from '../json.ts';
import { quoted, type Report } from './diagnostics.ts';
import type { OutlinedStep } from './outline.ts';
import { actionOf } from './step-places.ts';
import { hasExpression } from './template.ts';
import { child, entriesOf, type Entry, entryOf, plainValue, pointerOf, textOf, type TreeNode } from './tree.ts';

interface Checking {
  readonly configurations: ReadonlyMap<string, Template>;
  readonly report: Report;
}

/** Checks the parameters that a step gives to a document that it names: each value that is written out, and the document with all of them. */
export function checkParameters(step: OutlinedStep, { configurations, report }: Checking): void {
  if (actionOf(step)?.startsWith('dsc.') !== true) return;
  const given = child(step.node, 'with');
  const template = configurations.get(textOf(child(given, 'document')) ?? '');
  const parameters = child(given, 'parameters');
  if (template === undefined || (parameters !== undefined && parameters.kind !== 'map')) return;
  const written = entriesOf(parameters).filter(({ value }) => !isComputed(value));
  const values = Object.fromEntries(written.map(({ key, value }) => [key, plainValue(value)])) as JsonObject;
  const isWhole = written.length === entriesOf(parameters).length;
  const made = isWhole ? configure(template, values) : undefined;
  const refused = made === undefined ? refusedInputs(template, values) : made.kind === 'refused' ? made.inputs : [];
  for (const input of refused) reportInput(input, step, report);
  if (made?.kind !== 'failed') return;
  const [first] = made.findings;
  const at = entryOf(given, parameters === undefined ? 'document' : 'parameters');
  const place = { span: at?.value.span ?? step.node.span, pointer: pointerOf([...step.path, 'with', at?.key ?? '']) };
  report('RW-DSC-119', place, { message: first?.message ?? '', place: `${template.path}:${first?.line ?? 1}` });
}

function reportInput({ name, reason, hint, isUnknown }: RefusedInput, step: OutlinedStep, report: Report): void {
  const given = child(step.node, 'with');
  const entry = entryOf(child(given, 'parameters'), name);
  // A value that nobody gave is missing where all of them stand.
  const owner: Entry | undefined = entryOf(given, 'parameters') ?? entryOf(given, 'document');
  const path = [...step.path, 'with', ...(entry === undefined ? [owner?.key ?? 'parameters'] : ['parameters', name])];
  const span = (isUnknown === true ? entry?.keySpan : entry?.value.span) ?? owner?.keySpan ?? step.node.span;
  report('RW-DSC-113', { span, pointer: pointerOf(path), ...(hint === undefined ? {} : { hint }) }, { name: quoted(name), reason });
}

function isComputed(node: TreeNode): boolean {
  if (node.kind === 'map') return node.entries.some(({ value }) => isComputed(value));
  if (node.kind === 'list') return node.items.some(isComputed);
  return typeof node.value === 'string' && hasExpression(node.value);
}
