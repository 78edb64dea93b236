import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GREET } from './documents.ts';
import { makeServerWorld, newKey, type ServerWorld } from './server-world.ts';

const OURS = { 'x-runward-console': '1', 'sec-fetch-site': 'same-origin' };
const MINUTE_MS = 60_000;

describe('the session of a browser', () => {
  let world: ServerWorld;
  let token: string;
  beforeEach(async () => {
    world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_PUBLIC_URL: 'https://runward.example' });
    await world.context.projects.publish([GREET]);
    token = await world.token('ada', ['operator']);
  });
  afterEach(() => world.close());

  const signIn = async (text = token, headers: Readonly<Record<string, string>> = OURS) =>
    await world.call('POST', '/api/v1/session', { body: { token: text }, headers });
  const cookieOf = (answer: { readonly headers: Readonly<Record<string, unknown>> }): string =>
    String(answer.headers['set-cookie']).split(';')[0] ?? '';
  const me = async (cookie: string) => await world.call('GET', '/api/v1/me', { headers: { cookie, 'sec-fetch-site': 'same-origin' } });

  it('is a cookie that no script can read, only this site sends, and that does not hold the token', async () => {
    const answer = await signIn();
    expect([answer.status, answer.text]).toEqual([204, '']);
    const header = String(answer.headers['set-cookie']);
    expect(header).toMatch(/^__Host-runward=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=28800; Secure$/);
    expect(Buffer.from(cookieOf(answer).split('=')[1] ?? '', 'base64url').toString()).not.toContain(token.slice(16));
    expect((await me(cookieOf(answer))).body).toMatchObject({ id: 'ada', kind: 'token' });
  });

  it('is given to nobody with a wrong token, and not to a page of another site', async () => {
    expect((await signIn(`rw_${token.slice(3, 15)}_${'0'.repeat(64)}`)).status).toBe(401);
    expect((await signIn(token, {})).status).toBe(403);
    expect((await signIn(token, { ...OURS, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await signIn(token, { ...OURS, 'sec-fetch-site': 'none' })).status).toBe(403);
  });

  it('changes something only for a script of the console itself', async () => {
    const cookie = cookieOf(await signIn());
    const start = async (headers: Readonly<Record<string, string>>) =>
      (await world.call('POST', '/api/v1/runs', { body: { runbook: 'greet' }, key: newKey(), headers: { cookie, ...headers } })).status;
    expect(await start({})).toBe(403);
    expect(await start({ 'sec-fetch-site': 'same-origin' })).toBe(403);
    expect(await start({ 'x-runward-console': '1', 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await start(OURS)).toBe(202);
  });

  it('ends after 30 minutes without a request, and after 8 hours with them', async () => {
    let cookie = cookieOf(await signIn());
    world.clock.move(29 * MINUTE_MS);
    const kept = await me(cookie);
    expect(kept.status).toBe(200);
    world.clock.move(2 * MINUTE_MS);
    expect((await me(cookie)).status).toBe(401);
    cookie = cookieOf(kept);
    for (let turn = 0; turn < 17; turn += 1) {
      const answer = await me(cookie);
      if (answer.status === 200 && answer.headers['set-cookie'] !== undefined) cookie = cookieOf(answer);
      world.clock.move(25 * MINUTE_MS);
    }
    const last = await me(cookie);
    expect(last.status).toBe(200);
    world.clock.move(25 * MINUTE_MS);
    expect((await me(cookieOf(last))).status).toBe(401);
  });

  it('ends with its token, and cannot be forged', async () => {
    const cookie = cookieOf(await signIn());
    const [name = '', text = ''] = cookie.split('=');
    const sealed = JSON.parse(Buffer.from(text, 'base64url').toString()) as { body: string };
    const later = sealed.body.replace(/"sinceMs":\d+/, '"sinceMs":9999999999999');
    const forged = Buffer.from(JSON.stringify({ ...sealed, body: later })).toString('base64url');
    expect((await me(`${name}=${forged}`)).status).toBe(401);
    for (const junk of ['', 'junk', Buffer.from('{}').toString('base64url')]) expect((await me(`${name}=${junk}`)).status).toBe(401);
    expect((await me(cookie)).status).toBe(200);
    await world.ports.store.deleteToken(token.slice(3, 15));
    expect((await me(cookie)).status).toBe(401);
  });

  it('is taken away by signing out', async () => {
    const answer = await world.call('DELETE', '/api/v1/session', { headers: OURS });
    expect(String(answer.headers['set-cookie'])).toMatch(/^__Host-runward=; .*Max-Age=0/);
    expect((await world.call('DELETE', '/api/v1/session', {})).status).toBe(403);
  });
});
