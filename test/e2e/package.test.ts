import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../cli/command-list.ts';
import { lacks } from '../support/lacks.ts';

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
// Writes down each file that Node reads as a module.
const HOOK = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  },
});
`;

const LOAD_ALL = `import { readdirSync } from 'node:fs';
const folder = new URL('node_modules/runward/dist/program/', import.meta.url);
for (const name of readdirSync(folder)) await import(new URL(name, folder).href);
`;

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

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

  it('loads every command from few files', () => {
    const ended = COMMANDS.map(({ name }) => ({ name, ...runward([name, '--help']) }));
    expect(ended.filter(({ status, output }) => status !== 0 || !output.includes('Usage: runward'))).toEqual([]);
    const loaded = filesLoadedBy(['validate', 'node_modules/runward/runbooks']);
    // The libraries of a check are inside, and nothing else is opened for it.
    expect(loaded.filter((path) => /node_modules\/(?!runward\/)/.test(path))).toEqual([]);
    expect(loaded.length).toBeGreaterThan(1);
    expect(loaded.length).toBeLessThan(60);
  });

  it('makes a project, checks, plays and draws it, and explains its own words', () => {
    const cwd = join(folder, 'drills');
    expect(runward(['init', 'drills', '--template', 'dr-drill']).status).toBe(0);
    const words = ['validate --strict', 'lint', 'test', 'fmt --check', 'runbook graph runbooks/app-drill.yaml', 'schema print runbook'];
    const ended = [...words, 'explain RW514', 'explain asr.plan.failover@1', 'explain steps.retry.backoff'].map((typed) => ({
      typed,
      ...runward(typed.split(' '), cwd),
    }));
    expect(ended.filter(({ status }) => status !== 0)).toEqual([]);
  });

  // The project has cases enough for a second thread, and few are played.
  it('plays tests that ship, on more than one core', () => {
    const { status, output } = runward(['test', '--project', join('node_modules', 'runward'), '--filter', 'vm-start']);
    expect(output).toMatch(/^(\d+) cases: \1 passed, 0 failed/m);
    expect(status).toBe(0);
  });

  it('finds every package that it names', () => {
    writeFileSync(join(folder, 'load-all.mjs'), LOAD_ALL);
    expect(run(process.execPath, ['load-all.mjs'], folder)).toEqual({ status: 0, output: '' });
  });

  it('starts each process by its own name', () => {
    expect(runward(['simulator', 'start', '--help'])).toMatchObject({ status: 0, output: expect.stringContaining('--estate FILE') });
    const nowhere = { RUNWARD_REDIS_URL: 'redis://127.0.0.1:1', RUNWARD_DATA_DIR: join(folder, 'data') };
    expect(runward(['worker', 'start'], folder, nowhere)).toMatchObject({
      status: 1,
      output: expect.stringContaining('the worker did not start'),
    });
    expect(runward(['server', 'start'], folder, nowhere)).toMatchObject({ status: 2, output: expect.stringContaining('USAGE_OPEN') });
  });

  it.skipIf(lacks('redis-server'))('carries out the drill of the demo with its own store, simulator, server and workers', () => {
    const { status, output } = runward(['demo', '--exit', '--no-kill', '--scale', '300']);
    expect(output).toMatch(/verdict {4}succeeded/);
    expect(output).toMatch(/drift {6}linux-baseline on 12 machines/);
    expect(status).toBe(0);
  });

  it('names the licence of every library inside', () => {
    const notices = readFileSync(join(folder, 'node_modules', 'runward', 'dist', 'NOTICES.txt'), 'utf8');
    expect(['commander', 'yaml', 'zod'].filter((name) => !new RegExp(`^${name} \\d+\\.`, 'm').test(notices))).toEqual([]);
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

  function runward(args: readonly string[], cwd = folder, env: Readonly<Record<string, string>> = {}): Ended {
    return run(join(folder, 'node_modules', '.bin', 'runward'), args, cwd, env);
  }

  function filesLoadedBy(args: readonly string[]): readonly string[] {
    const list = join(folder, 'loaded.txt');
    const hook = join(folder, 'hook.mjs');
    writeFileSync(hook, HOOK);
    expect(runward(args, folder, { NODE_OPTIONS: `--import ${hook}`, LOADED: list, XDG_CACHE_HOME: join(folder, 'cache') }).status).toBe(0);
    return readFileSync(list, 'utf8').trim().split('\n');
  }
});

function run(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Ended {
  // `node` must be the one that runs this test; the environment of the outer npm would point its child at this project.
  const outer = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_OPTIONS|VITEST)/i.test(name));
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const child = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...Object.fromEntries(outer), PATH: path, NO_COLOR: '1', ...env },
  });
  return { status: child.status, output: `${child.stdout}${child.stderr}${child.error?.message ?? ''}` };
}
