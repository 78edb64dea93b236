import type { RunId } from '../../engine/ids.ts';
import type { Ports } from '../../engine/ports.ts';
import type { Store } from '../../engine/store.ts';
import type { Dice } from '../../adapters/memory/dice.ts';
import type { Oracle } from './oracle.ts';
import type { Targets } from './targets.ts';
import type { VirtualTime } from '../../adapters/memory/virtual-time.ts';
import type { worldActions } from './world-actions.ts';
import type { Gates } from './world-gates.ts';

/** Rules that can be broken on purpose, to prove that the oracle sees it. The product holds no such switch: the world breaks it from outside. */
export const BUGS = ['noCompareAndSet', 'resubmitAtOnce', 'httpRetries', 'queueIsTruth', 'lockByTime', 'approvalForever'] as const;
export type Bug = (typeof BUGS)[number];

/** Everything that the parts of one world share. */
export interface World {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly store: Store;
  readonly targets: Targets;
  readonly oracle: Oracle;
  readonly ports: Omit<Ports, 'queue'>;
  readonly actions: ReturnType<typeof worldActions>;
  /** Kill switch, freezes and windows as they truly are. */
  readonly gates: Gates;
  readonly bug: Bug | undefined;
  readonly crashRate: number;
  /** Who gets a wake-up: worker -> its consumer. Lost and doubled ones are decided here. */
  readonly consumers: Map<string, (runId: RunId) => void>;
  crashes: number;
}

/** Hands a wake-up to some worker; one in ten is lost, one in ten comes twice. Losing one must never lose a run. */
export function deliver(world: World, runId: RunId, afterMs: number): void {
  const { dice, time, consumers } = world;
  if (dice.chance(0.1)) return;
  const copies = dice.chance(0.1) ? 2 : 1;
  for (let copy = 0; copy < copies; copy += 1) {
    time.at(afterMs + dice.between(1, 200), () => {
      const names = [...consumers.keys()];
      if (names.length > 0) consumers.get(dice.pick(names))?.(runId);
    });
  }
}
