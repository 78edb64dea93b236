import type { AuditEntry } from '../../engine/audit/chain.ts';
import type { RunId } from '../../engine/ids.ts';
import type { RunRecord, StepRecord } from '../../engine/run/record.ts';
import type { EventDraft, InboxEntry, RunEvent, StoredRun } from '../../engine/store.ts';

const TEXT_FIELDS = new Set(['runId', 'state', 'epoch', 'claim', 'worker', 'auditHead']);
const INNER_FIELDS = new Set(['inboxSeq', 'lastTx', 'lastAnswer', 'storedPlanHash', 'requesterId', 'nudgesSeen']);

/** One entry of a stream as ioredis gives it: its id and its fields as a flat list. */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** The text of a step: `<state> <rev> <record as JSON>`; the two words in front let scripts compare without parsing JSON. */
export function stepText(record: StepRecord, stamps: { readonly names: readonly string[]; readonly mark: string }): string {
  const marked = { ...record, ...Object.fromEntries(stamps.names.map((name) => [name, stamps.mark])) };
  return `${record.state} ${record.rev} ${JSON.stringify(marked)}`;
}

/** Reads a step back. */
function parseStep(text: string): StepRecord {
  return JSON.parse(text.slice(text.indexOf('{'))) as StepRecord;
}

/** Reads the hash of a run: header fields that are text as they are, everything else as JSON. */
export function parseRun(hash: Readonly<Record<string, string>>): RunRecord {
  const fields = Object.entries(hash)
    .filter(([name]) => !INNER_FIELDS.has(name))
    .map(([name, value]) => [name, TEXT_FIELDS.has(name) ? value : (JSON.parse(value) as unknown)]);
  return Object.fromEntries(fields) as RunRecord;
}

/** Reads a run with its steps in order of their paths and its unapplied commands. */
export function parseStored(reply: {
  readonly run: Readonly<Record<string, string>>;
  readonly steps: readonly string[];
  readonly inbox: readonly StreamEntry[];
  readonly nowMs: number;
}): StoredRun {
  const steps = reply.steps.map(parseStep).toSorted((left, right) => (left.path < right.path ? -1 : 1));
  return { run: parseRun(reply.run), steps, inbox: reply.inbox.map(parseInbox), nowMs: reply.nowMs };
}

/** Reads a command; its position is the first part of its id. */
export function parseInbox([id, fields]: StreamEntry): InboxEntry {
  const { id: commandId = '', body = '', keyId = '', value = '', atMs = '0' } = pairs(fields);
  return { id: commandId, body, signature: { keyId, value }, position: Number.parseInt(id, 10), atMs: Number(atMs) };
}

/** Reads a numbered event. */
export function parseEvent([id, fields]: StreamEntry): RunEvent {
  const { event = '{}', atMs = '0' } = pairs(fields);
  return { ...(JSON.parse(event) as EventDraft), seq: Number.parseInt(id, 10), atMs: Number(atMs) };
}

/** Reads an audit entry. */
export function parseAudit([, fields]: StreamEntry): AuditEntry {
  return JSON.parse(pairs(fields)['entry'] ?? '{}') as AuditEntry;
}

/** A flat list of names and values as an object. */
export function pairs(flat: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) result[flat[index] ?? ''] = flat[index + 1] ?? '';
  return result;
}

/** The id of a run as Redis gives it: only the store writes there. */
export function asRunId(text: string): RunId {
  return text as RunId;
}
