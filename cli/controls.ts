import { connect } from './api-client.ts';
import { confirmDanger } from './confirm.ts';
import { argument, given, pairsOf, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { plainText, tableText } from './terminal.ts';

interface Controls {
  readonly kill: {
    readonly on: boolean;
    readonly reason?: string;
    readonly by?: string;
    readonly since?: string;
    readonly offAskedBy?: string;
  };
  readonly workers: readonly { readonly worker: string; readonly reason: string }[];
  readonly freezes: readonly Freeze[];
  readonly runs: readonly { readonly number: number; readonly runbook: string; readonly status: string; readonly reason: string }[];
}

interface Freeze {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly environments: readonly string[];
  readonly by: string;
  readonly holds: boolean;
  readonly removalAskedBy?: string;
}

/** `kill on`. */
export async function killOn(session: Session, flags: Flags): Promise<number> {
  const client = await connect(session);
  await confirmDanger(session, { level: 'moderate', what: 'stop every new change everywhere', name: 'kill' }, {});
  const controls = await client.put<Controls>('/controls/kill', { on: true, reason: textFlag(flags, 'reason') });
  showKill(session, controls);
  session.output.say('no worker sends a new change within five seconds; what was sent is followed, reads go on');
  session.output.say('next: runward kill status');
  return 0;
}

/** `kill off`. */
export async function killOff(session: Session, flags: Flags): Promise<number> {
  const client = await connect(session);
  const danger = { level: 'severe', what: 'let changes start again everywhere', name: 'kill' } as const;
  const consent = await confirmDanger(session, danger, given({ confirm: textFlag(flags, 'confirm'), reason: textFlag(flags, 'reason') }));
  const controls = await client.put<Controls>('/controls/kill', { on: false, ...consent });
  showKill(session, controls);
  if (controls.kill.on) session.output.say('one of two: another administrator must say the same');
  for (const run of controls.runs.filter(({ status }) => status === 'paused')) session.output.say(`next: runward run resume ${run.number}`);
  return 0;
}

/** `kill status`. */
export async function killStatus(session: Session): Promise<number> {
  const client = await connect(session);
  showKill(session, await client.get<Controls>('/controls'));
  return 0;
}

/** `freeze add`. */
export async function freezeAdd(session: Session, flags: Flags): Promise<number> {
  const client = await connect(session);
  const environments = pairsOf(flags, 'environment');
  const what = `freeze ${environments.join(', ')} until ${textFlag(flags, 'to')}`;
  await confirmDanger(session, { level: 'moderate', what, name: 'freeze' }, {});
  const body = given({ environments, from: textFlag(flags, 'from'), to: textFlag(flags, 'to'), reason: textFlag(flags, 'reason') });
  showFreezes(session, await client.post<Controls>('/controls/freezes', body));
  session.output.say('no change starts there while it holds; what has begun is brought to its end');
  return 0;
}

/** `freeze list`. */
export async function freezeList(session: Session): Promise<number> {
  const client = await connect(session);
  showFreezes(session, await client.get<Controls>('/controls'));
  return 0;
}

/** `freeze remove`. */
export async function freezeRemove(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const id = argument(args, 0);
  await confirmDanger(session, { level: 'moderate', what: `remove freeze ${id}`, name: id }, {});
  const query = `reason=${encodeURIComponent(textFlag(flags, 'reason') ?? '')}`;
  const controls = await client.remove<Controls>(`/controls/freezes/${encodeURIComponent(id)}?${query}`);
  showFreezes(session, controls);
  if (controls.freezes.some((freeze) => freeze.id === id)) session.output.say('one of two: another administrator must say the same');
  return 0;
}

function showKill(session: Session, controls: Controls): void {
  const { kill, workers, runs } = controls;
  const by = `${plainText(kill.reason ?? '')} (${plainText(kill.by ?? '')} since ${kill.since ?? '?'})`;
  const lines = [
    kill.on ? `on: ${by}` : 'off',
    ...(kill.offAskedBy === undefined ? [] : [`${plainText(kill.offAskedBy)} has asked to turn it off: one of two`]),
    ...workers.map(({ worker, reason }) => `worker ${worker} changes nothing: ${plainText(reason)}`),
    ...(runs.length === 0 ? [] : ['', tableText(['RUN', 'RUNBOOK', 'STATUS', 'REASON'], runs.map(runRow))]),
  ];
  session.output.data({ text: () => lines.join('\n'), json: controls, names: [kill.on ? 'on' : 'off'] });
}

function runRow({ number, runbook, status, reason }: Controls['runs'][number]): readonly string[] {
  return [String(number), runbook, status, reason];
}

function showFreezes(session: Session, { freezes }: Controls): void {
  session.output.data({
    text: () =>
      freezes.length === 0
        ? 'nothing is frozen'
        : tableText(['FREEZE', 'HOLDS', 'ENVIRONMENTS', 'FROM', 'TO', 'BY', 'REASON'], freezes.map(freezeRow)),
    json: { apiVersion: 'runward/v1', kind: 'FreezeList', items: freezes },
    lines: freezes,
    names: freezes.map(({ id }) => id),
  });
}

function freezeRow({ id, holds, environments, from, to, by, reason }: Freeze): readonly string[] {
  return [id, holds ? 'yes' : 'no', environments.join(','), from, to, by, reason];
}
