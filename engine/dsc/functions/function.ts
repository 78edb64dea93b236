import { assert } from '../../errors.ts';
import { fail } from '../expression/problem.ts';
import type { Scope, TargetAnswers } from '../expression/scope.ts';
import { kindWords } from '../expression/parameter-type.ts';
import { isList, isMap, type Kind, kindOf, type Value, type ValueMap } from '../expression/value.ts';

/** The kinds that an argument may have; `integer` is a number without a fraction. */
export type Accepts = readonly (Kind | 'integer')[];

/** One function of the document language. */
export interface DscFunction {
  readonly name: string;
  /** How it is called, for its page. */
  readonly syntax: string;
  readonly summary: string;
  /** What must be given. */
  readonly args: readonly Accepts[];
  /** What may be given after it. */
  readonly optional?: readonly Accepts[];
  /** Any number of these may follow. */
  readonly rest?: Accepts;
  /** The answer of a target or a run that it needs. */
  readonly needs?: keyof TargetAnswers;
  /** Its value. Arity and kinds were checked before. Throws DSC_EXPRESSION. */
  readonly call: (args: readonly Value[], scope: Scope) => Value;
}

export const STRING: Accepts = ['string'];
export const INTEGER: Accepts = ['integer'];
export const BOOLEAN: Accepts = ['boolean'];
export const ARRAY: Accepts = ['array'];
export const OBJECT: Accepts = ['object'];
/** Everything that can be an element. */
export const ELEMENT: Accepts = ['string', 'number', 'object', 'array', 'secure'];
export const ANY: Accepts = ['string', 'number', 'boolean', 'null', 'object', 'array', 'secure'];

const INT64 = 2n ** 63n;

/** How many arguments a function takes at most. */
export function arityMax({ args, optional = [], rest }: DscFunction): number {
  return rest === undefined ? args.length + optional.length : Number.POSITIVE_INFINITY;
}

/** Checks the number of arguments of a call; what is wrong with it is thrown as DSC_EXPRESSION. */
export function checkArity(each: DscFunction, count: number): void {
  const min = each.args.length;
  const max = arityMax(each);
  if (count >= min && count <= max) return;
  const wanted = max === Number.POSITIVE_INFINITY ? `at least ${min}` : min === max ? String(min) : `${min} to ${max}`;
  fail(`${each.name}() takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${count}`, { hint: each.syntax });
}

/** Checks the kind of every argument. Throws DSC_EXPRESSION. */
export function checkKinds(each: DscFunction, args: readonly Value[]): void {
  const accepted = [...each.args, ...(each.optional ?? [])];
  args.forEach((value, index) => {
    const accepts = accepted[index] ?? each.rest ?? [];
    if (accepts.some((kind) => isOfKind(value, kind))) return;
    const wanted = accepts.filter((kind) => kind !== 'secure').join(' or ');
    fail(`argument ${index + 1} of ${each.name}() must be ${wanted}, and is ${kindWords(value)}`, { hint: each.syntax });
  });
}

function isOfKind(value: Value, kind: Kind | 'integer'): boolean {
  return kind === 'integer' ? typeof value === 'bigint' : kindOf(value) === kind;
}

/** An argument that was checked to be a text. */
export function textArgument(value: Value | undefined): string {
  assert(typeof value === 'string', 'the argument is a text');
  return value;
}

/** An argument that was checked to be an integer. */
export function integerArgument(value: Value | undefined): bigint {
  assert(typeof value === 'bigint', 'the argument is an integer');
  return value;
}

/** An argument that was checked to be an array. */
export function listArgument(value: Value | undefined): readonly Value[] {
  assert(isList(value), 'the argument is an array');
  return value;
}

/** An argument that was checked to be an object. */
export function mapArgument(value: Value | undefined): ValueMap {
  assert(isMap(value), 'the argument is an object');
  return value;
}

/** A text, number or boolean as text. */
export function scalarText(value: Value | undefined): string {
  assert(value !== null && value !== undefined && typeof value !== 'object', 'the value is a text, a number or a boolean');
  return typeof value === 'string' ? value : value.toString();
}

/** An integer that fits 64 bits. Throws DSC_EXPRESSION for others. */
export function int64(value: bigint): bigint {
  return value >= -INT64 && value < INT64 ? value : fail('the result does not fit 64 bits');
}

/** An integer argument as a number within bounds; a value outside them gives the nearer bound. */
export function clamped(value: bigint, min: number, max: number): number {
  if (value < BigInt(min)) return min;
  return value > BigInt(max) ? max : Number(value);
}
