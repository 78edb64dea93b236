import { fail } from '../expression/problem.ts';
import { holdsSecure, kindOf, type Value } from '../expression/value.ts';
import { type Accepts, type DscFunction, INTEGER, integerArgument, listArgument, STRING, textArgument } from './function.ts';
import { formatText } from './format-text.ts';
import { jsonText, readJson } from './json-text.ts';
import { uniqueText } from './unique-text.ts';

const JOINED: Accepts = ['string', 'array'];
const WRITTEN: Accepts = ['string', 'number', 'boolean', 'null', 'array', 'object'];
const PADDING = /^\p{White_Space}+|\p{White_Space}+$/gu;

/** Functions about texts. Characters are Unicode scalar values. */
export const TEXT_FUNCTIONS: readonly DscFunction[] = [
  {
    name: 'concat',
    syntax: 'concat(text, text, …) or concat(array, array, …)',
    summary: 'Texts, or arrays of texts, one after the other',
    args: [JOINED, JOINED],
    rest: JOINED,
    call: concat,
  },
  {
    name: 'substring',
    syntax: 'substring(text, start[, count])',
    summary: 'A part of a text; it must lie inside it',
    args: [STRING, INTEGER],
    optional: [INTEGER],
    call: ([text, start, count]) => substring(textArgument(text), integerArgument(start), count),
  },
  onText('startsWith', 'Whether a text starts with another; case counts', (text, other) => text.startsWith(other)),
  onText('endsWith', 'Whether a text ends with another; case counts', (text, other) => text.endsWith(other)),
  changed('toLower', 'The text in lower case', (text) => text.toLowerCase()),
  changed('toUpper', 'The text in upper case', (text) => text.toUpperCase()),
  changed('trim', 'The text without white space around it', (text) => text.replaceAll(PADDING, '')),
  {
    name: 'string',
    syntax: 'string(value)',
    summary: 'A value as text; arrays and objects as JSON without spaces',
    args: [WRITTEN],
    call: ([value = null]) => {
      if (typeof value === 'string') return value;
      return holdsSecure(value) ? fail('string() takes no secure value') : jsonText(value);
    },
  },
  {
    name: 'json',
    syntax: 'json(text)',
    summary: 'The value of a JSON text',
    args: [STRING],
    call: ([text]) => readJson(textArgument(text)),
  },
  {
    name: 'format',
    syntax: "format('{0} is {1:>5}', value, …)",
    summary: 'A text with values put in: {} and {0}, :<5 :>5 :^5 :05 :+ and :x :X :#x :b :o :e, {{ and }}',
    args: [STRING, ['string', 'integer', 'boolean']],
    rest: ['string', 'integer', 'boolean'],
    call: ([template, ...values]) => formatText(textArgument(template), values),
  },
  {
    name: 'path',
    syntax: 'path(text, text, …)',
    summary: 'A path of segments; an absolute one replaces what stands before it',
    args: [STRING, STRING],
    rest: STRING,
    call: (args) => args.map(textArgument).reduce(pushed, ''),
  },
  {
    name: 'uniqueString',
    syntax: 'uniqueString(text, …)',
    summary: 'Thirteen characters that are always the same for the same texts; no secret and no proof',
    args: [STRING],
    rest: STRING,
    call: (args) => uniqueText(args.map(textArgument)),
  },
];

function concat(args: readonly Value[]): Value {
  const kinds = new Set(args.map(kindOf));
  if (kinds.size > 1) return fail('concat() takes texts only or arrays only');
  if (kinds.has('string')) return args.map(textArgument).join('');
  const joined = args.flatMap(listArgument);
  return joined.every((item) => typeof item === 'string') ? joined : fail('concat() takes arrays of texts');
}

function substring(text: string, start: bigint, count: Value | undefined): string {
  const characters = Array.from(text);
  const length = BigInt(characters.length);
  if (start < 0n || start > length) return fail(`substring() cannot start at ${start}: the text has ${length} characters`);
  const wanted = count === undefined ? length - start : integerArgument(count);
  if (wanted < 0n || start + wanted > length)
    return fail(`substring() cannot take ${wanted} characters from ${start}: the text has ${length}`);
  return characters.slice(Number(start), Number(start + wanted)).join('');
}

function onText(name: string, summary: string, holds: (text: string, other: string) => boolean): DscFunction {
  return {
    name,
    syntax: `${name}(text, text)`,
    summary,
    args: [STRING, STRING],
    call: ([text, other]) => holds(textArgument(text), textArgument(other)),
  };
}

function changed(name: string, summary: string, change: (text: string) => string): DscFunction {
  return { name, syntax: `${name}(text)`, summary, args: [STRING], call: ([text]) => change(textArgument(text)) };
}

function pushed(path: string, segment: string): string {
  if (path === '' || segment.startsWith('/')) return segment;
  return path.endsWith('/') ? path + segment : `${path}/${segment}`;
}
