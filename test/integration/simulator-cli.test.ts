import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '..', '..', 'simulator', 'main.ts');
const ESTATE = join(import.meta.dirname, '..', '..', 'simulator', 'estates', 'contoso-shop', 'estate.yaml');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runward-test-simulator-cli-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** Runs the program to its end; with `stopAfter` it gets SIGTERM when so many lines have come. */
async function run(
  flags: readonly string[],
  stopAfter?: number,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
    if (stopAfter !== undefined && out.split('\n').length > stopAfter) child.kill('SIGTERM');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8');
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

test('help shows every flag and an example', async () => {
  const { code, out } = await run(['--help']);
  expect(code).toBe(0);
  expect(out).toContain('Example: runward-simulator --estate contoso-shop --scale 60');
});

test.each([
  { flags: ['--sclae', '60'], says: '--sclae' },
  { flags: ['--scale', '0'], says: '--scale: "0"' },
  { flags: ['--port', '70000'], says: '--port: "70000"' },
  { flags: ['--profile', 'fast'], says: '--profile: "fast" is none of real, demo, ci, instant-but-async' },
  { flags: ['--scale', '60', '--profile', 'ci'], says: '--scale and --profile' },
  { flags: ['--principal', 'stranger'], says: '--principal: the estate has no principal stranger' },
  { flags: ['--faults', '/nowhere.json'], says: '--faults: /nowhere.json cannot be read' },
  { flags: ['--estate', 'nobody'], says: 'estate "nobody"' },
])('$flags ends with 2 and names the flag', async ({ flags, says }) => {
  const { code, out, err } = await run(flags);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(says);
});

test('a wrong estate is refused with file, line and column of each finding', async () => {
  const file = join(folder, 'broken.yaml');
  const text = (await readFile(ESTATE, 'utf8'))
    .replace('seed: 42', 'seed: many\ncolour: red')
    .replace('role: db, address: 127.20.3.11', 'role: db, address: nowhere');
  await writeFile(file, text);
  const { code, err } = await run(['--estate', file]);
  expect(code).toBe(2);
  const line = text.split('\n').findIndex((each) => each.includes('nowhere')) + 1;
  expect(err).toContain(`${file}:3:7: seed:`);
  expect(err).toMatch(new RegExp(`${file}:${line}:\\d+: machines\\.\\d+\\.address:`));
  expect(err).toContain('colour');
});

test('it says where it listens in one line, prints settings for a client when asked, and ends with 0 on SIGTERM', async () => {
  const { code, out } = await run(['--state', join(folder, 'state'), '--print-env'], 6);
  expect(code).toBe(0);
  const [first = '', ...rest] = out.trim().split('\n');
  const ready = JSON.parse(first) as { readonly endpoint: string; readonly machines: number };
  expect(ready).toMatchObject({
    ready: true,
    estate: 'contoso-shop',
    seed: 42,
    scale: 1,
    machines: 12,
    tenantId: '7f0e0000-0000-4000-8000-000000000071',
  });
  expect(rest).toContain(`RUNWARD_AZURE_ARM_ENDPOINT=${ready.endpoint}`);
});

test('a folder that was used before gets a new world when that is asked for, and keeps its certificate', async () => {
  const state = join(folder, 'again');
  const certificate = async (): Promise<string> => {
    const { code } = await run(['--state', state, '--fresh'], 1);
    expect(code).toBe(0);
    return readFile(join(state, 'ca.pem'), 'utf8');
  };
  expect(await certificate()).toBe(await certificate());
  expect(await readFile(join(state, 'ledger.jsonl'), 'utf8')).toBe('');
  const other = await run(['--state', state, '--seed', '7']);
  expect(other.code).toBe(2);
  expect(other.err).toMatch(/holds a world with seed 42, not 7.*--fresh/);
});

test('an estate is checked without being started: every name that nothing has, with its place', async () => {
  const text = await readFile(ESTATE, 'utf8');
  const file = join(folder, 'dangling.yaml');
  await writeFile(
    file,
    text.replace('role: Site Recovery Operator', 'role: Site Operator').replace('scope: rsv-backup-weu', 'scope: rsv-nowhere'),
  );
  const { code, err, out } = await run(['estate', 'check', file]);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(
    /dangling\.yaml:\d+:\d+: principals\.0\.roles\.1\.role: "Site Operator" is neither a role of the estate nor a built-in one/,
  );
  expect(err).toMatch(/dangling\.yaml:\d+:\d+: principals\.0\.roles\.\d+\.scope: "rsv-nowhere" is neither an ARM id/);
  for (const name of ['contoso-shop', 'contoso-fleet', 'tiny', 'wide'])
    expect(await run(['estate', 'check', name])).toMatchObject({ code: 0 });
  expect(await run(['estate', 'look'])).toMatchObject({ code: 2 });
});

test('the schema of estates is printed', async () => {
  const { code, out } = await run(['--print-schema']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ type: 'object', additionalProperties: false, properties: { principals: { type: 'array' } } });
});
