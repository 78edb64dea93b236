import { connect } from './api-client.ts';
import { confirmDanger } from './confirm.ts';
import { argument, countFlag, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { plainText, tableText } from './terminal.ts';

/** What the API tells of the slots of a schedule. */
interface Slots {
  readonly schedule: string;
  readonly past: readonly {
    readonly slot: string;
    readonly outcome: string;
    readonly reason?: string;
    readonly runId?: string;
  }[];
  readonly pending: readonly { readonly slot: string; readonly reason: string; readonly since?: string; readonly begun: boolean }[];
}

/** `schedule slots`: slots that wait for their run and why, then what became of the last ones. */
export async function showSlots(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const count = countFlag(flags, 'n', { flag: '-n', max: 200 });
  const slots = await client.get<Slots>(`/schedules/${encodeURIComponent(argument(args, 0))}/slots?count=${count}`);
  const rows = [
    ...slots.pending.map(({ slot, reason, since }) => [slot, '◌ pending', since ?? '-', plainText(reason)]),
    ...slots.past.map(({ slot, outcome, runId, reason }) => [slot, outcome, runId?.slice(0, 8) ?? '-', plainText(reason ?? '-')]),
  ];
  session.output.data({
    text: () => (rows.length === 0 ? 'no slot has passed yet' : tableText(['SLOT', 'OUTCOME', 'RUN-OR-SINCE', 'REASON'], rows)),
    json: slots,
    lines: [...slots.pending, ...slots.past],
    names: rows.map(([slot]) => slot ?? ''),
  });
  const stuck = slots.pending.find(({ since }) => since !== undefined);
  if (stuck !== undefined) session.output.say(`next: runward schedule skip ${slots.schedule} ${stuck.slot} --reason "…"`);
  return 0;
}

/** `schedule skip`: records a slot as skipped that waits for its run and does not get it. */
export async function skipSlot(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const [id, slot] = [argument(args, 0), argument(args, 1)];
  await confirmDanger(session, { level: 'moderate', what: `skip the slot ${slot} of ${id}`, name: id }, {});
  const place = `/schedules/${encodeURIComponent(id)}/slots/${encodeURIComponent(slot)}/skip`;
  const record = await client.post<object>(place, { reason: textFlag(flags, 'reason') });
  session.output.data({ text: () => `${id} ${slot}: skipped`, json: { apiVersion: 'runward/v1', kind: 'Slot', ...record }, names: [slot] });
  session.output.say(`next: runward schedule slots ${id}`);
  return 0;
}
