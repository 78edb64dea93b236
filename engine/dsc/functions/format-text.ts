import { fail } from '../expression/problem.ts';
import type { Value } from '../expression/value.ts';
import { scalarText } from './function.ts';

const WIDTH_MAX = 1000;
const PART = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
const SPECIFIER = /^(\d*)(?::([<>^])?(\+)?(#)?(0)?(\d+)?(?:\.(\d+))?([xXboeE])?)?$/;
const INT64 = 2n ** 64n;
const RADIX = { x: 16, X: 16, b: 2, o: 8 } as const;
const PREFIX = { x: '0x', X: '0x', b: '0b', o: '0o' } as const;

/** Puts values into a template as Rust's `format!` does, for texts, integers and booleans. Throws DSC_EXPRESSION. */
export function formatText(template: string, values: readonly Value[]): string {
  let next = 0;
  return template.replaceAll(PART, (part: string, inside: string | undefined) => {
    if (part === '{{') return '{';
    if (part === '}}') return '}';
    if (inside === undefined) return fail(`a single ${part} in a format is written ${part}${part}`);
    const [, place = '', align, plus, alternate, zero, width, precision, type] =
      SPECIFIER.exec(inside) ?? fail(`{${inside}} is no format`, { hint: 'such as {}, {0}, {1:>8}, {0:05} and {0:x}' });
    const index = place === '' ? next++ : Number(place);
    const value = values[index];
    if (value === undefined) return fail(`{${inside}} needs value ${index}, and ${values.length} are given`);
    const columns = Number(width ?? 0);
    if (columns > WIDTH_MAX) return fail(`a format is at most ${WIDTH_MAX} wide`);
    const options = { plus: plus !== undefined, alternate: alternate !== undefined, type, precision };
    const { sign, digits, isNumber } = written(value, options);
    if (zero !== undefined && isNumber) return sign + digits.padStart(columns - sign.length, '0');
    return aligned(sign + digits, columns, align ?? (isNumber ? '>' : '<'));
  });
}

interface Options {
  readonly plus: boolean;
  readonly alternate: boolean;
  readonly type: string | undefined;
  readonly precision: string | undefined;
}

interface Written {
  /** What stands before zeros that fill. */
  readonly sign: string;
  readonly digits: string;
  readonly isNumber: boolean;
}

function written(value: Value, { plus, alternate, type, precision }: Options): Written {
  if (typeof value !== 'bigint') {
    if (type !== undefined) return fail(`:${type} formats integers only`);
    const text = scalarText(value);
    const digits = precision === undefined ? text : Array.from(text).slice(0, Number(precision)).join('');
    return { sign: '', digits, isNumber: false };
  }
  if (precision !== undefined) return fail('a precision is for texts only');
  const magnitude = value < 0n ? -value : value;
  const minus = value < 0n ? '-' : plus ? '+' : '';
  if (type === undefined) return { sign: minus, digits: magnitude.toString(), isNumber: true };
  if (type === 'e' || type === 'E') return { sign: minus, digits: exponential(magnitude.toString(), type), isNumber: true };
  const radix = type as keyof typeof RADIX;
  // A negative integer shows the bits that it has in 64.
  const digits = (value < 0n ? INT64 + value : value).toString(RADIX[radix]);
  const sign = (plus && value >= 0n ? '+' : '') + (alternate ? PREFIX[radix] : '');
  return { sign, digits: radix === 'X' ? digits.toUpperCase() : digits, isNumber: true };
}

function exponential(digits: string, mark: string): string {
  const fraction = digits.slice(1).replace(/0+$/, '');
  return `${digits.charAt(0)}${fraction === '' ? '' : `.${fraction}`}${mark}${digits.length - 1}`;
}

function aligned(text: string, width: number, align: string): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  const before = align === '>' ? missing : align === '^' ? Math.floor(missing / 2) : 0;
  return ' '.repeat(before) + text + ' '.repeat(missing - before);
}
