import { halt } from '../machine/boot.ts';
import { DURATIONS } from '../times.ts';
import { exists, move } from './machines.ts';
import type { Machine, World } from '../world.ts';

/** How a machine is stopped: `hard` does not wait for the guest, `slow` times as long as usual; `after` runs when it is off. */
export interface Stop {
  readonly hard: boolean;
  readonly slow: number;
  readonly after: () => void;
}

/** Stops a machine that keeps its place: it is paid for as if it ran, and starts quickly from there. */
export function stopMachine(world: World, machine: Machine, { hard, slow, after }: Stop): void {
  move(world, machine, 'powerOff');
  machine.agentReady = false;
  halt(world, machine);
  const durationMs = hard ? DURATIONS.stopHard : world.draws.between(`stop:${machine.key}`, DURATIONS.stopLow, DURATIONS.stopHigh);
  world.clock.after(slow * durationMs, () => {
    if (!exists(world, machine)) return;
    machine.provisioning = 'Succeeded';
    move(world, machine, 'stopped');
    after();
  });
}
