import { edgePairs } from '../../engine/edges.ts';
import type { RunRecord, StepRecord } from '../../engine/run/record.ts';
import { hasEnded, RUN_EDGES } from '../../engine/run/run-state.ts';
import { STEP_EDGES } from '../../engine/run/step-state.ts';
import type { ClaimAnswer, Store, TransitionRequest } from '../../engine/store.ts';
import type { Plan } from '../../engine/plan/plan-record.ts';
import { gateJudge } from './oracle-gates.ts';
import type { Targets } from './targets.ts';
import type { Gates } from './world-gates.ts';

/** A broken promise, named by its invariant. */
export interface Violation {
  readonly invariant: 'I1' | 'I2' | 'I5' | 'I6' | 'I7' | 'I8' | 'rollback' | 'retention';
  readonly what: string;
}

/** Sees every write to the store and the targets' own ledger, and knows what must never be. */
export interface Oracle {
  /** The store as workers use it: the same answers, watched. */
  readonly watched: (store: Store) => Store;
  readonly violations: Violation[];
  readonly edgesSeen: Set<string>;
  /** Tells what a run was accepted with, so that its gates are known. */
  readonly accepted: (runId: string, plan: Plan) => void;
  /** A request leaves now. */
  readonly sawSend: (stepKey: string) => void;
  /** Judges the end of the world: every accepted run has ended or waits with a reason. */
  readonly judgeEnd: (store: Store, runIds: readonly string[]) => Promise<void>;
}

const STEP_PAIRS = new Set(edgePairs(STEP_EDGES));
const RUN_PAIRS = new Set(edgePairs(RUN_EDGES));

/** An oracle over the targets of one world. */
export function makeOracle(targets: Targets, gates: Gates, nowMs: () => number): Oracle {
  const violations: Violation[] = [];
  const edgesSeen = new Set<string>();
  const plans = new Map<string, Plan>();
  const holders = new Map<string, { readonly epoch: bigint; readonly claim: string }>();
  const seen = new Map<string, Map<string, StepRecord>>();

  const sawClaim = (runId: string, answer: ClaimAnswer): void => {
    if (answer.kind !== 'claimed') return;
    const epoch = BigInt(answer.fence.epoch);
    const before = holders.get(runId);
    if (before !== undefined && epoch <= before.epoch)
      violations.push({ invariant: 'I8', what: `epoch ${epoch} after ${before.epoch} in run ${runId}` });
    holders.set(runId, { epoch, claim: answer.fence.claim });
  };

  const sawWrite = (request: TransitionRequest): void => {
    const holder = holders.get(request.runId);
    if (holder?.claim !== request.fence.claim)
      violations.push({ invariant: 'I8', what: `a write by a holder that is not the latest claim of run ${request.runId}` });
    if (request.state.from !== request.state.to && !RUN_PAIRS.has(`${request.state.from}>${request.state.to}`)) {
      violations.push({ invariant: 'I5', what: `run edge ${request.state.from}>${request.state.to}` });
    }
    for (const { from, record } of request.steps) {
      const pair = `${from ?? 'pending'}>${record.state}`;
      edgesSeen.add(pair);
      if (!STEP_PAIRS.has(pair)) violations.push({ invariant: 'I5', what: `step edge ${pair} at ${record.path}` });
      if (record.state === 'intent') judgeIntent(record.key, record.attempt);
      judgeGates(request.runId, record, from);
    }
    judgeRollback(request);
  };

  /** What was undone is not undone by something else, and no rollback begins beside a step of which nobody knows whether it happened. */
  const judgeRollback = ({ runId, steps }: TransitionRequest): void => {
    const known = seen.get(runId) ?? new Map<string, StepRecord>();
    seen.set(runId, known);
    for (const { record } of steps) {
      const before = known.get(record.path)?.undoneBy;
      if (before !== undefined && record.undoneBy !== before)
        violations.push({
          invariant: 'rollback',
          what: `${record.path} was undone by ${before} and then by ${record.undoneBy ?? 'nothing'}`,
        });
      known.set(record.path, record);
    }
    const unknown = [...known.values()].find(({ state }) => state === 'unknown');
    const begun = steps.find(({ from, record }) => from !== 'intent' && record.state === 'intent' && record.path.includes('/roll-back/'));
    if (unknown !== undefined && begun !== undefined)
      violations.push({ invariant: 'rollback', what: `${begun.record.path} began while ${unknown.path} was unknown` });
  };

  const judgeIntent = (stepKey: string, attempt: number): void => {
    const open = targets.ledger.find((effect) => effect.stepKey === stepKey && effect.attempt < attempt && effect.state === 'running');
    if (open !== undefined)
      violations.push({ invariant: 'I1', what: `attempt ${attempt} of ${stepKey} began while attempt ${open.attempt} was under way` });
  };

  const judgeGates = gateJudge({ gates, nowMs, plans, violations });
  return {
    violations,
    edgesSeen,
    accepted: (runId, plan) => void plans.set(runId, plan),
    sawSend: (stepKey) => {
      const why = gates.sendBroken();
      if (why !== undefined) violations.push({ invariant: 'I7', what: `a request of ${stepKey} left although ${why}` });
    },
    watched: (store) => ({
      ...store,
      claim: async (request) => {
        const answer = await store.claim(request);
        sawClaim(request.runId, answer);
        return answer;
      },
      transition: async (request) => {
        const answer = await store.transition(request);
        if (answer.kind === 'applied') sawWrite(request);
        return answer;
      },
    }),
    async judgeEnd(store, runIds) {
      judgeEffects(targets, violations);
      for (const runId of runIds) {
        const stored = await store.readRun(runId as never);
        if (stored === undefined) violations.push({ invariant: 'I2', what: `run ${runId} is gone` });
        else if (!hasEnded(stored.run.state) && !isParked(stored.run)) {
          violations.push({ invariant: 'I2', what: `run ${runId} stands in ${stored.run.state} and nobody will look at it` });
        }
      }
    },
  };
}

/** Parked for a person, with the reason in the record. */
function isParked(run: RunRecord): boolean {
  return (run.state === 'unknown' || run.state === 'paused') && run.reason !== undefined;
}

function judgeEffects(targets: Targets, violations: Violation[]): void {
  const counts = new Map<string, number>();
  for (const { stepKey, attempt } of targets.ledger) counts.set(`${stepKey}.${attempt}`, (counts.get(`${stepKey}.${attempt}`) ?? 0) + 1);
  for (const [name, count] of counts) if (count > 1) violations.push({ invariant: 'I1', what: `${count} effects of attempt ${name}` });
}
