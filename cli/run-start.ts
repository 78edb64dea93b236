import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../engine/json.ts';
import { RunwardError } from '../engine/errors.ts';
import { parseDurationMs } from '../engine/language/duration.ts';
import { formatInstant, parseInstantMs } from '../engine/language/instant.ts';
import type { RunSummary } from '../engine/run/summary.ts';
import type { ApiClient } from './api-client.ts';
import { connect } from './api-client.ts';
import { confirmDanger } from './confirm.ts';
import { argument, given, pairsOf, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import type { InputShapes } from './inputs.ts';
import { readInputs } from './inputs.ts';
import type { PlanView } from './plan-text.ts';
import { isPlanFile, planOfFile } from './plan-file.ts';
import { changesSomething, planOutlook, planSummary } from './plan-text.ts';
import type { Session } from './program-options.ts';
import { watchRun } from './watch-run.ts';

/** Plans a runbook, asks for what its danger needs, starts the run and watches it where somebody looks. */
export async function startRun(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const runbook = argument(args, 0);
  const plan = await planToStart(client, runbook, flags);
  session.output.say(planSummary(plan, Date.now()));
  const outlook = planOutlook(plan);
  if (outlook !== '') session.output.say(outlook);
  for (const note of plan.notes) session.output.say(`  ${note}`);

  const level = plan.severity === 'mild' && changesSomething(plan) ? 'moderate' : plan.severity;
  const danger = {
    level: changesSomething(plan) ? level : 'mild',
    what: `start ${runbook} in ${plan.environment}`,
    name: runbook,
  } as const;
  const consent = await confirmDanger(session, danger, given({ confirm: textFlag(flags, 'confirm'), reason: textFlag(flags, 'reason') }));
  const run = await client.post<RunSummary>(
    '/runs',
    { planHash: plan.planHash, ...consent, ...given({ outageAt: outageOf(flags) }) },
    textFlag(flags, 'idempotencyKey') ?? randomUUID(),
  );

  session.output.say(`run ${run.number} ${run.status} · ${run.url}`);
  const watches = flags['wait'] === true || (flags['wait'] !== false && session.output.stdout.isTTY === true);
  if (watches) return watchRun(session, client, run.id, { stopWhenWaiting: flags['waitApproval'] === false });
  session.output.data({ text: () => String(run.number), json: run, names: [String(run.number)] });
  session.output.say(`next: runward run watch ${run.number}`);
  return 0;
}

/** When the outage began, from --outage-at: an RFC 3339 time, or how long ago. Throws USAGE_FLAG. */
function outageOf(flags: Flags): string | undefined {
  const text = textFlag(flags, 'outageAt');
  if (text === undefined) return undefined;
  const agoMs = parseDurationMs(text);
  const ms = agoMs === undefined ? parseInstantMs(text) : Date.now() - agoMs;
  if (ms !== undefined) return formatInstant(ms);
  throw new RunwardError(
    'USAGE_FLAG',
    `--outage-at is a time with an offset, such as 2026-11-24T02:41:00+01:00, or how long ago, such as 25m; not "${text}"`,
  );
}

/** The plan of a runbook with the inputs of the flags. Throws USAGE_DOCUMENT with the findings when they do not hold. */
export async function makePlan(client: ApiClient, runbook: string, flags: Flags): Promise<PlanView> {
  const shapes = await inputShapes(client, runbook, flags);
  const inputs: JsonObject = await readInputs(pairsOf(flags, 'i'), textFlag(flags, 'inputs'), shapes);
  return client.post<PlanView>('/plans', { runbook, inputs, ...given({ as: textFlag(flags, 'as') }) });
}

async function planToStart(client: ApiClient, runbook: string, flags: Flags): Promise<PlanView> {
  const wanted = textFlag(flags, 'plan');
  if (wanted === undefined) return makePlan(client, runbook, flags);
  if (pairsOf(flags, 'i').length > 0 || textFlag(flags, 'inputs') !== undefined || textFlag(flags, 'as') !== undefined) {
    throw new RunwardError('USAGE_FLAG', 'inputs and purpose are part of the plan already: leave out -i, --inputs and --as, or --plan');
  }
  const plan = isPlanFile(wanted) ? await planOfFile(client, wanted) : await client.get<PlanView>(`/plans/${wanted}`);
  if (plan.runbook !== runbook)
    throw new RunwardError('USAGE_FLAG', `plan ${plan.planHash.slice(0, 8)} is a plan of ${plan.runbook}, not of ${runbook}`);
  return plan;
}

/** The shapes of a runbook's inputs, where some are given. */
export async function inputShapes(client: ApiClient, runbook: string, flags: Flags): Promise<InputShapes> {
  if (pairsOf(flags, 'i').length === 0) return {};
  return (await client.get<{ readonly inputs: InputShapes }>(`/runbooks/${encodeURIComponent(runbook)}`)).inputs;
}
