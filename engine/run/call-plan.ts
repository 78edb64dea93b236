import type { Action } from '../actions/action.ts';
import type { RunId } from '../ids.ts';
import { canonicalJson, type JsonObject } from '../json.ts';
import { CODES } from '../language/codes.ts';
import type { Step } from '../language/runbook.ts';
import { planOfCall, type PlanProblem } from '../plan/assemble.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { Ports } from '../ports.ts';
import type { StepRecord } from './record.ts';

/** What the plan of a called run follows from: the caller's plan and step, the inputs, and the id that the run has. */
interface Calling {
  readonly plan: Plan;
  readonly step: Step;
  readonly record: Pick<StepRecord, 'createdAtMs'>;
  readonly inputs: JsonObject;
  readonly runId: RunId;
}

interface PlanParts {
  readonly ports: { readonly ids: Pick<Ports['ids'], 'sha256'> };
  readonly actions: ReadonlyMap<string, Action>;
}

/** The plan of a called run, from what its caller's plan has pinned: nothing is read, so every worker comes to the same one. */
export function planForCall(
  { ports, actions }: PlanParts,
  { plan, step, record, inputs, runId }: Calling,
): { readonly kind: 'planned'; readonly plan: Plan } | { readonly kind: 'refused'; readonly message: string } {
  if (step.body.kind !== 'call') return { kind: 'refused', message: `step "${step.id}" calls nothing` };
  const made = planOfCall(
    {
      calls: plan.calls ?? {},
      purpose: plan.purpose,
      seed: runId,
      nowMs: record.createdAtMs ?? 0,
      sha256: ports.ids.sha256,
      actions,
      ...(plan.simulatedScale === undefined ? {} : { simulatedScale: plan.simulatedScale }),
    },
    step.body.runbook,
    { caller: plan.definition.name, step: step.id, given: inputs },
  );
  if (made.kind === 'refused') return { kind: 'refused', message: made.problems.map(wordsOf).join('; ') };
  const unpinned = filesOf(made.plan).filter((path) => plan.configurations?.[path] === undefined);
  if (unpinned.length > 0) return { kind: 'refused', message: `${unpinned.join(', ')}: no document of the plan (RW410)` };
  return { kind: 'planned', plan: made.plan };
}

/** True when a plan is the one that follows from its caller's; what is only shown to people (rows, notes) may be of another version. */
export function followsFrom(parts: PlanParts, calling: Calling, child: Plan): boolean {
  const made = planForCall(parts, calling);
  if (made.kind === 'refused') return false;
  const { engine, rows, notes, severity } = child;
  return canonicalJson({ ...made.plan, engine, rows, notes, severity }) === canonicalJson(child);
}

function filesOf({ definition, inputs }: Plan): readonly string[] {
  return Object.entries(definition.inputs).flatMap(([name, { type }]) => {
    const path = inputs[name];
    return type === 'file' && typeof path === 'string' && path.startsWith('configurations/') ? [path] : [];
  });
}

function wordsOf({ late }: PlanProblem): string {
  const marks: Readonly<Record<string, string>> = late.marks;
  return `${CODES[late.code].message.replace(/\{(\w+)\}/g, (_, name: string) => marks[name] ?? '')} (${late.code})`;
}
