import { describe, expect, it } from 'vitest';
import type { ReadAction, ReadOutcome } from '../../../engine/actions/action.ts';
import { httpCheck } from '../../../engine/actions/http-check.ts';
import { httpRequestText } from '../../../engine/actions/http-script.ts';
import { tcpCheck } from '../../../engine/actions/tcp-check.ts';
import type { Http, HttpAnswer, HttpRequest } from '../../../engine/ports.ts';
import { actionContext, actionPorts, endedScript, machine, mapShell } from '../../support/action-world.ts';

function http(answer: HttpAnswer): Http & { readonly requests: HttpRequest[] } {
  const requests: HttpRequest[] = [];
  return {
    requests,
    request: (request) => {
      requests.push(request);
      return Promise.resolve(answer);
    },
    connect: () => Promise.resolve(answer),
  };
}

function ask(action: ReadAction, input: Record<string, unknown>, ports: Parameters<typeof actionPorts>[0]): Promise<ReadOutcome> {
  return action.read(actionPorts(ports), actionContext({ input: action.input.parse(input) }) as never);
}

const page: HttpAnswer = { kind: 'answered', status: 200, body: '{"state":"up","n":[1,{"ok":true}]}', durationMs: 12.4 };

describe('http.check from the worker', () => {
  it('gives status, duration, body and the value at a path', async () => {
    const outcome = await ask(httpCheck, { url: 'https://shop.example/healthz', expect_json: 'n[1]' }, { http: http(page) });
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      result: { ok: true, status: 200, duration: { $duration: 12 }, value: '{"ok":true}', body: page.kind === 'answered' ? page.body : '' },
    });
  });

  it('fails with kind target and keeps its result, so that until can read it', async () => {
    const expectations = [{ expect_status: 204 }, { expect_text: 'down' }, { expect_json: 'n[7]' }, { expect_json: 'state.length' }];
    for (const expectation of expectations) {
      const outcome = await ask(httpCheck, { url: 'http://shop.example/', ...expectation }, { http: http(page) });
      expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'target' }, result: { ok: false, status: 200 } });
    }
    const away = await ask(
      httpCheck,
      { url: 'http://shop.example/' },
      { http: http({ kind: 'failed', message: 'ECONNREFUSED', durationMs: 1 }) },
    );
    expect(away).toMatchObject({ kind: 'failed', failure: { kind: 'target', message: 'ECONNREFUSED' }, result: { ok: false, status: 0 } });
  });

  it('says denied when egress rules forbid the address', async () => {
    const outcome = await ask(
      httpCheck,
      { url: 'http://169.254.169.254/' },
      { http: http({ kind: 'not_allowed', message: 'metadata address' }) },
    );
    expect(outcome).toEqual({ kind: 'failed', failure: { kind: 'denied', message: 'metadata address' } });
  });

  it('resolves a secret header, and never a text that looks like a reference', async () => {
    const port = http(page);
    await ask(
      httpCheck,
      { url: 'http://shop.example/', headers: { 'X-Key': { secret: 'env://KEY' }, 'X-Text': 'env://KEY' } },
      { http: port },
    );
    expect(port.requests[0]?.headers).toEqual({ 'X-Key': 'value of env://KEY', 'X-Text': 'env://KEY' });
  });

  it('refuses arguments that could carry a second request', () => {
    const refused = [
      { url: 'ftp://shop.example/' },
      { url: 'http://user:password@shop.example/' },
      { url: 'http://shop.example/\nHost: evil' },
      { url: 'http://shop.example/', method: 'DELETE' },
      { url: 'http://shop.example/', headers: { 'X-A': 'a\r\nX-B: b' } },
      { url: 'http://shop.example/', headers: { 'X A': 'a' } },
      { url: 'http://shop.example/', expect_json: 'a..b' },
      { url: 'http://shop.example/', colour: 'red' },
    ];
    for (const input of refused) expect(httpCheck.input.safeParse(input).success, JSON.stringify(input)).toBe(false);
  });
});

describe('http.check from the target', () => {
  const input = httpCheck.input.parse({ url: 'http://10.0.0.5:8080/', from: 'target', headers: { 'X-Key': { secret: 'env://KEY' } } });
  const answer = endedScript(0, 'healthy\n@runward 200 0.034\n');

  it('reads body, status and duration from what the machine printed, and passes the request as a secret', async () => {
    const shell = mapShell(() => answer);
    const context = actionContext({ input, target: machine() });
    const outcome = await httpCheck.read(actionPorts({ shell }), context as never);
    expect(outcome).toMatchObject({ kind: 'succeeded', result: { ok: true, status: 200, body: 'healthy', duration: { $duration: 34 } } });
    expect(shell.started[0]).toMatchObject({ name: `rw-${context.stepKey}-1`, secretNames: ['CHECK_REQUEST'] });
    expect(shell.started[0]?.script).not.toContain('10.0.0.5');
    expect(shell.states.size).toBe(0);
  });

  it('finds the answer of an earlier send after a crash, and asks anew in the next attempt', async () => {
    const shell = mapShell(() => answer);
    const context = actionContext({ input, target: machine() });
    shell.states.set(`rw-${context.stepKey}-1`, endedScript(0, 'earlier\n@runward 200 0.1\n'));
    expect(await httpCheck.read(actionPorts({ shell }), context as never)).toMatchObject({ result: { body: 'earlier' } });
    expect(shell.started).toHaveLength(0);
    expect(await httpCheck.read(actionPorts({ shell }), { ...context, attempt: 2 } as never)).toMatchObject({
      result: { body: 'healthy' },
    });
    expect(shell.started.map(({ name }) => name)).toEqual([`rw-${context.stepKey}-2`]);
  });

  it('comes back later when the script takes its time, and starts it once', async () => {
    const shell = mapShell(() => ({ kind: 'running' }));
    const context = actionContext({ input, target: machine() });
    expect(await httpCheck.read(actionPorts({ shell }), context as never)).toMatchObject({ kind: 'unanswered' });
    expect(await httpCheck.read(actionPorts({ shell }), context as never)).toMatchObject({ kind: 'unanswered' });
    expect(shell.started).toHaveLength(1);
  });

  it('says so when a body lost its beginning on the way', async () => {
    const shell = mapShell(() => endedScript(0, 'the end\n@runward 200 0.1\n', { truncated: true }));
    const context = actionContext({ input: { ...(input as object), expect_text: 'the beginning' }, target: machine() });
    const outcome = await httpCheck.read(actionPorts({ shell }), context as never);
    expect(outcome).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining('cut off') } });
  });

  it('needs a machine with sh', async () => {
    for (const target of [undefined, machine({ via: null }), machine({ os: 'windows', via: 'run-command' })]) {
      const outcome = await httpCheck.read(actionPorts({}), actionContext({ input, target }) as never);
      expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'target' } });
    }
  });

  it('writes the request in curl’s own notation', () => {
    const text = httpRequestText({ url: 'http://a/?q="x"', method: 'HEAD', headers: { A: 'back\\slash', B: '' } });
    expect(text).toBe('url = "http://a/?q=\\"x\\""\nhead\nheader = "A: back\\\\slash"\nheader = "B;"\n');
  });
});

describe('tcp.check', () => {
  it('tells open from closed, from the worker', async () => {
    const open = await ask(tcpCheck, { host: 'db1', port: 5432 }, { http: http({ kind: 'answered', status: 0, body: '', durationMs: 3 }) });
    expect(open).toMatchObject({ kind: 'succeeded', result: { open: true, duration: { $duration: 3 } } });
    const closed = await ask(
      tcpCheck,
      { host: 'db1', port: 5432 },
      { http: http({ kind: 'failed', message: 'ECONNREFUSED', durationMs: 3 }) },
    );
    expect(closed).toMatchObject({ kind: 'failed', failure: { kind: 'target' }, result: { open: false } });
  });

  it('tells open from closed, from the target; an unmeasured duration is null', async () => {
    const input = tcpCheck.input.parse({ host: 'db1', port: 5432, from: 'target' });
    const outcomes = ['yes 1790000000000000000 1790000000004000000', 'no 1790000000N 1790000000N'].map((line) =>
      tcpCheck.read(
        actionPorts({ shell: mapShell(() => endedScript(0, `${line}\n`)) }),
        actionContext({ input, target: machine() }) as never,
      ),
    );
    expect(await Promise.all(outcomes)).toMatchObject([
      { kind: 'succeeded', result: { open: true, duration: { $duration: 4 } } },
      { kind: 'failed', result: { open: false, duration: null } },
    ]);
  });

  it('refuses hosts that are more than a name', () => {
    for (const host of ['-w', 'db1;id', '$(id)', 'a b', '']) expect(tcpCheck.input.safeParse({ host, port: 1 }).success, host).toBe(false);
  });
});
