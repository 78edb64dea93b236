import { RunwardError } from '../errors.ts';
import { formatInstant } from '../language/instant.ts';
import { SLOT_SETTLE_MS } from '../limits.ts';
import type { Ports } from '../ports.ts';
import { slotRunId } from './decide.ts';
import type { SlotRecord } from './stored-schedule.ts';

/**
 * Records a slot as skipped that waits for its run and does not get it. A slot whose run somebody was about to create is skipped only once
 * its plan has been refused for ten minutes: by then nobody can be creating it any more. Throws CONFLICT_STATE.
 */
export async function skipSlot(
  { store, ids }: Pick<Ports, 'store' | 'ids'>,
  asked: { readonly id: string; readonly slotMs: number; readonly by: string; readonly reason: string },
): Promise<SlotRecord> {
  const { id, slotMs } = asked;
  const name = `slot ${formatInstant(slotMs)} of ${id}`;
  const pending = (await store.pendingSlots()).find((slot) => slot.id === id && slot.slotMs === slotMs);
  if (pending === undefined) throw new RunwardError('CONFLICT_STATE', `${name} does not wait for a run: there is nothing to skip`);
  const runId = slotRunId(ids, id, slotMs);
  if ((await store.readRun(runId)) !== undefined) throw new RunwardError('CONFLICT_STATE', `${name} has its run already: ${runId}`);
  const atMs = await store.nowMs();
  const settledAtMs = (pending.trouble?.sinceMs ?? atMs) + SLOT_SETTLE_MS;
  if (pending.begun && atMs < settledAtMs)
    throw new RunwardError(
      'CONFLICT_STATE',
      `the run of ${name} may be about to be created: it can be skipped from ${formatInstant(settledAtMs)} on`,
    );
  const record = { slotMs, outcome: 'skipped', reason: `${asked.by}: ${asked.reason}`, atMs } as const;
  const answer = await store.endSlot(id, record, { begun: pending.begun });
  if (answer === 'ended') return record;
  throw new RunwardError('CONFLICT_STATE', `${name} was decided by somebody else at this moment: look again`);
}
