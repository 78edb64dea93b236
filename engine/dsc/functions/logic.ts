import { fail } from '../expression/problem.ts';
import { isEqual, kindOf, type Value } from '../expression/value.ts';
import { type Accepts, ANY, BOOLEAN, type DscFunction, integerArgument, textArgument, scalarText } from './function.ts';

const BRANCH: Accepts = ['string', 'number', 'array', 'object', 'secure'];
const COMPARED: Accepts = ['null', 'number', 'string', 'array', 'object'];

/** Functions that decide and compare. Every argument is evaluated before, also the one that is not taken. */
export const LOGIC_FUNCTIONS: readonly DscFunction[] = [
  constant('true', 'The boolean true', true),
  constant('false', 'The boolean false', false),
  constant('null', 'The value null', null),
  connective('and', 'True when all are', (args) => args.every((value) => value === true)),
  connective('or', 'True when one is', (args) => args.some((value) => value === true)),
  {
    name: 'not',
    syntax: 'not(boolean)',
    summary: 'The other boolean',
    args: [BOOLEAN],
    call: ([value]) => value !== true,
  },
  {
    name: 'bool',
    syntax: 'bool(text | integer)',
    summary: 'A boolean from "true" or "false" in any case, or from a number: all but 0 are true',
    args: [['string', 'integer']],
    call: ([value]) => booleanFrom(value),
  },
  {
    name: 'if',
    syntax: 'if(condition, then, else)',
    summary: 'The second or the third value; neither may be a boolean or null',
    args: [BOOLEAN, BRANCH, BRANCH],
    call: ([condition, then = null, otherwise = null]) => (condition === true ? then : otherwise),
  },
  {
    name: 'equals',
    syntax: 'equals(left, right)',
    summary: 'Deep equality without conversion; case counts. Booleans are not taken',
    args: [COMPARED, COMPARED],
    call: ([left = null, right = null]) => isEqual(left, right),
  },
  comparison('greater', 'larger', (order) => order > 0),
  comparison('greaterOrEquals', 'larger or equal', (order) => order >= 0),
  comparison('less', 'smaller', (order) => order < 0),
  comparison('lessOrEquals', 'smaller or equal', (order) => order <= 0),
  {
    name: 'coalesce',
    syntax: 'coalesce(value, …)',
    summary: 'The first value that is not null, or null',
    args: [ANY],
    rest: ANY,
    call: (args) => args.find((value) => value !== null) ?? null,
  },
];

function constant(name: string, summary: string, value: Value): DscFunction {
  return { name, syntax: `${name}()`, summary, args: [], call: () => value };
}

function connective(name: string, summary: string, decide: (args: readonly Value[]) => boolean): DscFunction {
  return { name, syntax: `${name}(boolean, boolean, …)`, summary, args: [BOOLEAN, BOOLEAN], rest: BOOLEAN, call: decide };
}

function booleanFrom(value: Value | undefined): boolean {
  if (typeof value === 'bigint') return value !== 0n;
  const text = scalarText(value).toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  return fail(`bool() takes "true" or "false"`);
}

function comparison(name: string, word: string, holds: (order: number) => boolean): DscFunction {
  const sides: Accepts = ['integer', 'string'];
  return {
    name,
    syntax: `${name}(left, right)`,
    summary: `True when the first is ${word}; both integers, or both texts by their bytes`,
    args: [sides, sides],
    call: ([left = null, right = null]) => {
      if (kindOf(left) !== kindOf(right)) return fail(`${name}() compares two integers or two texts`);
      return holds(typeof left === 'string' ? byteOrder(left, textArgument(right)) : sign(integerArgument(left) - integerArgument(right)));
    },
  };
}

function sign(value: bigint): number {
  return value === 0n ? 0 : value < 0n ? -1 : 1;
}

/** The order of two texts by their UTF-8 bytes, which is the order of their code points. */
function byteOrder(left: string, right: string): number {
  const lefts = Array.from(left);
  const rights = Array.from(right);
  for (const [index, character] of lefts.entries()) {
    const other = rights[index];
    if (other === undefined) return 1;
    if (character !== other) return (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
  }
  return lefts.length - rights.length;
}
