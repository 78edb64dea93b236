import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderEvidence } from '../../../engine/evidence/parts.ts';
import { publicKey, sampleEvidence, strangerKey } from '../evidence/sample.ts';
import { drill } from './drill.ts';
import { runward, runwardIn } from '../../support/command-line.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-cli-'));
  const text = renderEvidence(sampleEvidence());
  writeFileSync(join(folder, 'good.json'), text);
  writeFileSync(join(folder, 'bad.json'), text.replace('WaitingForCompletion', 'WaitingForCompletioN'));
  writeFileSync(join(folder, 'key.pem'), publicKey);
  writeFileSync(join(folder, 'stranger.pem'), strangerKey);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('help and mistakes', () => {
  test('runward alone prints the short help on stdout', async () => {
    const { stdout, exit } = await runward([], folder);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Examples:/);
    expect(stdout).toContain('Exit codes:');
  });

  test.each([
    [['run', 'start', '-h']],
    [['help', 'evidence']],
    [['approval', 'deny', '--help']],
    [['plan', '-h']],
    [['worker', 'start', '-h']],
  ])('%j shows examples first, then flags, then exit codes', async (args) => {
    const { stdout, exit } = await runward(args, folder);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Examples:\n {2}(runward|RUNWARD_)[\s\S]+Usage:[\s\S]+Exit codes:/);
  });

  test.each([
    [['rum', 'list'], "unknown command 'rum'", 'Did you mean run?'],
    [['run', 'lits'], "unknown command 'lits'", 'Did you mean list?'],
    [['run', 'list', '--statsu', 'x'], "unknown option '--statsu'", 'Did you mean --status?'],
    [['dsc', 'test'], '"dsc" is not available in this release', ''],
    [['drift', 'replay', 'x'], '"drift replay" is not available in this release', ''],
    [['-o', 'table', 'help', 'queue'], '"queue" is not available in this release', ''],
    [['run', 'show'], "missing required argument 'run'", ''],
    [['run', 'list', '-o', 'sarif'], '-o sarif', 'table, wide, json'],
    [['run', 'list', '--timeout', 'soon'], '--timeout: "soon" is not a duration', ''],
    [['run', 'show', 'the-last-one'], 'no server is chosen', 'next: runward demo'],
  ])('%j is refused with exit code 2 and a hint', async (args, sentence, hint) => {
    const { stdout, stderr, exit } = await runward(args, folder);
    expect(exit).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(sentence);
    expect(stderr).toContain(hint);
  });

  test('with -o json an error is one document on stdout', async () => {
    const { stdout, exit } = await runward(['run', 'list', '-o', 'json'], folder);
    expect(JSON.parse(stdout)).toMatchObject({ apiVersion: 'runward/v1', kind: 'Problem', code: 'USAGE_FLAG', outcome: 'usage_error' });
    expect(exit).toBe(2);
  });

  test('a server that is not there is named, with exit code 1', async () => {
    const { stderr, exit } = await runward(['run', 'list'], folder, { RUNWARD_SERVER: 'http://127.0.0.1:2' });
    expect(exit).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:2 does not answer');
  });

  test('a file of a process that has died does not count as a server', async () => {
    mkdirSync(join(folder, '.runward'), { recursive: true });
    writeFileSync(join(folder, '.runward', 'local.json'), JSON.stringify({ address: 'http://127.0.0.1:1', pid: 2 ** 30 }));
    const { stderr } = await runward(['run', 'list'], folder);
    expect(stderr).toContain('no server is chosen');
  });
});

describe('evidence verify', () => {
  test('good evidence holds, and the reader is told what it proves', async () => {
    const { stdout, stderr, exit } = await runward(['evidence', 'verify', 'good.json', '--key', 'key.pem'], folder);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^ok +signature /m);
    expect(stdout).toContain('signed with the given key');
    expect(stdout).toContain('this proves the runbook and the engine, not Azure');
    expect(stderr).toContain('The run succeeded · RTO 1m5s of 3m met');
  });

  test('changed evidence is refused and the part is named', async () => {
    const { stdout, stderr, exit } = await runward(['evidence', 'verify', 'bad.json'], folder);
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^WRONG +parts +steps\[failover_db\[db-01\]\]\.observations was changed/m);
    expect(stderr).toContain('do not rely on it');
  });

  test('a stranger key is refused; as JSON too', async () => {
    const { stdout, exit } = await runward(['evidence', 'verify', 'good.json', '--key', 'stranger.pem', '-o', 'json'], folder);
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Verification', outcome: 'failed', firstWrong: 'key' });
  });

  test('a file that is not there is a mistake of the caller', async () => {
    expect((await runward(['evidence', 'verify', 'nothing.json'], folder)).exit).toBe(2);
  });
});

describe('against a server', () => {
  let server: Server | undefined;
  let env: Readonly<Record<string, string>> = {};
  const posted: { readonly url: string; readonly body: unknown }[] = [];
  const plan = {
    planHash: 'a'.repeat(64),
    runbook: 'shop-drill',
    runbookDigest: 'b'.repeat(64),
    purpose: 'drill',
    environment: 'production',
    severity: 'severe',
    counts: { READ: 1, MUTATES: 1, UNKNOWN: 0, GATE: 0 },
    steps: [],
    notes: [],
  };
  const gate = {
    id: '142.start_gate',
    run: { id: drill.id, number: 142, runbook: 'shop-drill', requester: 'alice' },
    step: 'start_gate',
    stepKey: 'k',
    asks: 'approval',
    message: 'Drill?',
    by: ['group:dr'],
    need: 1,
    form: {},
    decisions: [],
    planHash: plan.planHash,
    severity: 'moderate',
    environment: 'production',
    notReady: [],
    mayDecide: true,
  };
  const ended = { ...drill, status: 'succeeded', outcome: 'succeeded', seq: 58, endedAt: '2026-11-24T09:03:00.000Z' };
  const evidence = renderEvidence(sampleEvidence());
  let isOver = false;
  let isHanging = false;

  const events = [
    {
      seq: 57,
      at: '2026-11-24T09:02:11.482Z',
      type: 'runward.step.still_running',
      step: 'failover_app[app-02]',
      item: 'app-02',
      data: { state: 'submitted', percent: 57, attempt: 1 },
    },
    { seq: 58, at: '2026-11-24T09:03:00.000Z', type: 'runward.run.ended_succeeded', data: { state: 'succeeded', outcome: 'succeeded' } },
  ];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const url = request.url ?? '';
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        if (request.method === 'POST') posted.push({ url, body: JSON.parse(text) });
        if (url.includes('/events') && isHanging) {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(`id: 57\ndata: ${JSON.stringify(events[0])}\n\n`);
        } else if (url.includes('/events') && url.includes('limit=')) response.end(JSON.stringify({ items: [] }));
        else if (url.includes('/events')) {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          isOver = true;
          response.end(
            `${events.map((event) => `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')}event: end\ndata: {}\n\n`,
          );
        } else if (url.includes('/evidence?format=json'))
          response.end(url.includes('/13/') ? evidence.replace('WaitingFor', 'waitingFor') : evidence);
        else if (url.includes('/evidence?format=html')) response.end('<!doctype html>');
        else if (url.startsWith('/api/v1/plans')) response.end(JSON.stringify(plan));
        else if (url.startsWith('/api/v1/approvals/')) response.end(JSON.stringify(request.method === 'POST' ? { position: 1 } : gate));
        else if (url.startsWith('/api/v1/runs?')) response.end(JSON.stringify({ items: [drill] }));
        else response.end(JSON.stringify(isOver ? ended : drill));
      });
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    env = { RUNWARD_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  });
  afterAll(() => {
    server?.closeAllConnections();
    server?.close();
  });

  test('a watched run prints one line per change and ends with the exit code of the run', async () => {
    isOver = false;
    const { stdout, stderr, exit } = await runward(['run', 'watch', 'latest'], folder, env);
    expect(exit).toBe(0);
    expect(stdout.split('\n')).toEqual([
      '2026-11-24T09:02:11.482Z run=142 seq=57 step=failover_app item=app-02 status=running detail="operation 57%"',
      '2026-11-24T09:03:00.000Z run=142 seq=58 status=succeeded detail="run succeeded"',
      '',
    ]);
    expect(stderr).toContain('run 142 succeeded after 2:00');
  });

  test('-o jsonl prints events, -o json the run with its outcome', async () => {
    isOver = false;
    const lines = (await runward(['watch', '142', '-o', 'jsonl'], folder, env)).stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([57, 58]);
    expect(JSON.parse((await runward(['watch', '142', '-o', 'json'], folder, env)).stdout)).toMatchObject({
      kind: 'Run',
      outcome: 'succeeded',
      number: 142,
    });
  });

  test('Ctrl-C detaches and the run goes on; --timeout gives up', async () => {
    isOver = false;
    isHanging = true;
    const detached = await runwardIn(['watch', '142'], folder, { env, interrupt: true });
    expect(detached.exit).toBe(130);
    expect(detached.stderr).toContain('detached: run 142 goes on. Watch it: runward run watch 142 · stop it: runward run cancel 142');
    const late = await runward(['watch', '142', '--timeout', '300ms', '-o', 'json'], folder, env);
    expect(late.exit).toBe(7);
    expect(JSON.parse(late.stdout)).toMatchObject({ kind: 'Run', outcome: 'timed_out' });
    isHanging = false;
  });

  test('lists and names', async () => {
    expect((await runward(['run', 'list'], folder, env)).stdout).toMatch(/^RUN {2}RUNBOOK {5}AS {5}STATUS/);
    expect((await runward(['run', 'list', '-o', 'name'], folder, env)).stdout).toBe('142\n');
    expect((await runward(['run', 'show', '142'], folder, env)).stdout).toContain('failover_app');
  });

  test('a severe start without a terminal names the flags that it needs, and starts nothing', async () => {
    posted.length = 0;
    const refused = await runward(['run', 'start', 'shop-drill', '--yes'], folder, env);
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain('--confirm=shop-drill and --reason');
    expect(posted.map(({ url }) => url)).toEqual(['/api/v1/plans']);

    const started = await runward(['run', 'start', 'shop-drill', '--confirm', 'shop-drill', '--reason', 'test', '-o', 'name'], folder, env);
    expect(started).toMatchObject({ exit: 0, stdout: '142\n' });
    expect(posted.at(-1)).toEqual({ url: '/api/v1/runs', body: { planHash: plan.planHash, confirm: 'shop-drill', reason: 'test' } });
  });

  test('an approval is bound to the plan that was shown; a denial needs a reason', async () => {
    posted.length = 0;
    expect((await runward(['approval', 'deny', '142.start_gate', '--yes'], folder, env)).exit).toBe(2);
    expect((await runward(['approval', 'approve', '142.start_gate'], folder, env)).stderr).toContain('pass --yes');
    expect((await runward(['approval', 'approve', '142.start_gate', '--yes'], folder, env)).stdout).toBe('142.start_gate: approved\n');
    expect(posted).toEqual([{ url: '/api/v1/approvals/142.start_gate/approve', body: { planHash: plan.planHash } }]);
  });

  test('evidence is verified before it is written, and not written when it does not hold', async () => {
    const good = await runward(['evidence', 'export', '142', '--dir', 'proofs'], folder, env);
    expect(good.exit).toBe(0);
    expect(good.stdout).toBe(`${join('proofs', '142.evidence.json')}\n${join('proofs', '142.evidence.html')}\n`);
    expect((await runward(['evidence', 'verify', join('proofs', '142.evidence.json')], folder)).exit).toBe(0);
    const broken = await runward(['evidence', 'export', '13', '--dir', 'broken'], folder, env);
    expect(broken.exit).toBe(1);
    expect(broken.stderr).toContain('steps[failover_db[db-01]].observations; nothing was written');
    expect(existsSync(join(folder, 'broken'))).toBe(false);
  });

  test('cancel says what happens next', async () => {
    const { stderr, exit } = await runward(['run', 'cancel', '142', '--yes', '--reason', 'wrong'], folder, env);
    expect(exit).toBe(0);
    expect(stderr).toContain('what was sent is followed to its end');
  });
});

test('the package version is printed', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  expect((await runward(['--version'], folder)).stdout).toBe(`${version}\n`);
  expect((await runward(['version', '-o', 'json'], folder)).stdout).toContain(`"version": "${version}"`);
});
