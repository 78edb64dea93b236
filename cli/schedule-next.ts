import { actions } from '../engine/actions/registry.ts';
import { RunwardError } from '../engine/errors.ts';
import { restrictsBothDays } from '../engine/language/cron.ts';
import { formatDuration } from '../engine/language/duration.ts';
import { formatInstant, isTimeZone } from '../engine/language/instant.ts';
import { loadDocuments } from '../engine/language/load.ts';
import { cronWords } from '../engine/schedule/cron-words.ts';
import { lookFromMs, type PreviewRow, previewSlots } from '../engine/schedule/preview.ts';
import type { ScheduleState } from '../engine/schedule/schedule-state.ts';
import { connect } from './api-client.ts';
import { argument, countFlag, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { readDocuments } from './project-documents.ts';
import { tableText } from './terminal.ts';

/** What the first line says of a schedule. */
interface Head {
  readonly cron: string;
  readonly timezone: string;
  readonly overlap: string;
  readonly missed: { readonly run?: string; readonly withinMs?: number };
  readonly jitterMs?: number;
  readonly dayMatch?: string;
}

interface Shown {
  readonly id: string;
  readonly head: Head;
  /** Why slots do not start runs now, such as `disabled`; absent where they do. */
  readonly held?: string;
  readonly rows: readonly PreviewRow[];
}

interface Asked {
  readonly count: number;
  readonly zone: string;
  readonly from: string | undefined;
}

const COUNT_MAX = 200;

/** `schedule next`: coming slots from the server, or from a file with the same function that fires them. */
export async function nextOfSchedule(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const asked = {
    count: countFlag(flags, 'n', { flag: '-n', max: COUNT_MAX }),
    zone: textFlag(flags, 'tz') ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    from: textFlag(flags, 'from'),
  };
  if (!isTimeZone(asked.zone)) throw new RunwardError('USAGE_FLAG', `--tz: "${asked.zone}" is not an IANA name such as Europe/Berlin`);
  const file = textFlag(flags, 'file');
  const name = argument(args, 0);
  if (file === undefined && name === '') throw new RunwardError('USAGE_FLAG', 'name a schedule, or a runbook file with -f');
  const found = file === undefined ? [await fromServer(session, name, asked)] : await fromFile(session, { file, name }, asked);
  session.output.data({
    text: () => found.map((one) => `${found.length > 1 ? `${one.id}\n` : ''}${textOf(one, asked.zone)}`).join('\n\n'),
    json: {
      apiVersion: 'runward/v1',
      kind: 'SlotPreview',
      schedules: found.map(({ id, held, rows }) => ({ schedule: id, ...(held === undefined ? {} : { held }), next: rows.map(jsonRow) })),
    },
    names: found.map(({ id }) => id),
  });
  return 0;
}

/** `"30 2 * * *" · at 02:30 every day · Europe/Berlin · overlap skip · missed latest within 1h`. */
export function headLine({ cron, timezone, overlap, missed, jitterMs = 0, dayMatch }: Head): string {
  const days = dayMatch !== undefined && restrictsBothDays(cron) ? [`day_match ${dayMatch}`] : [];
  const jitter = jitterMs === 0 ? [] : [`jitter ${formatDuration(jitterMs)}`];
  const within = missed.withinMs === undefined || missed.run === 'none' ? '' : ` within ${formatDuration(missed.withinMs)}`;
  const late = missed.run === undefined ? [] : [`missed ${missed.run}${within}`];
  return [JSON.stringify(cron), cronWords(cron), ...days, timezone, ...jitter, `overlap ${overlap}`, ...late]
    .filter((part) => part !== undefined)
    .join(' · ');
}

async function fromServer(session: Session, id: string, { count, zone, from }: Asked): Promise<Shown> {
  const client = await connect(session);
  const place = `/schedules/${encodeURIComponent(id)}`;
  const query = new URLSearchParams({ count: String(count), zone, ...(from === undefined ? {} : { from }) });
  const [head, { next }] = await Promise.all([
    client.get<Head & { readonly state: ScheduleState }>(place),
    client.get<{ readonly next: readonly (Omit<PreviewRow, 'slotMs'> & { readonly slot?: string; readonly startsAt?: string })[] }>(
      `${place}/slots?${query.toString()}`,
    ),
  ]);
  const rows = next.map(({ slot, startsAt, ...row }) =>
    slot === undefined || startsAt === undefined ? row : { ...row, slotMs: Date.parse(slot), startsAtMs: Date.parse(startsAt) },
  );
  return { id, head, ...(head.state === 'active' ? {} : { held: head.state }), rows };
}

async function fromFile(
  session: Session,
  { file, name }: { readonly file: string; readonly name: string },
  { count, zone, from }: Asked,
): Promise<readonly Shown[]> {
  const { asked, beside } = await readDocuments([file], session.project);
  const loaded = loadDocuments([...asked, ...beside], { actions });
  const findings = loaded.findings.filter(({ severity }) => severity === 'error');
  if (findings.length > 0)
    throw new RunwardError('USAGE_DOCUMENT', `${file} has ${findings.length} ${findings.length === 1 ? 'error' : 'errors'}`, {
      problem: { findings },
    });
  const schedules = [...loaded.runbooks.values()]
    .filter(({ path }) => asked.some((one) => one.path === path))
    .flatMap(({ runbook }) => runbook.schedules.map((schedule) => ({ ...schedule, id: `${runbook.name}.${schedule.id}` })))
    .filter(({ id }) => name === '' || id === name);
  if (schedules.length === 0)
    throw new RunwardError('NOT_FOUND_SCHEDULE', name === '' ? `${file} has no schedule` : `${file} has no schedule "${name}"`);
  return schedules.map((schedule) => {
    const fromMs = from === undefined ? Date.now() : lookFromMs(from, schedule.timezone);
    if (fromMs === undefined) throw new RunwardError('USAGE_FLAG', `--from: "${from}" is neither RFC 3339 nor a date such as 2027-03-27`);
    return {
      id: schedule.id,
      head: schedule,
      ...(schedule.enabled ? {} : { held: 'disabled' }),
      rows: previewSlots(schedule, { fromMs, count, zone }),
    };
  });
}

function textOf({ head, held, rows }: Shown, zone: string): string {
  const notes = rows.some((row) => noteOf(row) !== undefined);
  const headings = [`SLOT ${head.timezone}`, `YOURS ${zone}`, 'UTC', ...(notes ? ['NOTE'] : [])];
  const lines = rows.map((row) => [
    row.local,
    row.yours ?? '',
    row.slotMs === undefined ? '' : minuteText(row.slotMs),
    ...(notes ? [noteOf(row) ?? ' '] : []),
  ]);
  const stands = held === undefined ? [] : [`${held}: these slots start no runs while it stays so`];
  return [headLine(head), ...stands, rows.length === 0 ? 'no slot' : tableText(headings, lines)].join('\n');
}

function noteOf({ slotMs, startsAtMs, note }: PreviewRow): string | undefined {
  const starts = startsAtMs === undefined || startsAtMs === slotMs ? undefined : `starts ${formatInstant(startsAtMs).slice(0, 19)}Z`;
  return starts === undefined ? note : [starts, ...(note === undefined ? [] : [note])].join(', ');
}

function minuteText(slotMs: number): string {
  return `${formatInstant(slotMs).slice(0, 16)}Z`;
}

function jsonRow({ slotMs, startsAtMs, ...row }: PreviewRow) {
  return {
    ...(slotMs === undefined || startsAtMs === undefined ? {} : { slot: formatInstant(slotMs), startsAt: formatInstant(startsAtMs) }),
    ...row,
  };
}
