import { z } from 'zod';
import { attemptName } from '../ids.ts';
import type { ScriptAttempt } from '../ports.ts';
import type { ActionContext, ActionPorts } from './action.ts';

/** A `run` step's arguments: `env` is text already, `secrets` are references by name of the variable. */
export const scriptInput = z.strictObject({
  shell: z.enum(['sh', 'bash', 'pwsh', 'powershell']),
  script: z.string().min(1),
  env: z.record(z.string(), z.string()),
  secrets: z.record(z.string(), z.string()),
  timeoutMs: z.number().int().positive(),
  effect: z.enum(['read', 'named', 'guarded', 'blind']),
  doneWhen: z.string().min(1).optional(),
});

export type ScriptInput = z.infer<typeof scriptInput>;

/** Which script of an attempt is meant: the step's own, its one repetition, or `done_when` before and after it. */
export type ScriptPart = 'script' | 'again' | 'pre' | 'now';

/** The name of one script of an attempt. The step's own never depends on the send, so that a second send cannot start it twice. */
export function partName(context: ActionContext<ScriptInput>, part: ScriptPart): string {
  const name = attemptName(context.stepKey, context.attempt);
  if (part === 'script') return name;
  return part === 'pre' ? `${name}-pre${context.send}` : `${name}-${part}`;
}

/** A script ready to be sent, with its secrets as values; or why a secret cannot be read now. */
export type PreparedScript =
  | { readonly kind: 'prepared'; readonly attempt: ScriptAttempt }
  | { readonly kind: 'unavailable'; readonly message: string };

/** Puts one script of an attempt together: secrets are resolved here, directly before they are sent. */
export async function prepareScript(
  ports: Pick<ActionPorts, 'secrets'>,
  context: ActionContext<ScriptInput>,
  part: ScriptPart,
): Promise<PreparedScript> {
  const { input } = context;
  const secrets: Record<string, string> = {};
  for (const [name, reference] of Object.entries(input.secrets)) {
    const answer = await ports.secrets.resolve(reference, context.signal);
    if (answer.kind === 'unavailable') return { kind: 'unavailable', message: `the secret for ${name} cannot be read: ${answer.message}` };
    secrets[name] = answer.value;
  }
  const script = part === 'script' || part === 'again' ? input.script : (input.doneWhen ?? 'false');
  const attempt: ScriptAttempt = {
    name: partName(context, part),
    shell: input.shell,
    script,
    env: { ...input.env, ...secrets, ...ownEnv(context) },
    secretNames: Object.keys(secrets),
    timeoutMs: input.timeoutMs,
  };
  return { kind: 'prepared', attempt };
}

/** What a script may know of the run that it belongs to. */
export function ownEnv(context: ActionContext<unknown>): Readonly<Record<string, string>> {
  return {
    RUNWARD_RUN_ID: context.runId,
    RUNWARD_STEP: context.stepPath,
    RUNWARD_TARGET: context.target?.key ?? '',
    RUNWARD_ATTEMPT: String(context.attempt),
  };
}
