import { randomUUID } from 'node:crypto';
import { hasEnded } from '../engine/run/run-state.ts';
import type { RunRow } from '../engine/run/summary.ts';
import { type ApiClient, connect } from './api-client.ts';
import { argument, type Flags, pairsOf, textFlag } from './flags.ts';
import { followRun } from './follow-run.ts';
import { type InputShapes, readInputs } from './inputs.ts';
import { OUTCOMES } from './output.ts';
import { readinessTable } from './readiness-table.ts';
import type { Session } from './program-options.ts';
import { type ApplicationView, checkRows, readyExit, readyText } from './recovery.ts';
import { inputShapes } from './run-start.ts';
import { plainText } from './terminal.ts';

interface Started {
  readonly runs: readonly RunRow[];
  readonly refused: readonly { readonly runbook: string; readonly reason: string }[];
}

const UNKNOWN_EXIT = 1;
const TIMED_OUT_EXIT = 7;

/** `dr readiness`: makes the checks of every runbook of an application now, waits for them, and shows what each said. */
export async function makeChecks(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const app = argument(args, 0);
  const path = `/dr/${encodeURIComponent(app)}`;
  const inputs = await readInputs(pairsOf(flags, 'i'), textFlag(flags, 'inputs'), await shapesOf(client, path, flags));
  const { runs, refused } = await client.post<Started>(`${path}/readiness`, { inputs }, randomUUID());
  for (const { runbook, reason } of refused) session.output.say(`${runbook}: ${plainText(reason)}`, 'bad');
  const open = await goOn(session, client, runs);

  const application = await client.get<ApplicationView>(path);
  const judged = readyExit(application);
  const exit = open.length > 0 ? TIMED_OUT_EXIT : refused.length > 0 && judged === 0 ? UNKNOWN_EXIT : judged;
  session.output.data({
    text: (wide) => {
      const nowMs = Date.now();
      return [checkRows(application, nowMs), readinessTable(application.recoveryPlans, { nowMs, wide })]
        .filter((part) => part !== '')
        .join('\n\n');
    },
    json: { ...application, outcome: OUTCOMES[exit], refused },
    lines: application.runbooks.flatMap(({ name, checks }) => checks.map((check) => ({ runbook: name, ...check }))),
    names: application.runbooks.flatMap(({ name, checks }) => checks.map(({ check }) => `${name}.${check}`)),
  });
  for (const run of open) session.output.say(`the checks of ${run.runbook} go on: runward run watch ${run.number}`);
  session.output.say(`${app} is ${readyText(application.ready)}. Checks never say that a recovery will work: a passed drill does.`);
  return exit;
}

async function shapesOf(client: ApiClient, path: string, flags: Flags): Promise<InputShapes> {
  const { runbooks } = await client.get<ApplicationView>(path);
  const shapes = await Promise.all(runbooks.map(({ name }) => inputShapes(client, name, flags)));
  return Object.assign({}, ...shapes) as InputShapes;
}

/** Waits for every run; answers those that had not ended when the time of the command was over. */
async function goOn(session: Session, client: ApiClient, runs: readonly RunRow[]): Promise<readonly RunRow[]> {
  const signal = session.timeoutMs === undefined ? new AbortController().signal : AbortSignal.timeout(session.timeoutMs);
  const ended = await Promise.all(
    runs.map(async (run) => {
      let { status } = run;
      for await (const { model } of followRun(client, run.id, signal)) ({ status } = model.run);
      return hasEnded(status) ? [] : [run];
    }),
  );
  return ended.flat();
}
