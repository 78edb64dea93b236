import { attemptName } from '../ids.ts';
import type { ActionContext, ActionPorts, Failed, Unanswered } from './action.ts';
import { askScript, type EndedScript } from './script-attempt.ts';
import { ownEnv } from './script-input.ts';

/** A check that a machine makes itself. The script is constant text; everything that varies comes in `env`. */
export interface TargetCheck {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly secretNames: readonly string[];
  readonly timeoutMs: number;
}

/**
 * Runs a check on the step's machine under the name of this attempt: repeated after a crash it finds the answer of the earlier send,
 * and each further look of `until` is a new attempt with a new name.
 */
export async function checkFromTarget(
  ports: Pick<ActionPorts, 'clock' | 'shell'>,
  context: ActionContext<unknown>,
  check: TargetCheck,
): Promise<EndedScript | Failed | Unanswered> {
  const { target, signal } = context;
  if (target === undefined || target.via === null) return failedCheck('from: target needs a machine as target');
  if (target.os === 'windows') return failedCheck('from: target needs a machine with sh; this one runs Windows');
  await dropEarlier(ports, context);
  const attempt = {
    name: attemptName(context.stepKey, context.attempt),
    shell: 'sh',
    script: check.script,
    env: { ...check.env, ...ownEnv(context) },
    secretNames: check.secretNames,
    timeoutMs: check.timeoutMs,
  } as const;
  return await askScript(ports, { target, attempt, signal });
}

/** A check that could not be made, as opposed to one whose answer is no. */
export function failedCheck(message: string): Failed {
  return { kind: 'failed', failure: { kind: 'target', message } };
}

// An attempt that ran out of time left its script behind, and a machine holds 25 managed run commands at most.
async function dropEarlier(ports: Pick<ActionPorts, 'shell'>, context: ActionContext<unknown>): Promise<void> {
  if (context.attempt < 2) return;
  const name = attemptName(context.stepKey, context.attempt - 1);
  const earlier = await ports.shell.look(context.target, name, context.signal);
  if (earlier.kind === 'running') await ports.shell.stop(context.target, name, context.signal);
  if (earlier.kind === 'ended' || earlier.kind === 'lost') await ports.shell.remove(context.target, name, context.signal);
}
