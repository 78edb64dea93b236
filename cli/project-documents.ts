import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { RunwardError } from '../engine/errors.ts';
import type { DocumentFile } from '../engine/language/guard.ts';
import { readStdin } from './stdin.ts';

/** Documents to check, and others of the project that they may refer to. Paths are as a person would type them here. */
export interface Documents {
  readonly asked: readonly DocumentFile[];
  readonly beside: readonly DocumentFile[];
}

const FOLDER = 'runbooks';
const CONFIGURATIONS = 'configurations';

/**
 * Reads the documents that paths name: files, folders with everything below, `-` for stdin; without paths the runbooks and configuration
 * documents of the project. Its inventories, calendars and configurations come along, because runbooks name them, and its runbooks where
 * a test is asked for. In folders tests are left out unless `tests` is set. Throws USAGE_FLAG for what cannot be read.
 */
export async function readDocuments(paths: readonly string[], project: string, tests = false): Promise<Documents> {
  const wanted = paths.length > 0 ? paths : [relative(process.cwd(), join(project, FOLDER)) || FOLDER];
  const asked: DocumentFile[] = [];
  for (const path of wanted) asked.push(...(path === '-' ? [{ path: '<stdin>', text: await readStdin() }] : await readPath(path, tests)));
  if (paths.length === 0) asked.push(...(await configurations(project)));
  const known = new Set(asked.map((file) => resolve(file.path)));
  const others = await readPath(join(project, FOLDER), false, known).catch(() => []);
  const withTests = asked.some((file) => isTestPath(file.path));
  const beside = others.filter((file) => withTests || isNamedByRunbooks(file));
  const documents = (await configurations(project)).filter((file) => !known.has(resolve(project, file.path)));
  return { asked: unique(asked), beside: [...beside.map((file) => ({ ...file, path: shownPath(file.path) })), ...documents] };
}

// Runbooks name these by their path in the project, wherever the command was typed.
async function configurations(project: string): Promise<readonly DocumentFile[]> {
  const names = await readdir(join(project, CONFIGURATIONS), { recursive: true }).catch(() => []);
  const wanted = names.map((name) => name.replaceAll('\\', '/')).filter((name) => /\.dsc\.(ya?ml|json)$/.test(name));
  return Promise.all(
    wanted.toSorted().map(async (name) => {
      const place = join(project, CONFIGURATIONS, name);
      const symlink = (await lstat(place)).isSymbolicLink();
      return { path: `${CONFIGURATIONS}/${name}`, text: symlink ? '' : await readFile(place), symlink };
    }),
  );
}

/** True for files that hold tests of runbooks. */
export function isTestPath(path: string): boolean {
  return /\.test\.ya?ml$/.test(path);
}

async function readPath(path: string, tests: boolean, known: ReadonlySet<string> = new Set()): Promise<readonly DocumentFile[]> {
  const found = await stat(path).catch((cause: unknown) => {
    const next = path === FOLDER ? { next: 'runward validate FILE, or --project DIR' } : {};
    throw new RunwardError('USAGE_FLAG', `${path} cannot be read`, next, cause);
  });
  if (!found.isDirectory()) return [{ path: shownPath(path), text: await readFile(path) }];
  const names = (await readdir(path, { recursive: true })).map((name) => name.replaceAll('\\', '/'));
  const documents = names.filter(
    (name) =>
      /\.ya?ml$/.test(name) && (tests || !isTestPath(name)) && !/(^|\/)(\.|node_modules\/)/.test(name) && !known.has(resolve(path, name)),
  );
  return Promise.all(
    documents.toSorted().map(async (name) => ({ path: shownPath(join(path, name)), text: await readFile(join(path, name)) })),
  );
}

function shownPath(path: string): string {
  const below = relative(process.cwd(), resolve(path));
  return (isAbsolute(path) && below.startsWith('..') ? path : below).replaceAll('\\', '/');
}

function isNamedByRunbooks(file: DocumentFile): boolean {
  return /^kind: *["']?(Inventory|Calendar)\b/m.test(typeof file.text === 'string' ? file.text : new TextDecoder().decode(file.text));
}

function unique(files: readonly DocumentFile[]): readonly DocumentFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}
