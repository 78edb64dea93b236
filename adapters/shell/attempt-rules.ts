import { SCRIPT_ENV_MAX_BYTES, SCRIPT_ENV_VALUE_MAX_BYTES, SCRIPT_MAX_BYTES } from '../../engine/limits.ts';
import type { ScriptAttempt } from '../../engine/ports.ts';

const ATTEMPT_NAME = /^rw-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{1,9}(?:-[a-z0-9]{1,16}){0,2}$/;
const ENV_NAME = /^[A-Z_][A-Z0-9_]{0,63}$/;

/** True for names of attempts: `rw-<uuid>-<n>` with up to two short suffixes. Only such names reach a command line or a path. */
export function isAttemptName(name: string): boolean {
  return ATTEMPT_NAME.test(name);
}

/** Why this attempt must not be started, as one sentence without its values; undefined when nothing speaks against it. */
export function attemptRefusal(attempt: ScriptAttempt): string | undefined {
  if (!isAttemptName(attempt.name)) return 'the name of the attempt is not one of runward';
  if (attempt.shell !== 'sh' && attempt.shell !== 'bash') return `scripts for ${attempt.shell} run over Run Command only`;
  if (byteLength(attempt.script) > SCRIPT_MAX_BYTES) return `the script is longer than ${SCRIPT_MAX_BYTES} bytes`;
  if (attempt.script.includes('\0')) return 'the script holds a NUL character';
  return envRefusal(attempt.env);
}

function envRefusal(env: Readonly<Record<string, string>>): string | undefined {
  let totalBytes = 0;
  for (const [name, value] of Object.entries(env)) {
    if (!ENV_NAME.test(name)) return 'a name in env is not of the form [A-Z_][A-Z0-9_]*';
    if (value.includes('\0')) return `env ${name} holds a NUL character`;
    const bytes = byteLength(value);
    if (bytes > SCRIPT_ENV_VALUE_MAX_BYTES) return `env ${name} is longer than ${SCRIPT_ENV_VALUE_MAX_BYTES} bytes`;
    totalBytes += bytes;
  }
  return totalBytes > SCRIPT_ENV_MAX_BYTES ? `the values of env are longer than ${SCRIPT_ENV_MAX_BYTES} bytes together` : undefined;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
