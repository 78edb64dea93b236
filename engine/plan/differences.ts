import { canonicalJson, type JsonValue } from '../json.ts';
import type { PlannedMachine } from '../target.ts';
import type { Plan, PlannedSet } from './plan-record.ts';

const SHOWN_MAX = 5;

/** What makes two plans of one runbook different, in words; empty when nothing that a reader would see differs. */
export function planDifferences(before: Plan, after: Plan): readonly string[] {
  return [
    ...changed('runbook', before.definition.name, after.definition.name),
    ...changed('version of runward', before.engine, after.engine),
    ...changed('purpose', before.purpose, after.purpose),
    ...changed('environment', before.environment, after.environment),
    ...changed('text of the runbook', before.runbookDigest.slice(0, 8), after.runbookDigest.slice(0, 8)),
    ...members('input', before.inputs, after.inputs),
    ...members('var', before.vars, after.vars),
    ...names(before.sets, after.sets).flatMap((name) => setDifferences(name, before.sets[name], after.sets[name])),
    ...heldDifferences(before, after),
    ...members('document', shortened(before.documents), shortened(after.documents)),
    ...members('called runbook', digestsOf(before), digestsOf(after)),
    ...members('class of action', before.actions, after.actions),
    ...changed('speed of the simulated estate', before.simulatedScale, after.simulatedScale),
  ];
}

function setDifferences(name: string, before: PlannedSet | undefined, after: PlannedSet | undefined): readonly string[] {
  const ids = (set: PlannedSet | undefined): ReadonlyMap<string, string> =>
    new Map((set?.targets ?? []).map(({ id, key }) => [id.toLowerCase(), key]));
  const [was, is] = [ids(before), ids(after)];
  const gone = [...was].flatMap(([id, key]) => (is.has(id) ? [] : [`- ${key}`]));
  const added = [...is].flatMap(([id, key]) => (was.has(id) ? [] : [`+ ${key}`]));
  const moved = [...gone, ...added];
  if (moved.length > 0) {
    const more = moved.length > SHOWN_MAX ? ` and ${moved.length - SHOWN_MAX} more` : '';
    return [`target set ${name}: ${moved.slice(0, SHOWN_MAX).join(', ')}${more}`];
  }
  const facts = (after?.targets ?? []).flatMap((target) => {
    const old = before?.targets.find(({ id }) => id.toLowerCase() === target.id.toLowerCase());
    const differing = Object.entries(target).filter(([field, value]) => {
      const earlier = old === undefined ? null : (Object.entries(old).find(([own]) => own === field)?.[1] ?? null);
      return canonicalJson(value) !== canonicalJson(earlier);
    });
    return differing.map(([field]) => `${field} of ${target.key}`);
  });
  return facts.length === 0 ? [] : [`target set ${name}: ${facts.slice(0, SHOWN_MAX).join(', ')}`];
}

/** What came into a recovery plan or left it beside the machines of the sets: a failover of the whole plan would move it all the same. */
function heldDifferences(before: Plan, after: Plan): readonly string[] {
  const told = new Set(
    [before, after].flatMap(({ sets }) => Object.values(sets).flatMap(({ targets }) => targets.map(({ lockId }) => lockId))),
  );
  return names(before.recoveryPlans ?? {}, after.recoveryPlans ?? {}).flatMap((planId) => {
    const others = ({ recoveryPlans }: Plan): ReadonlyMap<string, PlannedMachine> =>
      new Map((recoveryPlans?.[planId] ?? []).filter(({ lockId }) => !told.has(lockId)).map((machine) => [machine.lockId, machine]));
    const [was, is] = [others(before), others(after)];
    const gone = [...was].flatMap(([id, { name }]) => (is.has(id) ? [] : [`- ${name}`]));
    const added = [...is].flatMap(([id, { name }]) => (was.has(id) ? [] : [`+ ${name}`]));
    const anew = [...is].flatMap(([id, machine]) => {
      const old = was.get(id);
      return old === undefined || canonicalJson({ ...old }) === canonicalJson({ ...machine }) ? [] : [`protection of ${machine.name}`];
    });
    const all = [...gone, ...added, ...anew];
    const more = all.length > SHOWN_MAX ? ` and ${all.length - SHOWN_MAX} more` : '';
    return all.length === 0 ? [] : [`recovery plan ${planId.split('/').at(-1)}: ${all.slice(0, SHOWN_MAX).join(', ')}${more}`];
  });
}

function digestsOf({ calls }: Plan): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(calls ?? {}).map(([name, { digest }]) => [name, digest.slice(0, 8)]));
}

function shortened(digests: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(digests).map(([path, digest]) => [path, digest.slice(0, 8)]));
}

function members(
  what: string,
  before: Readonly<Record<string, JsonValue | undefined>>,
  after: Readonly<Record<string, JsonValue | undefined>>,
): readonly string[] {
  return names(before, after).flatMap((name) => changed(`${what} ${name}`, before[name], after[name]));
}

function names(before: object, after: object): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
}

function changed(what: string, before: JsonValue | undefined, after: JsonValue | undefined): readonly string[] {
  const [was, is] = [before, after].map((value) => (value === undefined ? 'none' : canonicalJson(value)));
  return was === is ? [] : [`${what}: ${was} → ${is}`];
}
