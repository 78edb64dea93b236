import type { RunRow } from '../engine/run/summary.ts';
import type { ScheduleState } from '../engine/schedule/schedule-state.ts';
import { PROOF_WORDS, READY_WORDS } from '../engine/recovery/recovery-state.ts';
import type { ApiClient } from './api-client.ts';
import { connect } from './api-client.ts';
import type { Session } from './program-options.ts';
import type { ApplicationView } from './recovery.ts';
import { ageText, plainText } from './terminal.ts';

const DAY_MS = 86_400_000;

/** One thing that needs a person: what it is, and the command that shows more of it. */
interface Need {
  readonly mark: string;
  readonly text: string;
  readonly next: string;
  readonly at?: string;
}

interface Group {
  readonly title: string;
  readonly needs: readonly Need[];
}

/** `status`: what needs a person, worst first, each with the command that shows more. Exit code 6 when something waits. */
export async function showStatus(session: Session): Promise<number> {
  const client = await connect(session);
  const nowMs = Date.now();
  const all = await Promise.all([
    runsIn(client, 'unknown', 'nobody knows what happened'),
    runsIn(client, 'paused', 'stands still'),
    gates(client),
    failedRuns(client, nowMs),
    schedules(client),
    ...recovery(client),
    drifted(client),
    workers(client),
  ]);
  const groups = all.filter(({ needs }) => needs.length > 0);
  session.output.data({
    text: () => (groups.length === 0 ? 'nothing needs you' : groups.flatMap((group) => linesOf(group, nowMs)).join('\n')),
    json: { apiVersion: 'runward/v1', kind: 'Status', groups },
    lines: groups.flatMap(({ title, needs }) => needs.map((need) => ({ group: title, ...need }))),
    names: groups.flatMap(({ needs }) => needs.map(({ next }) => next)),
  });
  const [first] = groups.flatMap(({ needs }) => needs);
  if (first !== undefined) session.output.say(`next: ${first.next}`);
  return groups.length === 0 ? 0 : 6;
}

function linesOf({ title, needs }: Group, nowMs: number): readonly string[] {
  const rows = needs.map(({ mark, text, at, next }) => {
    const age = at === undefined ? '' : `${ageText(nowMs - Date.parse(at))} ago · `;
    return `  ${mark} ${plainText(text)} · ${age}${next}`;
  });
  return [`${title} (${needs.length})`, ...rows];
}

async function runsIn(client: ApiClient, status: 'unknown' | 'paused', title: string): Promise<Group> {
  const { items } = await client.get<{ readonly items: readonly RunRow[] }>(`/runs?status=${status}&limit=50`);
  const mark = status === 'unknown' ? '?' : '‖';
  return { title, needs: items.map((run) => needOf(run, mark)) };
}

async function failedRuns(client: ApiClient, nowMs: number): Promise<Group> {
  const { items } = await client.get<{ readonly items: readonly RunRow[] }>('/runs?status=failed,partially_failed,timed_out&limit=50');
  const recent = items.filter(({ endedAt }) => endedAt !== undefined && nowMs - Date.parse(endedAt) < DAY_MS);
  const { items: newer } = await client.get<{ readonly items: readonly RunRow[] }>('/runs?limit=200');
  // A run from which another one went on has been looked at.
  const followed = new Set(newer.flatMap(({ retryOf }) => retryOf?.id ?? []));
  return { title: 'ended badly since yesterday', needs: recent.filter(({ id }) => !followed.has(id)).map((run) => needOf(run, '✗')) };
}

function needOf({ number, runbook, environment, reason, endedAt, startedAt }: RunRow, mark: string): Need {
  const at = endedAt ?? startedAt;
  return {
    mark,
    text: `run ${number} ${runbook} · ${environment}${reason === undefined ? '' : ` · ${reason}`}`,
    next: `runward run show ${number}`,
    ...(at === undefined ? {} : { at }),
  };
}

async function gates(client: ApiClient): Promise<Group> {
  interface Gate {
    readonly id: string;
    readonly run: { readonly runbook: string };
    readonly message: string;
    readonly deadline?: string;
  }
  const { items } = await client.get<{ readonly items: readonly Gate[] }>('/approvals');
  const needs = items.map(({ id, run, message, deadline }) => {
    const until = deadline === undefined ? '' : ` · until ${deadline}`;
    return { mark: '◐', text: `${id} ${run.runbook} · ${message.split('\n')[0] ?? ''}${until}`, next: `runward approval show "${id}"` };
  });
  return { title: 'waits for a decision', needs };
}

async function schedules(client: ApiClient): Promise<Group> {
  interface Row {
    readonly id: string;
    readonly state: ScheduleState;
    readonly pause?: { readonly reason: string };
    readonly stuck?: string;
  }
  const { items } = await client.get<{ readonly items: readonly Row[] }>('/schedules');
  const needs = items.flatMap(({ id, state, pause, stuck }): readonly Need[] => {
    if (stuck !== undefined)
      return [{ mark: '⧗', text: `${id} has a slot without its run · ${stuck}`, next: `runward schedule slots ${id}` }];
    const stands = state === 'parked' || (state === 'paused' && pause !== undefined);
    return stands ? [{ mark: '‖', text: `${id} ${state} · ${pause?.reason ?? ''}`, next: `runward schedule show ${id}` }] : [];
  });
  return { title: 'schedules that do not fire', needs };
}

function recovery(client: ApiClient): readonly Promise<Group>[] {
  const board = client.get<{ readonly items: readonly ApplicationView[] }>('/dr');
  const applications = async (title: string, needsOf: (item: ApplicationView) => readonly Need[]): Promise<Group> => ({
    title,
    needs: (await board).items.flatMap(needsOf),
  });
  return [
    applications('drills that prove nothing now', ({ app, drills }) =>
      drills.flatMap(({ runbook, proof, dueAt, last, changes }): readonly Need[] => {
        if (proof === 'proven') return [];
        const due = dueAt === undefined ? '' : ` · due ${dueAt.slice(0, 10)}`;
        const text = `${app} ${runbook} ${proof}${due}${changes.length === 0 ? '' : ` · ${changes.join(', ')}`}`;
        return [
          { mark: PROOF_WORDS[proof].mark, text, next: `runward dr status ${app}`, ...(last === undefined ? {} : { at: last.endedAt }) },
        ];
      }),
    ),
    applications('applications that are not ready', ({ app, ready, at }) =>
      ready === 'not_ready' || ready === 'at_risk'
        ? [
            {
              mark: READY_WORDS[ready].mark,
              text: `${app} is ${READY_WORDS[ready].word}`,
              next: `runward dr status ${app}`,
              ...(at === undefined ? {} : { at }),
            },
          ]
        : [],
    ),
  ];
}

async function drifted(client: ApiClient): Promise<Group> {
  const { items } = await client.get<{ readonly items: readonly { readonly target: string; readonly status: string }[] }>('/drift');
  const needs = items
    .filter(({ status }) => status === 'drifted' || status === 'unknown')
    .map(({ target, status }) => ({
      mark: status === 'drifted' ? '✗' : '?',
      text: `${target} ${status}`,
      next: `runward drift show ${target}`,
    }));
  return { title: 'machines that differ or were not observed', needs };
}

async function workers(client: ApiClient): Promise<Group> {
  const { noWorkers } = await client.get<{ readonly noWorkers: boolean }>('/workers');
  const needs = noWorkers
    ? [{ mark: '✗', text: 'no worker is ready: accepted runs do not go on', next: 'runward worker start --help' }]
    : [];
  return { title: 'workers', needs };
}
