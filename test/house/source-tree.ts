import { readFileSync, readdirSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { parseAst } from 'vitest/node';

/** Root folder of the repository, without a final slash. */
export const ROOT = join(import.meta.dirname, '..', '..');

const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'coverage', '.runward']);

/** A file of the repository: path from the root with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One import of a module. `from` is the specifier, `typeOnly` disappears at run time, `lazy` is an `import()` expression. */
export interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
  readonly lazy: boolean;
}

/** Paths of all files of the repository except what `.gitignore` leaves out, sorted. */
export function listFiles(folder: string = ROOT): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !NOT_OURS.has(entry.name) && !entry.name.endsWith('.tgz'))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listFiles(path) : [relative(ROOT, path)];
    })
    .toSorted();
}

/** The files whose path satisfies `wanted`, with their text. */
export function readFiles(wanted: (path: string) => boolean): readonly SourceFile[] {
  return listFiles()
    .filter(wanted)
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** True for a module of TypeScript or TSX. */
export function isModule(path: string): boolean {
  return path.endsWith('.ts') || path.endsWith('.tsx');
}

/** Every module that a file names, in static imports, re-exports, `import()` expressions and import types. Throws on a syntax error. */
export function importsOf(file: SourceFile): readonly Import[] {
  const found: Import[] = [];
  walk(parseAst(file.text, { lang: file.path.endsWith('x') ? 'tsx' : 'ts' }), found);
  return found;
}

/** The path that a relative specifier of `file` means, or the bare name of a package (`@scope/name`, `node:fs`). */
export function targetOf(path: string, from: string): { readonly kind: 'file' | 'package'; readonly name: string } {
  if (from.startsWith('.')) return { kind: 'file', name: posix.join(posix.dirname(path), from) };
  if (from.startsWith('node:')) return { kind: 'package', name: from };
  const parts = from.split('/');
  return { kind: 'package', name: parts.slice(0, from.startsWith('@') ? 2 : 1).join('/') };
}

function walk(node: unknown, found: Import[]): void {
  if (Array.isArray(node)) {
    for (const child of node) walk(child, found);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const one = importIn(node as Record<string, unknown>);
  if (one !== undefined) found.push(one);
  for (const child of Object.values(node)) walk(child, found);
}

function importIn(node: Record<string, unknown>): Import | undefined {
  const source = node['source'] as { readonly value?: unknown; readonly raw?: string } | null | undefined;
  if (source === null || source === undefined) return undefined;
  // A computed import() cannot be checked, so it gets a name that no rule allows.
  const from = typeof source.value === 'string' ? source.value : '<computed>';
  switch (node['type']) {
    case 'ImportDeclaration':
      return { from, typeOnly: node['importKind'] === 'type', lazy: false };
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return { from, typeOnly: node['exportKind'] === 'type', lazy: false };
    case 'ImportExpression':
      return { from, typeOnly: false, lazy: true };
    case 'TSImportType':
      return { from, typeOnly: true, lazy: true };
    default:
      return undefined;
  }
}
