import type { Span } from './source-text.ts';
import type { ScalarNode } from './tree.ts';

/** Where a stretch of a scalar's value stands in the document, through quotes, escapes, folding and indentation. */
export function spanInScalar(node: ScalarNode, start: number, end: number): Span {
  const offsets = valueOffsets(node);
  const first = startIn(node, offsets, start);
  const last = end > start ? (offsets[end - 1] ?? node.span.end - 1) + 1 : first;
  return { start: first, end: Math.max(last, first) };
}

// What ends a line of a block lies right behind its last character, whatever the line break is made of; the end of the block is a line lower.
function startIn({ value, style, span }: ScalarNode, offsets: readonly number[], start: number): number {
  const atBreak = offsets[start] === undefined || String(value)[start] === '\n';
  const before = offsets[start - 1];
  if (style === 'block' && atBreak && before !== undefined) return before + 1;
  return offsets[start] ?? span.end;
}

// For each UTF-16 unit of the value, the offset of what produced it.
function valueOffsets(node: ScalarNode): readonly number[] {
  const value = String(node.value);
  const { source, style } = node;
  const offsets: number[] = [];
  let at = style === 'block' ? source.indexOf('\n') + 1 : style === 'plain' ? 0 : 1;
  const indent = style === 'block' ? blockIndent(source.slice(at)) : undefined;
  if (indent !== undefined) at = skipIndent(source, at, indent);
  while (offsets.length < value.length && at < source.length) {
    const length = sourceLength(source, at, style);
    if (style === 'double' && source[at] === '\\' && /[\r\n]/.test(source[at + 1] ?? '')) {
      at = skipBreak(source, at + 1, indent);
    } else if (length > 1) {
      for (let unit = decodedUnits(source, at, length, style); unit > 0; unit -= 1) offsets.push(node.span.start + at);
      at += length;
    } else if (source[at] === '\n') {
      offsets.push(node.span.start + at);
      at = skipBreak(source, at, indent);
    } else if (source[at] === value[offsets.length]) {
      offsets.push(node.span.start + at);
      at += 1;
    } else at += 1;
  }
  return offsets;
}

function sourceLength(source: string, at: number, style: ScalarNode['style']): number {
  if (style === 'single' && source[at] === "'" && source[at + 1] === "'") return 2;
  if (style !== 'double' || source[at] !== '\\') return 1;
  const kind = source[at + 1];
  return 2 + (kind === 'x' ? 2 : kind === 'u' ? 4 : kind === 'U' ? 8 : 0);
}

function decodedUnits(source: string, at: number, length: number, style: ScalarNode['style']): number {
  return style === 'double' && length === 10 && Number.parseInt(source.slice(at + 2, at + length), 16) > 0xffff ? 2 : 1;
}

function blockIndent(body: string): number {
  const first = body.split('\n').find((line) => line.trim() !== '') ?? '';
  return first.length - first.trimStart().length;
}

function skipIndent(source: string, at: number, indent: number): number {
  let position = at;
  while (position < at + indent && source[position] === ' ') position += 1;
  return position;
}

function skipBreak(source: string, at: number, indent: number | undefined): number {
  if (indent !== undefined) return skipIndent(source, at + 1, indent);
  let position = at + 1;
  while (source[position] === ' ' || source[position] === '\t') position += 1;
  return position;
}
