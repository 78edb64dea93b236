import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './source-tree.ts';

const BIN = join(ROOT, 'node_modules', '.bin');

describe('npm run check', () => {
  it.each([
    ['types', 'tsc', ['--noEmit']],
    ['lint', 'oxlint', ['--type-aware']],
    ['format', 'oxfmt', ['--check']],
    ['unused code and packages', 'knip', []],
  ] as const)('%s: %s is clean', (_what, tool, args) => {
    const { status, output } = run(tool, args, ROOT);
    expect(status === 0 ? '' : output).toBe('');
  });
});

describe('the linter sees what the house forbids', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'runward-lint-'));
    cpSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['the time of the machine', 'engine/run/a.ts', 'export const a = Date.now();', 'no-restricted-globals'],
    ['a timer', 'engine/run/b.ts', 'setTimeout(() => undefined, 5);', 'no-restricted-globals'],
    ['the process', 'engine/run/c.ts', 'export const c = process.env;', 'no-restricted-globals'],
    ['the network', 'engine/run/d.ts', 'export const d = fetch("https://example.org");', 'no-restricted-globals'],
    [
      'a module of Node',
      'engine/run/e.ts',
      'import { readFileSync } from "node:fs"; export const e = readFileSync;',
      'no-restricted-imports',
    ],
    ['chance', 'engine/run/f.ts', 'export const f = Math.random();', 'no-restricted-properties'],
    ['a default export', 'server/g.ts', 'export default 1;', 'no-default-export'],
    ['any', 'server/h.ts', 'export const h = (a: any) => a;', 'no-explicit-any'],
    ['a function of 71 lines', 'server/i.ts', `export function i(): void {\n${'  void 0;\n'.repeat(69)}}\n`, 'max-lines-per-function'],
    ['a file of 401 lines', 'server/j.ts', 'export {};\n'.repeat(401), 'max-lines'],
  ])('%s', (_what, path, text, rule) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    const { status, output } = run('oxlint', [path], folder);
    expect(output).toContain(rule);
    expect(status).not.toBe(0);
  });
});

function run(tool: string, args: readonly string[], cwd: string): { readonly status: number | null; readonly output: string } {
  const child = spawnSync(join(BIN, tool), args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${BIN}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1' },
  });
  return { status: child.status, output: child.stdout + child.stderr };
}
