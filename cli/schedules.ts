import type { RunSummary } from '../engine/run/summary.ts';
import { SCHEDULE_WORDS, type ScheduleState } from '../engine/schedule/schedule-state.ts';
import type { ApiClient } from './api-client.ts';
import { connect } from './api-client.ts';
import { confirmDanger } from './confirm.ts';
import { argument, given, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { headLine } from './schedule-next.ts';
import { needsAscii, plainText, tableText } from './terminal.ts';

/** A schedule as the API answers it. */
interface Schedule {
  readonly id: string;
  readonly runbook: string;
  readonly environment: string;
  readonly cron: string;
  readonly words?: string;
  readonly timezone: string;
  readonly state: ScheduleState;
  readonly overlap: string;
  readonly missed: { readonly run: string; readonly withinMs: number };
  readonly publishedBy: string;
  readonly failures: number;
  readonly next?: { readonly slot: string; readonly startsAt: string; readonly local: string };
  readonly pause?: { readonly reason: string; readonly by: string; readonly at: string; readonly until?: string };
  readonly last?: Slot;
}

interface Slot {
  readonly slot: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly runId?: string;
}

/** `schedule list`. */
export async function listSchedules(session: Session): Promise<number> {
  const { items } = await (await connect(session)).get<{ readonly items: readonly Schedule[] }>('/schedules');
  session.output.data({
    text: () => (items.length === 0 ? 'no published runbook has a schedule' : tableText(HEADINGS, items.map(rowOf))),
    json: { apiVersion: 'runward/v1', kind: 'ScheduleList', items },
    lines: items,
    names: items.map(({ id }) => id),
  });
  const [first] = items;
  if (first !== undefined) session.output.say(`next: runward schedule next ${first.id}`);
  return 0;
}

/** `schedule show`. */
export async function showSchedule(session: Session, args: readonly unknown[]): Promise<number> {
  const client = await connect(session);
  const schedule = await read(client, argument(args, 0));
  const { past } = await client.get<{ readonly past: readonly Slot[] }>(`${placeOf(schedule.id)}/slots`);
  session.output.data({ text: () => shown(schedule, past).join('\n'), json: { ...schedule, past }, names: [schedule.id] });
  session.output.say(
    schedule.state === 'paused' || schedule.state === 'parked'
      ? `next: runward schedule resume ${schedule.id}`
      : `next: runward schedule next ${schedule.id}`,
  );
  return 0;
}

/** `schedule pause`. */
export async function pauseSchedule(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  return control(session, args, { word: 'pause', body: given({ reason: textFlag(flags, 'reason'), until: textFlag(flags, 'until') }) });
}

/** `schedule resume`. */
export async function resumeSchedule(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  return control(session, args, { word: 'resume', body: given({ reason: textFlag(flags, 'reason') }) });
}

/** `schedule enable`. */
export async function enableSchedule(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  return control(session, args, { word: 'enable', body: given({ reason: textFlag(flags, 'reason') }) });
}

/** `schedule trigger`: a run now, beside the slots. */
export async function triggerSchedule(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const { id, environment } = await read(client, argument(args, 0));
  await confirmDanger(session, { level: 'moderate', what: `start a run of ${id} in ${environment}`, name: id }, {});
  const run = await client.post<RunSummary>(`${placeOf(id)}/trigger`, given({ reason: textFlag(flags, 'reason') }));
  session.output.data({ text: () => String(run.number), json: run, names: [String(run.number)] });
  session.output.say(`next: runward run watch ${run.number}`);
  return 0;
}

async function control(
  session: Session,
  args: readonly unknown[],
  asked: { readonly word: 'pause' | 'resume' | 'enable'; readonly body: object },
): Promise<number> {
  const client = await connect(session);
  const { id } = await read(client, argument(args, 0));
  await confirmDanger(session, { level: 'moderate', what: `${asked.word} ${id}`, name: id }, {});
  const schedule = await client.post<Schedule>(`${placeOf(id)}/${asked.word}`, asked.body);
  session.output.data({ text: () => `${id}: ${SCHEDULE_WORDS[schedule.state].word}`, json: schedule, names: [id] });
  session.output.say(`next: runward schedule show ${id}`);
  return 0;
}

const HEADINGS = ['SCHEDULE', 'STATE', 'CRON', 'ZONE', 'NEXT', 'LAST'];

function rowOf({ id, state, cron, timezone, next, last, pause }: Schedule): readonly string[] {
  const mark = SCHEDULE_WORDS[state][needsAscii(process.env) ? 'ascii' : 'mark'];
  const why = pause === undefined ? '' : ` ${pause.reason}`;
  return [id, `${mark} ${SCHEDULE_WORDS[state].word}${why}`, cron, timezone, next?.local ?? '', last === undefined ? '' : last.outcome];
}

function shown(schedule: Schedule, past: readonly Slot[]): readonly string[] {
  const { id, environment, state, pause, next, publishedBy, failures } = schedule;
  const until = pause?.until === undefined ? '' : `, until ${pause.until}`;
  return [
    `${id} · ${environment} · ${SCHEDULE_WORDS[state].word} · published by ${plainText(publishedBy)}`,
    headLine({ ...schedule, missed: schedule.missed }),
    ...(pause === undefined ? [] : [`paused by ${plainText(pause.by)}: ${plainText(pause.reason)}${until}`]),
    ...(failures === 0 ? [] : [`${failures} failed ${failures === 1 ? 'run' : 'runs in a row'}`]),
    ...(next === undefined
      ? ['no next slot']
      : [`next ${next.local}${next.slot === next.startsAt ? '' : ` · starts at ${next.startsAt}`}`]),
    ...(past.length === 0 ? [] : ['', tableText(['SLOT', 'OUTCOME', 'RUN', 'REASON'], past.map(slotRow))]),
  ];
}

function slotRow({ slot, outcome, runId, reason }: Slot): readonly string[] {
  return [slot, outcome, runId?.slice(0, 8) ?? '', reason ?? ''];
}

async function read(client: ApiClient, id: string): Promise<Schedule> {
  return client.get<Schedule>(placeOf(id));
}

function placeOf(id: string): string {
  return `/schedules/${encodeURIComponent(id)}`;
}
