import { CST, Parser } from 'yaml';
import { quoted, type Report } from './diagnostics.ts';
import { lineOf, type SourceText, sourceText, type Span } from './source-text.ts';

const BYTES_MAX = 262_144;
const DEPTH_MAX = 32;
const TOKENS_MAX = 100_000;
const KEYS_MAX = 2000;

/** A document as it comes from outside: bytes are decoded strictly. */
export interface DocumentFile {
  readonly path: string;
  readonly text: string | Uint8Array;
  /** A symbolic link may lead out of what was reviewed, so no document may name it. */
  readonly symlink?: boolean;
}

/** The text of a file, or why it is not acceptable (size, encoding, NUL, byte order mark). */
export type Accepted =
  | { readonly source: SourceText; readonly reason?: undefined }
  | { readonly source: SourceText; readonly reason: string };

/** Looks at the bytes before any parser does. */
export function acceptText(file: DocumentFile): Accepted {
  const nothing = sourceText(file.path, '');
  const bytes = bytesOf(file.text);
  if (bytes > BYTES_MAX) return { source: nothing, reason: `it has ${bytes} bytes` };
  const text = typeof file.text === 'string' ? file.text : decode(file.text);
  if (text === undefined) return { source: nothing, reason: 'it is not UTF-8' };
  const source = sourceText(file.path, text);
  if (!text.isWellFormed()) return { source, reason: 'it is not UTF-8' };
  if (text.startsWith('\uFEFF')) return { source, reason: 'it starts with a byte order mark' };
  if (text.includes('\0')) return { source, reason: 'it holds a NUL character' };
  return { source };
}

// Encoding every text to count it would cost more than all other looks at it: UTF-8 has at most three bytes for a UTF-16 unit.
function bytesOf(text: string | Uint8Array): number {
  if (typeof text !== 'string') return text.length;
  return text.length * 3 <= BYTES_MAX ? text.length : new TextEncoder().encode(text).length;
}

/**
 * Bounds depth, tokens and keys and refuses what the language does not have (anchors, aliases, tags, directives, merge keys, a second
 * document), on the tokens alone: composing nested or wide documents can overflow the stack or take seconds. Returns undefined when
 * the document must not be composed.
 */
export function guardTokens(source: SourceText, report: Report): readonly CST.Token[] | undefined {
  const tokens = [...new Parser().parse(source.text)];
  const { limit, forbidden } = look(tokens);
  if (limit !== undefined) {
    report('RW107', { span: limit.span, pointer: '' }, { limit: limit.name });
    return undefined;
  }
  // `*/5 * * * *` is five aliases and one mistake.
  const lines = new Set<number>();
  for (const token of forbidden) {
    const line = lineOf(source, token.offset);
    if (lines.has(line)) continue;
    lines.add(line);
    reportForbidden(token, report);
  }
  const second = tokens.filter((token) => token.type === 'document' && hasContent(token))[1];
  if (second !== undefined) report('RW105', { span: spanOf(second), pointer: '' }, {});
  return tokens;
}

type AnyToken = CST.Token | CST.SourceToken;

interface Look {
  readonly limit?: { readonly name: string; readonly span: Span };
  readonly forbidden: readonly AnyToken[];
}

// One walk in the order of the text, over every token of every document, so it makes no lists on its way. It keeps its own stack: recursion
// over a hostile document would overflow the engine's.
function look(tokens: readonly CST.Token[]): Look {
  const forbidden: AnyToken[] = [];
  const stack: AnyToken[] = tokens.toReversed();
  const depths: number[] = tokens.map(() => 0);
  let count = 0;
  for (let token = stack.pop(); token !== undefined; token = stack.pop()) {
    const depth = depths.pop() ?? 0;
    count += 1;
    if (count > TOKENS_MAX) return { limit: { name: `${TOKENS_MAX} tokens`, span: spanOf(token) }, forbidden };
    const collection = isCollection(token);
    if (collection && depth >= DEPTH_MAX) return { limit: { name: `${DEPTH_MAX} levels`, span: spanOf(token) }, forbidden };
    if ('items' in token && token.type !== 'block-seq' && token.items.length > KEYS_MAX) {
      return { limit: { name: `${KEYS_MAX} keys in one map`, span: spanOf(token) }, forbidden };
    }
    if (isForbidden(token)) forbidden.push(token);
    stackChildren(token, stack);
    while (depths.length < stack.length) depths.push(collection ? depth + 1 : depth);
  }
  return { forbidden };
}

function stackChildren(token: AnyToken, stack: AnyToken[]): void {
  if ('end' in token && Array.isArray(token.end)) stackReversed(token.end, stack);
  if ('value' in token && token.value !== undefined) stack.push(token.value);
  if ('items' in token) {
    for (let at = token.items.length - 1; at >= 0; at -= 1) {
      const item = token.items[at];
      if (item?.value !== undefined) stack.push(item.value);
      if (item?.sep !== undefined) stackReversed(item.sep, stack);
      if (item?.key) stack.push(item.key);
      if (item !== undefined) stackReversed(item.start, stack);
    }
  }
  if ('props' in token) stackReversed(token.props, stack);
  if ('start' in token && Array.isArray(token.start)) stackReversed(token.start, stack);
}

function stackReversed(tokens: readonly AnyToken[], stack: AnyToken[]): void {
  for (let at = tokens.length - 1; at >= 0; at -= 1) {
    const token = tokens[at];
    if (token !== undefined) stack.push(token);
  }
}

function isCollection(token: AnyToken): boolean {
  return token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';
}

const FORBIDDEN: Readonly<Record<string, string>> = { anchor: 'an anchor', alias: 'an alias', directive: 'a directive' };

function isForbidden(token: AnyToken): boolean {
  return token.type === 'tag' || token.type in FORBIDDEN || isMergeKey(token);
}

function isMergeKey(token: AnyToken): boolean {
  return token.type === 'scalar' && token.source === '<<';
}

function reportForbidden(token: AnyToken, report: Report): void {
  const place = { span: spanOf(token), pointer: '' };
  if (token.type === 'tag') reportTag(token.source, place, report);
  else report('RW104', place, { what: isMergeKey(token) ? 'a merge key' : (FORBIDDEN[token.type] ?? '') });
}

// A text that starts with `!` becomes a tag and an empty value; only tags that YAML knows are likely to be meant.
function reportTag(source: string, place: { readonly span: Span; readonly pointer: string }, report: Report): void {
  if (source.startsWith('!!') || source.startsWith('!<')) report('RW104', place, { what: 'a tag' });
  else report('RW103', place, { message: `${quoted(source)} is read as a tag and the value is lost` });
}

function hasContent(token: CST.Document): boolean {
  return token.value !== undefined || token.start.some((item) => item.type === 'doc-start');
}

function spanOf(token: AnyToken): Span {
  const length = 'source' in token && !isCollection(token) ? token.source.length : 1;
  return { start: token.offset, end: token.offset + length };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
