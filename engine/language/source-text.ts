/** A stretch of a text in UTF-16 units; the end is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** 1-based line and column; columns count Unicode code points. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** One document as text, with the offsets at which its lines start. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
  readonly lineStarts: readonly number[];
}

/** Prepares a text for looking up places. */
export function sourceText(path: string, text: string): SourceText {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { path, text, lineStarts };
}

/** The line and column of an offset; offsets behind the text are its end. */
export function placeOf(source: SourceText, offset: number): LineColumn {
  const at = Math.min(Math.max(offset, 0), source.text.length);
  const line = lineOf(source, at);
  let column = 1;
  for (let index = source.lineStarts[line - 1] ?? 0; index < at; index += 1) if (!isLowSurrogate(source.text, index)) column += 1;
  return { line, column };
}

/** The 1-based line of an offset. A document may be one long line, so whoever asks for every token must not count its columns. */
export function lineOf(source: SourceText, at: number): number {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((source.lineStarts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  const before = text.charCodeAt(index - 1);
  return unit >= 0xdc00 && unit <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
}

/** The text of a 1-based line without its line break; empty for lines that do not exist. */
export function lineText(source: SourceText, line: number): string {
  const start = source.lineStarts[line - 1];
  if (start === undefined) return '';
  const end = source.lineStarts[line] ?? source.text.length + 1;
  return source.text.slice(start, end - 1).replace(/\r$/, '');
}

/** The span of a 1-based line without its indentation and line break. */
export function lineSpan(source: SourceText, line: number): Span {
  const text = lineText(source, line);
  const start = (source.lineStarts[line - 1] ?? 0) + (text.length - text.trimStart().length);
  return { start, end: Math.max(start + text.trim().length, start) };
}
