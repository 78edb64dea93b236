/** Who or what has set the kill switch. Times are milliseconds since 1970. */
export interface KillSwitch {
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
  /** The first of two people who must agree before it goes off. */
  readonly offAskedBy?: string;
}

/** A time in which no change may start in these environments, from a calendar or from a person. */
export interface Freeze {
  readonly id: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
  readonly environments: readonly string[];
  /** The person who added it, or `calendar <name>`. */
  readonly by: string;
  /** The first of two people who must agree before it is removed. */
  readonly removalAskedBy?: string;
}

/** What stops changes right now, as this process knows it. */
export interface StopFacts {
  /** Why nothing may be changed anywhere; absent when the switch is known to be off. */
  readonly kill?: {
    readonly reason: string;
    readonly by: string;
    /** Nobody has set it: it could not be read, which counts as on. */ readonly unreadable?: boolean;
  };
  readonly freezes: readonly Freeze[];
}

/** What stops changes, read a moment ago: asking costs nothing and may stand beside a send. */
export interface Stops {
  readonly now: () => StopFacts;
}

/** The freeze of an environment that ends last, if one holds now. */
export function freezeOf(facts: StopFacts, environment: string, nowMs: number): Freeze | undefined {
  return facts.freezes
    .filter((freeze) => freeze.environments.includes(environment) && freeze.fromMs <= nowMs && nowMs < freeze.toMs)
    .toSorted((left, right) => right.toMs - left.toMs)[0];
}
