import { describe, expect, it } from 'vitest';
import type { ReadAction, ReadOutcome } from '../../../engine/actions/action.ts';
import { dnsCheck } from '../../../engine/actions/dns-check.ts';
import { httpCheck } from '../../../engine/actions/http-check.ts';
import { httpRequestText } from '../../../engine/actions/http-script.ts';
import { tcpCheck } from '../../../engine/actions/tcp-check.ts';
import { tlsCheck } from '../../../engine/actions/tls-check.ts';
import type { Dns, DnsAnswer, DnsQuestion, Http, HttpAnswer, HttpRequest, Tls, TlsAnswer, TlsQuestion } from '../../../engine/ports.ts';
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

const NOW_MS = 1_790_000_000_000;
const DAY_MS = 86_400_000;

function tls(answer: TlsAnswer): Tls & { readonly questions: TlsQuestion[] } {
  const questions: TlsQuestion[] = [];
  return {
    questions,
    certificate: (question) => {
      questions.push(question);
      return Promise.resolve(answer);
    },
  };
}

describe('tls.check', () => {
  const verified = (days: number): TlsAnswer => ({
    kind: 'verified',
    notAfterMs: NOW_MS + days * DAY_MS,
    issuer: 'CN=House CA',
    subject: 'CN=shop.example',
  });

  it('gives the end of the certificate, the days left and both names, and asks for the name that was meant', async () => {
    const port = tls(verified(30.5));
    expect(await ask(tlsCheck, { host: 'shop.example' }, { tls: port })).toMatchObject({
      kind: 'succeeded',
      result: {
        ok: true,
        not_after: { $time: NOW_MS + 30.5 * DAY_MS },
        days_left: 30,
        issuer: 'CN=House CA',
        subject: 'CN=shop.example',
      },
    });
    await ask(tlsCheck, { host: '10.0.0.5', server_name: 'shop.example', port: 8443 }, { tls: port });
    expect(port.questions.map(({ host, port: number, serverName }) => [host, number, serverName])).toEqual([
      ['shop.example', 443, 'shop.example'],
      ['10.0.0.5', 8443, 'shop.example'],
    ]);
  });

  it('fails with its result when too few whole days are left, and passes with exactly enough', async () => {
    expect(await ask(tlsCheck, { host: 'shop.example' }, { tls: tls(verified(13.99)) })).toMatchObject({
      kind: 'failed',
      failure: { kind: 'target', message: expect.stringContaining('valid for 13 more whole days, and min_days is 14') },
      result: { ok: false, days_left: 13 },
    });
    expect(await ask(tlsCheck, { host: 'shop.example' }, { tls: tls(verified(14)) })).toMatchObject({ kind: 'succeeded' });
    const ended = await ask(tlsCheck, { host: 'shop.example', min_days: 0 }, { tls: tls(verified(-0)) });
    expect(ended).toMatchObject({ kind: 'failed', result: { ok: false, days_left: 0 } });
  });

  it('fails with the reason when the certificate does not verify', async () => {
    const message = 'certificate has expired (CERT_HAS_EXPIRED)';
    expect(await ask(tlsCheck, { host: 'shop.example' }, { tls: tls({ kind: 'failed', message }) })).toMatchObject({
      kind: 'failed',
      failure: { kind: 'target', message: `TLS with shop.example:443 failed: ${message}` },
      result: { ok: false, not_after: null, days_left: null },
    });
    expect(await ask(tlsCheck, { host: 'shop.example' }, { tls: tls({ kind: 'not_allowed', message: 'private' }) })).toEqual({
      kind: 'failed',
      failure: { kind: 'denied', message: 'private' },
    });
  });

  it('takes from a machine nothing for ok but a whole answer', async () => {
    const whole = 'notAfter=Dec 28 01:00:00 2030 GMT\nissuer=CN=House CA\nsubject=CN=shop.example\nverified\n';
    const input = tlsCheck.input.parse({ host: 'shop.example', from: 'target' });
    const told = (stdout: string, exitCode = 0, changes = {}): Promise<ReadOutcome> =>
      tlsCheck.read(
        actionPorts({ shell: mapShell(() => endedScript(exitCode, stdout, changes)) }),
        actionContext({ input, target: machine() }) as never,
      );
    expect(await told(whole)).toMatchObject({ kind: 'succeeded', result: { not_after: { $time: Date.UTC(2030, 11, 28, 1) } } });
    const parts = [whole.replace('verified\n', ''), whole.replace('Dec', 'Foo'), whole.replace(/subject.*\n/, ''), ''];
    for (const part of parts) expect(await told(part), part).toMatchObject({ kind: 'failed', failure: { kind: 'target' } });
    expect(await told(whole, 1)).toMatchObject({ kind: 'failed' });
    expect(await told(whole, 0, { timedOut: true })).toMatchObject({ kind: 'failed' });
    expect(await told('rejected certificate has expired\n')).toMatchObject({
      kind: 'failed',
      failure: { message: 'TLS with shop.example:443 failed: certificate has expired' },
      result: { ok: false },
    });
  });

  it('refuses hosts and names that are more than a name', () => {
    for (const text of ['-w', 'a;id', '$(id)', 'a b', '']) {
      expect(tlsCheck.input.safeParse({ host: text }).success, text).toBe(false);
      expect(tlsCheck.input.safeParse({ host: 'a', server_name: text }).success, text).toBe(false);
    }
  });
});

function dns(answer: DnsAnswer): Dns & { readonly questions: DnsQuestion[] } {
  const questions: DnsQuestion[] = [];
  return {
    questions,
    ask: (question) => {
      questions.push(question);
      return Promise.resolve(answer);
    },
  };
}

describe('dns.check', () => {
  const two: DnsAnswer = { kind: 'answered', answers: ['10.0.0.6', '10.0.0.5'], ttlSeconds: 60 };

  it('gives the answers in order and the time to live; without expect any answer will do', async () => {
    const port = dns(two);
    expect(await ask(dnsCheck, { name: 'shop.example', resolver: '10.0.0.4:5353' }, { dns: port })).toMatchObject({
      kind: 'succeeded',
      result: { ok: true, answers: ['10.0.0.5', '10.0.0.6'], ttl: 60 },
    });
    expect(port.questions).toEqual([{ name: 'shop.example', type: 'A', resolver: '10.0.0.4:5353', timeoutMs: 10_000 }]);
  });

  it('passes only when the answers are those that are expected: a further one is an old address that still gets clients', async () => {
    const outcome = (expected: readonly string[]): Promise<ReadOutcome> =>
      ask(dnsCheck, { name: 'shop.example', expect: expected }, { dns: dns(two) });
    expect(await outcome(['10.0.0.5', '10.0.0.6'])).toMatchObject({ kind: 'succeeded' });
    for (const expected of [['10.0.0.5'], ['10.0.0.5', '10.0.0.6', '10.0.0.7'], ['10.0.0.5', '10.0.0.7']]) {
      expect(await outcome(expected)).toMatchObject({
        kind: 'failed',
        failure: { kind: 'target', message: expect.stringContaining('10.0.0.5, 10.0.0.6 instead of') },
        result: { ok: false, answers: ['10.0.0.5', '10.0.0.6'] },
      });
    }
  });

  it('compares names without case and final dot, IPv6 addresses in one form, and texts as they are', async () => {
    const asked = (type: string, answer: string, expected: string): Promise<ReadOutcome> =>
      ask(dnsCheck, { name: 'shop.example', type, expect: [expected] }, { dns: dns({ kind: 'answered', answers: [answer] }) });
    expect(await asked('CNAME', 'Web.example', 'web.example.')).toMatchObject({ kind: 'succeeded', result: { ttl: null } });
    expect(await asked('AAAA', 'fd12::9', 'FD12:0:0::0009')).toMatchObject({ kind: 'succeeded' });
    expect(await asked('TXT', 'v=A', 'v=a')).toMatchObject({ kind: 'failed' });
  });

  it('fails when there is no record, when nobody answers, and when the server may not be asked', async () => {
    const outcome = (answer: DnsAnswer): Promise<ReadOutcome> => ask(dnsCheck, { name: 'shop.example' }, { dns: dns(answer) });
    expect(await outcome({ kind: 'answered', answers: [] })).toMatchObject({
      kind: 'failed',
      failure: { message: 'shop.example has no A record' },
      result: { ok: false, answers: [], ttl: null },
    });
    expect(await outcome({ kind: 'failed', message: 'no answer in time' })).toMatchObject({
      kind: 'failed',
      failure: { message: 'no answer in time' },
      result: { ok: false },
    });
    expect(await outcome({ kind: 'not_allowed', message: 'private' })).toMatchObject({ kind: 'failed', failure: { kind: 'denied' } });
  });

  it('says what a machine cannot be asked', async () => {
    for (const asked of [{ type: 'MX' }, { resolver: '10.0.0.4' }]) {
      const input = dnsCheck.input.parse({ name: 'shop.example', from: 'target', ...asked });
      const outcome = await dnsCheck.read(actionPorts({}), actionContext({ input, target: machine() }) as never);
      expect(outcome).toMatchObject({ kind: 'failed', failure: { message: expect.stringContaining('use from: worker') } });
    }
  });

  it('refuses names and name servers that are more than that', () => {
    for (const name of ['-s', 'a;id', '$(id)', 'a b', '']) expect(dnsCheck.input.safeParse({ name }).success, name).toBe(false);
    for (const resolver of ['dns.example', '10.0.0', '1.2.3.4;id', '']) {
      expect(dnsCheck.input.safeParse({ name: 'a', resolver }).success, resolver).toBe(false);
    }
    for (const resolver of ['10.0.0.4', '10.0.0.4:5353', 'fd12::4', '[fd12::4]:53']) {
      expect(dnsCheck.input.safeParse({ name: 'a', resolver }).success, resolver).toBe(true);
    }
  });
});
