import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../engine/dsc/expression/problem.ts';
import type { TargetAnswers } from '../../engine/dsc/expression/scope.ts';
import type { Value } from '../../engine/dsc/expression/value.ts';
import { valueFromJson } from '../../engine/dsc/tree-value.ts';
import { osInfo } from './dsc-types.ts';

/** What this machine answers to the functions that ask a target. */
export const LOCAL_ANSWERS: TargetAnswers = {
  context: () =>
    new Map<string, Value>([
      ['os', valueFromJson(osInfo())],
      ['security', securityContext()],
    ]),
  envvar: (name) => process.env[name] ?? fail(`there is no environment variable ${name}`),
  tryWhich: (name) => {
    const folders = name.includes('/') ? [''] : (process.env['PATH'] ?? '').split(':');
    return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
  },
  systemRoot: () => '/',
  stdout: () => fail('no resource has printed anything'),
  secret: (name) => fail(`no vault holds a secret ${name}`),
};

/** Whether this process may do everything, in the words of the reference. */
export function securityContext(): 'elevated' | 'restricted' {
  return process.getuid?.() === 0 ? 'elevated' : 'restricted';
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
