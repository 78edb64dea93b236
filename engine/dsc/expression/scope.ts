import type { Value, ValueMap } from './value.ts';

/** Where an expression stands; decides which functions may be called. */
export type Place = 'default' | 'variable' | 'function' | 'name' | 'resource' | 'output';

/** What only a target, or a run that has reached it, can answer. A question without an answer here is not available. */
export interface TargetAnswers {
  readonly context?: () => Value;
  readonly envvar?: (name: string) => Value;
  readonly tryWhich?: (name: string) => Value;
  readonly systemRoot?: () => Value;
  readonly reference?: (id: string) => Value;
  readonly stdout?: () => Value;
  readonly secret?: (name: string, vault: string | undefined) => Value;
  readonly stateChanged?: (id: string) => Value;
  readonly restartRequired?: (kind: string, name: string | undefined) => Value;
}

/** A function that a document defines. */
export interface UserFunction {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: ParameterType }[];
  readonly output: { readonly type: ParameterType; readonly value: Value };
}

/** The types of parameters, written exactly so. */
export const PARAMETER_TYPES = ['string', 'secureString', 'int', 'bool', 'object', 'secureObject', 'array'] as const;

export type ParameterType = (typeof PARAMETER_TYPES)[number];

/** Everything that an expression can read. */
export interface Scope {
  readonly place: Place;
  readonly parameters: ValueMap;
  readonly variables: ValueMap;
  readonly functions: ReadonlyMap<string, UserFunction>;
  readonly answers: TargetAnswers;
  /** The turn of the `copy` that the expression stands in. */
  readonly loop?: { readonly name: string; readonly index: bigint };
  readonly lambda?: ValueMap;
  /** What all expressions of a document together may still do, in calls. */
  readonly work?: { left: number };
  /** Milliseconds since 1970; absent where nothing may depend on the time. */
  readonly nowMs?: number;
}
