import { setTimeout as delay } from 'node:timers/promises';
import type { makeDice } from '../../adapters/memory/dice.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import type { Verdict } from './attended-run.ts';
import type { ShippedStage, ShopWorld } from './shipped-stage.ts';
import { until } from './until.ts';

/** What goes wrong while runbooks run. All of it is over at the end: nothing may be left of it but time. */
export interface Trouble {
  readonly faults: readonly unknown[];
  /** Workers that are killed while a piece of work goes on. */
  readonly kills?: number;
}

interface Given {
  /** The operations that the runbooks use. */
  readonly effects: readonly string[];
  readonly kills: number;
  readonly seed: number;
}

/** The bad days of Azure and of ourselves, each with its name. Whoever asks for more kills than CI has time for gets nothing else. */
export function troubles(given: Given): readonly (readonly [string, Trouble])[] {
  if (process.env['KILL_MOMENTS'] !== undefined) return [killed(given)];
  return [
    ['nothing', { faults: [] }],
    killed(given),
    ['a 500 after the effect of every request', { faults: answersLost(given) }],
    [
      'operation URLs that have expired, and every request throttled now and then',
      { faults: [...operationsForgotten(), ...throttled(given)] },
    ],
  ];
}

/** All of these bad days on one. */
export function troublesAtOnce(given: Given): readonly (readonly [string, Trouble])[] {
  const [name, { kills = 0 }] = killed(given);
  if (process.env['KILL_MOMENTS'] !== undefined) return [[name, { faults: [], kills }]];
  const faults = [...throttled(given), ...answersLost(given), ...operationsForgotten()];
  return [[`${name}, lost answers, forgotten operations and throttling`, { faults, kills }]];
}

function killed({ kills, seed }: Given): readonly [string, Trouble] {
  return [`${kills} workers killed at random moments (seed ${seed})`, { faults: [], kills }];
}

function answersLost({ effects }: Given): readonly unknown[] {
  return effects.map((operation) => ({ match: { operation }, when: 'after', do: { status: 500 }, times: 1_000 }));
}

function operationsForgotten(): readonly unknown[] {
  return [{ match: { operation: '*' }, when: 'onPoll', do: { loseOperationUrl: true }, times: 10_000 }];
}

function throttled({ effects }: Given): readonly unknown[] {
  return [
    ...effects.map((operation) => ({ match: { operation }, when: 'before', do: { status: 429, retryAfter: 1 }, times: 1 })),
    { match: { operation: '*' }, when: 'before', do: { status: 429, retryAfter: 1 }, probability: 0.03, times: 15 },
  ];
}

/** The shortest piece of work takes about this long: every kill must find it under way. */
const LEAST_WORK_MS = 2_000;

/**
 * Kills the worker again and again while the work goes on, each time at a random moment after every run has got on: a run that three
 * workers in turn did not get on is parked on purpose. The moments are the subject, so no event can stand in for them.
 */
export async function kill(
  stage: Pick<ShippedStage, 'progress' | 'killWorker'>,
  dice: ReturnType<typeof makeDice>,
  at: { readonly times: number; readonly isOver: () => boolean },
): Promise<number> {
  for (let count = 0; count < at.times; count += 1) {
    const known = await stage.progress();
    await until(async () => at.isOver() || gotOn(known, await stage.progress()));
    await delay(dice.between(0, Math.min(800, LEAST_WORK_MS / at.times)));
    if (at.isOver()) return count;
    await stage.killWorker();
  }
  return at.times;
}

/**
 * The person who is asked about a backup whose worker died at its send: nobody can tell whether a request left, but the vault can whether it came.
 * `from` is the length of the ledger when the work began. Throws when the request came: then the run should have found it by its mark.
 */
export function whoLooksIntoTheVault(stage: ShippedStage, from: number): Verdict {
  return async ({ step, message }) => {
    const machine = /^backup\[(.+)\]$/.exec(step)?.[1];
    const came = (await stage.ledger())
      .slice(from)
      .some(({ operation, path }) => operation === 'Backups_Trigger' && decodeURIComponent(path).includes(`;${machine}/`));
    if (machine === undefined || came) throw new Error(`nobody should be asked about ${step}: ${message}`);
    return 'again';
  };
}

/** Whether every run that is carried out has stored something since. */
function gotOn(known: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean {
  return now.size > 0 && [...now].every(([run, seq]) => seq > (known.get(run) ?? 0));
}

/** What a run came to: its status, and every step that did not simply succeed. */
export function outcome(run: RunSummary | undefined): unknown {
  const others = (run?.steps ?? []).filter(({ status }) => status !== 'succeeded');
  return { status: run?.status, steps: Object.fromEntries(others.map(({ path, status }) => [path, status])) };
}

/** How often each operation had an effect, scripts aside: those are counted by their names. */
export function effects(ledger: Awaited<ReturnType<ShippedStage['ledger']>>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { operation, effect } of ledger)
    if (effect === 'started' && !operation.startsWith('VirtualMachineRunCommands')) counts[operation] = (counts[operation] ?? 0) + 1;
  return counts;
}

/** Everything that costs money. */
export function ownings({ machines, nics, disks }: ShopWorld) {
  const names = (things: readonly { readonly name: string; readonly group: string }[]): readonly string[] =>
    things.map(({ group, name }) => `${group}/${name}`).toSorted();
  return {
    machines: names(machines),
    nics: names(nics),
    disks: names(disks),
    running: machines.filter(({ power }) => power === 'running').length,
  };
}
