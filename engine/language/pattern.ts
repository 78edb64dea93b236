// A pattern as a machine: each node waits for one character or moves on without one. Following all nodes at once keeps matching linear.
type Node =
  | { readonly kind: 'char'; readonly accepts: (char: string) => boolean; next: number }
  | { readonly kind: 'fork'; next: number; other: number }
  | { readonly kind: 'start' | 'end'; next: number }
  | { readonly kind: 'done' };

const NODES_MAX = 2000;

/** A compiled pattern, or why it is not one of the linear subset (no back-references, no look-around). */
export type Pattern = { readonly ok: true; readonly matches: (text: string) => boolean } | { readonly ok: false; readonly message: string };

/** Compiles the linear subset of regular expressions: literals, `.`, classes, \d \w \s, groups, `|`, `? * + {n,m}`, `^ $`. */
export function compilePattern(source: string): Pattern {
  const parsed = parseAlternatives({ source, at: 0 }, 0);
  if (typeof parsed === 'string') return { ok: false, message: parsed };
  if (parsed.rest.at < source.length) return { ok: false, message: 'a ) without a (' };
  const nodes: Node[] = [{ kind: 'done' }];
  const start = emit(parsed.tree, 0, nodes);
  if (nodes.length > NODES_MAX) return { ok: false, message: 'the pattern is too large' };
  return { ok: true, matches: (text) => run(nodes, start, text) };
}

type Tree =
  | { readonly kind: 'char'; readonly accepts: (char: string) => boolean }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly Tree[] }
  | { readonly kind: 'choice'; readonly parts: readonly Tree[] }
  | { readonly kind: 'repeat'; readonly part: Tree; readonly min: number; readonly max: number };

interface Reader {
  readonly source: string;
  readonly at: number;
}

type Parsed = { readonly tree: Tree; readonly rest: Reader } | string;

function parseAlternatives(reader: Reader, depth: number): Parsed {
  if (depth > 20) return 'groups are nested too deeply';
  const choices: Tree[] = [];
  let rest = reader;
  for (;;) {
    const parts: Tree[] = [];
    while (rest.at < rest.source.length && !'|)'.includes(rest.source.charAt(rest.at))) {
      const parsed = parseRepeated(rest, depth);
      if (typeof parsed === 'string') return parsed;
      parts.push(parsed.tree);
      rest = parsed.rest;
    }
    choices.push({ kind: 'sequence', parts });
    if (rest.source.charAt(rest.at) !== '|') return { tree: { kind: 'choice', parts: choices }, rest };
    rest = { ...rest, at: rest.at + 1 };
  }
}

function parseRepeated(reader: Reader, depth: number): Parsed {
  const atom = parseAtom(reader, depth);
  if (typeof atom === 'string') return atom;
  const match = /^(?:[?*+]|\{(\d{1,4})(?:(,)(\d{0,4}))?\})/.exec(reader.source.slice(atom.rest.at));
  if (match === null) return atom;
  const [written, low, comma, high] = match;
  const rest = { ...atom.rest, at: atom.rest.at + written.length };
  if (/^[?*+]/.test(rest.source.slice(rest.at))) return 'lazy and stacked repetitions are not supported';
  if (written === '?') return { tree: { kind: 'repeat', part: atom.tree, min: 0, max: 1 }, rest };
  if (written === '*') return { tree: { kind: 'repeat', part: atom.tree, min: 0, max: Infinity }, rest };
  if (written === '+') return { tree: { kind: 'repeat', part: atom.tree, min: 1, max: Infinity }, rest };
  const min = Number(low);
  const max = comma === undefined ? min : high === '' ? Infinity : Number(high);
  if (max < min || Math.min(max, 1000) > 200 || min > 200) return 'a repetition is out of bounds';
  return { tree: { kind: 'repeat', part: atom.tree, min, max }, rest };
}

function parseAtom({ source, at }: Reader, depth: number): Parsed {
  const char = source.charAt(at);
  const rest = { source, at: at + 1 };
  if (char === '^') return { tree: { kind: 'start' }, rest };
  if (char === '$') return { tree: { kind: 'end' }, rest };
  if (char === '.') return { tree: { kind: 'char', accepts: (given) => given !== '\n' }, rest };
  if (char === '[') return parseClass(rest);
  if (char === '\\') return parseEscape(rest);
  if ('?*+{'.includes(char)) return `${char} has nothing to repeat`;
  if (char !== '(') return { tree: { kind: 'char', accepts: (given) => given === char }, rest };
  const special = source.startsWith('(?', at);
  if (special && !source.startsWith('(?:', at)) return 'look-around and named groups are not supported';
  const inner = parseAlternatives({ source, at: at + (special ? 3 : 1) }, depth + 1);
  if (typeof inner === 'string') return inner;
  if (source.charAt(inner.rest.at) !== ')') return 'a ( is not closed';
  return { tree: inner.tree, rest: { source, at: inner.rest.at + 1 } };
}

const CLASSES: Readonly<Record<string, RegExp>> = { d: /[0-9]/, D: /[^0-9]/, w: /\w/, W: /\W/, s: /\s/, S: /\S/ };

function parseEscape({ source, at }: Reader): Parsed {
  const char = source.charAt(at);
  const rest = { source, at: at + 1 };
  if (char === '') return 'a \\ ends the pattern';
  if (/[1-9bBkpP]/.test(char)) return `\\${char} is not supported`;
  return { tree: { kind: 'char', accepts: accepterOf(char) }, rest };
}

function accepterOf(escaped: string): (char: string) => boolean {
  const known = CLASSES[escaped];
  if (known !== undefined) return (given) => known.test(given);
  const literal = escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped === 'r' ? '\r' : escaped;
  return (given) => given === literal;
}

function parseClass(reader: Reader): Parsed {
  const { source } = reader;
  const negated = source.charAt(reader.at) === '^';
  let at = reader.at + (negated ? 1 : 0);
  const accepts: ((char: string) => boolean)[] = [];
  while (at < source.length && (source.charAt(at) !== ']' || accepts.length === 0)) {
    const escaped = source.charAt(at) === '\\';
    const from = source.charAt(at + (escaped ? 1 : 0));
    at += escaped ? 2 : 1;
    const to = source.charAt(at + 1);
    if (source.charAt(at) === '-' && to !== ']' && to !== '' && !escaped) {
      accepts.push((given) => given >= from && given <= to);
      at += 2;
    } else accepts.push(escaped ? accepterOf(from) : (given) => given === from);
  }
  if (source.charAt(at) !== ']') return 'a [ is not closed';
  const tree: Tree = { kind: 'char', accepts: (given) => accepts.some((accept) => accept(given)) !== negated };
  return { tree, rest: { source, at: at + 1 } };
}

// Nodes are made from the end, so that each knows where it leads; returns the node to start from.
function emit(tree: Tree, next: number, nodes: Node[]): number {
  if (nodes.length > NODES_MAX) return next;
  if (tree.kind === 'char') return nodes.push({ kind: 'char', accepts: tree.accepts, next }) - 1;
  if (tree.kind === 'start' || tree.kind === 'end') return nodes.push({ kind: tree.kind, next }) - 1;
  if (tree.kind === 'sequence') return tree.parts.reduceRight((after, part) => emit(part, after, nodes), next);
  if (tree.kind === 'choice') {
    const [first, ...others] = tree.parts.map((part) => emit(part, next, nodes));
    return others.reduce((start, other) => nodes.push({ kind: 'fork', next: start, other }) - 1, first ?? next);
  }
  let start = next;
  if (tree.max === Infinity) {
    const loop: Node & { kind: 'fork' } = { kind: 'fork', next, other: next };
    start = nodes.push(loop) - 1;
    loop.next = emit(tree.part, start, nodes);
  } else for (let index = tree.min; index < tree.max; index += 1) start = optional(tree.part, start, { next, nodes });
  for (let index = 0; index < tree.min; index += 1) start = emit(tree.part, start, nodes);
  return start;
}

function optional(part: Tree, after: number, { next, nodes }: { readonly next: number; readonly nodes: Node[] }): number {
  return nodes.push({ kind: 'fork', next: emit(part, after, nodes), other: next }) - 1;
}

// As a search: a match may start at every character, unless the pattern says `^`.
function run(nodes: readonly Node[], start: number, text: string): boolean {
  const characters = Array.from(text);
  let current = new Set<number>();
  for (let at = 0; at <= characters.length; at += 1) {
    const reached = new Set<number>();
    for (const node of [...current, start]) follow(nodes, node, { reached, first: at === 0, last: at === characters.length });
    if (reached.has(0)) return true;
    const char = characters[at];
    if (char === undefined) return false;
    current = new Set();
    for (const index of reached) {
      const node = nodes[index];
      if (node?.kind === 'char' && node.accepts(char)) current.add(node.next);
    }
  }
  return false;
}

interface Position {
  readonly reached: Set<number>;
  readonly first: boolean;
  readonly last: boolean;
}

function follow(nodes: readonly Node[], from: number, { reached, first, last }: Position): void {
  const open = [from];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    const node = nodes[index];
    if (node?.kind === 'fork') open.push(node.next, node.other);
    if ((node?.kind === 'start' && first) || (node?.kind === 'end' && last)) open.push(node.next);
  }
}
