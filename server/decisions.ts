import { mayDecide } from '../engine/gates/approve.ts';
import type { GateVerdict } from '../engine/gates/approve.ts';
import { decide } from '../engine/access/decide.ts';
import { RunwardError } from '../engine/errors.ts';
import type { Decision } from '../engine/run/record.ts';
import { readinessRefusal } from '../engine/run/readiness.ts';
import type { OpenGate } from './gates.ts';
import { failedChecks } from './gates.ts';
import type { Caller } from './identify.ts';

/** An answer before it is sent: to which plan, and when (milliseconds of the store's clock). */
export interface Answer {
  readonly answer: Decision['answer'];
  readonly planHash: string;
  readonly atMs: number;
}

/** Whether the caller may answer a gate: the right in scope first, then the rules of the gate itself. */
export function judgeAnswer(caller: Caller, gate: OpenGate, answer: Answer): GateVerdict {
  const { run } = gate.view.stored;
  const right = decide(caller.grants, 'approval:decide', { runbook: run.runbook, environment: run.environment });
  if (right.kind === 'denied') return { kind: 'refused', code: 'ACCESS_DENIED', message: right.reason };
  const question = {
    body: gate.step.body,
    requester: run.requester,
    planHash: run.planHash,
    deadlineAtMs: gate.record.deadlineAtMs,
    decisions: gate.record.decisions ?? [],
    localMode: caller.principal.kind === 'local',
  };
  return mayDecide(question, { ...answer, principal: caller.principal });
}

/** Throws the reason why the caller may not answer; a severe plan asks for a reason with every answer. */
export function demandAnswer(
  caller: Caller,
  gate: OpenGate,
  answer: Answer & { readonly reason?: string | undefined; readonly waive?: string | undefined },
): void {
  const verdict = judgeAnswer(caller, gate, answer);
  if (verdict.kind === 'refused') throw new RunwardError(verdict.code, verdict.message);
  const refusal = answer.answer === 'approve' ? readinessRefusal(failedChecks(gate.view), answer) : undefined;
  if (refusal !== undefined) throw new RunwardError('GATE_READINESS', refusal);
  const { severity, definition } = gate.view.plan;
  if (severity === 'severe' && answer.reason === undefined) {
    throw new RunwardError('USAGE_CONFIRM', 'deciding about a severe plan needs a reason', { level: 'severe', expected: definition.name });
  }
}
