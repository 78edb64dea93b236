import type { Dice } from '../../adapters/memory/dice.ts';
import type { StopFacts } from '../../engine/gates/stops.ts';
import type { RunId } from '../../engine/ids.ts';
import type { Runbook, Step } from '../../engine/language/runbook.ts';
import type { Plan } from '../../engine/plan/plan-record.ts';
import { type Command, sendCommand } from '../../engine/run/command.ts';
import type { Target } from '../../engine/target.ts';
import { step } from '../support/plan.ts';
import type { VirtualTime } from '../../adapters/memory/virtual-time.ts';
import { deliver, type World } from './world-parts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Workers read the switch every two seconds; a send may be on its way for five seconds after it went on. */
const KILL_LAG_MS = 5_000;
/** Between a decision and its stored intent lies at most a lease. */
const INTENT_LAG_MS = 35_000;
const WINDOW = { cron: '*/30 * * * *', timezone: 'UTC', dayMatch: 'or', durationMs: 12 * MINUTE } as const;

interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is true about switch, freezes and windows in one world, whatever the engine believes. Times are those of its clock. */
export interface Gates {
  /** As a worker sees it, a moment late. */
  readonly facts: () => StopFacts;
  /** Why nothing may have been sent now; undefined when something may. */
  readonly sendBroken: () => string | undefined;
  /** Why no step may have begun now in a run of this plan. */
  readonly startBroken: (plan: Pick<Runbook, 'windows'>) => string | undefined;
  readonly isKilled: () => boolean;
}

/** Up to two times in which the switch is on, and at most one freeze. */
export function makeGates(time: VirtualTime, dice: Dice): Gates {
  const startMs = time.clock.nowMs();
  const period = (within: number, longest: number): Period => {
    const fromMs = startMs + dice.between(0, within);
    return { fromMs, toMs: fromMs + dice.between(MINUTE, longest) };
  };
  const kills = Array.from({ length: dice.pick([0, 0, 1, 2]) }, () => period(HOUR, 20 * MINUTE));
  const freezes = Array.from({ length: dice.pick([0, 0, 1]) }, () => period(HOUR, HOUR));
  const holds = (periods: readonly Period[], lagMs: number): boolean => {
    const nowMs = time.clock.nowMs();
    return periods.some(({ fromMs, toMs }) => fromMs <= nowMs - lagMs && nowMs < toMs);
  };
  const isClosed = (atMs: number): boolean => (atMs / MINUTE) % 30 >= 12;
  return {
    facts: () => ({
      ...(holds(kills, dice.between(0, 2_000)) ? { kill: { reason: 'the world', by: 'the world' } } : {}),
      freezes: freezes.map((freeze, index) => ({
        ...freeze,
        id: String(index),
        reason: 'the world',
        environments: ['test'],
        by: 'the world',
      })),
    }),
    sendBroken: () => (holds(kills, KILL_LAG_MS) ? 'the kill switch was on' : undefined),
    startBroken: ({ windows }) => {
      if (holds(freezes, INTENT_LAG_MS)) return 'its environment was frozen';
      const nowMs = time.clock.nowMs();
      return windows !== undefined && isClosed(nowMs) && isClosed(nowMs - INTENT_LAG_MS) ? 'its window was closed' : undefined;
    },
    isKilled: () => holds(kills, 0),
  };
}

/** Gives a random plan gates of its own: a window, an approval with a long wait behind it, targets that other runs change as well. */
export function gatedPlan(dice: Dice, plan: Plan): Plan {
  const { definition } = plan;
  const shared = dice.chance(0.5) ? [sharedStep(dice)] : [];
  const asked = dice.chance(0.3) ? [approvalStep(), ...(dice.chance(0.6) ? [waitStep(dice)] : [])] : [];
  const windows = dice.chance(0.2) ? { windows: ['half-hours'] } : {};
  return {
    ...plan,
    definition: { ...definition, ...windows, timeoutMs: 24 * HOUR, steps: [...asked, ...shared, ...definition.steps] },
    calendars: { 'half-hours': [WINDOW] },
    sets: { shared: { onEmpty: 'fail', onUnreachable: 'fail', targets: ['x', 'y'].map(target) } },
  };
}

function sharedStep(dice: Dice): Step {
  const action = dice.pick(['world.named@1', 'world.guarded@1']);
  const body = { kind: 'uses', action, with: { target: '${{ target.name }}' } } as const;
  return step('shared', body, { target: { kind: 'set', set: 'shared' }, onFailure: 'continue' });
}

function approvalStep(): Step {
  const body = {
    kind: 'approval',
    by: ['group:people'],
    need: 1,
    needFrom: [],
    self: false,
    timeoutMs: 4 * HOUR,
    onTimeout: 'stop',
    message: 'Go?',
    form: {},
  } as const;
  return step('gate', body);
}

function waitStep(dice: Dice): Step {
  return step('gate_rest', { kind: 'wait', wait: { duration: dice.pick(['10m', '90m', '3h']) } });
}

function target(name: string): Target {
  const absent = { address: null, via: null, port: null, user: null, credential: null, location: null, resourceGroup: null };
  const more = { subscription: null, recoveryGroup: null, powerState: null, environment: 'test', tags: {} };
  return { key: name, name, kind: 'host', id: `ssh://${name}`, lockId: `ssh://${name}`, os: 'linux', ...absent, ...more };
}

/** People who answer gates after a while, mostly with yes, and let runs go on that the switch has stopped. */
export function people(world: World, runIds: readonly RunId[]): void {
  let said = 0;
  const look = async (): Promise<void> => {
    for (const runId of runIds) {
      const stored = await world.store.readRun(runId);
      if (stored === undefined) continue;
      const { run, steps } = stored;
      const gate = steps.find(({ node, state, decisions }) => node === 'person' && state === 'ready' && (decisions ?? []).length === 0);
      const by = { id: 'dana', name: 'dana', kind: 'token', groups: ['people'] } as const;
      const word =
        gate !== undefined && world.dice.chance(0.2)
          ? { kind: world.dice.chance(0.05) ? 'deny' : 'approve', step: gate.path, planHash: run.planHash }
          : run.pause?.cause === 'killed' && !world.gates.isKilled()
            ? { kind: 'resume' }
            : undefined;
      if (word === undefined) continue;
      said += 1;
      const queue = { wake: async (id: RunId) => deliver(world, id, 0) };
      const at = { runId, by: { ...by, groups: [...by.groups] }, atMs: world.time.clock.nowMs() };
      await sendCommand({ ...world.ports, queue }, `word-${said}`, { ...word, ...at } as Command);
    }
  };
  const again = (): void => {
    void look();
    world.time.at(MINUTE, again);
  };
  again();
}
