import type { Runbook, Step } from '../language/runbook.ts';
import { handlerOf } from '../run/step-path.ts';
import type { Plan, PlanRow } from './plan-record.ts';

/** What is needed to tell who stands before the severe steps of a plan. */
export type Guarded = Pick<Plan, 'definition' | 'purpose' | 'severity' | 'rows' | 'calls'>;

/**
 * Why a severe plan could do harm without anybody's yes, in words that follow "and"; undefined where each severe step has an approval before
 * it that cannot be passed by, or the plan is not severe. A start that no person confirms must have nothing of that kind.
 */
export function openToSevere(plan: Guarded): string | undefined {
  if (plan.severity !== 'severe') return undefined;
  const walk: Search = { plan, rows: new Map(plan.rows.map((row) => [row.path, row])), open: [], gates: 0 };
  searchRunbook(walk, plan.definition, { prefix: '', gated: false });
  const [first] = walk.open;
  if (first !== undefined) return `no approval that is always asked stands before ${first}`;
  return isSeverePurpose(plan) && walk.gates === 0 ? 'asks no person' : undefined;
}

interface Search {
  readonly plan: Guarded;
  readonly rows: ReadonlyMap<string, PlanRow>;
  /** Paths of severe steps without an approval before them. */
  readonly open: string[];
  /** Approvals that are asked in every run and that time does not answer. */
  gates: number;
}

interface Place {
  readonly prefix: string;
  /** An approval stands before everything here. */
  readonly gated: boolean;
}

function searchRunbook(walk: Search, { steps, finally: last }: Runbook, { prefix, gated }: Place): void {
  searchSequence(walk, steps, { prefix, gated });
  // What cleans up runs also after a denial: only an approval before the whole call stands before it.
  for (const step of last) searchStep(walk, step, { prefix: `${prefix}finally/`, gated });
}

function searchSequence(walk: Search, steps: readonly Step[], place: Place): void {
  let { gated } = place;
  for (const step of steps) {
    searchStep(walk, step, { ...place, gated });
    if (step.body.kind !== 'approval' || step.body.onTimeout === 'skip') continue;
    const isAsked = walk.rows.get(`${place.prefix}${step.id}`)?.condition === 'always';
    // An approval without a condition stands before what follows it in its block, also where nobody knows yet whether the block runs.
    gated ||= isAsked || step.if === undefined;
    if (isAsked) walk.gates += 1;
  }
}

function searchStep(walk: Search, step: Step, place: Place): void {
  const path = `${place.prefix}${step.id}`;
  const { body } = step;
  const { gated } = place;
  const row = walk.rows.get(path);
  if (!gated && row !== undefined && row.calls === undefined && isSevere(walk.plan, row)) walk.open.push(path);
  if (body.kind === 'call') {
    const called = walk.plan.calls?.[body.runbook]?.definition;
    if (called !== undefined) searchRunbook(walk, called, { prefix: `${path}/`, gated });
  }
  if (body.kind === 'steps') searchSequence(walk, body.steps, { prefix: `${path}/`, gated });
  const last = body.kind === 'steps' || body.kind === 'parallel' ? (body.finally ?? []) : [];
  const beside = [...(body.kind === 'parallel' ? body.steps : []), ...last];
  for (const inside of beside) searchStep(walk, inside, { prefix: `${path}/`, gated });
  searchSequence(walk, step.rollout?.afterWave ?? [], { prefix: `${path}/after_wave/`, gated });
  searchSequence(walk, handlerOf(step), { prefix: `${path}/on_failure/`, gated });
  for (const undoing of step.rollback ?? []) searchStep(walk, undoing, { prefix: `${path}/rollback/`, gated });
}

/** A failover is severe as a whole: everything in it that changes more than a little counts, except what cleans up. */
function isSevere(plan: Guarded, { kind, severity, section, condition }: PlanRow): boolean {
  if (condition === 'never') return false;
  if (severity === 'severe') return true;
  return isSeverePurpose(plan) && section === 'steps' && severity !== 'mild' && (kind === 'MUTATES' || kind === 'UNKNOWN');
}

function isSeverePurpose({ purpose }: Pick<Plan, 'purpose'>): boolean {
  return purpose === 'failover' || purpose === 'failback';
}
