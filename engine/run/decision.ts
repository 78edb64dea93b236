import { mayDecide } from '../gates/approve.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { Command } from './command.ts';
import { notReady, readinessRefusal } from './readiness.ts';
import type { RunView } from './record.ts';
import { stepsById } from './waiting.ts';

/** The decision that each command stands for. */
export const ANSWERS = { approve: 'approve', deny: 'deny', done: 'done', not_done: 'failed' } as const;

/**
 * Why a decision may not count, checked by the worker although the server has checked it before: another plan, a gate that is not open, a
 * second word of the same person, or the starter's own word where the gate does not allow it. Undefined when it counts.
 */
export function decisionRefusal(plan: Plan, view: RunView, command: Extract<Command, { planHash: string }>): string | undefined {
  const record = view.steps.get(command.step);
  if (record?.node !== 'person') return 'there is no gate of that name';
  if (record.state !== 'ready') return 'the gate is closed already';
  const body = stepsById(plan.definition).get(record.stepId)?.body;
  const wanted = body?.kind === 'approval' ? ['approve', 'deny'] : ['done', 'not_done'];
  if (!wanted.includes(command.kind)) return `the gate takes ${wanted.join(' or ')}`;
  if (body?.kind !== 'approval' && body?.kind !== 'manual') return 'there is no gate of that name';
  const verdict = mayDecide(
    {
      body,
      requester: view.run.requester,
      planHash: view.run.planHash,
      deadlineAtMs: record.deadlineAtMs,
      decisions: record.decisions ?? [],
      localMode: command.by.kind === 'local',
    },
    { principal: command.by, planHash: command.planHash, answer: ANSWERS[command.kind], atMs: command.atMs },
  );
  if (verdict.kind === 'refused') return verdict.message;
  return command.kind === 'approve' ? readinessRefusal(notReady(plan, view), command) : undefined;
}
