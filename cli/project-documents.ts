import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { RunwardError } from '../engine/errors.ts';
import type { DocumentFile } from '../engine/language/guard.ts';
import { readStdin } from './server-address.ts';

/** Documents to check, and others of the project that they may refer to. Paths are as a person would type them here. */
export interface Documents {
  readonly asked: readonly DocumentFile[];
  readonly beside: readonly DocumentFile[];
}

const FOLDER = 'runbooks';

/**
 * Reads the documents that paths name: files, folders with everything below, `-` for stdin; without paths the runbooks of the project.
 * Inventories of the project come along, because runbooks name them. Throws USAGE_FLAG for what cannot be read.
 */
export async function readDocuments(paths: readonly string[], project: string): Promise<Documents> {
  const wanted = paths.length > 0 ? paths : [relative(process.cwd(), join(project, FOLDER)) || FOLDER];
  const asked: DocumentFile[] = [];
  for (const path of wanted) asked.push(...(path === '-' ? [{ path: '<stdin>', text: await readStdin() }] : await readPath(path)));
  const known = new Set(asked.map((file) => resolve(file.path)));
  const others = await readPath(join(project, FOLDER)).catch(() => []);
  const beside = others.filter((file) => !known.has(resolve(file.path)) && isInventory(file));
  return { asked: unique(asked), beside: beside.map((file) => ({ ...file, path: shownPath(file.path) })) };
}

async function readPath(path: string): Promise<readonly DocumentFile[]> {
  const found = await stat(path).catch((cause: unknown) => {
    const next = path === FOLDER ? { next: 'runward validate FILE, or --project DIR' } : {};
    throw new RunwardError('USAGE_FLAG', `${path} cannot be read`, next, cause);
  });
  if (!found.isDirectory()) return [{ path: shownPath(path), text: await readFile(path) }];
  const names = (await readdir(path, { recursive: true })).map((name) => name.replaceAll('\\', '/'));
  const documents = names.filter(
    (name) => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name) && !/(^|\/)(\.|node_modules\/)/.test(name),
  );
  return Promise.all(
    documents.toSorted().map(async (name) => ({ path: shownPath(join(path, name)), text: await readFile(join(path, name)) })),
  );
}

function shownPath(path: string): string {
  const below = relative(process.cwd(), resolve(path));
  return (isAbsolute(path) && below.startsWith('..') ? path : below).replaceAll('\\', '/');
}

function isInventory(file: DocumentFile): boolean {
  return /^kind: *["']?Inventory\b/m.test(typeof file.text === 'string' ? file.text : new TextDecoder().decode(file.text));
}

function unique(files: readonly DocumentFile[]): readonly DocumentFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}
