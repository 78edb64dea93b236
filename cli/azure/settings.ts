import { readFile } from 'node:fs/promises';
import { azureConfigOf } from '../../adapters/azure/configured.ts';
import type { AzureConfig } from '../../adapters/azure/config.ts';
import type { Config } from '../../engine/config.ts';
import { parseConfig } from '../../engine/config.ts';
import { RunwardError } from '../../engine/errors.ts';
import { VERSION } from '../../engine/version.ts';

/** The settings of this computer and how they reach Azure: the same variables and file that a worker here would read. Throws USAGE_CONFIG_INVALID. */
export async function azureHere(): Promise<{ readonly config: Config; readonly azure: AzureConfig }> {
  const path = process.env['RUNWARD_CONFIG_FILE'];
  const config = parseConfig(process.env, path === undefined ? undefined : await readSettings(path));
  return { config, azure: await azureConfigOf(config, VERSION) };
}

async function readSettings(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RunwardError('USAGE_CONFIG_INVALID', `the file that RUNWARD_CONFIG_FILE names cannot be read: ${why}`, { path }, error);
  }
}
