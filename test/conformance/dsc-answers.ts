import { accessSync, constants, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { fail } from '../../engine/dsc/expression/problem.ts';
import type { TargetAnswers } from '../../engine/dsc/expression/scope.ts';
import type { Value } from '../../engine/dsc/expression/value.ts';

/** What this machine answers to the functions that ask a target. */
export const LOCAL_ANSWERS: TargetAnswers = {
  context: () =>
    new Map<string, Value>([
      [
        'os',
        new Map<string, Value>([
          ['family', 'Linux'],
          ['version', osVersion()],
          ['kernel', release()],
        ]),
      ],
      ['security', process.getuid?.() === 0 ? 'Root' : 'User'],
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

function osVersion(): string {
  return /^VERSION_ID="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
