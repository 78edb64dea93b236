import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstBreak } from '../../../engine/audit/chain.ts';
import type { RunId } from '../../../engine/ids.ts';
import { GREET } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

const VM = '/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines/web-01';
let world: ServerWorld;
let admin: string;

beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_HOST: '0.0.0.0' });
  await world.context.projects.publish([GREET]);
  admin = await world.token('root', ['admin']);
});

afterEach(() => world.close());

const release = (body: object, more: { readonly token?: string; readonly key?: string } = {}) =>
  world.call('POST', `/api/v1/locks/${encodeURIComponent(VM)}/release`, { token: admin, key: newKey(), ...more, body });

describe('a lock', () => {
  it('is released by an admin with its name and a reason, only while its run stands still, and written down first', async () => {
    const operator = await world.token('alice', ['operator']);
    const body = { runbook: 'greet' };
    const { id } = (await world.call('POST', '/api/v1/runs', { token: operator, key: newKey(), body })).body;
    await world.work(id);
    await world.ports.store.lock([VM], id as RunId);
    const list = async () => (await world.call('GET', '/api/v1/locks', { token: admin })).body.items;
    expect(await list()).toMatchObject([
      { target: VM, name: 'web-01', run: { number: 1, runbook: 'greet', status: 'waiting' }, releasable: false },
    ]);
    const consent = { confirm: 'web-01', reason: 'looked at it' };
    expect((await release(consent)).body).toMatchObject({
      code: 'CONFLICT_STATE',
      detail: 'run 1 is waiting and works on it: pause or cancel the run first',
    });

    await world.call('POST', '/api/v1/runs/1/pause', { token: operator, key: newKey(), body: {} });
    await world.work(id);
    expect((await release(consent, { token: operator })).body.code).toBe('ACCESS_DENIED');
    expect((await release({ reason: 'x' })).body).toMatchObject({ code: 'USAGE_CONFIRM', level: 'severe', expected: 'web-01' });
    expect((await release({ confirm: 'web-01' })).status).toBe(428);
    const key = newKey();
    expect((await release(consent, { key })).body).toEqual({ target: VM, released: true });
    expect(await list()).toEqual([]);

    const again = await release(consent, { key });
    expect([again.status, again.headers['idempotent-replayed']]).toEqual([200, 'true']);
    expect((await release({ ...consent, reason: 'other' }, { key })).body.code).toBe('CONFLICT_IDEMPOTENCY_MISMATCH');
    expect((await release(consent)).body.code).toBe('NOT_FOUND_LOCK');
    const entries = await world.ports.store.readSystemAudit(0, 10);
    expect(entries).toMatchObject([
      { actor: 'root', event: 'lock.release', data: { by: 'root', target: VM, run: id, reason: 'looked at it' } },
    ]);
    expect(firstBreak(world.ports.ids.sha256, entries)).toBeUndefined();
  });
});
