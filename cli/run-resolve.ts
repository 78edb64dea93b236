import { RunwardError } from '../engine/errors.ts';
import { confirmDanger } from './confirm.ts';
import { argument, given, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { consentOf, openRun } from './run-control.ts';
import { tellRun } from './run-word.ts';

/** `run resolve`: a person's word about a step whose effect nobody knows, or that failed and asks for one. */
export async function resolveStep(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const { client, run } = await openRun(session, args);
  const path = argument(args, 1);
  const wait = run.waitingFor.find((one) => one.kind === 'resolve' && one.step === path);
  const next = `runward run show ${run.number}`;
  if (wait === undefined)
    throw new RunwardError('NOT_FOUND_STEP', `run ${run.number} has no step ${path} that waits for an answer`, { next });
  const { as, operation } = answerOf(flags);
  const answer = wait.answers?.find((one) => one.as === as);
  if (answer === undefined) {
    const known = [...new Set(wait.answers?.map((one) => one.as))].join(', ');
    throw new RunwardError('USAGE_FLAG', `--as: ${path} can be answered with ${known}, not with "${as}"`, { next });
  }
  const what = `answer ${as} for ${path} in run ${run.number}: ${answer.consequence}`;
  const consent = await confirmDanger(session, { level: wait.level ?? 'moderate', what, name: run.runbook }, consentOf(flags));
  const body = { as, ...given({ operation, reason: consent.reason, confirm: consent.confirm }) };
  return tellRun(session, client, {
    run,
    path: `/steps/${wait.stepKey}/resolve`,
    body,
    what: `${path} ${as}`,
    consequences: [answer.consequence],
  });
}

/** `--adopt OPERATION` is short for `--as adopt --job OPERATION`. */
function answerOf(flags: Flags): { readonly as: string; readonly operation: string | undefined } {
  const adopt = textFlag(flags, 'adopt');
  const job = textFlag(flags, 'job');
  const as = textFlag(flags, 'as');
  if (adopt !== undefined && (job !== undefined || (as !== undefined && as !== 'adopt')))
    throw new RunwardError('USAGE_FLAG', '--adopt names the operation to follow: leave out --as and --job');
  const operation = adopt ?? job;
  if (as === undefined && adopt === undefined)
    throw new RunwardError('USAGE_FLAG', 'give --as with the answer, or --adopt with the operation to follow');
  if (as === 'adopt' && operation === undefined)
    throw new RunwardError('USAGE_FLAG', '--as adopt needs --job with the operation to follow');
  if (adopt === undefined && as !== 'adopt' && operation !== undefined)
    throw new RunwardError('USAGE_FLAG', '--job goes with --as adopt only');
  return { as: adopt === undefined ? (as ?? '') : 'adopt', operation };
}
