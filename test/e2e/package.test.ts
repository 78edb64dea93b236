import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const LEFT_OUT = new Set(['.git', '.runward', 'node_modules', 'dist', 'coverage']);
const BAD = `apiVersion: runward/v1
kind: Runbook
metadata: { name: start, title: Start a machine, owner: team-shop }
purpose: operations
environment: test
timeout: 10m
targets:
  one:
    hosts: [{ name: web-01, via: local }]
    max: 1
steps:
  - id: start
    uses: azure.vm.strat@1
    target: one
`;

describe('the npm package in an empty folder', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'runward-package-'));
    // Packed from a copy, so that no compiled program stays in the checkout and none of an earlier build gets into the package.
    const copy = join(folder, 'checkout');
    cpSync(ROOT, copy, { recursive: true, filter: (path) => !LEFT_OUT.has(relative(ROOT, path)) });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const packed = run('npm', ['pack', '--silent', '--pack-destination', folder], copy);
    expect(packed.status === 0 ? '' : packed.output).toBe('');
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'no tarball was written';
    writeFileSync(join(folder, 'package.json'), '{ "name": "somebody", "private": true }\n');
    const installed = run('npm', ['install', '--no-audit', '--no-fund', '--no-save', join(folder, tarball)], folder);
    expect(installed.status === 0 ? '' : installed.output).toBe('');
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has a command that explains itself', () => {
    const { status, output } = runward(['--help']);
    expect(output).toContain('validate');
    expect(status).toBe(0);
  });

  it('accepts every runbook that ships with it', () => {
    const { status, output } = runward(['validate', join(folder, 'node_modules', 'runward', 'runbooks')]);
    expect(status === 0 ? '' : output).toBe('');
  });

  it('points at the mistake in a broken runbook and ends with 3', () => {
    writeFileSync(join(folder, 'bad.yaml'), BAD);
    const { status, output } = runward(['validate', 'bad.yaml']);
    expect(output).toContain('error[RW406]');
    expect(output).toContain('bad.yaml:13:11');
    expect(output).toContain('azure.vm.start@1');
    expect(status).toBe(3);
  });

  it('holds no source, no test and no local data', () => {
    const inside = readdirSync(join(folder, 'node_modules', 'runward'));
    expect(inside.toSorted()).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'package.json', 'runbooks']));
    expect(inside.filter((name) => ['engine', 'test', '.runward', '.git'].includes(name))).toEqual([]);
  });

  it('brings the console built', () => {
    const built = readdirSync(join(folder, 'node_modules', 'runward', 'dist', 'console'));
    expect(built).toEqual(expect.arrayContaining(['files.json', 'index.html', 'assets']));
  });

  it('says the version of its manifest', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
    expect(runward(['--version']).output.trim()).toBe(manifest.version);
  });

  function runward(args: readonly string[]): { readonly status: number | null; readonly output: string } {
    return run(join(folder, 'node_modules', '.bin', 'runward'), args, folder);
  }
});

function run(command: string, args: readonly string[], cwd: string): { readonly status: number | null; readonly output: string } {
  // `node` must be the one that runs this test; the environment of the outer npm would point its child at this project.
  const outer = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_OPTIONS|VITEST)/i.test(name));
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const child = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...Object.fromEntries(outer), PATH: path, NO_COLOR: '1' } });
  return { status: child.status, output: `${child.stdout}${child.stderr}${child.error?.message ?? ''}` };
}
