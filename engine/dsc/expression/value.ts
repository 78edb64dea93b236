/** A value of the document language. Integers are bigint, floats number; maps keep the order in which they were written. */
export type Value = null | boolean | bigint | number | string | readonly Value[] | ValueMap | SecureValue | LambdaValue;

/** An object: any text is an ordinary key. */
export type ValueMap = ReadonlyMap<string, Value>;

/** A secret. What it holds is behind a function, so that printing, logging and storing it shows a mark and nothing else. */
export interface SecureValue {
  readonly kind: 'secure';
  readonly type: 'secureString' | 'secureObject';
  readonly reveal: () => Value;
  readonly toJSON: () => string;
}

/** A function of one or two parameters: the element, and its place. */
export interface LambdaValue {
  readonly kind: 'lambda';
  readonly apply: (element: Value, index: bigint) => Value;
}

/** What functions ask of their arguments. */
export type Kind = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object' | 'secure' | 'lambda';

/** What a secret shows instead of itself. */
export const SECURE_MARK = '<secureValue>';

/** The kind of a value. */
export function kindOf(value: Value): Kind {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'bigint' || typeof value === 'number') return 'number';
  if (isList(value)) return 'array';
  return value instanceof Map ? 'object' : (value as SecureValue | LambdaValue).kind;
}

/** True for arrays. */
export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** True for objects. */
export function isMap(value: Value | undefined): value is ValueMap {
  return value instanceof Map;
}

/** True for secrets. */
export function isSecure(value: Value | undefined): value is SecureValue {
  return value !== undefined && kindOf(value) === 'secure';
}

/** True where a secret stands anywhere in a value. */
export function holdsSecure(value: Value): boolean {
  if (isList(value)) return value.some(holdsSecure);
  return isMap(value) ? [...value.values()].some(holdsSecure) : isSecure(value);
}

/** A secret around a text or an object; around the elements of an array. What tells nothing by itself stays as it is. */
export function secured(value: Value): Value {
  if (isList(value)) return value.map(secured);
  const type = typeof value === 'string' ? 'secureString' : isMap(value) ? 'secureObject' : undefined;
  return type === undefined ? value : { kind: 'secure', type, reveal: () => value, toJSON: () => SECURE_MARK };
}

/** Deep equality without conversion between kinds; numbers are equal when they are mathematically equal, objects whatever their order. */
export function isEqual(left: Value, right: Value): boolean {
  if (isList(left))
    return isList(right) && left.length === right.length && left.every((item, index) => isEqual(item, right[index] ?? null));
  if (isMap(left)) {
    if (!isMap(right) || left.size !== right.size) return false;
    return [...left].every(([key, item]) => right.has(key) && isEqual(item, right.get(key) ?? null));
  }
  const kind = kindOf(left);
  if (kind !== kindOf(right)) return false;
  // oxlint-disable-next-line eqeqeq -- an integer and a float are equal by value
  return kind === 'number' ? left == right : left === right;
}

/** A text that two values share exactly when they are equal: sets of many values are compared by it. */
export function equalityKey(value: Value): string {
  if (isList(value)) return `[${value.map(equalityKey).join(',')}]`;
  if (isMap(value)) {
    const sorted = [...value].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return `{${sorted.map(([key, item]) => `${JSON.stringify(key)}:${equalityKey(item)}`).join(',')}}`;
  }
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value).toString() : String(value);
  if (value !== null && typeof value === 'object') return `#${identityOf(value)}`;
  return String(value);
}

// A secret is equal to itself only: what it holds decides nothing.
function identityOf(value: SecureValue | LambdaValue): number {
  const known = identities.get(value);
  if (known !== undefined) return known;
  identityCount += 1;
  identities.set(value, identityCount);
  return identityCount;
}

const identities = new WeakMap<object, number>();
let identityCount = 0;

/** How much a value would be if it were written out: characters and elements. Counted once for parts that are used often. */
export function weightOf(value: Value): number {
  if (typeof value === 'string') return value.length + 1;
  if (!isList(value) && !isMap(value)) return 1;
  const known = weights.get(value);
  if (known !== undefined) return known;
  let weight = 1;
  if (isList(value)) for (const item of value) weight += weightOf(item);
  else for (const [key, item] of value) weight += key.length + weightOf(item);
  weights.set(value, weight);
  return weight;
}

const weights = new WeakMap<object, number>();
