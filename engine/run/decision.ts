import type { Plan } from '../plan/plan-record.ts';
import type { Command } from './command.ts';
import type { RunView } from './record.ts';
import { stepsById } from './waiting.ts';

/**
 * Why a decision may not count, checked by the worker although the server has checked it before: another plan, a gate that is not open, a
 * second word of the same person, or the starter's own word where the gate does not allow it. Undefined when it counts.
 */
export function decisionRefusal(plan: Plan, view: RunView, command: Extract<Command, { planHash: string }>): string | undefined {
  const record = view.steps.get(command.step);
  if (record?.node !== 'person') return 'there is no gate of that name';
  if (record.state !== 'ready') return 'the gate is closed already';
  if (command.planHash !== view.run.planHash) return 'the decision was made for another plan';
  if (record.decisions?.some(({ by }) => by.id === command.by.id)) return 'this person has decided already';
  const body = stepsById(plan.definition).get(record.stepId)?.body;
  const wanted = body?.kind === 'approval' ? ['approve', 'deny'] : ['done', 'not_done'];
  if (!wanted.includes(command.kind)) return `the gate takes ${wanted.join(' or ')}`;
  const self = command.by.id === view.run.requester.id && command.by.kind !== 'local';
  if (command.kind === 'approve' && body?.kind === 'approval' && self && !body.self) return 'who started a run does not approve it';
  return undefined;
}
