import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { SecretAnswer, Secrets } from '../../engine/ports.ts';

const SECRET_BYTES_MIN = 6;
const SECRET_BYTES_MAX = 64 * 1024;
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const OWN_VARIABLES = /^(RUNWARD|AZURE|NODE)_/;

/** Where secrets come from: the environment for `env://NAME`, files of a directory for `secret:name`. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
}

/**
 * Reads secrets at the time of use and keeps none. `keyvault://` is answered as unavailable: no vault can be configured. A value below
 * 6 bytes is refused because it could not be kept out of logs without blanking ordinary words.
 */
export function createSecrets(sources: SecretSources): Secrets {
  return {
    async resolve(reference, signal) {
      if (reference.startsWith('env://')) return fromVariable(sources.env, reference.slice('env://'.length));
      if (reference.startsWith('secret:')) return fromFile(sources.directory, reference.slice('secret:'.length), signal);
      if (reference.startsWith('keyvault://')) return unavailable(`${reference}: Key Vault is not configured on this worker`);
      return unavailable('a secret reference begins with env://, secret: or keyvault://');
    },
  };
}

function fromVariable(env: SecretSources['env'], name: string): SecretAnswer {
  if (!VARIABLE_NAME.test(name)) return unavailable(`env://${name} is not the name of an environment variable`);
  // A runbook must not be able to read what the worker itself signs in with.
  if (OWN_VARIABLES.test(name)) return unavailable(`env://${name} belongs to the worker itself and is not given to runbooks`);
  const value = env[name];
  return value === undefined ? unavailable(`the worker has no environment variable ${name}`) : checked(`env://${name}`, value);
}

async function fromFile(directory: string | undefined, name: string, signal: AbortSignal): Promise<SecretAnswer> {
  if (directory === undefined) return unavailable(`secret:${name}: no secrets directory is configured on this worker`);
  if (!FILE_NAME.test(name)) return unavailable(`secret:${name} is not the name of a file`);
  try {
    const [root, file] = [await realpath(directory), await realpath(join(directory, name))];
    if (!file.startsWith(root + sep)) return unavailable(`secret:${name} leads out of the secrets directory`);
    const { mode, size } = await stat(file);
    if ((mode & 0o077) !== 0) return unavailable(`secret:${name} can be read by other users: chmod 600 ${join(directory, name)}`);
    if (size > SECRET_BYTES_MAX) return unavailable(`secret:${name} is larger than 64 KiB`);
    const text = await readFile(file, { encoding: 'utf8', signal });
    return checked(`secret:${name}`, text.replace(/\r?\n$/, ''));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    return unavailable(code === 'ENOENT' ? `there is no file ${name} in the secrets directory` : `secret:${name} cannot be read (${code})`);
  }
}

function checked(reference: string, value: string): SecretAnswer {
  if (Buffer.byteLength(value) < SECRET_BYTES_MIN) return unavailable(`${reference} is shorter than ${SECRET_BYTES_MIN} bytes`);
  return { kind: 'found', value };
}

function unavailable(message: string): SecretAnswer {
  return { kind: 'unavailable', message };
}
