import { RunwardError } from '../engine/errors.ts';
import { connect } from './api-client.ts';
import { argument, isOn, pairsOf, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import { readInputs } from './inputs.ts';
import { writePlan } from './plan-file.ts';
import { changesSomething, planOutlook, planSummary, planTable, type PlanView } from './plan-text.ts';
import type { Session } from './program-options.ts';
import { makePlan } from './run-start.ts';

/** `plan`: made by the server, because it reads the estate; nothing is changed. */
export async function showPlan(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const runbook = argument(args, 0);
  if (isOn(flags, 'checkPermissions')) return (await import('./azure/check-plan.ts')).checkPlan(session, args, flags);
  if (isOn(flags, 'offline') || /\.ya?ml$/.test(runbook)) return showDraft(session, runbook, flags);
  const client = await connect(session);
  const plan = await makePlan(client, runbook, flags);
  session.output.data({ text: () => planTable(plan), json: plan, lines: plan.steps, names: [plan.planHash] });
  const out = textFlag(flags, 'out');
  if (out !== undefined) await writePlan(out, plan);
  sayPlan(session, plan, '');
  const severe = plan.severity === 'severe' ? ` --confirm=${runbook} --reason "…"` : '';
  session.output.say(`next: runward run start ${runbook} --plan ${out ?? plan.planHash}${severe}`);
  return isOn(flags, 'exitCode') && changesSomething(plan) ? 3 : 0;
}

async function showDraft(session: Session, runbook: string, flags: Flags): Promise<number> {
  if (textFlag(flags, 'out') !== undefined)
    throw new RunwardError(
      'USAGE_FLAG',
      '--out keeps a plan that a run can start from, and a draft is none: leave out --offline, or --out',
    );
  const { draftPlan } = await import('./plan-offline.ts');
  const purpose = textFlag(flags, 'as');
  const plan = await draftPlan({
    project: session.project,
    runbook,
    inputs: async (definition) => readInputs(pairsOf(flags, 'i'), textFlag(flags, 'inputs'), { properties: definition.inputs }),
    ...(purpose === undefined ? {} : { purpose }),
  });
  const { planHash: _, ...draft } = plan;
  session.output.data({
    text: () => planTable(plan),
    json: { apiVersion: 'runward/v1', kind: 'PlanDraft', ...draft },
    lines: plan.steps,
    names: [plan.runbook],
  });
  sayPlan(session, plan, 'draft · ');
  session.output.say('no run can start from a draft');
  return isOn(flags, 'exitCode') && changesSomething(plan) ? 3 : 0;
}

function sayPlan(session: Session, plan: PlanView, mark: string): void {
  session.output.say(`${mark}${planSummary(plan, Date.now())}`);
  const outlook = planOutlook(plan);
  if (outlook !== '') session.output.say(outlook);
  for (const note of plan.notes) session.output.say(note);
}
