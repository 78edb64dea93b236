import { RunwardError } from '../engine/errors.ts';
import { connect } from './api-client.ts';
import { confirmDanger } from './confirm.ts';
import { argument } from './flags.ts';
import type { Flags } from './flags.ts';
import type { Session } from './program-options.ts';
import { consentOf } from './run-control.ts';
import { ageText, plainText, tableText } from './terminal.ts';

/** A lock as the API answers it. */
interface Lock {
  readonly target: string;
  readonly name: string;
  readonly run?: { readonly id: string; readonly number: number; readonly runbook: string; readonly status: string };
  readonly since: string;
  readonly ageMs: number;
  readonly releasable: boolean;
  readonly whyNot?: string;
}

/** `lock list`: the oldest first. */
export async function listLocks(session: Session, _args: readonly unknown[], flags: Flags): Promise<number> {
  const { items } = await (await connect(session)).get<{ readonly items: readonly Lock[] }>('/locks');
  const shown = typeof flags['run'] === 'string' ? items.filter(({ run }) => String(run?.number) === flags['run']) : items;
  session.output.data({
    text: (wide) =>
      shown.length === 0
        ? 'no run holds a target'
        : tableText(
            ['TARGET', 'RUN', 'RUNBOOK', 'STATUS', 'RELEASABLE', ...(wide ? ['ID'] : []), 'AGE'],
            shown.map((lock) => rowOf(lock, wide)),
          ),
    json: { apiVersion: 'runward/v1', kind: 'LockList', items: shown },
    lines: shown,
    names: shown.map(({ target }) => target),
  });
  const first = shown.find(({ releasable }) => releasable);
  if (first !== undefined) session.output.say(`next: runward lock release ${first.name} --confirm=${first.name} --reason "…"`);
  return 0;
}

/** `lock release`: gives back a target whose run stands still or has ended. */
export async function releaseLock(session: Session, args: readonly unknown[], flags: Flags): Promise<number> {
  const client = await connect(session);
  const wanted = argument(args, 0);
  const { items } = await client.get<{ readonly items: readonly Lock[] }>('/locks');
  const [lock, ...others] = items.filter(({ name, target }) => name === wanted || target === wanted.toLowerCase());
  const next = 'runward lock list -o wide';
  if (lock === undefined) throw new RunwardError('NOT_FOUND_LOCK', `no run holds ${plainText(wanted)}`, { next });
  if (others.length > 0)
    throw new RunwardError('USAGE_FLAG', `${others.length + 1} targets are called ${plainText(wanted)}: give the id`, { next });
  if (lock.whyNot !== undefined)
    throw new RunwardError('CONFLICT_STATE', lock.whyNot, { next: `runward run show ${lock.run?.number ?? ''}` });
  const what = `release ${lock.name}${lock.run === undefined ? '' : `, which run ${lock.run.number} of ${lock.run.runbook} left as it is`}`;
  const consent = await confirmDanger(session, { level: 'severe', what, name: lock.name }, consentOf(flags));
  await client.post(`/locks/${encodeURIComponent(lock.target)}/release`, { ...consent });
  session.output.data({
    text: () => `${lock.name}: released`,
    json: {
      apiVersion: 'runward/v1',
      kind: 'LockReleased',
      target: lock.target,
      ...(lock.run === undefined ? {} : { run: lock.run.number }),
    },
    names: [lock.target],
  });
  session.output.say('other runs may change it now; what the run left there is still there');
  return 0;
}

function rowOf({ name, target, run, releasable, ageMs }: Lock, wide: boolean): readonly string[] {
  const of = run === undefined ? ['-', '-', 'gone'] : [String(run.number), run.runbook, run.status];
  return [plainText(name), ...of, releasable ? 'yes' : 'no', ...(wide ? [plainText(target)] : []), ageText(ageMs)];
}
