import type { Holder } from './holder.ts';
import { changedTargets } from './target-locks.ts';
import type { Engine } from './turn.ts';

/**
 * What is left to do once a run's end is stored: give its targets back, unless they are its caller's, and tell the caller. Repeating it is
 * harmless. Where a person gave up the cleanup, nobody has looked at what the targets are left with: they stay locked until a person releases them.
 */
export async function finishRun(engine: Engine, holder: Holder): Promise<void> {
  const { run } = holder.view();
  const { store, queue } = engine.ports;
  if (run.parent !== undefined) {
    await store.nudge(run.parent.runId);
    await queue.wake(run.parent.runId);
  } else if (run.cleanup !== 'incomplete') await store.unlock(changedTargets(holder.plan), holder.runId);
  engine.ports.log.info('run ended', {
    runId: holder.runId,
    state: run.state,
    ...(run.reason === undefined ? {} : { reason: run.reason }),
  });
}
