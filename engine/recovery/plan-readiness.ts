import type { JsonObject } from '../json.ts';
import type { PlannedMachine } from '../target.ts';
import {
  judgeMachine,
  type JudgedFact,
  type MachineReadiness,
  type ReadinessRead,
  type RecoveryPromises,
  textsOf,
  tooOld,
} from './machine-readiness.ts';
import { type PlanFact, type ReadyWord, worstOf } from './recovery-state.ts';

/** How a recovery plan stands: its worst machine and its own rows. */
export interface PlanReadiness {
  readonly plan: string;
  readonly planId: string;
  readonly ready: ReadyWord;
  readonly atMs?: number;
  readonly run?: number;
  readonly facts: readonly JudgedFact<PlanFact>[];
  readonly machines: readonly MachineReadiness[];
}

/** A recovery plan with its machines, what was read of them, and what is held against it. */
export interface PlanFacts {
  readonly planId: string;
  readonly machines: readonly PlannedMachine[];
  /** The newest answer about each machine, by the identity that is locked. */
  readonly reads: ReadonlyMap<string, ReadinessRead>;
  readonly planRead: ReadinessRead | undefined;
  /** What the runbooks ask Site Recovery to do with the plan as a whole. */
  readonly words: readonly string[];
  readonly promises: RecoveryPromises;
  readonly nowMs: number;
}

/** Judges a recovery plan. It is never better than its worst machine, and what was not looked at is unknown. */
export function judgePlan({ planId, machines, reads, planRead, words, promises, nowMs }: PlanFacts): PlanReadiness {
  const judged = machines.map(({ lockId, name }) => judgeMachine(name, reads.get(lockId), { promises, nowMs }));
  const facts = [...planRows(planRead, { words, nowMs }), allProtected(judged)];
  const states = [...judged.map(({ ready }) => ready), ...facts.map(({ state }) => state)];
  return {
    plan: planId.split('/').at(-1) ?? planId,
    planId,
    ready: worstOf(states),
    ...(planRead === undefined ? {} : { atMs: planRead.atMs, run: planRead.run }),
    facts,
    machines: judged,
  };
}

function planRows(
  read: ReadinessRead | undefined,
  { words, nowMs }: { readonly words: readonly string[]; readonly nowMs: number },
): readonly JudgedFact<PlanFact>[] {
  // Where nothing is asked of the plan as a whole, its machines tell everything.
  if (words.length === 0) return [];
  const message =
    read?.result === undefined
      ? (read?.message ?? 'no readiness check reads the plan: add one that uses asr.plan.get@1')
      : tooOld(read, nowMs);
  const rows = [allowed(read?.result, words), scenario(read?.result)];
  return message === undefined ? rows : rows.map((row) => ({ ...row, state: 'unknown', message }));
}

function allowed(result: JsonObject | undefined, words: readonly string[]): JudgedFact<PlanFact> {
  const told = textsOf(result?.['allowed_operations']);
  if (told === undefined) return { fact: 'allowed', state: 'unknown', is: 'not known' };
  const lacking = words.filter((word) => !told.some((each) => each.toLowerCase() === word.toLowerCase()));
  const is = told.join(', ') || 'nothing';
  return { fact: 'allowed', state: lacking.length === 0 ? 'ready' : 'not_ready', is, limit: words.join(', ') };
}

function scenario(result: JsonObject | undefined): JudgedFact<PlanFact> {
  const told = result?.['current_scenario'];
  if (typeof told !== 'string') return { fact: 'scenario', state: 'unknown', is: 'not known' };
  if (told === 'None') return { fact: 'scenario', state: 'ready', is: 'none' };
  return {
    fact: 'scenario',
    state: 'not_ready',
    is: told,
    limit: 'none',
    message: 'Site Recovery works on the plan and would refuse another request',
  };
}

function allProtected(machines: readonly MachineReadiness[]): JudgedFact<PlanFact> {
  const states = machines.map(({ facts }) => facts.find(({ fact }) => fact === 'protection')?.state ?? 'unknown');
  const count = states.filter((state) => state === 'ready').length;
  const is = `${count} of ${machines.length}`;
  return { fact: 'protected', state: machines.length === 0 ? 'not_ready' : worstOf(states), is, limit: 'all' };
}
