import { missingForQuorum } from '../gates/approve.ts';
import { renderTemplate } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import type { JsonObject } from '../json.ts';
import { moveStep, type StepChange } from './change.ts';
import type { Decision, PersonNotice, StepRecord } from './record.ts';
import { type ScopeAt, scopeAt } from './scope.ts';

type Text = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly message: string };

/** What a person is asked, with its expressions filled in. */
export function personMessage(step: Step, at: ScopeAt): Text {
  const text = step.body.kind === 'approval' ? step.body.message : step.body.kind === 'manual' ? step.body.instructions : '';
  const outcome = renderTemplate(text, scopeAt(at), at.nowMs);
  if (!outcome.ok) return { ok: false, message: outcome.message };
  return { ok: true, value: typeof outcome.value === 'string' ? outcome.value : JSON.stringify(outcome.value) };
}

/** How long a person may take, in milliseconds. */
export function personDeadlineMs(step: Step): number {
  return step.body.kind === 'approval' || step.body.kind === 'manual' ? step.body.timeoutMs : 0;
}

/** A reminder before the time of a gate is over, or others who are told when nobody has decided for long. */
export function personNotice(step: Step, record: StepRecord, nowMs: number): StepChange | undefined {
  const next = nextNotice(step, record);
  if (next === undefined || nowMs < next.atMs) return undefined;
  const data = { notice: next.notice, ...(next.to === undefined ? {} : { to: [...next.to] }) };
  return moveStep(record, 'postponed', { noticed: [...(record.noticed ?? []), next.notice] }, { data });
}

/** The notice that is due next about a gate, and when (milliseconds since 1970). */
export function nextNotice(
  { body }: Step,
  record: StepRecord,
): { readonly notice: PersonNotice; readonly atMs: number; readonly to?: readonly string[] } | undefined {
  if (body.kind !== 'approval' || record.deadlineAtMs === undefined) return undefined;
  const openedAtMs = record.deadlineAtMs - body.timeoutMs;
  const notices = [
    { notice: 'reminded' as const, atMs: record.deadlineAtMs - (body.remindBeforeMs ?? body.timeoutMs / 4) },
    ...(body.escalate === undefined
      ? []
      : [{ notice: 'escalated' as const, atMs: openedAtMs + body.escalate.afterMs, to: body.escalate.to }]),
  ];
  return notices.filter(({ notice }) => record.noticed?.includes(notice) !== true).toSorted((left, right) => left.atMs - right.atMs)[0];
}

/** The end of a gate or manual step, once its decisions or the time decide it; undefined while it still waits. */
export function personEnd(step: Step, record: StepRecord, nowMs: number): StepChange | undefined {
  const decisions = record.decisions ?? [];
  const refusal = decisions.find(({ answer }) => answer === 'deny' || answer === 'failed');
  if (refusal !== undefined) return refused(record, refusal);
  if (step.body.kind === 'approval' && isDecided(step.body, decisions)) return granted(record, decisions);
  if (step.body.kind === 'manual' && decisions.length > 0) return granted(record, decisions);
  if (nowMs < (record.deadlineAtMs ?? Infinity)) return undefined;
  if (step.body.kind === 'approval' && step.body.onTimeout === 'skip')
    return moveStep(record, 'left_out', { reason: 'nobody decided in time' });
  return moveStep(record, 'read_failed', { verdict: 'timed_out', error: { kind: 'timed_out', message: 'nobody decided in time' } });
}

function isDecided(body: Extract<Step['body'], { readonly kind: 'approval' }>, decisions: readonly Decision[]): boolean {
  const missing = missingForQuorum(body, decisions);
  return missing.persons === 0 && missing.groups.length === 0;
}

function refused(record: StepRecord, decision: Decision): StepChange {
  const why = decision.reason === undefined ? '' : `: ${decision.reason}`;
  const kind = decision.answer === 'deny' ? 'denied' : 'target';
  return moveStep(record, 'read_failed', {
    error: { kind, message: `${decision.by.name} ${decision.answer === 'deny' ? 'denied it' : 'reported that it failed'}${why}` },
    outputs: outputsOf([decision]),
  });
}

function granted(record: StepRecord, decisions: readonly Decision[]): StepChange {
  return moveStep(record, 'read_finished', { outputs: outputsOf(decisions) });
}

function outputsOf(decisions: readonly Decision[]): JsonObject {
  const form = Object.assign({}, ...decisions.map((decision) => decision.form ?? {})) as JsonObject;
  return { ...form, decided_by: decisions.map(({ by }) => by.name) };
}
