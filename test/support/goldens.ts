import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { actions } from '../../engine/actions/registry.ts';
import type { Finding } from '../../engine/language/diagnostics.ts';
import { lintDocuments, type LintOptions } from '../../engine/language/lint/lint.ts';
import { loadDocuments } from '../../engine/language/load.ts';
import { LATER_FINDINGS } from './golden-later.ts';

/** Where the golden pairs lie: `<name>.yaml`, what it must print in `<name>.out` and `<name>.json`, and a folder `<name>` for further documents of its project. */
export const GOLDEN_FOLDER = join(import.meta.dirname, '../golden/bad');

/** A document of a golden as people would send it. */
export interface GoldenFile {
  readonly path: string;
  readonly text: string;
}

/** A project that has something wrong; its name begins with the code that it must show. */
export interface Golden {
  readonly name: string;
  readonly code: string;
  /** The broken document first, then those beside it. */
  readonly files: readonly GoldenFile[];
}

/** Every golden by name. */
export const GOLDENS: readonly Golden[] = readdirSync(GOLDEN_FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .toSorted()
  .map((file) => goldenOf(file.replace(/\.yaml$/, '')));

/** What the golden's project shows: checked, linted, planned or run, as its code needs. */
export async function findingsOf({ name, code, files }: Golden): Promise<readonly Finding[]> {
  const later = LATER_FINDINGS[name];
  if (later !== undefined) return later(files);
  return isLint(code) ? lintDocuments(files, lintOptions(code, files)).findings : loadDocuments(files, { actions }).findings;
}

function goldenOf(name: string): Golden {
  const code = /^rw(-dsc-)?\d{3}/.exec(name)?.[0].toUpperCase() ?? '';
  const beside = join(GOLDEN_FOLDER, name);
  const others = existsSync(beside) ? readdirSync(beside).toSorted() : [];
  return {
    name,
    code,
    files: [
      { path: `bad/${name}.yaml`, text: readFileSync(join(GOLDEN_FOLDER, `${name}.yaml`), 'utf8') },
      ...others.map((file) => ({ path: `bad/${name}/${file}`, text: readFileSync(join(beside, file), 'utf8') })),
    ],
  };
}

/** True for goldens whose finding `validate` makes, with no other knowledge than the documents. */
export function isAtValidate({ name, code }: Golden): boolean {
  return LATER_FINDINGS[name] === undefined && !isLint(code);
}

/** True for the codes that only `lint` looks for. */
export function isLint(code: string): boolean {
  return /^RW5(2[1-9]|3\d)$/.test(code);
}

function lintOptions(code: string, files: readonly GoldenFile[]): LintOptions {
  const names = files.flatMap(({ text }) => /name: ([a-z][a-z0-9-]*)/.exec(text)?.[1] ?? []);
  const tested = new Set(code === 'RW539' ? [] : names);
  return {
    actions,
    tested,
    groupSizes: new Map([
      ['dr-approvers', 3],
      ['night-shift', 1],
    ]),
    nowMs: Date.UTC(2026, 0, 5),
  };
}
