import type { RunId } from '../../engine/ids.ts';
import type { WakeUps } from '../../engine/ports.ts';

/** Wake-ups whose delivery is decided by `schedule`: it may call `deliver` later, twice or never. */
export interface MemoryWakeUps extends WakeUps {
  readonly listen: (listener: (runId: RunId) => void) => void;
}

/** A queue in memory. Each wake-up is handed to `schedule` with its delay in ms; delivery goes to the one registered listener. */
export function makeMemoryWakeUps(schedule: (afterMs: number, deliver: () => void) => void): MemoryWakeUps {
  let listener: ((runId: RunId) => void) | undefined;
  return {
    listen(added) {
      listener = added;
    },
    async wake(runId, afterMs = 0) {
      schedule(afterMs, () => listener?.(runId));
    },
  };
}
