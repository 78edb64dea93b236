import type { PlanRow, PlanRowKind } from '../engine/plan/plan-record.ts';
import type { Severity } from '../engine/actions/action.ts';
import { tableText } from './terminal.ts';

/** A plan as the API shows it. */
export interface PlanView {
  readonly planHash: string;
  readonly runbook: string;
  readonly purpose: string;
  readonly environment: string;
  readonly severity: Severity;
  readonly counts: Readonly<Record<PlanRowKind, number>>;
  readonly steps: readonly PlanRow[];
  readonly notes: readonly string[];
  readonly simulatedScale?: number;
  readonly expiresAt?: string;
}

/** The steps of a plan as a table. */
export function planTable(plan: Pick<PlanView, 'steps'>): string {
  const rows = plan.steps.map((row) => [
    row.kind,
    `${'  '.repeat(row.depth)}${row.path.slice(row.path.lastIndexOf('/') + 1)}`,
    row.targets === undefined ? '-' : String(row.targets),
    row.effect ?? '-',
    row.severity ?? '-',
    [row.section === 'steps' ? '' : row.section, row.condition === 'always' ? '' : `if: ${row.condition}`, row.note ?? '']
      .filter((text) => text !== '')
      .join(' · '),
  ]);
  return tableText(['KIND', 'STEP', 'TARGETS', 'CLASS', 'SEVERITY', 'NOTE'], rows);
}

/** What a plan is, in one line. */
export function planSummary(plan: PlanView): string {
  const { READ, MUTATES, UNKNOWN, GATE } = plan.counts;
  const counts = [`${MUTATES} mutate`, `${UNKNOWN} unknown`, `${READ} read`, `${GATE} ${GATE === 1 ? 'gate' : 'gates'}`].join(', ');
  const name = plan.planHash === '' ? plan.runbook : `plan ${plan.planHash.slice(0, 8)}`;
  return `${name} · ${plan.severity} · ${plan.purpose} in ${plan.environment} · ${counts}`;
}

/** True when a run of the plan changes something or may do so. */
export function changesSomething(plan: Pick<PlanView, 'counts'>): boolean {
  return plan.counts.MUTATES + plan.counts.UNKNOWN > 0;
}
