import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSignature } from '../../../server/webhook-signature.ts';
import { GREET } from './documents.ts';
import type { Answer, ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

const KEY = Buffer.alloc(24, 7).toString('base64');
const HOOKED = {
  ...GREET,
  text: `${GREET.text.replace('    max_length: 40\n', '    max_length: 40\n  greeting: { type: string, default: hello }\n').replace('greet ${{', '${{ inputs.greeting }} ${{')}triggers:
  webhooks:
    - { id: alarm, inputs: [who, greeting], set: { greeting: "help" } }
`,
};

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token' });
  Object.assign(world.ports, {
    hookSecrets: {
      resolve: async (reference: string) =>
        reference === 'secret:greet.alarm' ? { kind: 'found', value: `whsec_${KEY}` } : { kind: 'unavailable', message: 'no file' },
    },
  });
  const ada = await world.token('ada', ['admin', 'author', 'operator']);
  const published = await world.call('PUT', '/api/v1/runbooks', { token: ada, body: { files: [HOOKED] } });
  expect(published.status, published.text).toBe(200);
});

afterEach(() => world.close());

interface Sending {
  readonly id?: string;
  readonly key?: string;
  readonly atMs?: number;
  readonly hook?: string;
  /** Sent instead of what was signed. */
  readonly instead?: string;
}

async function send(body: string, { id = 'msg_1', key = KEY, atMs, hook = 'greet.alarm', instead }: Sending = {}): Promise<Answer> {
  const timestamp = String(Math.floor((atMs ?? world.clock.nowMs()) / 1000));
  const mac = createHmac('sha256', Buffer.from(key, 'base64')).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
  };
  const response = await world.app.inject({
    method: 'POST',
    url: `/api/v1/hooks/${hook}`,
    headers: { host: '127.0.0.1:7080', ...headers },
    payload: instead ?? body,
  });
  return { status: response.statusCode, headers: response.headers, body: response.json(), text: response.body };
}

const ASKED = JSON.stringify({ inputs: { who: 'eve' } });

describe('a signed message', () => {
  it('starts the run with the inputs that it may give and those that are fixed, in the name of who published', async () => {
    const { status, body } = await send(ASKED);
    expect(status).toBe(202);
    expect(body).toMatchObject({ runbook: 'greet', status: 'queued', requester: { name: 'webhook greet.alarm' } });
    const stored = await world.ports.store.readRun(body.id);
    expect(stored?.run).toMatchObject({
      trigger: 'webhook',
      triggerBody: { inputs: { who: 'eve' } },
      requester: { id: 'ada', kind: 'token' },
    });
    await world.work(body.id);
    const gate = (await world.ports.store.readRun(body.id))?.steps.find(({ path }) => path === 'go');
    expect(gate?.message).toBe('help eve?');
  });

  it('that comes again finds the first run and starts no other', async () => {
    const first = await send(ASKED);
    const again = await send(ASKED);
    expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    world.clock.move(60_000);
    expect((await send(ASKED, { id: 'msg_2' })).body.id).not.toBe(first.body.id);
  });

  it('never answers the gate of the run that it starts', async () => {
    const { body } = await send(ASKED);
    await world.work(body.id);
    expect((await send(JSON.stringify({ inputs: { who: 'eve' }, approve: true }), { id: 'msg_2' })).body.code).toBe('USAGE_BODY');
    expect((await world.ports.store.readRun(body.id))?.run.state).toBe('waiting');
    // It was started with the rights of the person who published it, who is therefore not the one to approve it.
    const ada = await world.token('ada', ['approver'], { groups: ['dba'] });
    const answer = await world.call('POST', '/api/v1/approvals/1.go/approve', {
      token: ada,
      key: newKey(),
      body: { planHash: body.planHash },
    });
    expect(answer.body.code).toBe('ACCESS_SELF_APPROVAL');
  });

  it('may give only what its webhook takes, and what it gives is checked', async () => {
    const fixed = await send(JSON.stringify({ inputs: { greeting: 'bye' } }));
    expect(fixed.body).toMatchObject({ code: 'USAGE_BODY', detail: expect.stringContaining('does not take greeting; it takes who') });
    const long = await send(JSON.stringify({ inputs: { who: 'x'.repeat(41) } }), { id: 'msg_2' });
    expect([long.status, long.body.findings[0].code]).toEqual([422, 'RW517']);
    expect(await world.ports.store.listRuns({ limit: 10 })).toEqual([]);
  });

  it('starts nothing any more when its publisher has lost the right', async () => {
    for (const token of await world.ports.store.listTokens()) await world.ports.store.deleteToken(token['id'] as string);
    expect((await send(ASKED)).body).toMatchObject({
      code: 'ACCESS_DENIED',
      detail: expect.stringContaining('ada, who published it, may not start greet'),
    });
  });
});

describe('a message that is not signed by the secret of this webhook', () => {
  it.each<[string, string, Sending]>([
    ['by another secret', ASKED, { key: Buffer.alloc(24, 8).toString('base64') }],
    ['with another body', ASKED, { instead: JSON.stringify({ inputs: { who: 'mallory' } }) }],
    ['five minutes old', ASKED, { atMs: Date.UTC(2026, 0, 15, 9) - 301_000 }],
    ['five minutes ahead', ASKED, { atMs: Date.UTC(2026, 0, 15, 9) + 400_000 }],
    ['for a webhook that is not there', ASKED, { hook: 'greet.other' }],
    ['for a runbook without webhooks', ASKED, { hook: 'move.alarm' }],
  ])('%s is refused and starts nothing', async (_, body, sending) => {
    const answer = await send(body, sending);
    expect([answer.status, answer.body.code]).toEqual([401, 'ACCESS_NOT_SIGNED_IN']);
    expect(await world.ports.store.listRuns({ limit: 10 })).toEqual([]);
  });

  it('says the same of an unknown webhook as of one without a secret, and is slowed down', async () => {
    const known = (await send(ASKED, { hook: 'greet.other' })).body.detail;
    expect((await send(ASKED, { hook: 'nothing.here' })).body.detail).toBe(known);
    for (let count = 0; count < 8; count += 1) await send(ASKED, { hook: 'greet.other' });
    expect((await send(ASKED, { hook: 'greet.other' })).status).toBe(429);
    expect((await send(ASKED)).status).toBe(202);
  });
});

describe('the signature', () => {
  // The example of the Standard Webhooks reference libraries.
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: '1614265330',
    signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    body: Buffer.from('{"test": 2432232314}'),
  };
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const nowMs = 1_614_265_330_000;

  it('holds for the public example, also among others and while secrets are rotated', () => {
    expect(checkSignature(message, secret, nowMs)).toEqual({ kind: 'holds', id: message.id });
    expect(checkSignature({ ...message, signature: `v1a,AAAA v1,AAAA ${message.signature}` }, secret, nowMs).kind).toBe('holds');
    expect(checkSignature(message, `whsec_${KEY}\n${secret}\n`, nowMs).kind).toBe('holds');
  });

  it('does not hold for any changed byte of id, time or body', () => {
    for (const changed of [
      { ...message, id: 'msg_p5jXN8AQM9LWM0D4loKWxJeK' },
      { ...message, timestamp: '1614265331' },
      { ...message, body: Buffer.from('{"test": 2432232315}') },
      { ...message, signature: message.signature.replace('g0h', 'g0H') },
      { ...message, signature: undefined },
    ])
      expect(checkSignature(changed, secret, nowMs).kind).toBe('refused');
    expect(checkSignature(message, 'no secret', nowMs)).toMatchObject({ reason: expect.stringContaining('whsec_') });
  });
});
