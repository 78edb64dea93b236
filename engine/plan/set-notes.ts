import { readConfiguration } from '../dsc/document.ts';
import { neverSet } from '../dsc/set-plan.ts';
import type { Step } from '../language/runbook.ts';

/** What the documents of a plan want and no set could ever do, so that its reader knows before anything is run. */
export function setNotes(steps: readonly Step[], configurations: Readonly<Record<string, string>>): readonly string[] {
  const sets = steps.some(({ body }) => body.kind === 'uses' && body.action === 'dsc.set@1');
  if (!sets) return [];
  return Object.entries(configurations).flatMap(([path, text]) =>
    (readConfiguration({ path, text }, [])?.instances ?? []).flatMap((instance) =>
      neverSet(instance).map((one) => `${path}:${instance.at.line}: ${instance.id}${one.path} is checked and never set: ${one.why}`),
    ),
  );
}
