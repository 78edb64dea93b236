import type { JsonValue } from '../json.ts';
import type { Fact } from './fact.ts';

/** How one wanted property stands to what was observed. */
export interface Outcome {
  /** JSON Pointer (RFC 6901) into the properties. */
  readonly path: string;
  readonly kind: 'equal' | 'changed' | 'missing' | 'unexpected' | 'unknown';
  readonly desired: JsonValue;
  readonly actual?: JsonValue;
  /** `<area>:<property>:<cause>`, stable. */
  readonly code: string;
  /** One sentence for people. */
  readonly phrase: string;
}

/** What is compared: `area` names the type in reason codes, `what` the thing in sentences. */
export interface Compared {
  readonly area: string;
  readonly what: string;
  readonly property: string;
  readonly desired: JsonValue;
}

/** One property with one desired value. `read` takes the property out of the fact's value; undefined means that it cannot be told. */
export function compareValue(
  compared: Compared,
  fact: Fact,
  options: {
    readonly read?: (value: JsonValue) => JsonValue | undefined;
    readonly equal?: (actual: JsonValue, desired: JsonValue) => boolean;
  } = {},
): Outcome {
  const { desired, property, what } = compared;
  if (fact.state === 'unknown') return unknown(compared, fact.reason);
  if (fact.state === 'absent') return outcome(compared, 'missing', `${what} has no ${property}, desired ${shown(desired)}`);
  const actual = options.read === undefined ? fact.value : options.read(fact.value);
  if (actual === undefined) return unknown(compared, 'unsupported');
  const equal = options.equal ?? ((left: JsonValue, right: JsonValue) => left === right);
  if (equal(actual, desired)) return outcome(compared, 'equal', `${property} of ${what} is as desired`, actual);
  return outcome(compared, 'changed', `${property} of ${what} is ${shown(actual)}, desired ${shown(desired)}`, actual);
}

/** A property that nobody could observe: neither equal nor different. */
export function unknown(compared: Compared, reason: string): Outcome {
  return {
    ...outcome(compared, 'unknown', `${compared.property} of ${compared.what} was not observed: ${reason}`),
    code: `${compared.area}:${compared.property}:${reason}`,
  };
}

/** An outcome with its reason code and sentence. */
export function outcome(compared: Compared, kind: Outcome['kind'], phrase: string, actual?: JsonValue): Outcome {
  const { area, property, desired } = compared;
  const path = `/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return { path, kind, desired, ...(actual === undefined ? {} : { actual }), code: `${area}:${property}:${kind}`, phrase };
}

/**
 * Whether the thing exists as desired. `done` is true when no other property is to be compared: the thing is not there, or must not be,
 * or nobody knows.
 */
export function compareExistence(
  compared: { readonly area: string; readonly what: string; readonly exist: boolean },
  fact: Fact,
): { readonly outcomes: readonly Outcome[]; readonly done: boolean } {
  const { area, what, exist } = compared;
  const asked = { area, what, property: '_exist', desired: exist };
  if (fact.state === 'unknown') return { outcomes: [unknown(asked, fact.reason)], done: true };
  const there = fact.state === 'value';
  if (there === exist) return { outcomes: [outcome(asked, 'equal', `${what} is as desired`, there)], done: !exist };
  return exist
    ? { outcomes: [outcome(asked, 'missing', `${what} is not there`, false)], done: true }
    : { outcomes: [outcome(asked, 'unexpected', `${what} is there and must not be`, true)], done: true };
}

function shown(value: JsonValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const characters = Array.from(text);
  return characters.length <= 80 ? text : `${characters.slice(0, 79).join('')}…`;
}
