import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from '../engine/run/run-state.ts';
import type { ApiClient } from './api-client.ts';
import { connect } from './api-client.ts';
import { argument, countFlag, isOn, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import { snapshot } from './follow-run.ts';
import type { Session } from './program-options.ts';
import { resolveRun } from './run-reference.ts';
import { plainText } from './terminal.ts';

interface ApiLogLine {
  readonly n: number;
  readonly at: string;
  readonly step: string;
  readonly item?: string;
  readonly stream: string;
  readonly text: string;
}

interface ApiLogPage {
  readonly lines: readonly ApiLogLine[];
  readonly total: number;
  readonly dropped: number;
  readonly kept: 'files' | 'tail';
}

const PAGE = 1000;
const POLL_MS = 1000;

/** `run logs`: the last lines, and with --follow everything that is added until the run has ended. */
export async function showLogs(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const tail = countFlag(flags, 'tail', { flag: '--tail', max: PAGE });
  const client = await connect(session);
  const run = await resolveRun(client, argument(args, 0));
  const first = await pageOf(client, run, { from: -tail, flags });
  if (session.output.format === 'json') {
    session.output.data({ text: () => '', json: { apiVersion: 'runward/v1', kind: 'LogPage', ...first } });
    return 0;
  }
  if (first.dropped > 0) session.output.say(droppedText(first));
  print(session, first.lines, flags);
  if (isOn(flags, 'follow')) await follow(session, client, { run, flags, next: first.total + 1 });
  else if (first.lines.length === 0) session.output.say('no lines');
  return 0;
}

function droppedText({ dropped, kept }: ApiLogPage): string {
  return kept === 'files'
    ? `${dropped} lines in the middle were dropped: a run keeps 256 MiB of log, its first and its last`
    : `${dropped} older lines are not here: the server has no file of this log, and the store keeps the newest 5 MiB of a run`;
}

async function follow(
  session: Session,
  client: ApiClient,
  from: { readonly run: string; readonly flags: Flags; readonly next: number },
): Promise<void> {
  let { next } = from;
  for (;;) {
    // Looked at before the lines: what is written until then is in the page.
    const ended = hasEnded((await snapshot(client, from.run)).run.status);
    const page = await pageOf(client, from.run, { from: next, flags: from.flags });
    print(session, page.lines, from.flags);
    next = (page.lines.at(-1)?.n ?? next - 1) + 1;
    if (ended && page.lines.length < PAGE) return;
    if (page.lines.length < PAGE) await sleep(POLL_MS);
  }
}

async function pageOf(client: ApiClient, run: string, at: { readonly from: number; readonly flags: Flags }): Promise<ApiLogPage> {
  const query = new URLSearchParams({ from: String(at.from), limit: String(PAGE) });
  for (const name of ['step', 'item']) {
    const value = textFlag(at.flags, name);
    if (value !== undefined) query.set(name, value);
  }
  return client.get<ApiLogPage>(`/runs/${encodeURIComponent(run)}/logs?${query.toString()}`);
}

function print(session: Session, lines: readonly ApiLogLine[], flags: Flags): void {
  const { output } = session;
  if (output.format === 'none') return;
  for (const line of lines) {
    if (output.format === 'jsonl') output.stdout.write(`${JSON.stringify(line)}\n`);
    else output.stdout.write(`${lineText(line, isOn(flags, 'timestamps'))}\n`);
  }
}

function lineText(line: ApiLogLine, withTime: boolean): string {
  const step = line.item === undefined || line.step.includes('[') ? line.step : `${line.step}[${line.item}]`;
  const stream = line.stream === 'stdout' ? '' : ` ${line.stream}`;
  return `${withTime ? `${line.at} ` : ''}${plainText(step)}${stream} | ${plainText(line.text)}`;
}
