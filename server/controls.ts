import { isProduction } from '../engine/access/decide.ts';
import { RunwardError } from '../engine/errors.ts';
import type { Freeze, KillSwitch } from '../engine/gates/stops.ts';
import { parseInstantMs } from '../engine/language/instant.ts';
import type { Loaded } from '../engine/language/load.ts';
import { timeText } from '../engine/run/summary.ts';
import { recordFact } from '../engine/audit/system-chain.ts';
import type { ServerContext } from './context.ts';
import { confirmSevere } from './danger.ts';
import { factOf } from './once.ts';
import type { Caller } from './identify.ts';
import { demand, demandPermission, sees } from './identify.ts';
import { resourceOf } from './run-view.ts';

const FREEZES_MAX = 1000;
const RUNS_MAX = 500;
const KILL_NAME = 'kill';

/** The switch, the freezes and the runs that they stop, as the API shows them. */
export async function controlsView(context: ServerContext, caller: Caller) {
  const { store } = context.ports;
  const [{ kill, freezes }, nowMs, workers, runs] = await Promise.all([
    store.readStops(),
    store.nowMs(),
    store.listWorkers(),
    store.listRuns({ limit: RUNS_MAX, states: ['queued', 'waiting', 'paused'] }),
  ]);
  const stopped = runs
    .filter((run) => run.reason === 'killed' || run.reason === 'kill_switch')
    .filter((run) => sees(caller, resourceOf(run)));
  return {
    apiVersion: 'runward/v1' as const,
    kind: 'Controls' as const,
    kill: kill === undefined ? { on: false } : { on: true, ...killView(kill) },
    workers: workers.flatMap(({ worker, stopped: why }) => (why === undefined ? [] : [{ worker, reason: why }])),
    freezes: freezes.filter(({ toMs }) => toMs > nowMs).map((freeze) => freezeView(freeze, nowMs)),
    runs: stopped.map(({ number, runbook, state, reason = '' }) => ({ number, runbook, status: state, reason })),
  };
}

/**
 * Turns the kill switch on, which everybody may who may stop anything; off again takes an administrator, the name and a reason, and outside
 * local mode a second administrator. Throws USAGE_CONFIRM, ACCESS_DENIED, CONFLICT_STATE.
 */
export async function setKill(
  { ports }: ServerContext,
  caller: Caller,
  asked: { readonly on: boolean; readonly reason: string; readonly confirm?: string | undefined },
): Promise<void> {
  const { kill } = await ports.store.readStops();
  const { id, name, kind } = caller.principal;
  if (asked.on) {
    // Whoever may stop anything may stop everything: the switch is for the moment in which nobody is sure any more.
    demandPermission(caller, 'stop:on');
    if (kill !== undefined) throw new RunwardError('CONFLICT_STATE', `the kill switch is on already: ${kill.reason} (${kill.by})`);
    await recordFact(ports, factOf(caller, 'kill.on', { reason: asked.reason }));
    await ports.store.writeKill({ reason: asked.reason, by: name, atMs: await ports.store.nowMs() });
    ports.log.error('kill switch on', { principal: id, reason: asked.reason });
    return;
  }
  demand(caller, 'stop:off', {});
  confirmSevere({ what: 'turning the kill switch off', expected: KILL_NAME }, asked);
  if (kill === undefined) throw new RunwardError('CONFLICT_STATE', 'the kill switch is off');
  const second = needsSecond(caller, kill.offAskedBy);
  await recordFact(ports, factOf(caller, second ? 'kill.off_asked' : 'kill.off', { reason: asked.reason }));
  await ports.store.writeKill(second ? { ...kill, offAskedBy: id } : undefined);
  ports.log.error(second ? 'kill switch: one of two has asked to turn it off' : 'kill switch off', {
    principal: id,
    by: kind,
    reason: asked.reason,
  });
}

/** Adds a freeze, or finds the one that the same key added. Throws ACCESS_DENIED, USAGE_BODY, LIMIT_SIZE. */
export async function addFreeze(
  { ports }: ServerContext,
  caller: Caller,
  asked: {
    readonly key: string;
    readonly environments: readonly string[];
    readonly from?: string | undefined;
    readonly to: string;
    readonly reason: string;
  },
): Promise<Freeze> {
  for (const environment of asked.environments) demand(caller, 'stop:on', { environment });
  const nowMs = await ports.store.nowMs();
  const fromMs = asked.from === undefined ? nowMs : instantOf('from', asked.from);
  const toMs = instantOf('to', asked.to);
  if (toMs <= Math.max(fromMs, nowMs)) throw new RunwardError('USAGE_BODY', 'to must be after from and after now');
  const { freezes } = await ports.store.readStops();
  const id = ports.ids.uuid5('freeze', caller.principal.id, asked.key).slice(0, 8);
  const earlier = freezes.find((freeze) => freeze.id === id);
  if (earlier !== undefined) return earlier;
  if (freezes.length >= FREEZES_MAX) throw new RunwardError('LIMIT_SIZE', `there are ${FREEZES_MAX} freezes already: remove old ones`);
  const freeze: Freeze = {
    id,
    fromMs,
    toMs,
    reason: asked.reason,
    environments: [...new Set(asked.environments)],
    by: caller.principal.name,
  };
  await recordFact(
    ports,
    factOf(caller, 'freeze.added', { freeze: id, environments: asked.environments, to: asked.to, reason: asked.reason }),
  );
  await ports.store.writeFreezes({ put: [freeze], remove: freezes.filter((one) => one.toMs <= nowMs).map((one) => one.id) });
  ports.log.warn('freeze added', { freeze: freeze.id, principal: caller.principal.id, reason: asked.reason });
  return freeze;
}

/** Removes a freeze before its end: an administrator, and two of them for production. Throws NOT_FOUND_FREEZE, ACCESS_DENIED, CONFLICT_STATE. */
export async function removeFreeze(
  { ports }: ServerContext,
  caller: Caller,
  asked: { readonly id: string; readonly reason: string },
): Promise<'removed' | 'asked'> {
  const freeze = (await ports.store.readStops()).freezes.find(({ id }) => id === asked.id);
  if (freeze === undefined) throw new RunwardError('NOT_FOUND_FREEZE', `there is no freeze ${asked.id}`);
  for (const environment of freeze.environments) demand(caller, 'stop:off', { environment });
  if (freeze.by.startsWith('calendar '))
    throw new RunwardError('CONFLICT_STATE', `freeze ${freeze.id} stands in ${freeze.by}: publish the calendar without it`);
  const production = freeze.environments.some(isProduction);
  const second = production && needsSecond(caller, freeze.removalAskedBy);
  const { id } = caller.principal;
  await recordFact(ports, factOf(caller, second ? 'freeze.removal_asked' : 'freeze.removed', { freeze: freeze.id, reason: asked.reason }));
  await ports.store.writeFreezes(second ? { put: [{ ...freeze, removalAskedBy: id }], remove: [] } : { put: [], remove: [freeze.id] });
  ports.log.warn(second ? 'one of two has asked to remove a freeze' : 'freeze removed', {
    freeze: freeze.id,
    principal: id,
    reason: asked.reason,
  });
  return second ? 'asked' : 'removed';
}

/** Makes the stored freezes of published calendars equal to their documents. */
export async function publishFreezes({ ports }: Pick<ServerContext, 'ports'>, loaded: Loaded): Promise<void> {
  const { put, remove } = await changedFreezes(ports.store, loaded);
  if (put.length + remove.length === 0) return;
  await ports.store.writeFreezes({ put, remove: remove.map(({ id }) => id) });
  ports.log.info('freezes of calendars published', { put: put.map(({ id }) => id), removed: remove.map(({ id }) => id) });
}

/** Throws ACCESS_DENIED when published calendars would give up a freeze that the caller may not remove. */
export async function demandFreezes({ ports }: Pick<ServerContext, 'ports'>, caller: Caller, loaded: Loaded): Promise<void> {
  const nowMs = await ports.store.nowMs();
  const { put, remove } = await changedFreezes(ports.store, loaded);
  const { freezes } = await ports.store.readStops();
  const shortened = put.flatMap((next) => freezes.filter((one) => one.id === next.id && gives(one, next)));
  for (const freeze of [...remove, ...shortened].filter(({ toMs }) => toMs > nowMs))
    for (const environment of freeze.environments) demand(caller, 'stop:off', { environment });
}

function gives(before: Freeze, after: Freeze): boolean {
  return after.fromMs > before.fromMs || after.toMs < before.toMs || before.environments.some((name) => !after.environments.includes(name));
}

async function changedFreezes(
  store: ServerContext['ports']['store'],
  loaded: Loaded,
): Promise<{ readonly put: readonly Freeze[]; readonly remove: readonly Freeze[] }> {
  const wanted = [...loaded.calendars.values()].flatMap(({ calendar }) =>
    calendar.freezes.map((freeze, index): Freeze => ({ ...freeze, id: `${calendar.name}.${index + 1}`, by: `calendar ${calendar.name}` })),
  );
  const names = new Set([...loaded.calendars.keys()].map((name) => `calendar ${name}`));
  const { freezes } = await store.readStops();
  const put = wanted.filter((freeze) => JSON.stringify(freezes.find(({ id }) => id === freeze.id)) !== JSON.stringify(freeze));
  const remove = freezes.filter(({ id, by }) => names.has(by) && !wanted.some((freeze) => freeze.id === id));
  return { put, remove };
}

// Two people outside local mode: the second must be another one than the first.
function needsSecond(caller: Caller, first: string | undefined): boolean {
  const { id, name, kind } = caller.principal;
  if (kind === 'local') return false;
  if (first === id) throw new RunwardError('CONFLICT_STATE', `${name} has asked for it already: another administrator must ask as well`);
  return first === undefined;
}

function killView({ reason, by, atMs, offAskedBy }: KillSwitch) {
  return { reason, by, since: timeText(atMs), ...(offAskedBy === undefined ? {} : { offAskedBy }) };
}

function freezeView({ fromMs, toMs, ...freeze }: Freeze, nowMs: number) {
  return { ...freeze, from: timeText(fromMs), to: timeText(toMs), holds: fromMs <= nowMs && nowMs < toMs };
}

function instantOf(name: string, text: string): number {
  const ms = parseInstantMs(text);
  if (ms === undefined) throw new RunwardError('USAGE_BODY', `${name} is an RFC 3339 time with an offset`);
  return ms;
}
