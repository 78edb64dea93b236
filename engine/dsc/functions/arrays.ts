import { fail } from '../expression/problem.ts';
import { isEqual, isList, isMap, kindOf, type Value } from '../expression/value.ts';
import {
  type Accepts,
  ARRAY,
  clamped,
  type DscFunction,
  ELEMENT,
  INTEGER,
  integerArgument,
  listArgument,
  STRING,
  textArgument,
  scalarText,
} from './function.ts';

const SEQUENCE: Accepts = ['array', 'string'];
const ITEM: Accepts = ['string', 'number', 'array', 'object'];
const RANGE_MAX = 10_000n;
const INT32_MAX = 2_147_483_647n;

/** Functions about arrays; several of them take texts as well, by their characters. */
export const ARRAY_FUNCTIONS: readonly DscFunction[] = [
  {
    name: 'createArray',
    syntax: 'createArray(value, …)',
    summary: 'An array of values of one kind; empty without any',
    args: [],
    rest: ELEMENT,
    call: (args) => {
      const kinds = new Set(args.map(kindOf));
      return kinds.size > 1 ? fail(`createArray() takes values of one kind, not ${[...kinds].join(' and ')}`) : args;
    },
  },
  { name: 'array', syntax: 'array(value)', summary: 'An array with this one value', args: [ELEMENT], call: (args) => args },
  {
    name: 'first',
    syntax: 'first(array | text)',
    summary: 'The first element or character; there must be one',
    args: [SEQUENCE],
    call: ([value = null]) => (partsOf(value).length === 0 ? fail('first() of something empty') : (partsOf(value)[0] ?? null)),
  },
  {
    name: 'last',
    syntax: 'last(array | text)',
    summary: 'The last element or character; null of an empty array, an empty text of an empty text',
    args: [SEQUENCE],
    call: ([value = null]) => partsOf(value).at(-1) ?? (isList(value) ? null : ''),
  },
  part('skip', 'What is left after so many elements or characters', (values, count) => values.slice(count)),
  part('take', 'So many elements or characters from the start', (values, count) => values.slice(0, count)),
  position('indexOf', 'The place of the first equal element, or -1', (values, isWanted) => values.findIndex(isWanted)),
  position('lastIndexOf', 'The place of the last equal element, or -1', (values, isWanted) => values.findLastIndex(isWanted)),
  {
    name: 'range',
    syntax: 'range(start, count)',
    summary: 'Up to 10,000 integers that follow each other',
    args: [INTEGER, INTEGER],
    call: ([start, count]) => range(integerArgument(start), integerArgument(count)),
  },
  {
    name: 'tryIndexFromEnd',
    syntax: 'tryIndexFromEnd(array, place)',
    summary: 'An element counted from the end, which is 1; null when there is none',
    args: [ARRAY, INTEGER],
    call: ([values, place]) => {
      const list = listArgument(values);
      const back = clamped(integerArgument(place), 0, list.length + 1);
      return back === 0 ? null : (list[list.length - back] ?? null);
    },
  },
  {
    name: 'join',
    syntax: 'join(array, text)',
    summary: 'The elements as one text with another between them; texts, numbers and booleans only',
    args: [ARRAY, STRING],
    call: ([values, between]) => listArgument(values).map(joined).join(textArgument(between)),
  },
];

/** The elements of an array, or the characters of a text. */
function partsOf(value: Value): readonly Value[] {
  return isList(value) ? value : Array.from(scalarText(value));
}

function part(name: string, summary: string, cut: (values: readonly Value[], count: number) => readonly Value[]): DscFunction {
  return {
    name,
    syntax: `${name}(array | text, count)`,
    summary: `${summary}; a negative count is 0`,
    args: [SEQUENCE, INTEGER],
    call: ([value = null, count]) => {
      const values = partsOf(value);
      const left = cut(values, clamped(integerArgument(count), 0, values.length));
      return isList(value) ? left : left.map(scalarText).join('');
    },
  };
}

function position(
  name: string,
  summary: string,
  find: (values: readonly Value[], isWanted: (value: Value) => boolean) => number,
): DscFunction {
  return {
    name,
    syntax: `${name}(array, value)`,
    summary,
    args: [ARRAY, ITEM],
    call: ([values, wanted = null]) => BigInt(find(listArgument(values), (value) => isEqual(value, wanted))),
  };
}

function range(start: bigint, count: bigint): readonly Value[] {
  if (count < 0n || count > RANGE_MAX) return fail(`range() makes 0 to ${RANGE_MAX} integers`);
  if (start + count > INT32_MAX) return fail(`start and count of range() together must not exceed ${INT32_MAX}`);
  return Array.from({ length: Number(count) }, (_, index) => start + BigInt(index));
}

function joined(value: Value): string {
  if (value === null || isList(value) || isMap(value) || typeof value === 'object') {
    return fail(`join() takes texts, numbers and booleans, not ${kindOf(value)}`);
  }
  return scalarText(value);
}
