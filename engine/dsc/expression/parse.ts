import { caught, type ExpressionProblem, fail } from './problem.ts';
import { type Token, tokensOf } from './tokens.ts';

/** A text of a document: kept as it is, with one bracket less, or to be evaluated. */
export type Statement =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'escaped'; readonly text: string }
  | { readonly kind: 'expression'; readonly expression: Expression };

/** UTF-16 offsets into the text of the statement; the end is exclusive. */
interface Place {
  readonly start: number;
  readonly end: number;
}

/** A call, and what is taken out of its value. */
export interface Expression extends Place {
  readonly kind: 'expression';
  readonly name: string;
  readonly nameEnd: number;
  readonly args: readonly Argument[];
  readonly accessors: readonly Accessor[];
}

/** An argument of a call. */
export type Argument =
  | Expression
  | ({ readonly kind: 'string'; readonly value: string } & Place)
  | ({ readonly kind: 'number'; readonly value: bigint } & Place)
  | ({ readonly kind: 'boolean'; readonly value: boolean } & Place);

/** One step into a value. */
export type Accessor =
  | ({ readonly kind: 'member'; readonly name: string } & Place)
  | ({ readonly kind: 'index'; readonly index: Exclude<Argument, { readonly kind: 'boolean' }> } & Place);

const NESTING_MAX = 64;
const INT32 = 2n ** 31n;

/** Reads one text of a document. Only a text whose first character after spaces is `[` is an expression; `[[` writes a text that starts so. */
export function parseStatement(text: string): { readonly statement: Statement } | { readonly problem: ExpressionProblem } {
  const start = text.length - text.trimStart().length;
  if (text[start] !== '[') return { statement: { kind: 'literal', text } };
  if (text[start + 1] === '[') return { statement: { kind: 'escaped', text: text.slice(start + 1) } };
  const parsed = caught(() => wholeExpression(text, start + 1));
  return 'problem' in parsed ? parsed : { statement: { kind: 'expression', expression: parsed.value } };
}

interface Reading {
  readonly tokens: ReturnType<typeof tokensOf>;
  readonly depth: number;
}

function wholeExpression(text: string, from: number): Expression {
  const tokens = tokensOf(text, from);
  const expression = readExpression({ tokens, depth: 1 }, expected(tokens.take(), 'name', 'the name of a function'));
  const { end } = expected(tokens.take(), ']', '"]" at the end of the expression');
  const rest = text.slice(end);
  if (rest.trim() !== '') fail('nothing may follow the expression', { start: end, end: text.length });
  return expression;
}

function readExpression({ tokens, depth }: Reading, name: Token): Expression {
  if (depth > NESTING_MAX) fail(`calls are nested deeper than ${NESTING_MAX}`, placeOf(name));
  expected(tokens.take(), '(', `"(" after ${name.text}`);
  const args: Argument[] = [];
  if (tokens.peek().kind !== ')') args.push(readArgument({ tokens, depth }));
  while (tokens.peek().kind === ',') {
    tokens.take();
    args.push(readArgument({ tokens, depth }));
  }
  let { end } = expected(tokens.take(), ')', `")" after the arguments of ${name.text}`);
  const accessors: Accessor[] = [];
  for (let next = tokens.peek(); next.kind === 'member' || next.kind === '['; next = tokens.peek()) {
    accessors.push(readAccessor({ tokens, depth }));
    end = accessors.at(-1)?.end ?? end;
  }
  return { kind: 'expression', name: name.text, nameEnd: name.end, args, accessors, start: name.start, end };
}

function readArgument({ tokens, depth }: Reading): Argument {
  const token = tokens.take();
  const place = placeOf(token);
  if (token.kind === 'string') return { kind: 'string', value: unquoted(token), ...place };
  if (token.kind === 'number') return { kind: 'number', value: integer(token), ...place };
  const name = expected(token, 'name', "an argument: a call, a text in '…', an integer, true or false");
  if ((name.text === 'true' || name.text === 'false') && tokens.peek().kind !== '(') {
    return { kind: 'boolean', value: name.text === 'true', ...place };
  }
  return readExpression({ tokens, depth: depth + 1 }, name);
}

function readAccessor({ tokens, depth }: Reading): Accessor {
  const token = tokens.take();
  if (token.kind === 'member') return { kind: 'member', name: token.text, ...placeOf(token) };
  const index = readArgument({ tokens, depth });
  if (index.kind === 'boolean') return fail("an index is an integer, a key in '…' or a call", { start: index.start, end: index.end });
  const { end } = expected(tokens.take(), ']', '"]" after the index');
  return { kind: 'index', index, start: token.start, end };
}

function expected(token: Token, kind: Token['kind'], what: string): Token {
  if (token.kind === kind) return token;
  return fail(token.kind === 'end' ? `expected ${what}` : `expected ${what}, found "${token.text}"`, placeOf(token));
}

function placeOf({ start, end }: Token): Place {
  return { start, end };
}

function unquoted({ text }: Token): string {
  return text.slice(1, -1).replaceAll("''", "'");
}

function integer(token: Token): bigint {
  const value = BigInt(token.text);
  return value >= -INT32 && value < INT32 ? value : fail(`${token.text} does not fit 32 bits`, placeOf(token));
}
