import { RunwardError } from '../engine/errors.ts';
import type { RunSummary } from '../engine/run/summary.ts';
import type { ApiClient, ApiEvent } from './api-client.ts';
import type { Session } from './program-options.ts';
import { plainText } from './terminal.ts';

/** A person's word to a run: where it is sent, and what is printed when the worker has applied it. */
export interface RunWord {
  readonly run: RunSummary;
  /** Behind `/runs/<id>`. */
  readonly path: string;
  readonly body: object;
  /** What was said, for example `pause`. */
  readonly what: string;
  /** What follows from it, one sentence a line. */
  readonly consequences: readonly string[];
}

interface WordAnswer {
  readonly commandId: string;
  readonly position: number;
  readonly pending: boolean;
}

const APPLIED_WITHIN_MS = 10_000;
const LOOK_SECONDS = 2;

/**
 * Sends a word and waits until the worker that holds the run has applied it, at most ten seconds: the server can only take a word, and the
 * run may have moved on in between. Throws CONFLICT_STATE with the worker's reason when it was refused.
 */
export async function tellRun(session: Session, client: ApiClient, word: RunWord): Promise<number> {
  const { run } = word;
  const answer = await client.post<WordAnswer>(`/runs/${run.id}${word.path}`, word.body);
  const applied = await isApplied(client, run.id);
  const refusal = applied ? await refusalOf(client, run, answer.commandId) : undefined;
  if (refusal !== undefined)
    throw new RunwardError('CONFLICT_STATE', `run ${run.number} did not take it: ${plainText(refusal)}`, {
      next: `runward run show ${run.number}`,
    });
  const state = applied ? 'applied' : 'accepted';
  session.output.data({
    text: () => `run ${run.number}: ${word.what} ${state}`,
    json: { apiVersion: 'runward/v1', kind: 'CommandAnswer', run: run.number, ...answer, pending: !applied },
    names: [String(run.number)],
  });
  if (!applied)
    session.output.say('no worker has applied it yet: it stands in the run and is applied as soon as one takes the run', 'warn');
  for (const line of word.consequences) session.output.say(line);
  session.output.say(run.url);
  session.output.say(`next: runward run show ${run.number}`);
  return 0;
}

async function isApplied(client: ApiClient, runId: string): Promise<boolean> {
  const until = Date.now() + APPLIED_WITHIN_MS;
  let { pendingCommands } = await client.get<RunSummary>(`/runs/${runId}`);
  while (pendingCommands > 0 && Date.now() < until) {
    ({ pendingCommands } = await client.get<RunSummary>(`/runs/${runId}?wait=${LOOK_SECONDS}s`));
  }
  return pendingCommands === 0;
}

async function refusalOf(client: ApiClient, run: RunSummary, commandId: string): Promise<string | undefined> {
  const { items } = await client.get<{ readonly items: readonly ApiEvent[] }>(`/runs/${run.id}/events?after=${run.seq}&limit=500`);
  const refused = items.find(({ type, data }) => type === 'runward.command.refused' && data['commandId'] === commandId);
  if (refused === undefined) return undefined;
  const why = refused.data['why'];
  return typeof why === 'string' ? why : 'it gave no reason';
}
