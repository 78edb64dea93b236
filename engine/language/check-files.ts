import { isConfigurationPath } from '../dsc/document.ts';
import { quoted, type Report } from './diagnostics.ts';
import type { DocumentFile } from './guard.ts';
import { isProjectFile } from './input-values.ts';
import type { OutlinedStep } from './outline.ts';
import { actionOf } from './step-places.ts';
import { hasExpression } from './template.ts';
import { child, entriesOf, pointerOf, type Segment, textOf, type TreeNode } from './tree.ts';

/** Checks the files that a runbook names by a path that is known already: configuration documents of steps, and defaults of inputs. */
export function checkFiles(
  root: TreeNode,
  steps: readonly OutlinedStep[],
  { files, report }: { readonly files: readonly DocumentFile[]; readonly report: Report },
): void {
  for (const step of steps) {
    const document = child(child(step.node, 'with'), 'document');
    // What is no path of a document at all is a wrong argument.
    if (actionOf(step)?.startsWith('dsc.') !== true || !isConfigurationPath(textOf(document) ?? '')) continue;
    checkFile(document, [...step.path, 'with', 'document'], { files, report });
  }
  for (const input of entriesOf(child(root, 'inputs'))) {
    if (textOf(child(input.value, 'type')) !== 'file') continue;
    checkFile(child(input.value, 'default'), ['inputs', input.key, 'default'], { files, report });
  }
}

function checkFile(
  node: TreeNode | undefined,
  path: readonly Segment[],
  { files, report }: { readonly files: readonly DocumentFile[]; readonly report: Report },
): void {
  const text = textOf(node);
  if (node === undefined || text === undefined || hasExpression(text)) return;
  const reason = problemOf(text, files);
  if (reason !== undefined) report('RW410', { span: node.span, pointer: pointerOf(path) }, { path: quoted(text), reason });
}

/** Why a text is not the path of a file that a runbook may name; undefined when it is, or when nobody can tell here. */
function problemOf(text: string, files: readonly DocumentFile[]): string | undefined {
  if (!isProjectFile(text)) return 'outside the project';
  const found = files.find((file) => file.path === text);
  if (found?.symlink === true) return 'a symbolic link';
  // Only configuration documents come along with runbooks, and where none did, nobody can tell here: the plan looks again.
  return found === undefined && isConfigurationPath(text) && files.some(({ path }) => isConfigurationPath(path)) ? 'missing' : undefined;
}
