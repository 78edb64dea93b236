import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../cli/project-root.ts';
import { formatDuration, parseDurationMs } from '../../engine/language/duration.ts';

const OPEN = 'windows:\n  - { cron: "0 * * * *", duration: 2h, timezone: UTC }\n';
/** Nothing is waited for longer than Azure is asked, and nothing is asked more often than this. */
const SHORTEST_MS = 500;

/**
 * Copies the runbooks that ship into a project for a simulated estate: what their authors wait for at the pace of Azure is divided by
 * `scale`, windows are open, and `inventories` (text by name) replace those of the same name. Time-outs stay as they are.
 */
export async function shippedProject(
  folder: string,
  given: { readonly scale: number; readonly inventories?: Readonly<Record<string, string>> },
): Promise<string> {
  const from = join(projectRoot(), 'runbooks');
  const to = join(folder, 'runbooks');
  await mkdir(to, { recursive: true });
  await cp(join(from, 'inventories'), join(to, 'inventories'), { recursive: true });
  await cp(join(from, 'calendars'), join(to, 'calendars'), { recursive: true });
  await cp(join(projectRoot(), 'configurations'), join(folder, 'configurations'), { recursive: true });
  for (const name of await yamlFiles(from)) await writeFile(join(to, name), atPace(await readFile(join(from, name), 'utf8'), given.scale));
  for (const name of await yamlFiles(join(to, 'calendars'))) {
    const file = join(to, 'calendars', name);
    const text = await readFile(file, 'utf8');
    if (text.includes('\nwindows:')) await writeFile(file, text.replace(/^windows:\n(?: .*\n)+/m, OPEN));
  }
  for (const [name, text] of Object.entries(given.inventories ?? {})) await writeFile(join(to, 'inventories', `${name}.yaml`), text);
  return folder;
}

/** The waits that a runbook writes out (`every` and `delay` of its steps, and an input's `default` and `min` where it is a rest) at the pace of an estate. */
function atPace(text: string, scale: number): string {
  const shorter = (written: string): string =>
    formatDuration(Math.max(SHORTEST_MS, Math.round((parseDurationMs(written) ?? SHORTEST_MS) / scale)));
  return text
    .replaceAll(/(?<!^ {2})\b(every|delay): (\d\w*)/gm, (_whole, key: string, written: string) => `${key}: ${shorter(written)}`)
    .replaceAll(/( {2}rest:\n(?: {4}.*\n)+)/g, (input: string) =>
      input.replaceAll(/(default|min): (\d\w*)/g, (_whole, key: string, written: string) => `${key}: ${shorter(written)}`),
    );
}

async function yamlFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
}
