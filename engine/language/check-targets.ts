import { didYouMean, quoted, type Report } from './diagnostics.ts';
import type { ReadFile } from './load.ts';
import type { Names } from './check-names.ts';
import { checkHosts } from './check-reach.ts';
import { nearest } from './near.ts';
import type { OutlinedStep } from './outline.ts';
import { parseExpression } from './expression-parse.ts';
import { hasExpression, soleExpression, splitTemplate } from './template.ts';
import { child, entriesOf, type Entry, entryOf, pointerOf, textOf, type TreeNode } from './tree.ts';

const SOURCES = ['hosts', 'inventory', 'azure', 'recovery_plan'];

/** Checks target sets: one source each, inventories that exist and belong to the runbook's environment. */
export function checkTargetSets(root: TreeNode, files: readonly ReadFile[], report: Report): void {
  const environment = textOf(child(root, 'environment'));
  for (const set of entriesOf(child(root, 'targets'))) {
    const path = ['targets', set.key];
    const sources = entriesOf(set.value).filter((entry) => SOURCES.includes(entry.key));
    if (sources.length !== 1) {
      const span = sources[1]?.keySpan ?? set.keySpan;
      report('RW212', { span, pointer: pointerOf(path) }, { set: quoted(set.key), count: String(sources.length) });
    }
    checkHosts(child(set.value, 'hosts'), [...path, 'hosts'], report);
    const inventory = entryOf(set.value, 'inventory');
    if (inventory !== undefined) checkInventory(inventory, [...path, 'inventory'], { files, environment, report });
  }
}

interface InventoryChecking {
  readonly files: readonly ReadFile[];
  readonly environment: string | undefined;
  readonly report: Report;
}

function checkInventory(entry: Entry, path: readonly string[], { files, environment, report }: InventoryChecking): void {
  const name = textOf(entry.value);
  if (name === undefined) return;
  const inventories = files.filter((file) => file.kind === 'Inventory');
  const nameOf = (file: ReadFile): string => textOf(child(child(file.root, 'metadata'), 'name')) ?? '';
  const found = inventories.find((file) => nameOf(file) === name);
  const place = { span: entry.value.span, pointer: pointerOf(path) };
  if (found === undefined) {
    const near = nearest(name, inventories.map(nameOf));
    const suggestion =
      near === undefined ? { hint: 'inventories are named by their metadata.name' } : { hint: didYouMean(near), fix: near };
    return report('RW409', { ...place, ...suggestion }, { what: 'inventory', name: quoted(name) });
  }
  const theirs = textOf(child(found.root, 'environment'));
  if (theirs === undefined || environment === undefined || theirs === environment) return;
  report('RW507', place, { what: `inventory ${quoted(name)}`, theirs: quoted(theirs), ours: quoted(environment) });
}

/** Checks whom a step is for: a known set, or machines that an earlier step of this run produced. */
export function checkTarget(step: OutlinedStep, names: Names, report: Report): void {
  const target = entryOf(step.node, 'target');
  if (target === undefined) return;
  const node = target.value.kind === 'map' ? child(target.value, 'set') : target.value;
  const text = textOf(node);
  if (node === undefined || text === undefined) return;
  const place = { span: node.span, pointer: pointerOf([...step.path, 'target']) };
  if (hasExpression(text)) {
    if (!isProduced(text)) report('RW510', place, {});
    return;
  }
  if (names.targets.has(text)) return;
  const near = nearest(text, names.targets.keys());
  const suggestion = near === undefined ? {} : { hint: didYouMean(near), fix: near };
  const known = names.targets.size === 0 ? 'there are no target sets' : `known: ${[...names.targets.keys()].slice(0, 8).join(', ')}`;
  report('RW402', { ...place, ...suggestion }, { what: 'target set', id: quoted(text), known });
}

function isProduced(text: string): boolean {
  const sole = soleExpression(splitTemplate(text));
  const parsed = sole === undefined ? undefined : parseExpression(sole.text);
  // What cannot be parsed is reported as an expression.
  if (parsed?.ok === false) return true;
  const ast = parsed?.expression.ast;
  return ast?.op === '.' && ast.args[1] === 'produced' && parsed?.expression.paths[0]?.root === 'steps';
}
