import { chainFacts, EMPTY_HEAD } from '../audit/chain.ts';
import { assert, RunwardError } from '../errors.ts';
import type { RunId } from '../ids.ts';
import { canonicalJson, type JsonObject } from '../json.ts';
import { formatInstant } from '../language/instant.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { Ports } from '../ports.ts';
import { RUN_SCHEMA, signPlan } from './claim.ts';
import type { ParentRun, Principal, RetryOf, RunFields, StepRecord } from './record.ts';

/** What a start needs: the plan as it was shown, who starts it and why. */
export interface StartRequest {
  readonly plan: { readonly plan: Plan; readonly text: string; readonly hash: string };
  readonly runId: RunId;
  readonly requester: Principal;
  readonly reason?: string;
  /** When the outage began that the run answers, milliseconds since 1970. */
  readonly outageAtMs?: number;
  readonly trigger: string;
  /** The slot of a schedule, milliseconds since 1970; the message of a webhook. Expressions see both as `trigger`. */
  readonly slotMs?: number;
  readonly slotDueAtMs?: number;
  /** When the plan was made, milliseconds since 1970, where that was before the start. */
  readonly plannedAtMs?: number;
  readonly triggerBody?: JsonObject;
  /** A failover whose runbook is exempt, started by somebody who may pass freezes. */
  readonly freezeExempt?: boolean;
  /** The run that calls this one: the right to start it follows from the caller's plan, which a server has signed. */
  readonly parent?: ParentRun;
  /** The ended run that this one goes on from, and the results that it keeps. */
  readonly retryOf?: RetryOf;
  readonly steps?: readonly StepRecord[];
  readonly simulatedScale?: number;
  /** Address under which people reach the server, without a slash at its end; `run.url` begins with it. */
  readonly publicUrl?: string;
  /** SHA-256 of the request: the same idempotency key with another body is refused. */
  readonly requestDigest?: string;
}

/** Stores a run as accepted and wakes a worker. After it answered, the run is never lost. Throws STORE_BUSY, STORE_UNAVAILABLE, CONFLICT_IDEMPOTENCY_MISMATCH. */
export async function startRun(
  ports: Pick<Ports, 'store' | 'queue' | 'ids' | 'signer' | 'clock' | 'log'>,
  request: StartRequest,
): Promise<{ readonly kind: 'created' | 'exists'; readonly runId: RunId; readonly number: number }> {
  const { plan, text, hash } = request.plan;
  const { runId, requester } = request;
  assert(ports.ids.sha256(text) === hash, 'a plan is started under its own hash');
  const signature =
    request.parent === undefined
      ? signPlan(ports.signer, { planHash: hash, runId, requesterId: requester.id, environment: plan.environment })
      : { keyId: 'caller', value: request.parent.runId };
  if (signature === undefined)
    throw new RunwardError('INTERNAL_INVARIANT', 'runs are started by the server; this process has no signing key');
  const facts = {
    at: ports.clock.nowMs(),
    actor: requester.name,
    event: 'run.created',
    data: {
      runId,
      planHash: hash,
      runbook: plan.definition.name,
      by: requester.id,
      ...outageOf(request),
      ...calledBy(request),
      ...goesOnFrom(ports, request),
    },
  };
  const [audit] = chainFacts(ports.ids.sha256, { seq: 0, hash: EMPTY_HEAD }, [facts]);
  assert(audit !== undefined, 'a run begins with an audit entry');
  const answer = await ports.store.create({
    runId,
    schema: RUN_SCHEMA.current,
    fields: fieldsOf(request),
    plan: { text, hash, signature },
    steps: request.steps ?? [],
    audit,
    event: {
      type: 'runward.run.created',
      data: {
        runbook: plan.definition.name,
        purpose: plan.purpose,
        by: requester.name,
        planHash: hash,
        ...outageOf(request),
        ...calledBy(request),
        ...goesOnFrom(ports, request),
      },
    },
  });
  if (answer.kind === 'busy')
    throw new RunwardError('STORE_BUSY', 'the store has no room for new runs: nothing was started, try again later', { runId });
  if (answer.kind === 'conflict')
    throw new RunwardError('CONFLICT_IDEMPOTENCY_MISMATCH', 'this key has started another run before', { runId });
  await ports.queue.wake(runId).catch(() => ports.log.warn('wake-up was not sent, the scan will find the run', { runId }));
  return { kind: answer.kind, runId, number: answer.number };
}

function outageOf({ outageAtMs }: StartRequest): JsonObject {
  return outageAtMs === undefined ? {} : { outageAt: formatInstant(outageAtMs) };
}

function calledBy({ parent }: StartRequest): JsonObject {
  return parent === undefined ? {} : { calledBy: { run: parent.runId, number: parent.number, step: parent.step } };
}

/** The chain of the new run binds the results that it keeps, by their digest. */
function goesOnFrom(ports: Pick<Ports, 'ids'>, { retryOf, steps = [] }: StartRequest): JsonObject {
  if (retryOf === undefined) return {};
  const { runId, number, mode, step } = retryOf;
  const kept = ports.ids.sha256(canonicalJson(steps as unknown as JsonObject[]));
  return { retryOf: { run: runId, number, mode, ...(step === undefined ? {} : { step }) }, kept: steps.length, keptDigest: kept };
}

function fieldsOf(request: StartRequest): Omit<RunFields, 'number' | 'createdAtMs' | 'tier'> {
  const { plan, hash } = request.plan;
  return {
    runbook: plan.definition.name,
    title: plan.definition.title,
    purpose: plan.purpose,
    environment: plan.environment,
    planHash: hash,
    requester: request.requester,
    trigger: request.trigger,
    ...(request.slotMs === undefined ? {} : { slotMs: request.slotMs }),
    ...(request.slotDueAtMs === undefined ? {} : { slotDueAtMs: request.slotDueAtMs }),
    ...(request.triggerBody === undefined ? {} : { triggerBody: request.triggerBody }),
    ...(request.retryOf?.mode === 'rollback' ? ({ phase: 'rollback', outcome: 'succeeded' } as const) : ({ phase: 'readiness' } as const)),
    ...(request.parent === undefined ? {} : { parent: request.parent }),
    ...(request.retryOf === undefined ? {} : { retryOf: request.retryOf }),
    clock: { waitedMs: 0 },
    ...(request.freezeExempt === true ? { freezeExempt: true } : {}),
    ...(plan.definition.concurrency === undefined ? {} : { group: plan.definition.concurrency.group }),
    ...(request.reason === undefined ? {} : { reasonGiven: request.reason }),
    ...(request.outageAtMs === undefined ? {} : { outageAtMs: request.outageAtMs }),
    ...(request.plannedAtMs === undefined ? {} : { plannedAtMs: request.plannedAtMs }),
    ...(request.simulatedScale === undefined ? {} : { simulatedScale: request.simulatedScale }),
    ...(request.publicUrl === undefined ? {} : { publicUrl: request.publicUrl }),
    ...(request.requestDigest === undefined ? {} : { requestDigest: request.requestDigest }),
  };
}
