import type { LockAnswer, Store } from '../store.ts';
import type { RunId } from '../ids.ts';
import type { RunRecord } from './record.ts';
import { hasEnded } from './run-state.ts';

/** Who holds a lock, as people name the run. `over`: its worker died between the end of the run and giving it back, so it is given back now. */
export async function holderOfLock(
  store: Pick<Store, 'readRun' | 'unlock'>,
  held: Extract<LockAnswer, { readonly kind: 'held' }>,
): Promise<{ readonly over: boolean; readonly name: string }> {
  const other = await runOf(store, held.by);
  if (other.over) await store.unlock([held.lockId], held.by);
  return other;
}

/** Whether a run has ended or is gone, and its number. A run whose cleanup was given up keeps its locks until a person releases them. */
export async function runOf(store: Pick<Store, 'readRun'>, runId: RunId): Promise<{ readonly over: boolean; readonly name: string }> {
  const run = (await store.readRun(runId))?.run;
  const over = run === undefined || (hasEnded(run.state) && run.cleanup !== 'incomplete');
  return { over, name: run === undefined ? `run ${runId}` : `run ${run.number}` };
}

/** Whose locks a run works under: its own, or those of the first run that called. */
export function lockOwner(run: Pick<RunRecord, 'runId' | 'parent'>): RunId {
  return run.parent?.ancestors[0] ?? run.runId;
}
