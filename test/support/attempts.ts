import { randomUUID } from 'node:crypto';
import type { ScriptAttempt, ScriptState, Shell } from '../../engine/ports.ts';
import type { Target } from '../../engine/target.ts';

type Ended = Extract<ScriptState, { kind: 'ended' }>;

/** An attempt with a name of its own; `changes` replace its parts. */
export function anAttempt(script: string, changes: Partial<ScriptAttempt> = {}): ScriptAttempt {
  return { name: `rw-${randomUUID()}-1`, shell: 'sh', script, env: {}, secretNames: [], timeoutMs: 60_000, ...changes };
}

/** Looks until an attempt is in another state than `running`; the test's own time limit ends it. */
export async function untilSettled(shell: Shell, target: Target | undefined, name: string): Promise<ScriptState> {
  for (;;) {
    const state = await shell.look(target, name, AbortSignal.timeout(30_000));
    if (state.kind !== 'running') return state;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Starts an attempt and gives its end; throws when it is not accepted or ends in another way. */
export async function runToEnd(shell: Shell, target: Target | undefined, attempt: ScriptAttempt): Promise<Ended> {
  const started = await shell.start(target, attempt, AbortSignal.timeout(30_000));
  if (started.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(started)}`);
  const state = await untilSettled(shell, target, attempt.name);
  if (state.kind !== 'ended') throw new Error(`not ended: ${JSON.stringify(state)}`);
  return state;
}
