import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunwardError } from '../engine/errors.ts';
import type { SentFile } from './projects.ts';

const FOLDER = 'runbooks';
const CONFIGURATIONS = 'configurations';

/**
 * The runbooks, inventories and configuration documents of a project folder, by their paths below it; tests of runbooks are left out.
 * Throws USAGE_CONFIG_INVALID.
 */
export async function readProjectFiles(projectDir: string): Promise<readonly SentFile[]> {
  return [...(await runbookFiles(projectDir)), ...(await configurationFiles(projectDir))];
}

/** A project without drift checks has no such folder. */
async function configurationFiles(projectDir: string): Promise<readonly SentFile[]> {
  const names = await readdir(join(projectDir, CONFIGURATIONS), { recursive: true }).catch(() => []);
  const wanted = names.map((name) => name.replaceAll('\\', '/')).filter((name) => /\.dsc\.(ya?ml|json)$/.test(name));
  return Promise.all(
    wanted.toSorted().map(async (name) => ({
      path: `${CONFIGURATIONS}/${name}`,
      text: await readFile(join(projectDir, CONFIGURATIONS, name), 'utf8'),
    })),
  );
}

async function runbookFiles(projectDir: string): Promise<readonly SentFile[]> {
  const names = await readdir(join(projectDir, FOLDER), { recursive: true }).catch((cause: unknown) => {
    throw new RunwardError('USAGE_CONFIG_INVALID', `projectDir: ${projectDir} has no folder ${FOLDER} that can be read`, {}, cause);
  });
  const wanted = names.map((name) => name.replaceAll('\\', '/')).filter((name) => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name));
  return Promise.all(
    wanted.toSorted().map(async (name) => ({ path: `${FOLDER}/${name}`, text: await readFile(join(projectDir, FOLDER, name), 'utf8') })),
  );
}
