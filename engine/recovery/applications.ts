import type { LoadedRunbook } from '../language/load.ts';
import type { Purpose, Runbook } from '../language/runbook.ts';

/** What is recovered together: the runbooks that carry one `app` label, or that name the same recovery plan. */
export interface Application {
  readonly name: string;
  readonly runbooks: readonly LoadedRunbook[];
}

const RECOVERY: readonly Purpose[] = ['drill', 'failover', 'failback'];

/**
 * The applications of a project, by name. An application is the label `app` of its runbooks; runbooks that name the same recovery plan
 * belong together even without it. Groups without a drill, failover or failback are none.
 */
export function applicationsOf(runbooks: Iterable<LoadedRunbook>): readonly Application[] {
  const groups: { readonly marks: Set<string>; readonly runbooks: LoadedRunbook[] }[] = [];
  for (const loaded of runbooks) {
    const marks = marksOf(loaded.runbook);
    const joined = groups.filter((group) => marks.some((mark) => group.marks.has(mark)));
    for (const group of joined) groups.splice(groups.indexOf(group), 1);
    groups.push({
      marks: new Set([...marks, ...joined.flatMap((group) => [...group.marks])]),
      runbooks: [...joined.flatMap((group) => group.runbooks), loaded],
    });
  }
  return groups
    .map((group) => group.runbooks.toSorted((left, right) => (left.runbook.name < right.runbook.name ? -1 : 1)))
    .filter((group) => group.some(({ runbook }) => isRecovery(runbook)))
    .map((group) => ({ name: nameOf(group), runbooks: group }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** True for runbooks whose readiness is that of their application. */
export function isRecovery({ purposes }: Pick<Runbook, 'purposes'>): boolean {
  return purposes.some((purpose) => RECOVERY.includes(purpose));
}

/** True for runbooks that prove an application by a drill. */
export function isDrill({ purposes }: Pick<Runbook, 'purposes'>): boolean {
  return purposes.includes('drill');
}

function marksOf({ name, labels, targets }: Runbook): readonly string[] {
  const app = labels['app'];
  const plans = Object.values(targets).flatMap(({ source }) =>
    source.kind === 'recovery_plan'
      ? [`plan ${source.subscription}/${source.resourceGroup}/${source.vault}/${source.name}`.toLowerCase()]
      : [],
  );
  const marks = [...(app === undefined ? [] : [`app ${app}`]), ...plans];
  return marks.length === 0 ? [`runbook ${name}`] : marks;
}

function nameOf(runbooks: readonly LoadedRunbook[]): string {
  const labels = runbooks.flatMap(({ runbook }) => runbook.labels['app'] ?? []).toSorted();
  return labels[0] ?? runbooks[0]?.runbook.name ?? '';
}
