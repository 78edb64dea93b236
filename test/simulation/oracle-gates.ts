import type { Plan } from '../../engine/plan/plan-record.ts';
import type { StepRecord } from '../../engine/run/record.ts';
import { allSteps } from '../../engine/run/step-path.ts';
import type { StepState } from '../../engine/run/step-state.ts';
import type { Violation } from './oracle.ts';
import type { Gates } from './world-gates.ts';

/** An approval lasts an hour until its first use; between a decision and its stored intent lies at most a lease. */
const APPROVAL_MS = 3_600_000 + 35_000;

interface Judging {
  readonly gates: Gates;
  readonly nowMs: () => number;
  readonly plans: ReadonlyMap<string, Plan>;
  readonly violations: Violation[];
}

/**
 * Judges each write of a step: no first intent while frozen, outside a window or behind a spent approval (I7), and at most one run at work
 * on a locked target (I6). Rollback and finally are not held by windows, freezes or approvals.
 */
export function gateJudge({
  gates,
  nowMs,
  plans,
  violations,
}: Judging): (runId: string, record: StepRecord, from: StepState | undefined) => void {
  const begun = new Set<string>();
  const begunItems = new Set<string>();
  const approvals = new Map<string, { readonly atMs: number; used: boolean }>();
  const atWork = new Map<string, string>();

  // What is undone behind an approval is an effect behind it as well.
  const useApproval = (runId: string): void => {
    const approval = approvals.get(runId);
    if (approval !== undefined) approval.used = true;
  };

  const judgeBegin = (runId: string, record: StepRecord): void => {
    const plan = plans.get(runId);
    if (plan === undefined || begun.has(record.key)) return;
    begun.add(record.key);
    if (cleanupIds(plan).has(record.stepId)) return useApproval(runId);
    // An item that has begun is brought to its end with the steps that answer its failure, also when its window has closed.
    const item = `${runId} ${/^[^[]*\[[^\]]*\]/.exec(record.path)?.[0] ?? record.path}`;
    const why = gates.startBroken(begunItems.has(item) ? {} : plan.definition);
    begunItems.add(item);
    if (why !== undefined) violations.push({ invariant: 'I7', what: `${record.path} of run ${runId} began although ${why}` });
    const approval = approvals.get(runId);
    if (approval === undefined || approval.used) return;
    approval.used = true;
    if (plan.definition.windows === undefined && nowMs() - approval.atMs > APPROVAL_MS)
      violations.push({ invariant: 'I7', what: `${record.path} of run ${runId} began behind an approval of more than an hour ago` });
  };

  return (runId, record, from) => {
    if (record.node === 'person' && record.state === 'succeeded') approvals.set(runId, { atMs: nowMs(), used: false });
    if (record.state === 'intent' && from === 'ready') judgeBegin(runId, record);
    const lockId = record.target?.lockId;
    if (lockId === undefined || record.node !== 'leaf') return;
    const works = record.state === 'intent' || record.state === 'submitted' || record.state === 'unknown';
    const other = atWork.get(lockId);
    if (works && other !== undefined && other !== runId)
      violations.push({ invariant: 'I6', what: `run ${runId} works on ${lockId} while run ${other} does` });
    if (works) atWork.set(lockId, runId);
    else if (other === runId) atWork.delete(lockId);
  };
}

/** The steps of `finally`, of the run and of blocks, and those that undo others. */
function cleanupIds({ definition }: Plan): ReadonlySet<string> {
  const undoing = [...allSteps(definition.steps)].flatMap(({ rollback, body }) => [
    ...(rollback ?? []),
    ...(body.kind === 'steps' || body.kind === 'parallel' ? (body.finally ?? []) : []),
  ]);
  return new Set([...allSteps([...definition.finally, ...undoing])].map(({ id }) => id));
}
