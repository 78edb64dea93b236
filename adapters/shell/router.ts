import type { ScriptState, Shell } from '../../engine/ports.ts';
import type { Target } from '../../engine/target.ts';

/** The transports that this worker offers. `local` is left out unless the setting allowLocalScripts is on. */
export interface Transports {
  readonly local?: Shell;
  readonly ssh?: Shell;
  readonly runCommand?: Shell;
}

/** One shell for all targets: `via` of the target picks the transport, no target means the worker itself. */
export function createShell(transports: Transports): Shell {
  const pick = (target: Target | undefined): Shell => transportOf(transports, target);
  return {
    start: (target, attempt, signal) => pick(target).start(target, attempt, signal),
    look: (target, name, signal) => pick(target).look(target, name, signal),
    stop: (target, name, signal) => pick(target).stop(target, name, signal),
    remove: (target, name, signal) => pick(target).remove(target, name, signal),
  };
}

const RETRY_AFTER_MS = 30_000;

function transportOf(transports: Transports, target: Target | undefined): Shell {
  const via = target === undefined ? 'local' : target.via;
  switch (via) {
    case 'local':
      return transports.local ?? closed('scripts on the worker itself are off (setting allowLocalScripts)');
    case 'ssh':
      return transports.ssh ?? closed('this worker has no SSH (setting ssh.knownHostsFile)');
    case 'run-command':
      return transports.runCommand ?? closed('this worker has no Run Command: it is not connected to Azure');
    case null:
      return closed('the target is no machine: it says no way to run a script');
  }
}

function closed(message: string): Shell {
  const state: ScriptState = { kind: 'unreachable', message, retryAfterMs: RETRY_AFTER_MS };
  return {
    start: () => Promise.resolve({ kind: 'refused', message }),
    look: () => Promise.resolve(state),
    stop: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  };
}
