import { RunwardError } from '../engine/errors.ts';
import type { RunId } from '../engine/ids.ts';
import { canonicalJson } from '../engine/json.ts';
import type { Command } from '../engine/run/command.ts';
import { sendCommand } from '../engine/run/command.ts';
import type { InboxEntry } from '../engine/store.ts';
import type { ServerContext } from './context.ts';
import type { Caller } from './identify.ts';

/** What accepting a word to a run answers; `replayed` says that the same request was accepted before. */
export interface WordAnswer {
  readonly commandId: string;
  readonly position: number;
  /** True until the worker that holds the run has applied it. */
  readonly pending: boolean;
  readonly replayed: boolean;
}

/** A word before it has a speaker and a time; written out per kind, because `Omit` alone would mix the kinds. */
export type WordDraft = Draft<Command>;
type Draft<Word> = Word extends Command ? Omit<Word, 'by' | 'atMs'> : never;

/** A word with its idempotency key, and what must hold before it is sent; a repeated request is not checked again. */
export interface WordRequest {
  readonly key: string;
  readonly word: WordDraft;
  readonly check: (atMs: number) => void;
}

/**
 * Signs a person's word and puts it into the run's inbox; the worker that holds the run applies it.
 * Throws CONFLICT_STATE when the run has ended and CONFLICT_IDEMPOTENCY_MISMATCH when the key stands for another word.
 */
export async function sendWord(context: ServerContext, caller: Caller, request: WordRequest): Promise<WordAnswer> {
  const { ports } = context;
  const runId = request.word.runId as RunId;
  const commandId = ports.ids.uuid5(caller.principal.id, request.key);
  const atMs = await ports.store.nowMs();
  const word = { ...request.word, by: { ...caller.principal, groups: [...caller.principal.groups] }, atMs } as Command;
  const earlier = (await ports.store.readInbox(runId, 0)).find((entry) => entry.id === commandId);
  if (earlier !== undefined) return replay(context, earlier, word);

  request.check(atMs);
  const answer = await sendCommand(ports, commandId, word);
  switch (answer.kind) {
    case 'accepted':
    case 'exists':
      ports.log.info('command accepted', { runId, kind: word.kind, principal: caller.principal.id, commandId });
      return { commandId, position: answer.position, pending: true, replayed: answer.kind === 'exists' };
    case 'absent':
      throw new RunwardError('NOT_FOUND_RUN', 'the run is gone');
    case 'ended':
      throw new RunwardError('CONFLICT_STATE', 'the run has ended: nothing can be said to it any more');
  }
}

async function replay({ ports }: ServerContext, earlier: InboxEntry, word: Command): Promise<WordAnswer> {
  if (essence(JSON.parse(earlier.body) as Command) !== essence(word)) {
    throw new RunwardError('CONFLICT_IDEMPOTENCY_MISMATCH', 'this Idempotency-Key was used for another request; use a new one');
  }
  const run = (await ports.store.readRun(word.runId as RunId))?.run;
  return { commandId: earlier.id, position: earlier.position, pending: earlier.position > (run?.inboxPosition ?? 0), replayed: true };
}

// The time and the speaker's groups may differ between two sends of one word; everything else must not.
function essence(word: Command): string {
  return canonicalJson({ ...word, atMs: 0, by: word.by.id });
}
