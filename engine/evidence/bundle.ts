import type { AuditEntry } from '../audit/chain.ts';
import { RunwardError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { formatInstant } from '../language/instant.ts';
import type { Step } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { Ports } from '../ports.ts';
import type { ParentRun, Decision, RunRecord, StepRecord } from '../run/record.ts';
import { phasePrefix, stepPath } from '../run/step-path.ts';
import { statusOf } from '../run/verdict.ts';
import type { RunEvent, StoredPlan } from '../store.ts';
import { azureAheadMs } from './azure-clock.ts';
import { findDeviations, SELF_APPROVED } from './deviations.ts';
import type { Evidence, EvidenceStep } from './document.ts';
import { judgeRpo, judgeRto, recoveryPointAge } from './objectives.ts';
import { digestParts, signedStatement } from './parts.ts';
import { plainJson } from './plain-json.ts';

/** Everything that an evidence document is made of; `publicKey` is the PEM text that belongs to the signer. */
export interface EvidenceSource {
  readonly run: RunRecord;
  readonly steps: readonly StepRecord[];
  readonly plan: Plan;
  readonly storedPlan: StoredPlan;
  readonly events: readonly RunEvent[];
  readonly audit: readonly AuditEntry[];
  readonly exportedAtMs: number;
  readonly serverVersion: string;
  readonly key: { readonly id: string; readonly publicKey: string };
}

/** Builds and signs the evidence of a run from what is stored. Throws INTERNAL_INVARIANT when this process cannot sign. */
export function buildEvidence(ports: Pick<Ports, 'ids' | 'signer'>, source: EvidenceSource): Evidence {
  const content = {
    apiVersion: 'runward/v1',
    kind: 'Evidence',
    exportedAt: formatInstant(source.exportedAtMs),
    server: { version: source.serverVersion },
    run: identity(source),
    plan: { hash: source.storedPlan.hash, text: source.storedPlan.text, signature: source.storedPlan.signature },
    verdict: verdict(source),
    approvals: approvals(source.steps),
    deviations: findDeviations(source),
    steps: source.steps.map((step) => evidenceStep(ports.ids, step)),
    events: source.events.map(({ atMs, ...event }) => ({ ...event, at: formatInstant(atMs) })),
    audit: { head: source.run.auditHead, entries: source.audit },
    key: source.key,
  };
  const document = plainJson(content);
  const signed = plainJson({ ...document, manifest: digestParts(ports.ids.sha256, document) });
  const signature = ports.signer.sign(signedStatement(signed));
  if (signature === undefined)
    throw new RunwardError('INTERNAL_INVARIANT', 'evidence is signed by the server; this process has no signing key');
  return plainJson({ ...signed, signature }) as unknown as Evidence;
}

/** Verdict of the steps below `finally`: a drill that left something behind is not a proof. A cleanup that was skipped whole verified nothing. */
export function judgeCleanup(steps: readonly StepRecord[], cleanup: readonly Step[]): Evidence['verdict']['cleanup'] {
  if (cleanup.length === 0) return 'none';
  const prefix = phasePrefix('finally');
  const statuses = cleanup.map(({ id }) => statusOf(steps.find((step) => step.path === stepPath(prefix, id))));
  const allFine = statuses.every((status) => ['succeeded', 'recovered', 'skipped'].includes(status));
  return allFine && statuses.some((status) => status !== 'skipped') ? 'verified' : 'failed';
}

function identity({ run, plan }: EvidenceSource): JsonObject {
  const marks = plan.definition.objectives?.clock;
  return plainJson({
    id: run.runId,
    number: run.number,
    runbook: run.runbook,
    title: run.title,
    purpose: run.purpose,
    environment: run.environment,
    requester: run.requester,
    trigger: run.trigger,
    reasonGiven: run.reasonGiven,
    outageAt: instantOf(run.outageAtMs),
    createdAt: formatInstant(run.createdAtMs),
    startedAt: instantOf(run.startedAtMs),
    endedAt: instantOf(run.endedAtMs),
    durability: run.tier,
    simulatedScale: run.simulatedScale,
    clock: {
      startedAt: instantOf(run.clock.startedAtMs),
      stoppedAt: instantOf(run.clock.stoppedAtMs),
      waitedMs: run.clock.waitedMs,
      count: marks?.count,
      from: marks?.start,
      to: marks?.stop,
    },
    outputs: run.outputs,
    cancel: run.cancel,
    calledBy: run.parent === undefined ? undefined : callerOf(run.parent),
  });
}

function callerOf({ runId, number, runbook, step }: ParentRun): JsonObject {
  return { run: runId, number, runbook, step };
}

function verdict({ run, steps, plan }: EvidenceSource): JsonObject {
  const objectives = plan.definition.objectives;
  const at = { outageAtMs: run.outageAtMs, azureAheadMs: azureAheadMs(steps) };
  const ages = steps.map((step) => recoveryPointAge(step, at)).filter((age) => age !== undefined);
  return plainJson({
    state: run.state,
    outcome: run.outcome,
    reason: run.reason,
    rollback: run.rollback,
    rto: judgeRto(run.clock, objectives),
    rpo: judgeRpo(ages, objectives, at),
    cleanup: judgeCleanup(steps, plan.definition.finally),
  });
}

function approvals(steps: readonly StepRecord[]): readonly JsonObject[] {
  return steps.flatMap((step) =>
    (step.decisions ?? []).map((decision) =>
      plainJson({ step: step.path, message: step.message, ...decisionOf(decision), mark: decision.self ? SELF_APPROVED : undefined }),
    ),
  );
}

function evidenceStep(ids: Ports['ids'], step: StepRecord): EvidenceStep {
  const shown = plainJson({
    path: step.path,
    stepId: step.stepId,
    item: step.itemKey,
    section: sectionOf(step.path),
    node: step.node,
    state: step.state,
    verdict: step.verdict,
    reason: step.reason,
    message: step.message,
    answer: step.answer,
    resolution: step.resolution,
    undoneBy: step.undoneBy,
    effect: step.effect,
    target: step.target,
    stepKey: step.key,
    attempts: step.attempt,
    sends: step.send,
    generation: step.generation,
    requestId: step.submittedAtMs === undefined ? undefined : ids.uuid5(step.key, String(step.attempt), String(step.send)),
    handle: step.handle,
    adopted: step.adopted,
    changed: step.changed,
    createdAt: instantOf(step.createdAtMs),
    firstAttemptAt: instantOf(step.firstAttemptAtMs),
    firstIntentAt: instantOf(step.firstIntentAtMs),
    intentAt: instantOf(step.intentAtMs),
    submittedAt: instantOf(step.submittedAtMs),
    endedAt: instantOf(step.endedAtMs),
    before: step.before,
    input: step.input,
    ended: step.ended,
    result: step.result,
    outputs: step.outputs,
    produced: step.produced,
    error: step.error,
    decisions: (step.decisions ?? []).map(decisionOf),
    observations: step.observations.map(({ at, ...seen }) => ({ at: formatInstant(at), ...seen })),
  });
  return shown as unknown as EvidenceStep;
}

function sectionOf(path: string): EvidenceStep['section'] {
  if (path.startsWith(phasePrefix('finally'))) return 'finally';
  return /^readiness(#\d+)?\//.test(path) ? 'readiness' : 'steps';
}

function decisionOf({ atMs, ...decision }: Decision): JsonObject {
  return plainJson({ ...decision, at: formatInstant(atMs) });
}

function instantOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatInstant(ms);
}
