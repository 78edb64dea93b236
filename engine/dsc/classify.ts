import { canonicalJson, type JsonObject, type JsonValue } from '../json.ts';
import type { Outcome } from './compare.ts';
import type { DriftCheckEntry, DriftClass, DriftRecord, KnownProperty, ResolvedDrift } from './drift-record.ts';
import { SEVERITIES } from './instance.ts';
import { isDifference, type ResourceVerdict, type Verdict } from './verdict.ts';

const CHECKS_KEPT = 50;
const RESOLVED_KEPT = 20;

/** A check to record: its entry without class, and its verdict when the machine was observed. */
export interface DriftCheck {
  readonly key: string;
  readonly document: string;
  readonly parameters?: JsonObject;
  readonly target: DriftRecord['target'];
  readonly entry: Omit<DriftCheckEntry, 'class'>;
  readonly verdict?: Verdict;
  /** The instances that a set of this document has changed since the check before. */
  readonly set?: ReadonlySet<string>;
}

/**
 * The record after one more check. Classes compare with the last verdict that knew the property; what was not observed is stepped over
 * and never starts or ends a drift.
 */
export function advanceDrift(before: DriftRecord | undefined, check: DriftCheck): DriftRecord {
  const { entry, verdict, set = NOTHING_SET } = check;
  const known = verdict === undefined ? (before?.known ?? []) : knownAfter(before, { verdict, atMs: entry.atMs, set });
  const drifted = known.filter((property) => property.drifted);
  const worst = worstClass(verdict === undefined ? [] : drifted.filter((property) => isOpen(property, verdict)));
  const checks = (before?.checks ?? []).filter((earlier) => earlier.check !== entry.check);
  const resolved = verdict === undefined ? [] : resolvedBy(before, known, { atMs: entry.atMs, set });
  const lastCompliantAtMs = entry.status === 'compliant' ? entry.atMs : before?.lastCompliantAtMs;
  return {
    schema: 1,
    key: check.key,
    rev: (before?.rev ?? 0) + 1,
    document: check.document,
    ...(check.parameters === undefined ? {} : { parameters: check.parameters }),
    target: check.target,
    status: entry.status,
    sinceMs: before?.status === entry.status ? before.sinceMs : entry.atMs,
    ...(lastCompliantAtMs === undefined ? {} : { lastCompliantAtMs }),
    known,
    unobserved: verdict === undefined ? [] : unobservedIn(verdict),
    resolved: [...(before?.resolved ?? []), ...resolved].slice(-RESOLVED_KEPT),
    checks: [...checks, { ...entry, ...(worst === undefined ? {} : { class: worst }) }].slice(-CHECKS_KEPT),
  };
}

const NOTHING_SET: ReadonlySet<string> = new Set();

interface Look {
  readonly verdict: Verdict;
  readonly atMs: number;
  readonly set: ReadonlySet<string>;
}

function knownAfter(before: DriftRecord | undefined, { verdict, atMs, set }: Look): readonly KnownProperty[] {
  const earlier = new Map((before?.known ?? []).map((property) => [keyOf(property), property]));
  const seen = new Map<string, KnownProperty>();
  for (const resource of verdict.resources) {
    for (const outcome of resource.outcomes) {
      if (outcome.kind === 'unknown') continue;
      const previous = earlier.get(keyOf({ id: resource.id, path: outcome.path }));
      const property = classified(previous, { resource, outcome, engine: verdict.inputs.engine, atMs, isSet: set.has(resource.id) });
      seen.set(keyOf(property), property);
    }
  }
  // What this check could not tell keeps what was known of it, as long as the document still wants it.
  const kept = [...earlier.values()].filter((property) => !seen.has(keyOf(property)) && isStillWanted(property, verdict));
  return [...seen.values(), ...kept].toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}

interface Now {
  readonly resource: ResourceVerdict;
  readonly outcome: Outcome;
  readonly engine: string;
  readonly atMs: number;
  /** The last change of the actual value may be our own. */
  readonly isSet: boolean;
}

function classified(previous: KnownProperty | undefined, now: Now): KnownProperty {
  const { resource, outcome, engine } = now;
  const head = {
    id: resource.id,
    path: outcome.path,
    desired: outcome.desired,
    ...(outcome.actual === undefined ? {} : { actual: outcome.actual }),
    engine,
    code: outcome.code,
    phrase: outcome.phrase,
    severity: resource.severity,
  };
  if (!isDifference(outcome)) return { ...head, drifted: false };
  return { ...head, drifted: true, ...classOf(previous, now) };
}

type Classed = Pick<KnownProperty, 'class' | 'cause' | 'documentChanged' | 'firstSeenMs' | 'persisting'>;

function classOf(previous: KnownProperty | undefined, { outcome, engine, atMs, isSet }: Now): Classed {
  if (previous === undefined) return { class: 'initial', firstSeenMs: atMs };
  const desiredChanged = !same(previous.desired, outcome.desired);
  // What a set of ours has changed is nobody's unauthorised change.
  const actualChanged = !isSet && !same(previous.actual, outcome.actual);
  const fresh = { firstSeenMs: atMs };
  if (previous.drifted) {
    const since = previous.firstSeenMs ?? atMs;
    if (actualChanged) return { class: 'unauthorised', firstSeenMs: since, ...(desiredChanged ? { documentChanged: true } : {}) };
    if (desiredChanged) return { class: 'intentional', cause: 'document', firstSeenMs: since };
    const { class: kept = 'initial', cause, documentChanged } = previous;
    return {
      class: kept,
      firstSeenMs: since,
      persisting: true,
      ...(cause === undefined ? {} : { cause }),
      ...(documentChanged === undefined ? {} : { documentChanged }),
    };
  }
  if (!desiredChanged) {
    // The same wish and another answer: somebody changed the machine, unless a new engine reads the same value otherwise.
    const engineOnly = !actualChanged && outcome.actual !== undefined && previous.engine !== engine;
    return engineOnly ? { class: 'intentional', cause: 'engine', ...fresh } : { class: 'unauthorised', ...fresh };
  }
  if (!actualChanged || same(outcome.actual, previous.desired)) return { class: 'intentional', cause: 'document', ...fresh };
  return { class: 'unauthorised', documentChanged: true, ...fresh };
}

function resolvedBy(
  before: DriftRecord | undefined,
  known: readonly KnownProperty[],
  at: Pick<Look, 'atMs' | 'set'>,
): readonly ResolvedDrift[] {
  const now = new Map(known.map((property) => [keyOf(property), property]));
  return (before?.known ?? []).flatMap((property): readonly ResolvedDrift[] => {
    const after = now.get(keyOf(property));
    if (!property.drifted || after?.drifted === true) return [];
    const { id, path, class: kept = 'initial', firstSeenMs = at.atMs } = property;
    // A property that the document no longer wants, or wants otherwise while the machine stayed as it was.
    const byDocument = after === undefined || (!same(after.desired, property.desired) && same(after.actual, property.actual));
    const by = at.set.has(id) ? 'set' : byDocument ? 'document' : 'elsewhere';
    return [{ id, path, class: kept, by, firstSeenMs, atMs: at.atMs }];
  });
}

function isStillWanted(property: KnownProperty, verdict: Verdict): boolean {
  const resource = verdict.resources.find(({ id }) => id === property.id);
  if (resource === undefined) return false;
  // A thing that is gone hides its properties; they are remembered until it is back.
  return resource.outcomes.some(
    ({ kind, path }) => path === property.path || (path === '/_exist' && (kind === 'missing' || kind === 'unknown')),
  );
}

function isOpen(property: KnownProperty, verdict: Verdict): boolean {
  const resource = verdict.resources.find(({ id }) => id === property.id);
  return resource?.outcomes.some((outcome) => outcome.path === property.path && isDifference(outcome)) === true;
}

function unobservedIn(verdict: Verdict): DriftRecord['unobserved'] {
  return verdict.resources.flatMap(({ id, outcomes }) =>
    outcomes.filter(({ kind }) => kind === 'unknown').map(({ path, code, phrase }) => ({ id, path, code, phrase })),
  );
}

const WORST_FIRST: readonly DriftClass[] = ['unauthorised', 'initial', 'intentional'];

function worstClass(properties: readonly KnownProperty[]): DriftClass | undefined {
  return WORST_FIRST.find((each) => properties.some((property) => property.class === each));
}

/** The differences of a record, worst severity first. */
export function openDrift(record: DriftRecord): readonly KnownProperty[] {
  const rank = (property: KnownProperty): number => SEVERITIES.indexOf(property.severity);
  return record.known.filter((property) => property.drifted).toSorted((left, right) => rank(left) - rank(right));
}

function keyOf({ id, path }: { readonly id: string; readonly path: string }): string {
  return `${id} ${path}`;
}

function same(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return canonicalJson(left) === canonicalJson(right);
}
