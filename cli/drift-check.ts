import { randomUUID } from 'node:crypto';
import type { RunSummary } from '../engine/run/summary.ts';
import { hasEnded, RUN_WORDS } from '../engine/run/run-state.ts';
import { connect } from './api-client.ts';
import { type DriftRow, driftExit, parametersFrom, printRows } from './drift.ts';
import { type Flags, pairsOf } from './flags.ts';
import { followRun } from './follow-run.ts';
import type { PlanView } from './plan-text.ts';
import type { Session } from './program-options.ts';
import { makePlan } from './run-start.ts';

const RUNBOOK = 'drift-check';
const FAILED_EXIT = 1;

/**
 * `drift check`: runs a drift runbook to its end and shows what it found. A machine without a result, and a run that did not end well
 * although every machine is as desired, count as not known.
 */
export async function checkDrift(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const runbook = typeof args[0] === 'string' ? args[0] : RUNBOOK;
  const plan = await makePlan(client, runbook, withParameters(flags));
  const started = await client.post<RunSummary>('/runs', { planHash: plan.planHash }, randomUUID());
  session.output.say(`run ${started.number} ${started.status} · ${started.url}`);

  const timeout = session.timeoutMs === undefined ? new AbortController().signal : AbortSignal.timeout(session.timeoutMs);
  let run = started;
  for await (const { model } of followRun(client, started.id, timeout)) run = model.run;
  const { items } = await client.get<{ readonly items: readonly DriftRow[] }>(`/drift?run=${run.id}`);

  const missing = Math.max(0, planned(plan) - items.length);
  const found = driftExit(items);
  const isWell = hasEnded(run.status) && (found !== 0 || run.status === 'succeeded') && items.length > 0;
  const exit = missing > 0 || !isWell ? FAILED_EXIT : found;
  printRows(session, items, exit);
  if (!hasEnded(run.status)) session.output.say(`run ${run.number} goes on: runward run watch ${run.number}`);
  else if (missing > 0)
    session.output.say(`${missing} of ${planned(plan)} have no result: run ${run.number} ${RUN_WORDS[run.status].word}`, 'bad');
  const worst = items.find((row) => row.status === 'drifted') ?? items.find((row) => row.status === 'unknown');
  if (worst !== undefined) session.output.say(`next: runward drift show ${worst.target}`);
  return exit;
}

/** Parameters of the document go into the input `parameters`, which the runbook hands on. */
function withParameters(flags: Flags): Flags {
  const pairs = pairsOf(flags, 'parameters');
  return pairs.length === 0 ? flags : { ...flags, i: [...pairsOf(flags, 'i'), `parameters=${JSON.stringify(parametersFrom(pairs))}`] };
}

function planned(plan: PlanView): number {
  const rows = plan.steps.filter((row) => row.action.startsWith('dsc.test@'));
  return rows.reduce((sum, row) => sum + (row.targets ?? 1), 0);
}
