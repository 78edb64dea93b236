import { connect } from './api-client.ts';
import { argument, isOn } from './flags.ts';
import type { Flags } from './flags.ts';
import { changesSomething, planSummary, planTable } from './plan-text.ts';
import type { Session } from './program-options.ts';
import { makePlan } from './run-start.ts';

/** `plan`: made by the server, because it reads the estate; nothing is changed. */
export async function showPlan(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const runbook = argument(args, 0);
  const plan = await makePlan(client, runbook, flags);
  session.output.data({ text: () => planTable(plan), json: plan, lines: plan.steps, names: [plan.planHash] });
  session.output.say(planSummary(plan));
  if (plan.counts.UNKNOWN > 0) session.output.say('UNKNOWN steps may change more than is shown here');
  for (const note of plan.notes) session.output.say(note);
  const severe = plan.severity === 'severe' ? ` --confirm=${runbook} --reason "…"` : '';
  session.output.say(`next: runward run start ${runbook} --plan ${plan.planHash}${severe}`);
  return isOn(flags, 'exitCode') && changesSomething(plan) ? 3 : 0;
}
