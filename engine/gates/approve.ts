import type { ErrorCode } from '../errors.ts';
import type { StepBody } from '../language/runbook.ts';
import type { Decision, Principal } from '../run/record.ts';

/** A gate or manual step with everything that decides who may answer it. Times are milliseconds since 1970 of the store's clock. */
export interface GateQuestion {
  readonly body: Extract<StepBody, { readonly kind: 'approval' | 'manual' }>;
  readonly requester: Principal;
  readonly planHash: string;
  readonly deadlineAtMs: number | undefined;
  readonly decisions: readonly Decision[];
  /** A loopback server with one person: that person may approve an own request, and the evidence says so. */
  readonly localMode: boolean;
}

/** One person's answer, before it counts. */
export interface GateAnswer {
  readonly principal: Principal;
  readonly planHash: string;
  readonly answer: Decision['answer'];
  readonly atMs: number;
}

/** `self` marks the decision of the person who asked for the run. */
export type GateVerdict =
  | { readonly kind: 'allowed'; readonly self: boolean }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

/** Decides whether an answer to a gate counts: right plan, in time, eligible, not the requester, not twice. */
export function mayDecide(question: GateQuestion, answer: GateAnswer): GateVerdict {
  const { body, decisions } = question;
  if (answer.planHash !== question.planHash) {
    return refused(
      'CONFLICT_STALE_PLAN',
      `the decision was about plan ${short(answer.planHash)}, the run has plan ${short(question.planHash)}`,
    );
  }
  if (question.deadlineAtMs !== undefined && answer.atMs >= question.deadlineAtMs)
    return refused('GATE_EXPIRED', 'the time for this decision is over');
  if (decisions.some((earlier) => earlier.by.id === answer.principal.id)) {
    return refused('CONFLICT_STATE', `${answer.principal.name} has decided already`);
  }
  if (!question.localMode && !isEligible(body.by, answer.principal)) {
    return refused('ACCESS_DENIED', `this is for ${body.by.join(', ')} to decide; ${answer.principal.name} is not among them`);
  }
  const self = isSamePerson(question.requester, answer.principal);
  // A person may always stop an own request; saying yes to it is what needs somebody else.
  const consents = answer.answer === 'approve';
  if (self && consents && !question.localMode && !(body.kind === 'approval' && body.self)) {
    return refused('ACCESS_SELF_APPROVAL', `${answer.principal.name} asked for this run: somebody else must approve it`);
  }
  return { kind: 'allowed', self: self && consents };
}

/** True when one of the entries (`group:dba`, `user:alice`, or a bare id) names the person. */
export function isEligible(by: readonly string[], principal: Principal): boolean {
  return by.some((entry) => {
    if (entry.startsWith('group:')) return principal.groups.includes(entry.slice('group:'.length));
    return principal.id === (entry.startsWith('user:') ? entry.slice('user:'.length) : entry);
  });
}

/** What is still missing for a quorum: persons, and groups that must supply one. Both empty: decided. */
export function missingForQuorum(
  body: { readonly need: number; readonly needFrom: readonly string[] },
  decisions: readonly Pick<Decision, 'by' | 'answer'>[],
): { readonly persons: number; readonly groups: readonly string[] } {
  const yes = new Map(decisions.filter((one) => one.answer === 'approve').map((one) => [one.by.id, one.by]));
  const supplied = (entry: string): boolean => [...yes.values()].some((person) => person.kind === 'local' || isEligible([entry], person));
  return { persons: Math.max(0, body.need - yes.size), groups: body.needFrom.filter((entry) => !supplied(entry)) };
}

function isSamePerson(left: Principal, right: Principal): boolean {
  return left.id === right.id;
}

function refused(code: ErrorCode, message: string): GateVerdict {
  return { kind: 'refused', code, message };
}

function short(hash: string): string {
  return hash.slice(0, 8);
}
