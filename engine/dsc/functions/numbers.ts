import { fail } from '../expression/problem.ts';
import { isList, type Value } from '../expression/value.ts';
import { type DscFunction, int64, INTEGER, integerArgument, scalarText } from './function.ts';

/** Functions that compute integers. */
export const NUMBER_FUNCTIONS: readonly DscFunction[] = [
  arithmetic('add', 'The sum of two integers', (left, right) => left + right),
  arithmetic('sub', 'The first integer less the second', (left, right) => left - right),
  arithmetic('mul', 'The product of two integers', (left, right) => left * right),
  arithmetic('div', 'The first integer divided by the second, without the rest', (left, right) => left / divisor(right)),
  arithmetic('mod', 'The rest of a division; it has the sign of the first integer', (left, right) => left % divisor(right)),
  extreme('min', 'The smallest of integers, or of an array of them', (left, right) => left < right),
  extreme('max', 'The largest of integers, or of an array of them', (left, right) => left > right),
  {
    name: 'int',
    syntax: 'int(text | integer)',
    summary: 'An integer from a text; what follows the point is cut off',
    args: [['string', 'integer']],
    call: ([value]) => (typeof value === 'bigint' ? value : integerFrom(scalarText(value))),
  },
];

function arithmetic(name: string, summary: string, compute: (left: bigint, right: bigint) => bigint): DscFunction {
  return {
    name,
    syntax: `${name}(integer, integer)`,
    summary,
    args: [INTEGER, INTEGER],
    call: ([left, right]) => int64(compute(integerArgument(left), integerArgument(right))),
  };
}

function divisor(value: bigint): bigint {
  return value === 0n ? fail('division by zero') : value;
}

function extreme(name: string, summary: string, isBetter: (left: bigint, right: bigint) => boolean): DscFunction {
  return {
    name,
    syntax: `${name}(integer, integer, …) or ${name}(array)`,
    summary,
    args: [['integer', 'array']],
    rest: ['integer', 'array'],
    call: (args) => {
      const [first] = args;
      const values = args.length === 1 ? (isList(first) ? first : fail(`one argument of ${name}() must be an array`)) : args;
      return values
        .map((value) => integerIn(name, value))
        .reduce((best, value) => (isBetter(value, best) ? value : best), firstOf(name, values));
    },
  };
}

function firstOf(name: string, values: readonly Value[]): bigint {
  const [first] = values;
  return first === undefined ? fail(`${name}() of an empty array`) : integerIn(name, first);
}

function integerIn(name: string, value: Value): bigint {
  return typeof value === 'bigint' ? value : fail(`${name}() takes integers only`);
}

// The reference reads a float and cuts it off.
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function integerFrom(text: string): bigint {
  if (/^[+-]?\d+$/.test(text)) return int64(BigInt(text.replace(/^\+/, '')));
  const value = FLOAT.test(text) ? Math.trunc(Number(text)) : Number.NaN;
  return Number.isFinite(value) ? int64(BigInt(value)) : fail(`"${text.slice(0, 40)}" is not a number`);
}
