import type { Dice } from '../../adapters/memory/dice.ts';
import type { VirtualTime } from '../../adapters/memory/virtual-time.ts';

/** One effect at a target, as the target itself counts it. */
export interface Effect {
  readonly stepKey: string;
  readonly attempt: number;
  readonly requestId: string;
  readonly target: string;
  readonly startedAtMs: number;
  state: 'running' | 'succeeded' | 'failed';
}

/** What the simulated targets may do to a request. All default to the seed's fault rate. */
export interface RequestFaults {
  readonly faultRate: number;
}

/** How a simulated request ended for its sender. */
export type Reply =
  | { readonly kind: 'accepted'; readonly name: string }
  | { readonly kind: 'conflict' | 'lost' | 'throttled' | 'refused_connection' };

/** The target world: guarded targets that are on or off, and names that exist once. It keeps its own ledger of effects. */
export interface Targets {
  readonly ledger: readonly Effect[];
  readonly isOn: (target: string) => boolean;
  readonly running: (target: string) => Effect | undefined;
  /** The work that one of these requests started, as the target's list shows it. */
  readonly started: (requestIds: readonly string[]) => Effect | undefined;
  readonly named: (name: string) => Effect | undefined;
  readonly send: (request: Request) => Promise<Reply>;
}

export interface Request {
  readonly kind: 'named' | 'guarded';
  readonly target: string;
  readonly name: string;
  readonly stepKey: string;
  readonly attempt: number;
  readonly requestId: string;
}

/** Targets that answer late, lose requests and answers, throttle, and whose work sometimes ends badly. */
export function makeTargets(time: VirtualTime, dice: Dice, faults: RequestFaults): Targets {
  const ledger: Effect[] = [];
  const on = new Set<string>();
  const names = new Map<string, Effect>();

  // A target's own guard and lists lag behind by up to 20 s: what began a moment ago is not seen yet.
  const lagMs = dice.pick([0, 20_000]);
  const isVisible = (effect: Effect): boolean => time.clock.nowMs() - effect.startedAtMs >= lagMs;

  const arrive = (request: Request): Reply => {
    const known = request.kind === 'named' ? names.get(request.name) : undefined;
    if (known !== undefined) return { kind: 'accepted', name: request.name };
    const busy = ledger.some((effect) => effect.target === request.target && effect.state === 'running' && isVisible(effect));
    if (request.kind === 'guarded' && (on.has(request.target) || busy)) return { kind: 'conflict' };
    const effect: Effect = { ...request, startedAtMs: time.clock.nowMs(), state: 'running' };
    ledger.push(effect);
    if (request.kind === 'named') names.set(request.name, effect);
    const fails = dice.chance(faults.faultRate / 2);
    time.at(dice.between(1_000, 240_000), () => {
      effect.state = fails ? 'failed' : 'succeeded';
      if (!fails && request.kind === 'guarded') on.add(request.target);
    });
    return { kind: 'accepted', name: request.name };
  };

  return {
    ledger,
    isOn: (target) => on.has(target),
    running: (target) => ledger.find((effect) => effect.target === target && effect.state === 'running' && isVisible(effect)),
    started: (requestIds) => ledger.findLast((effect) => requestIds.includes(effect.requestId) && isVisible(effect)),
    named: (name) => names.get(name),
    send: async (request) => {
      const fate = dice.random() < faults.faultRate ? dice.pick(FATES) : 'answered';
      switch (fate) {
        case 'answered':
          await time.clock.sleep(dice.between(5, 2_000));
          return arrive(request);
        case 'refused_connection':
          return { kind: 'refused_connection' };
        case 'throttled':
          await time.clock.sleep(20);
          return { kind: 'throttled' };
        case 'request_lost':
          await time.clock.sleep(dice.between(10, 30_000));
          return { kind: 'lost' };
        case 'answer_lost':
          arrive(request);
          await time.clock.sleep(dice.between(10, 30_000));
          return { kind: 'lost' };
        case 'arrives_late':
          time.at(dice.between(31_000, 85_000), () => void arrive(request));
          await time.clock.sleep(30_000);
          return { kind: 'lost' };
      }
    },
  };
}

const FATES = ['refused_connection', 'throttled', 'request_lost', 'answer_lost', 'arrives_late'] as const;
