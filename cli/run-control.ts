import { RunwardError } from '../engine/errors.ts';
import { connect } from './api-client.ts';
import { confirmDanger } from './confirm.ts';
import { argument, given, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import { snapshot } from './follow-run.ts';
import type { Session } from './program-options.ts';
import { resolveRun } from './run-reference.ts';

/** `run cancel`: what was sent is followed to its end, cleanup runs; a queued run is cancelled without a question. */
export async function cancelRun(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const { run } = await snapshot(client, await resolveRun(client, argument(args, 0)));
  const level = run.status === 'queued' ? 'mild' : 'moderate';
  await confirmDanger(session, { level, what: `cancel run ${run.number} of ${run.runbook}`, name: run.runbook }, {});
  const answer = await client.post<{ readonly position: number }>(`/runs/${run.id}/cancel`, given({ reason: textFlag(flags, 'reason') }));
  session.output.data({
    text: () => `run ${run.number}: cancel accepted`,
    json: { apiVersion: 'runward/v1', kind: 'CommandAnswer', run: run.number, ...answer },
    names: [String(run.number)],
  });
  session.output.say('nothing new starts; what was sent is followed to its end; cleanup runs');
  session.output.say(`next: runward run watch ${run.number}`);
  return 0;
}

const ANSWERS = ['succeeded', 'failed', 'again'];
const MEANINGS: Readonly<Record<string, string>> = { succeeded: 'it happened', failed: 'it did not happen', again: 'send it once more' };

/** `run resolve`: a person's word about a step whose effect nobody knows. */
export async function resolveStep(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const as = textFlag(flags, 'as') ?? '';
  if (!ANSWERS.includes(as)) throw new RunwardError('USAGE_FLAG', `--as: "${as}" is none of ${ANSWERS.join(', ')}`);
  const client = await connect(session);
  const { run } = await snapshot(client, await resolveRun(client, argument(args, 0)));
  const path = argument(args, 1);
  const wait = run.waitingFor.find((one) => one.kind === 'resolve' && one.step === path);
  if (wait === undefined)
    throw new RunwardError('NOT_FOUND_STEP', `run ${run.number} has no unknown step ${path}`, { next: `runward run show ${run.number}` });
  const what = `tell run ${run.number} about ${path}: ${MEANINGS[as] ?? as}`;
  await confirmDanger(session, { level: 'moderate', what, name: run.runbook }, {});
  const answer = await client.post<{ readonly position: number }>(`/runs/${run.id}/steps/${wait.stepKey}/resolve`, {
    as,
    reason: textFlag(flags, 'reason'),
  });
  session.output.data({
    text: () => `${path}: ${as}`,
    json: { apiVersion: 'runward/v1', kind: 'CommandAnswer', run: run.number, ...answer },
    names: [path],
  });
  session.output.say(`next: runward run watch ${run.number}`);
  return 0;
}
