import type { Outcome } from './compare.ts';

/** A kind of change: a constant shell body. */
export interface SetKind {
  readonly name: string;
  /**
   * POSIX sh with arguments in `$1` and on. Doing it twice must be the same as doing it once. Exit 0 says that every command of it said so;
   * whether the thing is as desired is told by the next look at it. `need` and `fail` are there.
   */
  readonly body: string;
  /** How long it may take. */
  readonly seconds: number;
}

/** One change of a target. Arguments and input are quoted and never part of a body. */
export interface SetCommand {
  readonly kind: SetKind;
  readonly args: readonly string[];
  /** What the body reads from its standard input. */
  readonly input?: string;
  /** What it does, for people: `chmod 0644 /etc/passwd`. */
  readonly summary: string;
}

/** A difference that a type cannot take away, by the pointer of its property. */
export interface CannotSet {
  readonly path: string;
  readonly why: string;
}

/** How an instance is brought to its desired state: commands in their order, and what none of them can do. */
export interface Setting {
  readonly commands: readonly SetCommand[];
  readonly cannot: readonly CannotSet[];
}

/** The properties that differ, by pointer. */
export type Differing = ReadonlyMap<string, Outcome['kind']>;

/** A setting of commands alone. */
export function commands(...list: readonly (SetCommand | undefined)[]): Setting {
  return { commands: list.filter((one) => one !== undefined), cannot: [] };
}

/** A setting that can do nothing about these properties. */
export function cannotSet(paths: Iterable<string>, why: string): Setting {
  return { commands: [], cannot: [...paths].map((path) => ({ path, why })) };
}

/** Several settings, one after the other. */
export function together(...parts: readonly Setting[]): Setting {
  return { commands: parts.flatMap((part) => part.commands), cannot: parts.flatMap((part) => part.cannot) };
}
