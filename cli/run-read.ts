import { RUN_WORDS } from '../engine/run/run-state.ts';
import type { RunRow } from '../engine/run/summary.ts';
import { connect } from './api-client.ts';
import { argument, countFlag, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import { snapshot } from './follow-run.ts';
import type { Session } from './program-options.ts';
import { attentionLines, nextCommands } from './run-advice.ts';
import { resolveRun } from './run-reference.ts';
import { renderRunTree } from './run-tree.ts';
import { ageText, clockText, needsAscii, tableText } from './terminal.ts';
import { watchRun } from './watch-run.ts';

/** `run list`: newest first. */
export async function listRuns(session: Session, _args: readonly unknown[], flags: Flags): Promise<number> {
  const limit = countFlag(flags, 'count', { flag: '-n', max: 500 });
  const query = new URLSearchParams({ limit: String(limit) });
  for (const name of ['status', 'runbook', 'as']) {
    const value = textFlag(flags, name);
    if (value !== undefined) query.set(name, value);
  }
  const client = await connect(session);
  const { items } = await client.get<{ readonly items: readonly RunRow[] }>(`/runs?${query.toString()}`);
  const nowMs = Date.now();
  session.output.data({
    text: () =>
      items.length === 0
        ? 'no runs'
        : tableText(
            ['RUN', 'RUNBOOK', 'AS', 'STATUS', 'STARTED-BY', 'DURATION', 'AGE'],
            items.map((run) => rowOf(run, nowMs)),
          ),
    json: { apiVersion: 'runward/v1', kind: 'RunList', items },
    lines: items,
    names: items.map((run) => String(run.number)),
  });
  return 0;
}

/** `run show`: the tree, what waits, errors with their consequence, and the next command. */
export async function showRun(session: Session, args: readonly unknown[]): Promise<number> {
  const client = await connect(session);
  const model = await snapshot(client, await resolveRun(client, argument(args, 0)));
  const view = {
    nowMs: Date.now(),
    columns: Math.min(120, session.output.stdout.columns ?? 100),
    colour: session.output.colour,
    ascii: needsAscii(process.env),
  };
  session.output.data({
    text: () => [...renderRunTree(model, view), ...attentionLines(model.run)].join('\n'),
    json: model.run,
    names: [String(model.run.number)],
  });
  for (const line of nextCommands(model.run)) session.output.say(line);
  return 0;
}

/** `run watch`: the newest run when none is named. */
export async function watchOneRun(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const reference = await resolveRun(client, argument(args, 0) === '' ? 'latest' : argument(args, 0));
  return watchRun(session, client, reference, { stopWhenWaiting: flags['waitApproval'] === false });
}

function rowOf(run: RunRow, nowMs: number): readonly string[] {
  const words = RUN_WORDS[run.status];
  const mark = needsAscii(process.env) ? words.ascii : words.mark;
  const endMs = run.endedAt === undefined ? nowMs : Date.parse(run.endedAt);
  return [
    String(run.number),
    run.runbook,
    run.purpose,
    `${mark} ${run.status}`,
    run.requester.name,
    run.startedAt === undefined ? '-' : clockText(endMs - Date.parse(run.startedAt)),
    ageText(nowMs - Date.parse(run.createdAt)),
  ];
}
