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
  const bytes = typeof file.text === 'string' ? new TextEncoder().encode(file.text) : file.text;
  const nothing = sourceText(file.path, '');
  if (bytes.length > BYTES_MAX) return { source: nothing, reason: `it has ${bytes.length} bytes` };
  const text = typeof file.text === 'string' ? file.text : decode(file.text);
  if (text === undefined) return { source: nothing, reason: 'it is not UTF-8' };
  const source = sourceText(file.path, text);
  if (!text.isWellFormed()) return { source, reason: 'it is not UTF-8' };
  if (text.startsWith('\uFEFF')) return { source, reason: 'it starts with a byte order mark' };
  if (text.includes('\0')) return { source, reason: 'it holds a NUL character' };
  return { source };
}

/**
 * Bounds depth, tokens and keys and refuses what the language does not have (anchors, aliases, tags, directives, merge keys, a second
 * document), on the tokens alone: composing nested or wide documents can overflow the stack or take seconds. Returns undefined when
 * the document must not be composed.
 */
export function guardTokens(source: SourceText, report: Report): readonly CST.Token[] | undefined {
  const tokens = [...new Parser().parse(source.text)];
  const limit = exceededLimit(tokens);
  if (limit !== undefined) {
    report('RW107', { span: limit.span, pointer: '' }, { limit: limit.name });
    return undefined;
  }
  // `*/5 * * * *` is five aliases and one mistake.
  const lines = new Set<number>();
  for (const { token } of eachToken(tokens)) {
    const line = lineOf(source, token.offset);
    if (!lines.has(line) && reportForbidden(token, report)) lines.add(line);
  }
  const second = tokens.filter((token) => token.type === 'document' && hasContent(token))[1];
  if (second !== undefined) report('RW105', { span: spanOf(second), pointer: '' }, {});
  return tokens;
}

interface Walked {
  readonly token: CST.Token | CST.SourceToken;
  readonly depth: number;
}

// The walk keeps its own stack: recursion over a hostile document would overflow the engine's.
function* eachToken(tokens: readonly CST.Token[]): Generator<Walked> {
  const stack: Walked[] = tokens.map((token) => ({ token, depth: 0 })).reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    yield next;
    const depth = next.depth + (isCollection(next.token) ? 1 : 0);
    for (const child of childTokens(next.token).toReversed()) stack.push({ token: child, depth });
  }
}

function childTokens(token: CST.Token | CST.SourceToken): readonly (CST.Token | CST.SourceToken)[] {
  const children: (CST.Token | CST.SourceToken)[] = [];
  if ('start' in token && Array.isArray(token.start)) children.push(...token.start);
  if ('props' in token) children.push(...token.props);
  if ('items' in token) for (const item of token.items) children.push(...itemTokens(item));
  if ('value' in token && token.value !== undefined) children.push(token.value);
  if ('end' in token && Array.isArray(token.end)) children.push(...token.end);
  return children;
}

function itemTokens(item: CST.CollectionItem): readonly (CST.Token | CST.SourceToken)[] {
  return [...item.start, ...(item.key ? [item.key] : []), ...(item.sep ?? []), ...(item.value === undefined ? [] : [item.value])];
}

function isCollection(token: CST.Token | CST.SourceToken): boolean {
  return token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';
}

function exceededLimit(tokens: readonly CST.Token[]): { readonly name: string; readonly span: Span } | undefined {
  let count = 0;
  for (const { token, depth } of eachToken(tokens)) {
    count += 1;
    if (count > TOKENS_MAX) return { name: `${TOKENS_MAX} tokens`, span: spanOf(token) };
    if (isCollection(token) && depth >= DEPTH_MAX) return { name: `${DEPTH_MAX} levels`, span: spanOf(token) };
    if ('items' in token && token.type !== 'block-seq' && token.items.length > KEYS_MAX) {
      return { name: `${KEYS_MAX} keys in one map`, span: spanOf(token) };
    }
  }
  return undefined;
}

const FORBIDDEN: Readonly<Record<string, string>> = { anchor: 'an anchor', alias: 'an alias', directive: 'a directive' };

function reportForbidden(token: CST.Token | CST.SourceToken, report: Report): boolean {
  const place = { span: spanOf(token), pointer: '' };
  const what = token.type === 'scalar' && token.source === '<<' ? 'a merge key' : FORBIDDEN[token.type];
  if (what !== undefined) report('RW104', place, { what });
  else if (token.type === 'tag') reportTag(token.source, place, report);
  else return false;
  return true;
}

// A text that starts with `!` becomes a tag and an empty value; only tags that YAML knows are likely to be meant.
function reportTag(source: string, place: { readonly span: Span; readonly pointer: string }, report: Report): void {
  if (source.startsWith('!!') || source.startsWith('!<')) report('RW104', place, { what: 'a tag' });
  else report('RW103', place, { message: `${quoted(source)} is read as a tag and the value is lost` });
}

function hasContent(token: CST.Document): boolean {
  return token.value !== undefined || token.start.some((item) => item.type === 'doc-start');
}

function spanOf(token: CST.Token | CST.SourceToken): Span {
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
