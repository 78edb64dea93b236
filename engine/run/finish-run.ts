import type { Holder } from './holder.ts';
import { changedTargets } from './target-locks.ts';
import type { Engine } from './turn.ts';

/** What is left to do once a run's end is stored: give its targets back. Repeating it is harmless. */
export async function finishRun(engine: Engine, holder: Holder): Promise<void> {
  await engine.ports.store.unlock(changedTargets(holder.plan), holder.runId);
  const { run } = holder.view();
  engine.ports.log.info('run ended', {
    runId: holder.runId,
    state: run.state,
    ...(run.reason === undefined ? {} : { reason: run.reason }),
  });
}
