import { canonicalJson } from '../json.ts';
import type { Outcome } from './compare.ts';
import type { Configuration } from './document.ts';
import type { Instance } from './instance.ts';
import type { CannotSet, Differing, SetCommand } from './setting.ts';
import { isDifference, type Verdict } from './verdict.ts';

/** What is done about one instance that drifted. */
export interface PlannedSet {
  readonly id: string;
  /** Its place in the document, from 1. */
  readonly number: number;
  /** The numbers of planned instances that it depends on, directly or through others. */
  readonly after: readonly number[];
  readonly commands: readonly SetCommand[];
  readonly cannot: readonly CannotSet[];
}

/** The properties that differ, by instance. What was not observed does not differ: it is never touched. */
export function differingIn(verdict: Verdict): ReadonlyMap<string, Differing> {
  return new Map(
    verdict.resources.flatMap(({ id, outcomes }) => {
      const different = outcomes.filter(isDifference).map(({ path, kind }) => [path, kind] as const);
      return different.length === 0 ? [] : [[id, new Map(different)]];
    }),
  );
}

/** What takes these differences away: every instance that has one, in the order of dependencies. */
export function planSets(configuration: Configuration, differing: ReadonlyMap<string, Differing>): readonly PlannedSet[] {
  const drifted = configuration.instances.filter(({ id }) => differing.has(id));
  const number = ({ index }: Instance): number => index + 1;
  return drifted.map((instance) => {
    const needed = neededBy(instance, configuration);
    const setting = instance.type.setting(instance.properties as never, differing.get(instance.id) ?? new Map());
    const after = drifted.filter(({ id }) => needed.has(id)).map(number);
    return { id: instance.id, number: number(instance), after, ...setting };
  });
}

function neededBy(instance: Instance, { instances }: Configuration): ReadonlySet<string> {
  const needed = new Set<string>();
  const open = [...instance.dependsOn];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    open.push(...(instances.find((other) => other.id === id)?.dependsOn ?? []));
  }
  return needed;
}

/** What of an instance could never be set, whatever a machine looks like: told before anything is run. */
export function neverSet({ type, properties }: Pick<Instance, 'type' | 'properties'>): readonly CannotSet[] {
  const wanted = Object.keys(properties).filter((key) => !type.keys.includes(key));
  const all: Differing =
    properties['_exist'] === false ? new Map([['/_exist', 'unexpected']]) : new Map(wanted.map((key) => [`/${key}`, 'changed']));
  return type.setting(properties as never, all).cannot;
}

/** The name of a plan: the digest of everything that would be run. */
export function setPlanHash(sets: readonly PlannedSet[], sha256: (text: string) => string): string {
  const written = sets.map(({ id, after, commands, cannot }) => ({
    id,
    after,
    commands: commands.map(({ kind, args, input }) => ({ kind: kind.name, args, ...(input === undefined ? {} : { input }) })),
    cannot: cannot.map(({ path, why }) => ({ path, why })),
  }));
  return `sha256:${sha256(canonicalJson(written))}`;
}

/**
 * Why a plan made from an earlier check no longer holds; undefined while it does. What has become as desired meanwhile needs nothing and
 * harms nothing; anything else that is not as it was then does.
 */
export function staleSince(planned: Verdict, now: Verdict): string | undefined {
  const then = new Map(planned.resources.flatMap(({ id, outcomes }) => outcomes.map((outcome) => [`${id} ${outcome.path}`, outcome])));
  for (const { id, outcomes } of now.resources) {
    for (const outcome of outcomes) {
      if (outcome.kind === 'equal') continue;
      const before = then.get(`${id} ${outcome.path}`);
      if (before === undefined || seenIn(before) !== seenIn(outcome)) return `${id}: ${outcome.phrase}`;
    }
  }
  return undefined;
}

function seenIn({ kind, actual }: Outcome): string {
  return canonicalJson([kind, ...(actual === undefined ? [] : [actual])]);
}
