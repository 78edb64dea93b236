import { fail } from './problem.ts';

/** A piece of an expression with its place in the text. */
export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'member' | '(' | ')' | '[' | ']' | ',' | 'end';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const MEMBER = /[a-zA-Z0-9_-]+/y;
const NAME = /[_a-zA-Z][_a-zA-Z0-9]*(?:\.[a-zA-Z0-9]+(?=\s*\())?/y;
const NUMBER = /-?\d+/y;
const STRING = /'(?:[^']|'')*'/y;
const SPACE = /\s*/y;
const MARKS = ['(', ')', '[', ']', ','] as const;

/** The pieces of an expression from an offset on, read one by one: whether a point starts a member depends on what stands before it. */
export function tokensOf(text: string, from: number): { readonly peek: () => Token; readonly take: () => Token } {
  let at = from;
  let next = read();
  function read(): Token {
    const token = tokenAt(text, at + (match(SPACE, text, at)?.length ?? 0));
    at = token.end;
    return token;
  }
  return {
    peek: () => next,
    take: () => {
      const taken = next;
      if (taken.kind !== 'end') next = read();
      return taken;
    },
  };
}

function tokenAt(text: string, start: number): Token {
  const first = text[start];
  const token = (kind: Token['kind'], source: string): Token => ({ kind, text: source, start, end: start + source.length });
  if (first === undefined) return token('end', '');
  const mark = MARKS.find((each) => each === first);
  if (mark !== undefined) return token(mark, mark);
  if (first === '.') {
    const gap = match(SPACE, text, start + 1) ?? '';
    const member = match(MEMBER, text, start + 1 + gap.length);
    if (member === undefined) return fail('after "." comes the name of a member', { start, end: start + 1 });
    return { kind: 'member', text: member, start, end: start + 1 + gap.length + member.length };
  }
  if (first === "'") {
    const string = match(STRING, text, start);
    return string === undefined ? fail("a text is not closed: ' is missing", { start, end: text.length }) : token('string', string);
  }
  const number = match(NUMBER, text, start);
  if (number !== undefined) return token('number', number);
  const name = match(NAME, text, start);
  return name === undefined ? fail(`"${first}" has no meaning here`, { start, end: start + 1 }) : token('name', name);
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
