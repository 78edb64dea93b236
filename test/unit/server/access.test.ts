import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Permission, Role } from '../../../engine/access/roles.ts';
import { ROLE_NAMES, roleAllows } from '../../../engine/access/roles.ts';
import { GREET, MOVE } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_HOST: '0.0.0.0' });
  await world.context.projects.publish([GREET, MOVE]);
});

afterEach(() => world.close());

interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly permission: Permission | 'any' | 'signature' | 'none';
}

// Every route that exists, from the contract itself: a new one cannot be forgotten here.
function operations(): readonly Operation[] {
  const paths = world.app.swagger().paths as Record<string, Record<string, { readonly 'x-permission'?: Permission | 'any' | 'signature' }>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase() as Operation['method'],
      url: path
        .replace('{run}', '1')
        .replace('{stepKey}', '0b5cbd7c-9d4b-5c8e-8d5a-0f6f3c1f2a10')
        .replace('{hash}', 'a'.repeat(64))
        .replace('{slot}', '2026-01-01T00:00:00.000Z')
        .replace('{name}', 'greet')
        .replace('{hook}', 'greet.alarm')
        .replace('{id}', path.includes('approvals') ? '1.go' : '0123456789ab'),
      permission: operation['x-permission'] ?? 'none',
    })),
  );
}

const request = (token?: string) => ({ key: newKey(), body: undefined, ...(token === undefined ? {} : { token }) });

describe('every route', () => {
  it('that asks for something refuses a caller without, with a wrong, and with an expired token', async () => {
    const expired = await world.token('ada', ROLE_NAMES);
    world.clock.move(2 * 86_400_000);
    const forged = `rw_${expired.slice(3, 15)}_${'0'.repeat(64)}`;
    const closed = operations().filter((operation) => operation.permission !== 'none');
    expect(closed.length).toBeGreaterThan(20);
    for (const { method, url } of closed) {
      for (const token of [undefined, 'junk', forged, expired]) {
        const { status, body } = await world.call(method, url, request(token));
        // After ten failures of one address the answer is 429: nothing is learned from it either.
        expect([
          `${method} ${url}`,
          status === 401 || status === 429,
          body.code === 'ACCESS_NOT_SIGNED_IN' || body.code === 'LIMIT_RATE',
        ]).toEqual([`${method} ${url}`, true, true]);
      }
    }
  });

  it('lets each role do what the table of permissions says, and nothing else', async () => {
    for (const role of ROLE_NAMES) {
      const token = await world.token(`${role}-person`, [role]);
      for (const { method, url, permission } of operations()) {
        if (permission === 'none' || permission === 'any' || permission === 'signature') continue;
        const { status, body } = await world.call(method, url, request(token));
        expect([role, method, url, status === 403]).toEqual([role, method, url, !roleAllows(role, permission)]);
        if (status === 403) expect(body.code).toBe('ACCESS_DENIED');
        else expect(status).not.toBe(401);
      }
    }
  });

  it('without a permission is only what must answer before a sign-in', () => {
    const open = operations().filter((operation) => operation.permission === 'none');
    expect(open.map((operation) => operation.url).toSorted()).toEqual(['/api/v1/session', '/api/v1/session', '/livez', '/readyz']);
  });

  it('must declare its permission', async () => {
    const { default: fastify } = await import('fastify');
    const { addHooks } = await import('../../../server/hooks.ts');
    const app = fastify();
    addHooks(app as never, world.context);
    expect(() => app.get('/forgotten', async () => 'open')).toThrow('GET /forgotten declares a permission');
  });
});

describe('a scope', () => {
  it('hides runs, plans, runbooks and gates outside of it', async () => {
    const inside = await world.token('ada', ['operator'], { scope: { runbook: 'gr*', environment: 'test' } });
    const everywhere = await world.token('olga', ['operator']);
    const plan = (await world.call('POST', '/api/v1/plans', { token: everywhere, body: { runbook: 'move' } })).body;
    const body = { planHash: plan.planHash, confirm: 'move', reason: 'x' };
    const { id } = (await world.call('POST', '/api/v1/runs', { token: everywhere, key: newKey(), body })).body;
    await world.work(id);

    expect((await world.call('GET', '/api/v1/runs/1', { token: everywhere })).status).toBe(200);
    for (const url of [
      '/api/v1/runs/1',
      `/api/v1/runs/${id}/events`,
      '/api/v1/runs/1/logs',
      '/api/v1/runs/1/evidence',
      '/api/v1/approvals/1.go',
    ]) {
      expect([url, (await world.call('GET', url, { token: inside })).body.code]).toEqual([url, 'NOT_FOUND_RUN']);
    }
    expect((await world.call('GET', '/api/v1/runs', { token: inside })).body.items).toEqual([]);
    expect((await world.call('GET', '/api/v1/approvals', { token: inside })).body.items).toEqual([]);
    expect((await world.call('GET', `/api/v1/plans/${plan.planHash}`, { token: inside })).body.code).toBe('NOT_FOUND_PLAN');
    expect((await world.call('GET', '/api/v1/runbooks/move', { token: inside })).body.code).toBe('NOT_FOUND_RUNBOOK');
    expect((await world.call('GET', '/api/v1/runbooks', { token: inside })).body.items.map((row: { name: string }) => row.name)).toEqual([
      'greet',
    ]);
  });

  it('bounds what an author publishes', async () => {
    const author = await world.token('ada', ['author'], { scope: { runbook: 'gr*', environment: '*' } });
    const publish = async (file: object) =>
      (await world.call('PUT', '/api/v1/runbooks', { token: author, body: { files: [file] } })).status;
    expect([await publish(GREET), await publish(MOVE)]).toEqual([200, 403]);
  });

  it('of reading everywhere and acting in one place denies the act elsewhere', async () => {
    const author = await world.token('ada', ['author']);
    const { planHash } = (await world.call('POST', '/api/v1/plans', { token: author, body: { runbook: 'move' } })).body;
    const started = await world.call('POST', '/api/v1/runs', {
      token: author,
      key: newKey(),
      body: { planHash, confirm: 'move', reason: 'x' },
    });
    expect([started.status, started.body.code]).toEqual([403, 'ACCESS_DENIED']);
  });
});

describe('a gate', () => {
  it('is not for the one who asked, nor for others than it names, nor for the same person twice', async () => {
    const both: readonly Role[] = ['operator', 'approver'];
    const starter = await world.token('ada', both, { groups: ['dba'] });
    const other = await world.token('bob', ['approver'], { groups: ['dba'] });
    const stranger = await world.token('eve', ['approver'], { groups: ['web'] });
    const { id, planHash } = (await world.call('POST', '/api/v1/runs', { token: starter, key: newKey(), body: { runbook: 'greet' } })).body;
    await world.work(id);
    const approve = async (token: string) =>
      (await world.call('POST', '/api/v1/approvals/1.go/approve', { token, key: newKey(), body: { planHash } })).body;

    expect((await approve(starter)).code).toBe('ACCESS_SELF_APPROVAL');
    expect((await approve(stranger)).code).toBe('ACCESS_DENIED');
    const mine = async (token: string) => (await world.call('GET', '/api/v1/approvals?mine=true', { token })).body.items.length;
    expect([await mine(starter), await mine(stranger), await mine(other)]).toEqual([0, 0, 1]);
    expect((await approve(other)).pending).toBe(true);
    await world.work(id);
    expect((await world.call('GET', '/api/v1/runs/1', { token: other })).body.steps[0].status).toBe('succeeded');
  });
});

describe('tokens', () => {
  it('are made by an administrator for others, shown once, and gone at once when revoked', async () => {
    const admin = await world.token('root', ['admin']);
    const body = { name: 'ci', owner: 'ada', groups: ['dba'], grants: [{ role: 'operator', environment: 'test' }], expiresIn: '7d' };
    const made = await world.call('POST', '/api/v1/tokens', { token: admin, body });
    expect(made.status).toBe(201);
    expect(made.body.token).toMatch(/^rw_[0-9a-f]{12}_[0-9a-f]{64}$/);

    const me = (await world.call('GET', '/api/v1/me', { token: made.body.token })).body;
    expect(me).toMatchObject({ id: 'ada', kind: 'token', groups: ['dba'], auth: 'token' });
    expect(me.grants).toEqual([{ role: 'operator', scope: { runbook: '*', environment: 'test' } }]);
    const listed = await world.call('GET', '/api/v1/tokens', { token: admin });
    expect(listed.text).not.toContain(made.body.token.slice(16));
    expect(listed.text).not.toContain('sha256');

    expect((await world.call('DELETE', `/api/v1/tokens/${made.body.id}`, { token: admin })).status).toBe(204);
    expect((await world.call('GET', '/api/v1/me', { token: made.body.token })).status).toBe(401);
  });

  it('of others are made by administrators only, and own ones hold no more than their owner', async () => {
    const ada = await world.token('ada', ['operator']);
    const bob = await world.token('bob', ['operator']);
    const make = async (body: object) => (await world.call('POST', '/api/v1/tokens', { token: ada, body: { name: 'x', ...body } })).body;
    expect((await make({ owner: 'bob', grants: [{ role: 'operator' }] })).code).toBe('ACCESS_DENIED');
    expect((await make({ grants: [{ role: 'admin' }] })).code).toBe('ACCESS_DENIED');
    expect((await make({ grants: [{ role: 'operator' }], groups: ['dba'] })).code).toBe('ACCESS_DENIED');
    expect((await make({ grants: [{ role: 'operator' }], expiresIn: '91d' })).code).toBe('USAGE_BODY');
    const own = await make({ grants: [{ role: 'operator' }] });
    expect((await world.call('DELETE', `/api/v1/tokens/${own.id}`, { token: bob })).body.code).toBe('NOT_FOUND_TOKEN');
    expect(
      (await world.call('GET', '/api/v1/tokens', { token: bob })).body.items.every((token: { owner: string }) => token.owner === 'bob'),
    ).toBe(true);
  });

  it('that fail are refused without a look after ten times in a minute, while good ones still get in', async () => {
    for (let count = 0; count < 10; count += 1) expect((await world.call('GET', '/api/v1/me', { token: 'junk' })).status).toBe(401);
    const refused = await world.call('GET', '/api/v1/me', { token: 'junk' });
    expect([refused.status, refused.body.code]).toEqual([429, 'LIMIT_RATE']);
    const good = await world.token('ada', ['viewer']);
    expect((await world.call('GET', '/api/v1/me', { token: good })).status).toBe(200);
    world.clock.move(60_000);
    expect((await world.call('GET', '/api/v1/me', { token: 'junk' })).status).toBe(401);
  });
});
