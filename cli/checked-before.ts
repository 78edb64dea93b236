import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../engine/language/diagnostics.ts';
import type { Documents } from './project-documents.ts';
import { projectRoot } from './project-root.ts';

const KEPT_MAX = 50;

/**
 * The findings of documents, from the user's cache when the same bytes were checked by the same program before: an unchanged project is
 * answered without loading the checks. A cache that cannot be read or written only costs the time.
 */
export async function checkedBefore(documents: Documents, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'runward', 'checked');
  const file = join(folder, `${digestOf(documents)}.json`);
  const known = readKnown(file);
  if (known !== undefined) return known;
  const findings = await check();
  keep(folder, file, findings);
  return findings;
}

function digestOf({ asked, beside }: Documents): string {
  const hash = createHash('sha256').update(programStamp());
  for (const [part, files] of Object.entries({ asked, beside })) {
    for (const { path, text, symlink = false } of files) {
      hash.update(`\n${part} ${JSON.stringify(path)} ${String(symlink)} ${Buffer.byteLength(text)}\n`).update(text);
    }
  }
  return hash.digest('hex');
}

// A checkout changes without a new version, so each file that decides has its say; package.json names the libraries.
function programStamp(): string {
  const here = fileURLToPath(import.meta.url);
  // In the package every shared part of the program lies beside this one.
  const folder = extname(here) === '.ts' ? join(dirname(here), '..', 'engine') : dirname(here);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const paths = [join(projectRoot(), 'package.json'), ...files.map((name) => join(folder, name))];
  return [process.version, ...paths.map((path) => `${path} ${stampOf(path)}`)].join('\n');
}

function stampOf(path: string): string {
  const { mtimeMs, size } = statSync(path);
  return `${mtimeMs} ${size}`;
}

function readKnown(file: string): readonly Finding[] | undefined {
  try {
    const known: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(known) ? (known as readonly Finding[]) : undefined;
  } catch {
    return undefined;
  }
}

function keep(folder: string, file: string, findings: readonly Finding[]): void {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(draft, JSON.stringify(findings), { mode: 0o600 });
    renameSync(draft, file);
    forgetOldest(folder);
  } catch {
    // Nothing is lost but the time of the next check.
  }
}

function forgetOldest(folder: string): void {
  const newestFirst = readdirSync(folder)
    .map((name) => ({ name, at: statSync(join(folder, name)).mtimeMs }))
    .toSorted((left, right) => right.at - left.at);
  for (const { name } of newestFirst.slice(KEPT_MAX)) rmSync(join(folder, name), { force: true });
}
