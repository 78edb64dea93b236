import { RunwardError } from '../engine/errors.ts';
import { hasEnded } from '../engine/run/run-state.ts';
import type { RunSummary } from '../engine/run/summary.ts';
import type { ApiClient } from './api-client.ts';
import { connect } from './api-client.ts';
import { confirmDanger } from './confirm.ts';
import { argument, given, isOn, textFlag } from './flags.ts';
import type { Flags } from './flags.ts';
import { snapshot } from './follow-run.ts';
import type { Session } from './program-options.ts';
import { resolveRun } from './run-reference.ts';
import { tellRun } from './run-word.ts';

/** `run cancel`: what was sent is followed to its end, cleanup runs; a queued run is cancelled without a question. `--force` is severe. */
export async function cancelRun(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const force = isOn(flags, 'force');
  const rollback = isOn(flags, 'rollback');
  if (force && rollback) throw new RunwardError('USAGE_FLAG', '--force gives up the rollback: leave out --rollback or --force');
  const { client, run } = await openRun(session, args);
  const level = force ? 'severe' : run.status === 'queued' ? 'mild' : 'moderate';
  const what = `cancel run ${run.number} of ${run.runbook}${force ? ' without its cleanup' : rollback ? ' and roll it back' : ''}`;
  const consent = await confirmDanger(session, { level, what, name: run.runbook }, consentOf(flags));
  const asked = { ...(force ? { force, ...given({ confirm: consent.confirm }) } : {}), ...(rollback ? { rollback } : {}) };
  const sent = 'nothing new starts; what was sent is followed to its end';
  const consequences = force
    ? [sent, 'rollback and cleanup are given up; the targets stay locked until a person releases them: runward lock list']
    : [`${sent}; ${rollback ? 'what was done is rolled back, then ' : ''}cleanup runs`];
  return tellRun(session, client, {
    run,
    path: '/cancel',
    body: { ...given({ reason: consent.reason }), ...asked },
    what: 'cancel',
    consequences,
  });
}

/** `run pause`: nothing new starts until a person resumes the run. */
export async function pauseRun(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const { client, run } = await openRun(session, args);
  await confirmDanger(session, { level: 'moderate', what: `pause run ${run.number} of ${run.runbook}`, name: run.runbook }, {});
  const consequences = [
    'nothing new starts; what was sent is followed to its end; its targets stay locked, and its time goes on',
    `go on: runward run resume ${run.number}`,
  ];
  return tellRun(session, client, { run, path: '/pause', body: given({ reason: textFlag(flags, 'reason') }), what: 'pause', consequences });
}

/** `run resume`: lets a paused run go on where it stands. */
export async function resumeRun(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const { client, run } = await openRun(session, args);
  await confirmDanger(session, { level: 'moderate', what: `let run ${run.number} of ${run.runbook} go on`, name: run.runbook }, {});
  const body = given({ reason: textFlag(flags, 'reason') });
  return tellRun(session, client, { run, path: '/resume', body, what: 'resume', consequences: ['the run goes on where it stands'] });
}

/** The run that a command names. Throws CONFLICT_STATE when it has ended: then nothing can be said to it any more. */
export async function openRun(
  session: Session,
  args: readonly unknown[],
): Promise<{ readonly client: ApiClient; readonly run: RunSummary }> {
  const client = await connect(session);
  const { run } = await snapshot(client, await resolveRun(client, argument(args, 0)));
  if (!hasEnded(run.status)) return { client, run };
  throw new RunwardError('CONFLICT_STATE', `run ${run.number} has ended as ${run.status}: nothing can be said to it any more`, {
    next: `runward run show ${run.number}`,
  });
}

/** What the flags say in advance. */
export function consentOf(flags: Flags) {
  return given({ confirm: textFlag(flags, 'confirm'), reason: textFlag(flags, 'reason') });
}
