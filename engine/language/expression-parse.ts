import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { MACROS } from './expression-functions.ts';
import { LIST_MAX } from './expression-values.ts';

const TEXT_BYTES_MAX = 4096;
const NODES_MAX = 1000;
const MACRO_DEPTH_MAX = 2;

/** A place inside the expression's text, in UTF-16 units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A call found in an expression. */
export interface Call {
  readonly name: string;
  readonly method: boolean;
  readonly node: ASTNode;
  readonly range: Range;
}

/** What one expression mentions: names that it reads from its scope, calls, and the body of each macro. */
export interface Expression {
  /** What is evaluated: as written but for `targets.<set>.plan_id`, which stands under a name of its own. */
  readonly text: string;
  readonly ast: ASTNode;
  readonly names: readonly { readonly name: string; readonly range: Range }[];
  readonly calls: readonly Call[];
  readonly macroBodies: readonly { readonly range: Range; readonly nodes: number }[];
  /** Values whose size decides what the operation over them costs; a comparison goes through all that is inside. */
  readonly weighed: readonly { readonly range: Range; readonly deep: boolean }[];
  /** Chains such as `steps.lag.outputs.bytes` that start at a name of the scope, longest first at each place. */
  readonly paths: readonly Path[];
}

/** One chain of fields from a scope name. `guarded` is true inside `has(…)` and the first argument of `default(…)`. */
export interface Path {
  readonly root: string;
  readonly fields: readonly { readonly name: string; readonly range: Range }[];
  readonly range: Range;
  readonly guarded: boolean;
}

/** A parsed expression, or why it is none: broken text or a limit that it exceeds. */
export type Parsed =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly kind: 'syntax' | 'limit'; readonly message: string; readonly range: Range };

const PARSER = new Environment({ limits: { maxAstNodes: 20_000, maxDepth: 100, maxListElements: LIST_MAX } });

const KEPT_MAX = 500;
const kept = new Map<string, Parsed>();

/** Parses bare CEL and collects what it mentions. Never throws for bad text. */
export function parseExpression(text: string): Parsed {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const parsed = parseAnew(text);
  if (kept.size >= KEPT_MAX) kept.clear();
  // Each check of a document asks for the same few texts several times; hostile ones are not worth their room.
  if (parsed.ok) kept.set(text, parsed);
  return parsed;
}

function parseAnew(text: string): Parsed {
  const whole = { start: 0, end: text.length };
  if (text.length * 3 > TEXT_BYTES_MAX && new TextEncoder().encode(text).length > TEXT_BYTES_MAX) {
    return { ok: false, kind: 'limit', message: `${TEXT_BYTES_MAX} bytes of text`, range: whole };
  }
  if (text.trim() === '') return { ok: false, kind: 'syntax', message: 'the expression is empty', range: whole };
  let ast: ASTNode;
  try {
    ast = PARSER.parse(text).ast;
  } catch (error) {
    return syntaxFailure(error, text);
  }
  const found: Found = { names: [], calls: [], macroBodies: [], weighed: [], paths: [], nodes: 0, deepest: 0 };
  visit(ast, { bound: new Set(), macroDepth: 0, guarded: false }, found);
  if (found.nodes > NODES_MAX) return { ok: false, kind: 'limit', message: `${NODES_MAX} nodes`, range: whole };
  if (found.deepest > MACRO_DEPTH_MAX) return { ok: false, kind: 'limit', message: `macros nested ${MACRO_DEPTH_MAX} deep`, range: whole };
  const { names, calls, macroBodies, weighed, paths } = found;
  return { ok: true, expression: { text: withPlanIds(text, paths), ast, names, calls, macroBodies, weighed, paths } };
}

/** The name under which `targets` holds the plan id of a set. No set can be called so, and it is as long as what is written. */
export function planIdName(set: string): string {
  return `${set}Xplan_id`;
}

// A set is a list and CEL gives lists no fields. Everything keeps its place in the text, so findings point at what was written.
function withPlanIds(text: string, paths: readonly Path[]): string {
  let result = text;
  for (const { root, fields } of paths) {
    const [set, planId] = fields;
    if (root !== 'targets' || set === undefined || planId?.name !== 'plan_id' || text.slice(set.range.end, planId.range.start) !== '.')
      continue;
    if (text.slice(set.range.start, set.range.end) !== set.name) continue;
    result = result.slice(0, set.range.start) + planIdName(set.name) + result.slice(planId.range.end);
  }
  return result;
}

interface Found {
  readonly names: { readonly name: string; readonly range: Range }[];
  readonly calls: Call[];
  readonly macroBodies: { readonly range: Range; readonly nodes: number }[];
  readonly weighed: { readonly range: Range; readonly deep: boolean }[];
  readonly paths: Path[];
  nodes: number;
  deepest: number;
}

interface Inside {
  readonly bound: ReadonlySet<string>;
  readonly macroDepth: number;
  readonly guarded: boolean;
}

function visit(node: ASTNode, inside: Inside, found: Found): void {
  found.nodes += 1;
  if (node.op === 'rcall' && MACROS.has(node.args[0])) return visitMacro(node, inside, found);
  if (node.op === 'call' || node.op === 'rcall') return visitCall(node, inside, found);
  if (node.op === '+' || COMPARES.has(node.op)) weigh(childrenOf(node), COMPARES.has(node.op), found);
  if (node.op === 'id' || node.op === '.' || node.op === '[]') visitPath(node, inside, found);
  for (const child of childrenOf(node)) visit(child, inside, found);
}

const COMPARES: ReadonlySet<string> = new Set(['==', '!=', 'in']);
// These look at no more than the value itself, or want it as it is written.
const WEIGHTLESS: ReadonlySet<string> = new Set([
  'has',
  'default',
  'size',
  'type',
  'now',
  'duration',
  'timestamp',
  'bool',
  'int',
  'double',
]);

function weigh(nodes: readonly ASTNode[], deep: boolean, found: Found): void {
  for (const { start, end, op } of nodes) if (op !== 'value') found.weighed.push({ range: { start, end }, deep });
}

/** The nodes directly below a node, in the order of the text. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  if (node.op === 'value' || node.op === 'id') return [];
  if (node.op === '.' || node.op === '.?') return [node.args[0]];
  if (node.op === 'call') return node.args[1];
  if (node.op === 'rcall') return [node.args[1], ...node.args[2]];
  if (node.op === 'map') return node.args.flat();
  if (node.op === '!_' || node.op === '-_') return [node.args];
  return node.args;
}

function visitCall(node: ASTNode & { op: 'call' | 'rcall' }, inside: Inside, found: Found): void {
  const name = node.args[0];
  const range = node.op === 'call' ? { start: node.start, end: node.start + name.length } : { start: node.start, end: node.end };
  found.calls.push({ name, method: node.op === 'rcall', node, range });
  if (!WEIGHTLESS.has(name)) weigh(childrenOf(node), false, found);
  childrenOf(node).forEach((child, index) => {
    const guards = node.op === 'call' && (name === 'has' || (name === 'default' && index === 0));
    visit(child, guards ? { ...inside, guarded: true } : inside, found);
  });
}

function visitMacro(node: ASTNode & { op: 'rcall' }, inside: Inside, found: Found): void {
  const [name, receiver, args] = node.args;
  const [variable, ...bodies] = args;
  found.calls.push({ name, method: true, node, range: { start: node.start, end: node.end } });
  visit(receiver, inside, found);
  const macroDepth = inside.macroDepth + 1;
  found.deepest = Math.max(found.deepest, macroDepth);
  const bound = variable?.op === 'id' ? new Set([...inside.bound, variable.args]) : inside.bound;
  for (const body of bodies) {
    const before = found.nodes;
    visit(body, { ...inside, bound, macroDepth }, found);
    found.macroBodies.push({ range: { start: body.start, end: body.end }, nodes: found.nodes - before });
  }
}

// Only the outermost field of a chain makes a path; the inner ones are visited again and recognised by where they start.
function visitPath(node: ASTNode, inside: Inside, found: Found): void {
  const fields: { name: string; range: Range }[] = [];
  let root = node;
  while (root.op === '.' || root.op === '[]') {
    const name = root.op === '.' ? root.args[1] : literalText(root.args[1]);
    const start = root.op === '.' ? root.end - root.args[1].length : root.args[1].start;
    // An index cuts the chain: what follows belongs to an item.
    if (name === undefined) fields.length = 0;
    else fields.unshift({ name, range: { start, end: root.op === '.' ? root.end : root.args[1].end } });
    root = root.args[0];
  }
  if (root.op !== 'id' || inside.bound.has(root.args)) return;
  const range = { start: root.start, end: root.end };
  if (node === root) found.names.push({ name: root.args, range });
  const known = found.paths.some((path) => path.range.start === range.start);
  if (!known) found.paths.push({ root: root.args, fields, range, guarded: inside.guarded });
}

function literalText(node: ASTNode): string | undefined {
  return node.op === 'value' && typeof node.args === 'string' ? node.args : undefined;
}

function syntaxFailure(error: unknown, text: string): Parsed {
  const whole = { start: 0, end: text.length };
  if (!(error instanceof ParseError)) return { ok: false, kind: 'syntax', message: 'cannot be read', range: whole };
  const limit = error.code.includes('limit') || error.summary.includes('Exceeded');
  return {
    ok: false,
    kind: limit ? 'limit' : 'syntax',
    message: plainSummary(error.summary),
    range: insideText(error.range ?? whole, text),
  };
}

// What is missing at the end is missing behind the last word, not behind the line break of a block.
function insideText({ start, end }: Range, text: string): Range {
  const last = text.trimEnd().length;
  return { start: Math.min(start, last), end: Math.min(end, last) };
}

const TOKENS: Readonly<Record<string, string>> = {
  RPAREN: '")"',
  RBRACKET: '"]"',
  RBRACE: '"}"',
  COLON: '":"',
  COMMA: '","',
  DOT: '"."',
  QUESTION: '"?"',
  LPAREN: '"("',
  LBRACKET: '"["',
  LBRACE: '"{"',
  IDENTIFIER: 'a name',
  NUMBER: 'a number',
  STRING: 'a text',
  BOOLEAN: 'true or false',
};

function plainSummary(summary: string): string {
  const text = summary
    .replace('Unexpected token: EOF', 'something is missing at the end')
    .replace(/^Expected (\w+), got EOF$/, (_, token: string) => `${TOKENS[token] ?? token} is missing at the end`)
    .replace(
      /^Expected (\w+), got (\w+)$/,
      (_, ...[wanted = '', got = '']: readonly string[]) => `expected ${TOKENS[wanted] ?? wanted}, found ${TOKENS[got] ?? got}`,
    )
    .replace(/^Exceeded maxDepth \((\d+)\)$/i, '$1 levels')
    .replace(/^Exceeded max\w+ \((\d+)\)$/i, '$1 parts')
    .replaceAll("'", '"');
  return text.charAt(0).toLowerCase() + text.slice(1);
}
