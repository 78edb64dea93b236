import type { Holder } from './holder.ts';
import { giveBackAll } from './run-locks.ts';
import type { Engine } from './turn.ts';

/** What is left to do once a run's end is stored: give back what it held, and tell its caller. Repeating it is harmless. */
export async function finishRun(engine: Engine, holder: Holder): Promise<void> {
  const { run } = holder.view();
  const { store, queue } = engine.ports;
  await giveBackAll(engine, holder);
  if (run.parent !== undefined) {
    await store.nudge(run.parent.runId);
    await queue.wake(run.parent.runId);
  }
  engine.ports.log.info('run ended', {
    runId: holder.runId,
    state: run.state,
    ...(run.reason === undefined ? {} : { reason: run.reason }),
  });
}
