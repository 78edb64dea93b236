import type { Slot } from '../api.ts';
import { plainText } from '../plain-text.ts';
import { SLOT_WORDS } from '../words.ts';
import { StatusMark } from './status-mark.tsx';

/** What became of a slot: the run that it started, or why there is none. */
export function SlotResult({ slot }: { readonly slot: Slot }) {
  return (
    <>
      <StatusMark words={SLOT_WORDS[slot.outcome]} />{' '}
      {slot.runId !== undefined && <a href={`/runs/${slot.runId}`}>{slot.runId.slice(0, 8)}</a>}{' '}
      {slot.reason !== undefined && plainText(slot.reason)}
    </>
  );
}
