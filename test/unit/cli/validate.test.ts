import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runward } from '../../support/command-line.ts';

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: check-hosts, title: Look at the hosts, owner: ops }
purpose: operations
environment: test
timeout: 10m
steps:
  - id: look
    name: Wait a moment
    wait: 10s
`;

const GOOD_TEST = `apiVersion: runward/v1
kind: RunbookTest
runbook: check-hosts
cases:
  - { name: good, expect: { status: succeeded } }
`;

const BANNED = /node_modules\/(@azure|bullmq|ioredis|fastify|@fastify|ssh2|pino)\//;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-validate-'));
  mkdirSync(join(folder, 'runbooks', 'tests'), { recursive: true });
  writeFileSync(join(folder, 'runbooks', 'good.yaml'), RUNBOOK);
  writeFileSync(join(folder, 'runbooks', 'tests', 'good.test.yaml'), GOOD_TEST);
  writeFileSync(join(folder, 'bad.yaml'), RUNBOOK.replace('steps:', 'stpes:'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a project without findings is valid, with the tests of its runbooks', async () => {
  expect(await runward(['validate'], folder)).toEqual({ stdout: '', stderr: '2 files: no findings\n', exit: 0 });
});

test('a wrong key is pointed at, with the right word and exit code 3', async () => {
  const { stdout, stderr, exit } = await runward(['validate', 'bad.yaml', '-o', 'human'], folder);
  expect(exit).toBe(3);
  expect(stdout).toMatch(/^error\[RW202\]: unknown key "stpes"/);
  expect(stdout).toContain('--> bad.yaml:7:1\n7 | stpes:\n  | ^^^^^ did you mean "steps"?');
  expect(stderr).toBe('1 error in 1 of 1 file\n');
});

test('as JSON the findings are the one document on stdout', async () => {
  const { stdout, exit } = await runward(['validate', 'bad.yaml', '-o', 'json'], folder);
  expect(exit).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    apiVersion: 'runward/v1',
    kind: 'Findings',
    outcome: 'differences',
    files: 1,
    counts: { errors: 1, warnings: 0 },
    findings: [{ code: 'RW202', file: 'bad.yaml', line: 7, column: 1, endColumn: 6, pointer: '/stpes' }],
  });
});

test('a path that is not there is a mistake of the caller', async () => {
  const { stderr, exit } = await runward(['validate', 'nothing.yaml'], folder);
  expect(exit).toBe(2);
  expect(stderr).toContain('nothing.yaml cannot be read');
});

test('plan --offline shows a draft that no run can start from', async () => {
  const { stdout, stderr, exit } = await runward(['plan', 'check-hosts', '--offline', '--exit-code'], folder);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^KIND +STEP/);
  expect(stdout).toContain('look');
  expect(stderr).toContain('no run can start from a draft');
  const refused = await runward(['plan', 'bad.yaml', '-o', 'json'], folder);
  expect(refused.exit).toBe(2);
  expect(JSON.parse(refused.stdout)).toMatchObject({ code: 'USAGE_DOCUMENT', findings: [{ code: 'RW202' }] });
});

describe('offline commands load no Azure, BullMQ, ioredis or Fastify module', () => {
  test.each([
    [['validate']],
    [['--help']],
    [['validate', '--help']],
    [['run', 'start', '--help']],
    [['evidence', 'verify', 'bad.yaml']],
    [['version']],
    [['plan', 'check-hosts', '--offline']],
    [['lint']],
    [['explain', 'RW202']],
  ])('%j', async (args) => {
    const list = join(folder, `modules-${args.join('-')}.txt`);
    await runward(args, folder, listingModules(list));
    const loaded = readFileSync(list, 'utf8').split('\n');
    expect(loaded.some((url) => url.endsWith('cli/main.ts'))).toBe(true);
    expect(loaded.filter((url) => BANNED.test(url))).toEqual([]);
    if (args.includes('--help'))
      expect(loaded.filter((url) => /\/(engine\/language|adapters|server|worker)\//.test(url))).toEqual([
        expect.stringContaining('engine/language/duration.ts'),
      ]);
  });
});

describe('a project that was checked before', () => {
  const known = (): Record<string, string> => ({ XDG_CACHE_HOME: join(folder, 'cache') });

  test('is answered with the same findings, and the checks are not loaded', async () => {
    const args = ['validate', 'bad.yaml', '-o', 'json'];
    const first = await runward(args, folder, known());
    const list = join(folder, 'modules-known.txt');
    expect(await runward(args, folder, { ...known(), ...listingModules(list) })).toEqual(first);
    const loaded = readFileSync(list, 'utf8').split('\n');
    expect(loaded.filter((url) => /node_modules\/(zod|yaml|@marcbachmann)\//.test(url))).toEqual([]);
  });

  test('is checked again when one byte of it, or of a document that it may name, is another', async () => {
    const place = mkdtempSync(join(folder, 'project-'));
    mkdirSync(join(place, 'runbooks'));
    writeFileSync(join(place, 'runbooks', 'it.yaml'), RUNBOOK);
    expect((await runward(['validate'], place, known())).exit).toBe(0);
    writeFileSync(join(place, 'runbooks', 'it.yaml'), RUNBOOK.replace('steps:', 'stpes:'));
    expect((await runward(['validate'], place, known())).exit).toBe(3);
    writeFileSync(join(place, 'runbooks', 'it.yaml'), RUNBOOK);
    writeFileSync(join(place, 'runbooks', 'other.yaml'), RUNBOOK);
    expect(await runward(['validate'], place, known())).toMatchObject({ exit: 3, stdout: expect.stringContaining('RW415') });
  });

  test('is checked anew when what was kept cannot be read, or nothing can be kept', async () => {
    const kept = join(folder, 'cache', 'runward', 'checked');
    for (const name of readdirSync(kept)) writeFileSync(join(kept, name), '{"broken');
    expect((await runward(['validate', 'bad.yaml'], folder, known())).exit).toBe(3);
    expect((await runward(['validate', 'bad.yaml'], folder, { XDG_CACHE_HOME: join(folder, 'bad.yaml') })).exit).toBe(3);
  });
});

/** Variables that make a process write the address of each module that it loads into a file. */
function listingModules(list: string): Record<string, string> {
  const hook = `import { registerHooks } from 'node:module'; import { appendFileSync } from 'node:fs';
    registerHooks({ load(url, context, next) { appendFileSync(process.env.MODULE_LIST, url + '\\n'); return next(url, context); } });`;
  return { MODULE_LIST: list, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}` };
}
