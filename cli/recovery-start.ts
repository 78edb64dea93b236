import { RunwardError } from '../engine/errors.ts';
import { connect } from './api-client.ts';
import { argument, type Flags, textFlag } from './flags.ts';
import type { Session } from './program-options.ts';
import type { ApplicationView } from './recovery.ts';
import { startRun } from './run-start.ts';

/** `dr drill|failover|failback`: starts the runbook of an application that is for this purpose. Throws USAGE_FLAG when there are several. */
export async function startRecovery(
  session: Session,
  args: readonly unknown[],
  { purpose, flags }: { readonly purpose: string; readonly flags: Flags },
): Promise<number> {
  const app = argument(args, 0);
  const { runbooks } = await (await connect(session)).get<ApplicationView>(`/dr/${encodeURIComponent(app)}`);
  const runbook = chosen(app, purpose, { runbooks, wanted: textFlag(flags, 'runbook') });
  return startRun(session, [runbook], textFlag(flags, 'plan') === undefined ? { ...flags, as: purpose } : flags);
}

function chosen(
  app: string,
  purpose: string,
  { runbooks, wanted }: { readonly runbooks: ApplicationView['runbooks']; readonly wanted: string | undefined },
): string {
  const names = runbooks.filter(({ purposes }) => purposes.includes(purpose)).map(({ name }) => name);
  const found = wanted === undefined ? names : names.filter((name) => name === wanted);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const next = { next: `runward dr ${purpose} ${app} --runbook ${names[0] ?? '…'}` };
  if (names.length === 0)
    throw new RunwardError('NOT_FOUND_RUNBOOK', `${app} has no published runbook for ${purpose}`, { next: `runward dr status ${app}` });
  if (wanted !== undefined)
    throw new RunwardError('USAGE_FLAG', `${wanted} is no runbook of ${app} for ${purpose}: there are ${names.join(', ')}`, next);
  throw new RunwardError('USAGE_FLAG', `${app} has several runbooks for ${purpose} (${names.join(', ')}): choose one with --runbook`, next);
}
