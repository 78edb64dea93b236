import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RunwardError } from '../engine/errors.ts';
import type { Session } from './program-options.ts';
import { readStdin } from './stdin.ts';

const localSchema = z.looseObject({ address: z.url(), pid: z.number().int().positive() });

/** What a running demo or dev leaves in the project for the command line: its address and process id. */
export type LocalServer = Readonly<z.infer<typeof localSchema>>;

/** Where a running demo or dev says that it runs. */
export function localServerFile(project: string): string {
  return join(project, '.runward', 'local.json');
}

/** The local server of a project, when its file is there and its process lives. */
export async function findLocalServer(project: string): Promise<LocalServer | undefined> {
  const text = await readFile(localServerFile(project), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = localSchema.safeParse(parsedJson(text));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : undefined;
}

/** The address of the chosen server, without a slash at its end: flag, environment, then the local server. Throws USAGE_FLAG when there is none. */
export async function serverAddress(session: Session): Promise<string> {
  const chosen = session.options.server ?? process.env['RUNWARD_SERVER'];
  if (chosen !== undefined && chosen !== '') return checkedUrl(chosen);
  const local = await findLocalServer(session.project);
  if (local !== undefined) return checkedUrl(local.address);
  throw new RunwardError('USAGE_FLAG', 'no server is chosen, and none runs in this folder', {
    next: 'runward demo, or --server URL, or RUNWARD_SERVER',
  });
}

/** The API token: from a file, from stdin (`-`), or from RUNWARD_TOKEN. Throws USAGE_FLAG when the file cannot be read. */
export async function apiToken(session: Session): Promise<string | undefined> {
  const { tokenFile } = session.options;
  if (tokenFile === undefined) return process.env['RUNWARD_TOKEN'];
  try {
    return (tokenFile === '-' ? await readStdin() : await readFile(tokenFile, 'utf8')).trim();
  } catch (cause) {
    throw new RunwardError('USAGE_FLAG', `--token-file: ${tokenFile} cannot be read`, {}, cause);
  }
}

function checkedUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text)) throw new RunwardError('USAGE_FLAG', `"${text}" is not an http or https address`);
  return text.replace(/\/+$/, '');
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A process that has ended and waits for its parent: it still has its pid. Without /proc nothing is known and the pid counts. */
function isZombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
