import type { JsonValue } from '../json.ts';

/** Why something was not observed. `failed` carries the exit status of the probe, for example `failed(70)`. */
export type UnknownReason =
  | 'timeout'
  | 'noTool'
  | 'noPermission'
  | 'unsupported'
  | 'tooBig'
  | 'truncated'
  | 'corrupt'
  | 'unparsable'
  | 'transport'
  | `failed(${number})`;

/** One observation of a target: a value, proof that there is none, or not known and why. */
export type Fact =
  | { readonly state: 'value'; readonly value: JsonValue }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly reason: UnknownReason };

/** A kind of observation: a constant shell body, and the decoder of what it prints. */
export interface ProbeKind {
  readonly name: string;
  /**
   * POSIX sh with arguments in `$1` and on. Exit 0 with output is a value, 10 proof of absence, 11 no tool, 12 no permission, 13 not
   * supported, 14 too big; anything else is a failure. `need` and `why` are there.
   */
  readonly body: string;
  /** The value of the output, or undefined when the output is not fully recognised. */
  readonly decode: (output: string, args: readonly string[]) => JsonValue | undefined;
  /** The same for several requests by one process. */
  readonly many?: ManyProbe;
}

/** How one process observes many things of a kind. What it does not tell beyond doubt is asked again alone, so it may only be faster. */
export interface ManyProbe {
  /** As `body` of the kind, with the arguments of all requests; `many` is there and keeps what a tool says apart from what it finds. */
  readonly body: string;
  /** Requests with the same text share a process, those with undefined are asked alone. All share one when this is not given. */
  readonly together?: (args: readonly string[]) => string | undefined;
  /** The arguments of the process; one request's after the other when this is not given. */
  readonly argsOf?: (asked: readonly (readonly string[])[]) => readonly string[];
  /** One fact for each request, in their order; undefined where the output leaves any doubt. */
  readonly decode: (output: string, asked: readonly (readonly string[])[]) => readonly (Fact | undefined)[];
}

/** One observation that a document needs. */
export interface ProbeRequest {
  readonly kind: ProbeKind;
  readonly args: readonly string[];
}

/** The name of an observation: requests of the same kind and arguments are asked once. */
export function requestKey(request: ProbeRequest): string {
  return [request.kind.name, ...request.args].join('\n');
}

/** Looks up what was observed; what nobody observed is unknown. */
export type Facts = (request: ProbeRequest) => Fact;

/** A lookup over facts by request key. */
export function factsOf(known: ReadonlyMap<string, Fact>): Facts {
  return (request) => known.get(requestKey(request)) ?? { state: 'unknown', reason: 'truncated' };
}
