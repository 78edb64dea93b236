import { canonicalJson } from '../json.ts';
import type { RunId } from '../ids.ts';
import { STRIKES_MAX } from '../limits.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { Signature, Signer } from '../ports.ts';
import type { StoredPlan } from '../store.ts';
import { followsFrom } from './call-plan.ts';
import { type Holder, holderOf } from './holder.ts';
import type { ParentRun, RunRecord } from './record.ts';
import { tell } from './tell.ts';
import type { Engine } from './turn.ts';
import { stepsById } from './waiting.ts';

/** The record schema that this build writes, and the oldest one that it reads. */
export const RUN_SCHEMA = { current: 1, oldest: 1 } as const;

const POISONED = 'poisoned';

/** What a claim gave: the run, or why somebody else or nobody works on it now. */
export type Claimed =
  | { readonly kind: 'claimed'; readonly holder: Holder }
  | { readonly kind: 'absent' | 'ended' | 'unsupported' | 'held' | 'early' | 'parked' };

/** Takes a run under a new epoch, if nobody holds it, and proves that its plan is the one that a server signed. Throws STORE_UNAVAILABLE. */
export async function claim(engine: Engine, runId: RunId): Promise<Claimed> {
  const { ports, worker, times } = engine;
  const signed = await ports.store.readPlan(runId);
  if (signed === undefined) return { kind: 'absent' };
  const plan = JSON.parse(signed.text) as Plan;
  // Looked at before the claim: a run that waits for a newer worker is neither taken nor counted as a fruitless claim.
  const lacking = lackingActions(engine, plan);
  if (lacking.length > 0) {
    ports.log.error('a run needs actions that this worker does not have', { runId, actions: [...lacking] });
    return { kind: 'unsupported' };
  }
  const askedAtMs = ports.clock.monotonicMs();
  const answer = await ports.store.claim({
    runId,
    worker,
    claim: ports.ids.newToken(),
    leaseMs: times.leaseMs,
    schemaMin: RUN_SCHEMA.oldest,
    schemaMax: RUN_SCHEMA.current,
  });
  if (answer.kind !== 'claimed') return { kind: answer.kind };
  const holder = holderOf(ports, { plan, worker, fence: answer.fence, stored: answer.stored, times, askedAtMs });
  const doubt = (await planDoubt(engine, signed, answer.stored.run)) ?? (answer.stored.run.strikes > STRIKES_MAX ? POISONED : undefined);
  if (doubt === undefined) return { kind: 'claimed', holder };
  const before = holder.view();
  await parkRun(holder, doubt);
  // Only a plan that is trusted may say who is told.
  if (doubt === POISONED) await tell(engine, holder, { before, after: holder.view(), signal: new AbortController().signal });
  return { kind: 'parked' };
}

/** Actions of a plan that this worker has not, or knows under another effect class. */
function lackingActions({ actions }: Engine, plan: Plan): readonly string[] {
  return Object.entries(plan.actions).flatMap(([name, effect]) => (actions.get(name)?.effect === effect ? [] : [name]));
}

/** The text that a server signs for a plan: it binds the hash to one run, one requester and one environment. */
export function planStatement(of: {
  readonly planHash: string;
  readonly runId: RunId;
  readonly requesterId: string;
  readonly environment: string;
}): string {
  return canonicalJson({ kind: 'runward plan', ...of });
}

/** Signs a plan for one run; undefined in a process that holds no signing key. */
export function signPlan(signer: Signer, of: Parameters<typeof planStatement>[0]): Signature | undefined {
  return signer.sign(planStatement(of));
}

async function planDoubt(engine: Engine, stored: StoredPlan, run: RunRecord): Promise<string | undefined> {
  const { ports } = engine;
  const { planHash, runId, environment } = run;
  if (ports.ids.sha256(stored.text) !== planHash) return 'the stored plan is not the one that was approved';
  if (run.parent !== undefined) return callDoubt(engine, stored, { ...run, parent: run.parent });
  const statement = planStatement({ planHash, runId, requesterId: run.requester.id, environment });
  return ports.signer.verify(statement, stored.signature) ? undefined : 'the plan is not signed by a known server';
}

/** Workers sign nothing: the plan of a called run is good when it follows from its caller's, and that one is good. */
async function callDoubt(engine: Engine, stored: StoredPlan, run: RunRecord & { readonly parent: ParentRun }): Promise<string | undefined> {
  const { store } = engine.ports;
  const [caller, callerPlan] = await Promise.all([store.readRun(run.parent.runId), store.readPlan(run.parent.runId)]);
  const record = caller?.steps.find(({ path }) => path === run.parent.step);
  if (caller === undefined || callerPlan === undefined || record === undefined) return 'the run that called this one is not in the store';
  const doubt = await planDoubt(engine, callerPlan, caller.run);
  if (doubt !== undefined) return `its caller: ${doubt}`;
  const plan = JSON.parse(callerPlan.text) as Plan;
  const child = JSON.parse(stored.text) as Plan;
  const step = stepsById(plan.definition).get(record.stepId);
  const follows =
    step !== undefined &&
    caller.run.requester.id === run.requester.id &&
    run.environment === child.environment &&
    followsFrom(engine, { plan, step, record, inputs: child.inputs, runId: run.runId }, child);
  return follows ? undefined : 'the plan does not follow from the one of the run that called it';
}

/** Stops a run for a person, who may cancel it: what was sent is then followed to its end. */
export async function parkRun(holder: Holder, reason: string): Promise<void> {
  await holder.commit(({ run }, nowMs) => ({
    ...(['queued', 'running', 'waiting'].includes(run.state) ? { event: 'parked' as const } : {}),
    fields: { reason, pause: { cause: 'parked', by: 'runward', reason, atMs: nowMs } },
  }));
  await holder.release(Number.MAX_SAFE_INTEGER);
}
