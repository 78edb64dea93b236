import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../engine/config.ts';
import { RunwardError } from '../../../engine/errors.ts';
import { refuseOpen } from '../../../server/loopback.ts';
import { BROKEN, GREET } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld();
});

afterEach(() => world.close());

describe('a problem', () => {
  it('has every field of the contract, and the id of the request', async () => {
    const { status, headers, body } = await world.call('GET', '/api/v1/runs/7?x=1', { headers: { 'x-request-id': 'from-a-script' } });
    expect([status, body.code]).toEqual([400, 'USAGE_QUERY']);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(headers['x-request-id']).toBe('from-a-script');
    const missing = (await world.call('GET', '/api/v1/runs/7')).body;
    expect(missing).toEqual({
      type: 'urn:runward:problem:NOT_FOUND_RUN',
      title: 'There is no such thing',
      status: 404,
      detail: 'no run 7',
      instance: '/api/v1/runs/7',
      code: 'NOT_FOUND_RUN',
      retryable: false,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      docs: 'codes/NOT_FOUND_RUN',
    });
  });

  it('points at what does not fit, and refuses unknown fields', async () => {
    const { status, body } = await world.call('POST', '/api/v1/plans', { body: { runbook: 'greet', as: 'fun', colour: 'red' } });
    expect([status, body.code]).toEqual([400, 'USAGE_BODY']);
    expect(body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(['/as', '/']);
    expect(body.detail).toContain('colour');
  });

  it('of the body says what is wrong with it', async () => {
    const send = async (payload: string, type = 'application/json') =>
      (
        await world.app.inject({ method: 'POST', url: '/api/v1/validate', headers: { host: 'localhost', 'content-type': type }, payload })
      ).json();
    expect((await send('{')).code).toBe('USAGE_BODY');
    expect((await send('')).code).toBe('USAGE_BODY');
    expect((await send('{"__proto__": {"x": 1}}')).code).toBe('USAGE_BODY');
    expect((await send('a=1', 'application/x-www-form-urlencoded')).code).toBe('USAGE_BODY');
    expect((await send('{}', 'text/plain')).code).toBe('USAGE_BODY');
    expect((await send(`{"files":[{"path":"a","text":"${'x'.repeat(1_048_576)}"}]}`)).code).toBe('LIMIT_SIZE');
    const deep = await world.call('POST', '/api/v1/plans', {
      body: { runbook: 'greet', inputs: JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) },
    });
    expect([deep.body.code, deep.body.detail]).toEqual(['USAGE_BODY', 'the body is nested deeper than 32 levels']);
  });

  it('of an unknown address is a problem too', async () => {
    const { status, body } = await world.call('GET', '/api/v2/runs');
    expect([status, body.code]).toEqual([404, 'NOT_FOUND_ROUTE']);
    expect((await world.call('GET', '/%zz')).body.code).toBe('NOT_FOUND_ROUTE');
  });

  it('that nobody expected tells nothing of the inside', async () => {
    const broken = { ...world.context.ports.store, listRuns: async () => Promise.reject(new Error('password=hunter2 at /srv/secret')) };
    const ports = world.context.ports as { store: unknown };
    ports.store = broken;
    const { status, body, text } = await world.call('GET', '/api/v1/runs');
    expect([status, body.code]).toEqual([500, 'INTERNAL_INVARIANT']);
    expect(text).not.toMatch(/hunter2|secret|at .*\.ts/);
  });
});

describe('a store that does not answer', () => {
  it('is a 503 that says when to come back, and nothing was accepted', async () => {
    await world.context.projects.publish([GREET]);
    const down = async () => Promise.reject(new RunwardError('STORE_UNAVAILABLE', 'the store does not answer'));
    (world.context.ports as { store: unknown }).store = { ...world.ports.store, create: down, listRuns: down };
    for (const answer of [
      await world.call('GET', '/api/v1/runs'),
      await world.call('POST', '/api/v1/runs', { key: newKey(), body: { runbook: 'greet' } }),
    ]) {
      expect([answer.status, answer.body.code, answer.body.retryable, answer.headers['retry-after']]).toEqual([
        503,
        'STORE_UNAVAILABLE',
        true,
        '5',
      ]);
    }
    expect(world.woken).toEqual([]);
  });
});

describe('documents', () => {
  it('are checked without being stored', async () => {
    const { status, body } = await world.call('POST', '/api/v1/validate', { body: { files: [GREET, BROKEN] } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ kind: 'Findings', outcome: 'differences', files: 2, counts: { errors: 1 } });
    expect(body.findings[0]).toMatchObject({ code: 'RW202', file: 'runbooks/broken.yaml', severity: 'error' });
    expect((await world.call('GET', '/api/v1/runbooks')).body.items).toEqual([]);
  });

  it('are published together or not at all', async () => {
    const refused = await world.call('PUT', '/api/v1/runbooks', { body: { files: [GREET, BROKEN] } });
    expect([refused.status, refused.body.code, refused.body.findings[0].code]).toEqual([422, 'USAGE_DOCUMENT', 'RW202']);
    expect((await world.call('GET', '/api/v1/runbooks')).body.items).toEqual([]);

    const published = await world.call('PUT', '/api/v1/runbooks', { body: { files: [GREET] } });
    expect([published.status, published.body.runbooks]).toEqual([200, ['greet']]);
    const { body } = await world.call('GET', '/api/v1/runbooks/greet');
    expect(body).toMatchObject({
      name: 'greet',
      path: GREET.path,
      text: GREET.text,
      environment: 'test',
      purposes: ['operations'],
      findings: [],
    });
    expect(body.inputs).toMatchObject({ properties: { who: { type: 'string', default: 'world', maxLength: 40 } }, required: [] });
    const twice = await world.call('PUT', '/api/v1/runbooks', { body: { files: [GREET, GREET] } });
    expect(twice.body.code).toBe('USAGE_BODY');
  });
});

describe('without sign-in', () => {
  it('only this machine is answered, and no page of another site', async () => {
    for (const host of ['127.0.0.1:7080', 'localhost', 'LOCALHOST:1', '[::1]:7080']) {
      expect([host, (await world.call('GET', '/api/v1/me', { headers: { host } })).status]).toEqual([host, 200]);
    }
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:7080', '10.0.0.1']) {
      expect([host, (await world.call('GET', '/api/v1/me', { headers: { host } })).status]).toEqual([host, 403]);
    }
    for (const site of ['cross-site', 'same-site']) {
      expect((await world.call('GET', '/api/v1/me', { headers: { 'sec-fetch-site': site } })).status).toBe(403);
    }
  });

  it('a server refuses to listen elsewhere or to touch a real estate', () => {
    const simulator = { RUNWARD_AZURE_ARM_ENDPOINT: 'https://127.0.0.1:7443' };
    expect(() => refuseOpen(parseConfig(simulator))).not.toThrow();
    expect(() => refuseOpen(parseConfig({ ...simulator, RUNWARD_HOST: '0.0.0.0' }))).toThrow(
      expect.objectContaining({ code: 'USAGE_OPEN' }),
    );
    expect(() => refuseOpen(parseConfig({}))).toThrow(expect.objectContaining({ code: 'USAGE_OPEN' }));
    expect(() => refuseOpen(parseConfig({ RUNWARD_HOST: '0.0.0.0', RUNWARD_AUTH: 'token' }))).not.toThrow();
  });
});

describe('every answer', () => {
  it('carries the headers that keep a browser from misusing it', async () => {
    for (const url of ['/livez', '/api/v1/me', '/api/v1/runs/7', '/nowhere']) {
      expect((await world.call('GET', url)).headers).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-request-id': expect.any(String),
      });
    }
  });
});

describe('limits', () => {
  it('are counted apart, so that a flood of starts leaves room to cancel', async () => {
    await world.close();
    world = await makeServerWorld({ RUNWARD_STARTS_PER_MINUTE: '2', RUNWARD_WRITES_PER_MINUTE: '3' });
    await world.context.projects.publish([GREET]);
    const start = async () => world.call('POST', '/api/v1/runs', { key: newKey(), body: { runbook: 'greet' } });
    await start();
    await start();
    const third = await start();
    expect([third.status, third.body.code, third.body.retryable]).toEqual([429, 'LIMIT_RATE', true]);
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    for (let count = 0; count < 4; count += 1) await world.call('PUT', '/api/v1/runbooks', { body: { files: [GREET] } });
    expect((await world.call('PUT', '/api/v1/runbooks', { body: { files: [GREET] } })).status).toBe(429);
    expect((await world.call('POST', '/api/v1/runs/1/cancel', { key: newKey(), body: {} })).status).toBe(202);
    world.clock.move(60_000);
    expect((await start()).status).toBe(202);
  });
});

describe('health', () => {
  it('tells workers and readiness', async () => {
    expect((await world.call('GET', '/livez')).body).toEqual({ ok: true });
    expect((await world.call('GET', '/readyz')).body).toEqual({ ok: true });
    expect((await world.call('GET', '/api/v1/workers')).body).toEqual({ items: [], noWorkers: true });
    const at = world.clock.nowMs();
    const beat = { worker: 'w1', version: '0.1.0', host: 'h', startedAtMs: at, atMs: at, runs: 2, ticketStore: 't' };
    await world.ports.store.beatWorker(beat, 600_000);
    expect((await world.call('GET', '/api/v1/workers')).body).toMatchObject({
      items: [{ worker: 'w1', ready: true, runs: 2 }],
      noWorkers: false,
    });
    world.clock.move(31_000);
    expect((await world.call('GET', '/api/v1/workers')).body).toMatchObject({ items: [{ ready: false }], noWorkers: true });
  });

  it('says what is missing when the store does not answer', async () => {
    (world.context.ports as { store: unknown }).store = { ...world.ports.store, nowMs: async () => Promise.reject(new Error('down')) };
    const { status, body } = await world.call('GET', '/readyz');
    expect([status, body.failed]).toEqual([503, [{ check: 'store', meaning: 'the store does not answer: nothing can be accepted' }]]);
  });
});
