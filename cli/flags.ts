import { RunwardError } from '../engine/errors.ts';

/** The flags of one command as commander hands them over. */
export type Flags = Readonly<Record<string, unknown>>;

/** A flag with a text; undefined when it was not given. */
export function textFlag(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** A flag without a value. */
export function isOn(flags: Flags, name: string): boolean {
  return flags[name] === true;
}

/** A flag with a whole number within bounds. Throws USAGE_FLAG naming the flag. */
export function countFlag(flags: Flags, name: string, bounds: { readonly flag: string; readonly max: number }): number {
  const text = textFlag(flags, name) ?? '';
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= bounds.max) return count;
  throw new RunwardError('USAGE_FLAG', `${bounds.flag}: "${text}" is not a whole number from 1 to ${bounds.max}`);
}

/** An argument that commander has made sure of. */
export function argument(args: readonly unknown[], at: number): string {
  const value = args[at];
  return typeof value === 'string' ? value : '';
}

/** Only the members that are there: what a request says must not hold `undefined`. */
export function given<Members extends Readonly<Record<string, unknown>>>(
  members: Members,
): { readonly [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    readonly [Name in keyof Members]?: Exclude<Members[Name], undefined>;
  };
}

/** Collects a flag that may be repeated. */
export function repeated(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}

/** The values of a flag that may be repeated. */
export function pairsOf(flags: Flags, name: string): readonly string[] {
  const values = flags[name];
  return Array.isArray(values) ? values.map(String) : [];
}
