import type { Severity } from '../engine/actions/action.ts';
import type { Estimate } from '../engine/plan/estimate.ts';
import type { PlanRow, PlanRowKind } from '../engine/plan/plan-record.ts';
import { clockText, plainText, tableText } from './terminal.ts';

/** A plan as the API shows it. A draft has no hash and no canonical text. */
export interface PlanView {
  readonly planHash: string;
  readonly runbook: string;
  readonly runbookDigest: string;
  readonly purpose: string;
  readonly environment: string;
  readonly severity: Severity;
  readonly counts: Readonly<Record<PlanRowKind, number>>;
  readonly steps: readonly PlanRow[];
  readonly notes: readonly string[];
  readonly simulatedScale?: number;
  readonly rtoMs?: number;
  readonly estimate?: Estimate;
  readonly expiresAt?: string;
  readonly canonical?: string;
}

const MINUTE_MS = 60_000;
const WAVES_SHOWN_MAX = 6;

/** The steps of a plan as a table; what undoes a step stands beside it. */
export function planTable(plan: Pick<PlanView, 'steps'>): string {
  const rows = plan.steps
    .filter(({ role }) => role !== 'rollback')
    .map((row) => [
      row.kind,
      `${'  '.repeat(row.depth)}${row.path.slice(row.path.lastIndexOf('/') + 1)}`,
      row.targets === undefined ? '-' : String(row.targets),
      row.effect ?? '-',
      row.severity ?? '-',
      plainText([rollbackOf(row, plan.steps), ...notesOf(row)].filter((text) => text !== '').join(' · ') || '-'),
    ]);
  return tableText(['KIND', 'STEP', 'TARGETS', 'CLASS', 'SEVERITY', 'ROLLBACK'], rows);
}

function rollbackOf(row: PlanRow, steps: readonly PlanRow[]): string {
  const own = steps.filter(({ path, role }) => role === 'rollback' && path.startsWith(`${row.path}/rollback/`));
  const names = own.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  if (names.length > 0) return names.join(', ');
  const changes = row.calls === undefined && (row.kind === 'MUTATES' || row.kind === 'UNKNOWN');
  return changes ? 'none' : '';
}

function notesOf(row: PlanRow): readonly string[] {
  return [
    row.section === 'steps' ? '' : row.section,
    row.role === 'on_failure' ? 'when the step above fails' : '',
    row.condition === 'always' ? '' : `if: ${row.condition}`,
    row.waves === undefined ? '' : `waves of ${wavesText(row.waves)}`,
    row.note ?? '',
  ];
}

function wavesText(sizes: readonly number[]): string {
  const shown = sizes.slice(0, WAVES_SHOWN_MAX).join(', ');
  return sizes.length > WAVES_SHOWN_MAX ? `${shown}, … (${sizes.length} waves)` : shown;
}

/** What a plan is, in one line; `nowMs` is the reader's clock. */
export function planSummary(plan: PlanView, nowMs: number): string {
  const { READ, MUTATES, UNKNOWN, GATE } = plan.counts;
  const counts = [`${MUTATES} mutate`, `${UNKNOWN} unknown`, `${READ} read`, `${GATE} ${GATE === 1 ? 'gate' : 'gates'}`].join(', ');
  const name = plan.planHash === '' ? plan.runbook : `plan ${plan.planHash.slice(0, 8)}`;
  const valid = plan.expiresAt === undefined ? [] : [`valid ${validText(Date.parse(plan.expiresAt) - nowMs)}`];
  const place = `${plan.purpose} in ${plan.environment}`;
  return [name, plan.severity, `text ${plan.runbookDigest.slice(0, 7)}`, place, ...valid, counts].join(' · ');
}

/** How long it will take, what was promised, and what a reader must not overlook; empty when there is nothing to say. */
export function planOutlook({ estimate, rtoMs, counts }: Pick<PlanView, 'estimate' | 'rtoMs' | 'counts'>): string {
  return [
    ...(estimate === undefined ? [] : [estimateText(estimate)]),
    ...(rtoMs === undefined ? [] : [`RTO objective ${clockText(rtoMs)}`]),
    ...(counts.UNKNOWN > 0 ? ['UNKNOWN steps may change more than is shown here'] : []),
  ].join(' · ');
}

function estimateText({ fromMs, toMs, medianMs, runs }: Estimate): string {
  const from = runs === 1 ? 'last run' : `last ${runs} runs, median ${durationText(medianMs)}`;
  if (toMs < MINUTE_MS || runs === 1) return `estimated ${durationText(medianMs)} (${from})`;
  const [low, high] = [Math.floor(fromMs / MINUTE_MS), Math.ceil(toMs / MINUTE_MS)];
  return `estimated ${low === high ? low : `${low}-${high}`} min (${from})`;
}

function durationText(ms: number): string {
  return ms < MINUTE_MS ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / MINUTE_MS)} min`;
}

function validText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / MINUTE_MS));
  return minutes >= 120 ? `${Math.round(minutes / 60)}h` : minutes >= 60 ? '1h' : `${minutes}m`;
}

/** True when a run of the plan changes something or may do so. */
export function changesSomething(plan: Pick<PlanView, 'counts'>): boolean {
  return plan.counts.MUTATES + plan.counts.UNKNOWN > 0;
}
