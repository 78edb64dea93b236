import { hasExpression } from './template.ts';
import { type Report, shown } from './diagnostics.ts';
import { lineText, type SourceText, type Span } from './source-text.ts';
import { pointerOf, type ScalarNode, type Segment, type TreeNode } from './tree.ts';

const CONDITION = /(?:^|[\s{,-])(if|where|that|condition|success_if|order_by):\s+([^'"|>\s{[].*?)\s*$/;
const DELIMITED = /([\w-]+):\s+([^'"{}[\],\s]*\$\{\{.*?\}\}[^'"{}[\],]*)/;

/** An expression on a broken line that YAML misreads because it is not quoted, with the line as it should be. */
export function unquotedExpression(source: SourceText, line: number): { readonly span: Span; readonly hint: string } | undefined {
  const text = lineText(source, line);
  const match = DELIMITED.exec(text) ?? CONDITION.exec(text);
  const [, key, value] = match ?? [];
  if (match === null || key === undefined || value === undefined) return undefined;
  const written = value.trim();
  const start = (source.lineStarts[line - 1] ?? 0) + match.index + match[0].lastIndexOf(value);
  const quote = written.includes("'") ? '"' : "'";
  const inner = quote === '"' ? written.replaceAll('"', '\\"') : written;
  return { span: { start, end: start + written.length }, hint: `${key}: ${quote}${shown(inner)}${quote}` };
}

/** Reports what YAML reads without complaint but not as meant: scripts that lose text after `#`, numbers with a leading zero. */
export function reportTraps(root: TreeNode, source: SourceText, report: Report): void {
  visit(root, [], report);
}

function visit(node: TreeNode, path: readonly Segment[], report: Report): void {
  if (node.kind === 'list') node.items.forEach((item, index) => visit(item, [...path, index], report));
  if (node.kind === 'scalar') reportNumber(node, path, report);
  if (node.kind !== 'map') return;
  for (const entry of node.entries) {
    const here = [...path, entry.key];
    // `missed: { run: latest }` of a schedule is a word, not a script.
    if (entry.key === 'run' && path.at(-1) !== 'missed') reportScript(entry.value, here, report);
    visit(entry.value, here, report);
  }
}

function reportScript(node: TreeNode, path: readonly Segment[], report: Report): void {
  if (node.kind !== 'scalar' || node.style !== 'plain' || node.value === null) return;
  report('RW108', { span: node.span, pointer: pointerOf(path) }, { key: 'run' });
}

function reportNumber(node: ScalarNode, path: readonly Segment[], report: Report): void {
  if (node.style !== 'plain' || typeof node.value !== 'number' || hasExpression(node.source)) return;
  const unsafe = Number.isInteger(node.value) && !Number.isSafeInteger(node.value);
  if (!/^[-+]?0[0-9xob]/i.test(node.source) && !unsafe && Number.isFinite(node.value)) return;
  const value = Number.isFinite(node.value) ? String(node.value) : 'a number without end';
  report('RW110', { span: node.span, pointer: pointerOf(path) }, { text: shown(node.source), value });
}
