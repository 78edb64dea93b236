import type { Plan } from '../plan/plan-record.ts';

/** What a runbook is now: the digest of its text, those of documents by path, and its machines where they were resolved since. */
export interface RunbookNow {
  readonly digest: string;
  readonly documents: ReadonlyMap<string, string>;
  /** A plan that was made after the drill, with the same sets. */
  readonly plan?: Pick<Plan, 'sets'>;
}

/** What differs between the plan that a drill ran and what stands now, in words; empty when nothing that is known does. */
export function changesSince(drill: Pick<Plan, 'runbookDigest' | 'documents' | 'sets'>, now: RunbookNow): readonly string[] {
  const runbook = drill.runbookDigest === now.digest ? [] : ['the runbook was changed'];
  const documents = Object.entries(drill.documents).flatMap(([path, digest]) =>
    now.documents.get(path) === digest ? [] : [`${path} ${now.documents.has(path) ? 'was changed' : 'is gone'}`],
  );
  return [...runbook, ...documents, ...setChanges(drill.sets, now.plan?.sets ?? {})];
}

function setChanges(before: Plan['sets'], after: Plan['sets']): readonly string[] {
  return Object.entries(before).flatMap(([name, set]) => {
    const now = after[name];
    // A sample is drawn anew each time: other machines of the same set are no change.
    if (now === undefined || set.sample !== undefined) return [];
    const old = new Map(set.targets.map(({ lockId, name: machine }) => [lockId, machine]));
    const left = new Map(now.targets.map(({ lockId, name: machine }) => [lockId, machine]));
    const added = [...left].flatMap(([id, machine]) => (old.has(id) ? [] : [machine]));
    const removed = [...old].flatMap(([id, machine]) => (left.has(id) ? [] : [machine]));
    return [
      ...(added.length === 0 ? [] : [`new in ${name}: ${added.join(', ')}`]),
      ...(removed.length === 0 ? [] : [`no more in ${name}: ${removed.join(', ')}`]),
    ];
  });
}
