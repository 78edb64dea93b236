import { fail } from '../expression/problem.ts';
import { equalityKey, isEqual, isList, isMap, kindOf, type Value, type ValueMap } from '../expression/value.ts';
import { type Accepts, ANY, ARRAY, type DscFunction, integerArgument, listArgument, mapArgument, OBJECT, scalarText } from './function.ts';

const COUNTED: Accepts = ['array', 'object', 'string'];
const SET: Accepts = ['array', 'object'];

/** Functions about objects, and about arrays and objects alike. */
export const COLLECTION_FUNCTIONS: readonly DscFunction[] = [
  {
    name: 'createObject',
    syntax: 'createObject(key, value, …)',
    summary: 'An object of pairs; empty without any',
    args: [],
    rest: ANY,
    call: createObject,
  },
  {
    name: 'contains',
    syntax: 'contains(array | object | text, text | integer)',
    summary: 'Whether an array has an element, an object a key, a text a part; in an array a number never equals a text',
    args: [COUNTED, ['string', 'integer']],
    call: ([within = null, wanted = null]) => contains(within, wanted),
  },
  {
    name: 'empty',
    syntax: 'empty(array | object | text)',
    summary: 'Whether there is nothing in it',
    args: [COUNTED],
    call: ([value = null]) => lengthOf(value) === 0,
  },
  {
    name: 'length',
    syntax: 'length(array | object | text)',
    summary: 'The number of elements, of keys, or of UTF-8 bytes',
    args: [COUNTED],
    call: ([value = null]) => BigInt(lengthOf(value)),
  },
  {
    name: 'items',
    syntax: 'items(object)',
    summary: 'An array of objects with key and value',
    args: [OBJECT],
    call: ([value]) =>
      [...mapArgument(value)].map(
        ([key, item]) =>
          new Map<string, Value>([
            ['key', key],
            ['value', item],
          ]),
      ),
  },
  {
    name: 'objectKeys',
    syntax: 'objectKeys(object)',
    summary: 'The keys of an object, in the order in which they were written',
    args: [OBJECT],
    call: ([value]) => [...mapArgument(value).keys()],
  },
  {
    name: 'shallowMerge',
    syntax: 'shallowMerge(array of objects)',
    summary: 'One object of several: the last one that has a key gives its value',
    args: [ARRAY],
    call: ([values]) =>
      mergeAll(listArgument(values).map((each) => (isMap(each) ? each : fail('shallowMerge() takes an array of objects')))),
  },
  {
    name: 'union',
    syntax: 'union(array, array, …) or union(object, object, …)',
    summary: 'Every element once, in order; of objects every key, the last one gives the value',
    args: [SET, SET],
    rest: SET,
    call: (args) => (isOfArrays('union', args) ? distinct(args.flatMap(listArgument)) : mergeAll(args.map(mapArgument))),
  },
  {
    name: 'intersection',
    syntax: 'intersection(array, array, …) or intersection(object, object, …)',
    summary: 'What all of them have: elements, or keys with the same value',
    args: [SET, SET],
    rest: SET,
    call: (args) => (isOfArrays('intersection', args) ? commonElements(args.map(listArgument)) : commonEntries(args.map(mapArgument))),
  },
  {
    name: 'tryGet',
    syntax: 'tryGet(array, place) or tryGet(object, key)',
    summary: 'An element or the value of a key; null when there is none',
    args: [SET, ['integer', 'string']],
    call: ([within = null, wanted = null]) => tryGet(within, wanted),
  },
];

function createObject(args: readonly Value[]): Value {
  if (args.length % 2 !== 0) return fail('createObject() takes pairs of a key and a value');
  const made = new Map<string, Value>();
  for (let index = 0; index < args.length; index += 2) {
    const key = args[index];
    made.set(typeof key === 'string' ? key : fail(`key ${index / 2 + 1} of createObject() must be a text`), args[index + 1] ?? null);
  }
  return made;
}

function contains(within: Value, wanted: Value): boolean {
  if (isList(within)) return within.some((item) => isEqual(item, wanted));
  const text = scalarText(wanted);
  return isMap(within) ? within.has(text) : scalarText(within).includes(text);
}

function lengthOf(value: Value): number {
  if (isList(value)) return value.length;
  return isMap(value) ? value.size : new TextEncoder().encode(scalarText(value)).length;
}

function isOfArrays(name: string, args: readonly Value[]): boolean {
  const kinds = new Set(args.map(kindOf));
  return kinds.size > 1 ? fail(`${name}() takes arrays only or objects only`) : kinds.has('array');
}

function distinct(values: readonly Value[]): readonly Value[] {
  const first = new Map<string, Value>();
  for (const value of values) {
    const key = equalityKey(value);
    if (!first.has(key)) first.set(key, value);
  }
  return [...first.values()];
}

function mergeAll(maps: readonly ValueMap[]): ValueMap {
  return new Map(maps.flatMap((map) => [...map]));
}

function commonElements([first = [], ...others]: readonly (readonly Value[])[]): readonly Value[] {
  const keys = others.map((other) => new Set(other.map(equalityKey)));
  return distinct(first.filter((value) => keys.every((each) => each.has(equalityKey(value)))));
}

function commonEntries([first, ...others]: readonly ValueMap[]): ValueMap {
  const isCommon = ([key, value]: readonly [string, Value]): boolean =>
    others.every((other) => other.has(key) && isEqual(other.get(key) ?? null, value));
  return new Map([...(first ?? [])].filter(isCommon));
}

function tryGet(within: Value, wanted: Value): Value {
  if (isMap(within)) return within.get(typeof wanted === 'string' ? wanted : fail('the key of an object is a text')) ?? null;
  const place = typeof wanted === 'bigint' ? integerArgument(wanted) : fail('the place in an array is an integer');
  const list = listArgument(within);
  return place < 0n || place >= BigInt(list.length) ? null : (list[Number(place)] ?? null);
}
