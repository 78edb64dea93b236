import cron from 'node-cron';
import type { Heartbeat } from '../../engine/ports.ts';

const EVERY_SECOND = '* * * * * *';

/** A beat at the start of every second. A beat that nobody waits for is dropped: the next look catches up. `stop` ends it. */
export function openCronTick(): Heartbeat & { readonly stop: () => Promise<void> } {
  let waiting: (() => void)[] = [];
  const beat = (): void => {
    const called = waiting;
    waiting = [];
    for (const call of called) call();
  };
  const ticks = cron.schedule(EVERY_SECOND, beat, { noOverlap: true });
  return {
    next: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const done = (): void => {
          signal.removeEventListener('abort', done);
          resolve();
        };
        signal.addEventListener('abort', done);
        waiting.push(done);
      }),
    async stop() {
      await ticks.destroy();
      beat();
    },
  };
}
