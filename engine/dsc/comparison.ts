import { canonicalJson, type JsonValue } from '../json.ts';
import type { Outcome } from './compare.ts';
import { isDifference, type Verdict } from './verdict.ts';

/** How one property of two machines stands. `expectedButSame` was to differ and does not. */
export type Comparison =
  | 'valueDiffers'
  | 'leftOnlyDrifted'
  | 'rightOnlyDrifted'
  | 'bothDrifted'
  | 'unknown'
  | 'expected'
  | 'expectedButSame';

/** One property that is not the same, or was not to be. */
export interface ComparedProperty {
  readonly resource: string;
  readonly path: string;
  readonly kind: Comparison;
  readonly desired: JsonValue;
  readonly left?: JsonValue;
  readonly right?: JsonValue;
}

/** A replica is as good as its original unless one of these is found. */
const AGAINST: readonly Comparison[] = ['valueDiffers', 'rightOnlyDrifted', 'unknown'];

/** True when nothing stands against taking the right machine for the left one. */
export function isSame(differences: readonly ComparedProperty[]): boolean {
  return differences.every(({ kind }) => !AGAINST.includes(kind));
}

/**
 * Compares two verdicts of one document, property by property. `expected` are selectors `type:name` or `type:name/path`, with `*` in the
 * name, of what has to differ. What nobody observed is unknown, also where a difference is expected.
 */
export function compareMachines(left: Verdict, right: Verdict, expected: readonly string[]): readonly ComparedProperty[] {
  const rights = new Map(right.resources.flatMap(({ id, outcomes }) => outcomes.map((outcome) => [`${id} ${outcome.path}`, outcome])));
  const selectors = expected.map(selectorOf);
  return left.resources.flatMap(({ id, outcomes }) => {
    // A property without its counterpart belongs to a thing that is missing there, which has a line of its own.
    return outcomes.flatMap((outcome): readonly ComparedProperty[] => {
      const other = rights.get(`${id} ${outcome.path}`);
      if (other === undefined) return [];
      const found = standing(outcome, other);
      const isExpected = selectors.some((selector) => selector.test(id) || selector.test(`${id}${outcome.path}`));
      const kind = isExpected && found !== 'unknown' ? (found === 'same' ? 'expectedButSame' : 'expected') : found;
      return kind === 'same' ? [] : [property(id, { outcome, other, kind })];
    });
  });
}

function property(
  resource: string,
  { outcome, other, kind }: { readonly outcome: Outcome; readonly other: Outcome; readonly kind: Comparison },
): ComparedProperty {
  return {
    resource,
    path: outcome.path,
    kind,
    desired: outcome.desired,
    ...(outcome.actual === undefined ? {} : { left: outcome.actual }),
    ...(other.actual === undefined ? {} : { right: other.actual }),
  };
}

function standing(left: Outcome, right: Outcome): Comparison | 'same' {
  if (left.kind === 'unknown' || right.kind === 'unknown') return 'unknown';
  const alike = left.kind === right.kind && canonicalJson(left.actual ?? null) === canonicalJson(right.actual ?? null);
  if (isDifference(left) !== isDifference(right)) return isDifference(left) ? 'leftOnlyDrifted' : 'rightOnlyDrifted';
  if (!alike) return 'valueDiffers';
  return isDifference(left) ? 'bothDrifted' : 'same';
}

function selectorOf(text: string): RegExp {
  return new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('[^/]*')}$`,
  );
}
