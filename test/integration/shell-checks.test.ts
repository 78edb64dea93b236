import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalShell, type LocalShell } from '../../adapters/shell/local.ts';
import type { ReadAction, ReadOutcome } from '../../engine/actions/action.ts';
import { httpCheck } from '../../engine/actions/http-check.ts';
import { tcpCheck } from '../../engine/actions/tcp-check.ts';
import { lacks } from '../support/lacks.ts';
import { actionContext, actionPorts, machine } from '../support/action-world.ts';

// The scripts of the checks, run by a real sh with the tools of this machine, or with chosen ones only.
describe.skipIf([lacks('curl'), lacks('wget')].includes(true))('checks from the target', () => {
  let shell: LocalShell;
  let server: Server;
  let port: number;
  let seen: IncomingHttpHeaders = {};
  let folder: string;
  const path = process.env['PATH'] ?? '';

  beforeAll(async () => {
    shell = createLocalShell(50);
    folder = await mkdtemp(join(tmpdir(), 'runward-tools-'));
    server = createServer((request, response) => {
      seen = request.headers;
      response.statusCode = request.url === '/broken' ? 503 : request.url === '/moved' ? 302 : 200;
      response.setHeader('location', 'http://127.0.0.1:9/');
      response.end(JSON.stringify({ state: 'up', checks: [{ db: 'ok' }] }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterAll(async () => {
    process.env['PATH'] = path;
    server.close();
    await shell.close();
    await rm(folder, { recursive: true });
  });

  // Asks again as the engine does, until the script at the target has ended.
  const check = async (action: ReadAction, input: Record<string, unknown>): Promise<ReadOutcome> => {
    const parsed = action.input.parse({ from: 'target', ...input });
    const context = actionContext({ input: parsed, target: machine({ via: 'ssh' }) });
    for (;;) {
      const outcome = await action.read(actionPorts({ shell }), context as never);
      if (outcome.kind !== 'unanswered') return outcome;
    }
  };
  /** A PATH with the named tools of this machine and nothing else. */
  const onlyTools = async (name: string, tools: readonly string[]): Promise<void> => {
    const bin = join(folder, name);
    await rm(bin, { recursive: true, force: true });
    await mkdir(bin);
    for (const tool of tools) {
      const found = ['/usr/bin', '/bin', '/usr/local/bin'].map((place) => join(place, tool)).find((file) => existsSync(file));
      if (found !== undefined) await symlink(found, join(bin, tool));
    }
    process.env['PATH'] = bin;
  };

  it('passes on status, body and a value of an answer', async () => {
    const outcome = await check(httpCheck, { url: `http://127.0.0.1:${port}/`, expect_text: 'up', expect_json: '$.checks[0].db' });
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      result: { ok: true, status: 200, value: 'ok', body: '{"state":"up","checks":[{"db":"ok"}]}' },
    });
  });

  it('fails with its result when the status is another one, and follows no redirect', async () => {
    expect(await check(httpCheck, { url: `http://127.0.0.1:${port}/broken` })).toMatchObject({
      kind: 'failed',
      failure: { kind: 'target', message: 'the answer has status 503 instead of 200' },
      result: { ok: false, status: 503 },
    });
    expect(await check(httpCheck, { url: `http://127.0.0.1:${port}/moved`, expect_status: 302 })).toMatchObject({ kind: 'succeeded' });
  });

  it('fails with status 0 when nobody answers', async () => {
    const outcome = await check(httpCheck, { url: 'http://127.0.0.1:1/' });
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'target' }, result: { ok: false, status: 0, body: '' } });
  });

  it('sends headers as written, secret ones too', async () => {
    const headers = { 'X-Plain': `a "quoted" \\ value\twith tab`, 'X-Key': { secret: 'env://KEY' }, 'X-Empty': '' };
    await check(httpCheck, { url: `http://127.0.0.1:${port}/`, headers });
    expect(seen).toMatchObject({ 'x-plain': headers['X-Plain'], 'x-key': 'value of env://KEY', 'x-empty': '' });
  });

  it('asks with wget where there is no curl, and says when that is not enough', async () => {
    await onlyTools('wget', ['sh', 'wget', 'grep']);
    const url = `http://127.0.0.1:${port}/`;
    expect(await check(httpCheck, { url })).toMatchObject({ kind: 'succeeded', result: { status: 200 } });
    expect(await check(httpCheck, { url: `${url}broken` })).toMatchObject({
      kind: 'failed',
      failure: { message: 'the server answered with an error status' },
    });
    expect(await check(httpCheck, { url: `${url}moved` })).toMatchObject({ kind: 'failed', result: { ok: false } });
    expect(await check(httpCheck, { url, headers: { Accept: 'text/html' } })).toMatchObject({
      failure: { message: expect.stringContaining('no curl') },
    });
    process.env['PATH'] = path;
  });

  it('tells open from closed ports with each tool that a machine may have', async () => {
    const tools = {
      bash: ['sh', 'bash', 'timeout', 'date'],
      curl: ['sh', 'curl', 'date'],
      'nc without -z': ['sh', 'bash', 'timeout', 'date'],
    };
    for (const [name, list] of Object.entries(tools)) {
      await onlyTools(name, list);
      if (name.startsWith('nc')) {
        await writeFile(join(folder, name, 'nc'), '#!/bin/sh\necho "nc: invalid option -- z" >&2\nexit 1\n');
        await chmod(join(folder, name, 'nc'), 0o755);
      }
      expect(await check(tcpCheck, { host: '127.0.0.1', port: 1 }), name).toMatchObject({ kind: 'failed', result: { open: false } });
      if (name !== 'curl')
        expect(await check(tcpCheck, { host: '127.0.0.1', port }), name).toMatchObject({ kind: 'succeeded', result: { open: true } });
    }
    await onlyTools('none', ['sh']);
    expect(await check(tcpCheck, { host: '127.0.0.1', port })).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('no nc') },
    });
    process.env['PATH'] = path;
  });
});
