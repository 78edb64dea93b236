import { z } from 'zod';
import type { RunId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../json.ts';
import type { Ports } from '../ports.ts';
import type { CommandAnswer, InboxEntry } from '../store.ts';
import type { RunRecord } from './record.ts';
import { RunwardError } from '../errors.ts';

const principal = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['local', 'token', 'engine']),
  groups: z.array(z.string()),
});

const said = { runId: z.string(), by: principal, atMs: z.number().int(), reason: z.string().optional() };

const decision = {
  runId: z.string(),
  step: z.string(),
  planHash: z.string(),
  by: principal,
  atMs: z.number().int(),
  reason: z.string().optional(),
  form: z.record(z.string(), z.json()).optional(),
  waive: z.string().optional(),
};

const command = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cancel'), ...said, rollback: z.boolean().optional(), force: z.boolean().optional() }),
  z.strictObject({ kind: z.literal('pause'), ...said }),
  z.strictObject({ kind: z.literal('resume'), ...said }),
  z.strictObject({ kind: z.literal('approve'), ...decision }),
  z.strictObject({ kind: z.literal('deny'), ...decision }),
  z.strictObject({ kind: z.literal('done'), ...decision }),
  z.strictObject({ kind: z.literal('not_done'), ...decision }),
  z.strictObject({
    kind: z.literal('resolve'),
    runId: z.string(),
    step: z.string(),
    as: z.enum(['succeeded', 'failed', 'again', 'adopt', 'rollback']),
    /** The operation that is to be followed, with `adopt`. */
    operation: z.string().optional(),
    by: principal,
    atMs: z.number().int(),
    reason: z.string(),
  }),
]);

/** A person's word to a run. `done` and `not_done` answer a manual step, `resolve` an unknown one. */
export type Command = z.infer<typeof command>;

/** Signs a command and puts it into the run's inbox, then wakes the run. Repeating the same id changes nothing. Throws STORE_UNAVAILABLE. */
export async function sendCommand(ports: Pick<Ports, 'store' | 'queue' | 'signer'>, id: string, word: Command): Promise<CommandAnswer> {
  const body = canonicalJson(word);
  const signature = ports.signer.sign(body);
  if (signature === undefined)
    throw new RunwardError('INTERNAL_INVARIANT', 'commands are signed by the server; this process has no signing key');
  const runId = word.runId as RunId;
  const answer = await ports.store.command(runId, { id, body, signature });
  if (answer.kind === 'accepted') await ports.queue.wake(runId);
  return answer;
}

/** Words to a run that its called runs obey as well. */
export const PASSED_DOWN: ReadonlySet<string> = new Set(['cancel', 'pause', 'resume']);

/** Reads an inbox entry: undefined when its signature or shape does not hold, or when it was written for a run that this one need not obey. */
export function readCommand(signer: Ports['signer'], run: Pick<RunRecord, 'runId' | 'parent'>, entry: InboxEntry): Command | undefined {
  if (!signer.verify(entry.body, entry.signature)) return undefined;
  const parsed = command.safeParse(JSON.parse(entry.body));
  if (!parsed.success) return undefined;
  const { runId, kind } = parsed.data;
  if (runId === run.runId) return parsed.data;
  const fromAbove = run.parent?.ancestors.some((ancestor) => ancestor === runId) === true && PASSED_DOWN.has(kind);
  return fromAbove ? parsed.data : undefined;
}

/** The form of a decision as stored JSON. */
export function formOf(word: { readonly form?: Record<string, unknown> | undefined }): JsonObject {
  return (word.form ?? {}) as JsonObject;
}
