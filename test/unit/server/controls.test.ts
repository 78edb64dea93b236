import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GREET, MOVE } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

const CALENDAR = {
  path: 'runbooks/calendars/year-end.yaml',
  text: `apiVersion: runward/v1
kind: Calendar
metadata: { name: year-end, title: Year end, owner: team-a }
freezes:
  - { from: "2020-01-01T00:00:00Z", to: "2035-01-01T00:00:00Z", reason: Closing, environments: [production] }
`,
};
const FAILOVER = { path: 'runbooks/move.yaml', text: MOVE.text.replace('timeout: 4h', 'timeout: 4h\nfreeze: exempt') };
const GROUPED = {
  path: 'runbooks/grouped.yaml',
  text: GREET.text
    .replace('name: greet', 'name: grouped')
    .replace('timeout: 4h', 'timeout: 4h\nconcurrency: { group: shop, on_conflict: reject }'),
};

let world: ServerWorld;
afterEach(() => world.close());

const put = (token: string, body: object) => world.call('PUT', '/api/v1/controls/kill', { token, body });

describe('the kill switch', () => {
  beforeEach(async () => {
    world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_HOST: '0.0.0.0' });
  });

  it('goes on by whoever may stop anything anywhere, with a reason, and says who and since when', async () => {
    const viewer = await world.token('vera', ['viewer']);
    const operator = await world.token('olga', ['operator'], { scope: { runbook: 'greet', environment: 'test' } });
    expect((await put(viewer, { on: true, reason: 'no' })).status).toBe(403);
    expect((await put(operator, { on: true })).status).toBe(400);
    const { status, body } = await put(operator, { on: true, reason: 'wrong estate' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ kind: 'Controls', kill: { on: true, reason: 'wrong estate', by: 'olga' }, runs: [] });
    expect((await put(operator, { on: true, reason: 'again' })).body.code).toBe('CONFLICT_STATE');
  });

  it('goes off only by two administrators, each with the name and a reason', async () => {
    const operator = await world.token('olga', ['operator']);
    const [ada, bob] = [await world.token('ada', ['admin']), await world.token('bob', ['admin'])];
    await put(operator, { on: true, reason: 'wrong estate' });
    expect((await put(operator, { on: false, reason: 'fine', confirm: 'kill' })).status).toBe(403);
    const unconfirmed = await put(ada, { on: false, reason: 'fine' });
    expect(unconfirmed).toMatchObject({ status: 428, body: { code: 'USAGE_CONFIRM' } });
    expect((await put(ada, { on: false, reason: 'fine', confirm: 'kill' })).body.kill).toMatchObject({ on: true, offAskedBy: 'ada' });
    expect((await put(ada, { on: false, reason: 'fine', confirm: 'kill' })).body.code).toBe('CONFLICT_STATE');
    expect((await put(bob, { on: false, reason: 'fine', confirm: 'kill' })).body.kill).toEqual({ on: false });
  });

  it('names workers that stop by their own switch', async () => {
    const viewer = await world.token('vera', ['viewer']);
    const beat = { worker: 'w1', version: '0', host: 'h', startedAtMs: 0, atMs: 0, runs: 0, ticketStore: 't' };
    await world.ports.store.beatWorker({ ...beat, stopped: 'RUNWARD_KILL is 1' }, 60_000);
    const { body } = await world.call('GET', '/api/v1/controls', { token: viewer });
    expect(body.workers).toEqual([{ worker: 'w1', reason: 'RUNWARD_KILL is 1' }]);
  });
});

describe('freezes', () => {
  beforeEach(async () => {
    world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_HOST: '0.0.0.0' });
  });

  const add = (token: string, environment: string, more: object = {}) =>
    world.call('POST', '/api/v1/controls/freezes', {
      token,
      key: newKey(),
      body: { environments: [environment], to: '2035-01-01T00:00:00Z', reason: 'audit', ...more },
    });
  const remove = (token: string, id: string) => world.call('DELETE', `/api/v1/controls/freezes/${id}?reason=over`, { token });

  it('are added for environments of the caller, from now where nothing is said, and end in the future', async () => {
    const operator = await world.token('olga', ['operator'], { scope: { runbook: '*', environment: 'staging' } });
    expect((await add(operator, 'production')).status).toBe(403);
    expect((await add(operator, 'staging', { to: '2001-01-01T00:00:00Z' })).status).toBe(400);
    const { body } = await add(operator, 'staging');
    expect(body.freezes).toMatchObject([{ environments: ['staging'], reason: 'audit', by: 'olga', holds: true }]);
  });

  it('are removed by an administrator; in production by two', async () => {
    const [ada, bob] = [await world.token('ada', ['admin']), await world.token('bob', ['admin'])];
    const staging = (await add(ada, 'staging')).body.freezes[0].id;
    expect((await remove(ada, staging)).body.freezes).toEqual([]);
    const production = (await add(ada, 'production')).body.freezes[0].id;
    expect((await remove(ada, production)).body.freezes).toMatchObject([{ removalAskedBy: 'ada' }]);
    expect((await remove(ada, production)).body.code).toBe('CONFLICT_STATE');
    expect((await remove(bob, production)).body.freezes).toEqual([]);
    expect((await remove(bob, production)).body.code).toBe('NOT_FOUND_FREEZE');
  });

  it('of a published calendar hold its environments, and are given up only by who may remove freezes', async () => {
    const publish = (token: string, text: string) =>
      world.call('PUT', '/api/v1/runbooks', { token, body: { files: [{ path: CALENDAR.path, text }] } });
    const author = await world.token('anna', ['author']);
    const both = await world.token('ada', ['author', 'admin']);
    expect((await publish(author, CALENDAR.text)).body).toMatchObject({ calendars: ['year-end'] });
    expect((await world.ports.store.readStops()).freezes).toMatchObject([
      { id: 'year-end.1', by: 'calendar year-end', environments: ['production'] },
    ]);
    expect((await remove(both, 'year-end.1')).body.code).toBe('CONFLICT_STATE');
    const shorter = CALENDAR.text.replace('2035', '2034');
    expect((await publish(author, shorter)).status).toBe(403);
    expect((await publish(both, shorter)).status).toBe(200);
    expect((await world.ports.store.readStops()).freezes[0]?.toMs).toBe(Date.UTC(2034, 0, 1));
  });
});

describe('a start', () => {
  beforeEach(async () => {
    world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_HOST: '0.0.0.0' });
    await world.context.projects.publish([GREET, FAILOVER, GROUPED]);
  });

  const start = async (token: string, runbook: string) => {
    const { body: plan } = await world.call('POST', '/api/v1/plans', { token, body: { runbook, inputs: {} } });
    const body = { planHash: plan.planHash, reason: 'INC-1', confirm: runbook };
    return world.call('POST', '/api/v1/runs', { token, key: newKey(), body });
  };

  it('of an exempt failover in a freeze needs the permission that no role brings; without a freeze it does not', async () => {
    const operator = await world.token('olga', ['operator']);
    expect((await start(operator, 'move')).status).toBe(202);
    expect((await world.ports.store.listRuns({ limit: 1 }))[0]).not.toHaveProperty('freezeExempt');

    await world.ports.store.writeFreezes({
      put: [{ id: 'f', fromMs: 0, toMs: 9e12, reason: 'Year end', environments: ['production'], by: 'ada' }],
      remove: [],
    });
    const refused = await start(operator, 'move');
    expect(refused).toMatchObject({ status: 409, body: { code: 'GATE_FREEZE' } });
    expect(refused.body.detail).toContain('RW511');
    const allowed = await world.token('otto', ['operator', 'freeze:override']);
    expect((await start(allowed, 'move')).status).toBe(202);
    expect((await world.ports.store.listRuns({ limit: 1 }))[0]).toMatchObject({ freezeExempt: true });
  });

  it('in a full group that rejects is refused, and nothing is left behind', async () => {
    const operator = await world.token('olga', ['operator']);
    const first = await start(operator, 'grouped');
    expect(first.status).toBe(202);
    const second = await start(operator, 'grouped');
    expect(second).toMatchObject({ status: 409, body: { code: 'CONFLICT_GROUP_FULL' } });
    expect(second.body.detail).toContain('waiting for run 1 (RW520)');
    await world.call('POST', `/api/v1/runs/${first.body.id}/cancel`, { token: operator, key: newKey(), body: {} });
    await world.work(first.body.id);
    expect((await start(operator, 'grouped')).status).toBe(202);
  });

  it('from a plan that is too old asks to plan again', async () => {
    const operator = await world.token('olga', ['operator']);
    const { body: plan } = await world.call('POST', '/api/v1/plans', { token: operator, body: { runbook: 'move', inputs: {} } });
    world.clock.move(3_600_000);
    const body = { planHash: plan.planHash, reason: 'INC-1', confirm: 'move' };
    const late = await world.call('POST', '/api/v1/runs', { token: operator, key: newKey(), body });
    expect(late.body).toMatchObject({ code: 'NOT_FOUND_PLAN', detail: expect.stringContaining('RW516') });
  });

  it('does not make a plan younger: a run that no worker takes in time ends by the age of its plan', async () => {
    const operator = await world.token('olga', ['operator']);
    const { body: plan } = await world.call('POST', '/api/v1/plans', { token: operator, body: { runbook: 'move', inputs: {} } });
    world.clock.move(50 * 60_000);
    const body = { planHash: plan.planHash, reason: 'INC-1', confirm: 'move' };
    const { id } = (await world.call('POST', '/api/v1/runs', { token: operator, key: newKey(), body })).body;
    world.clock.move(10 * 60_000);
    await world.work(id);
    expect((await world.call('GET', `/api/v1/runs/${id}`, { token: operator })).body).toMatchObject({
      status: 'timed_out',
      reason: expect.stringContaining('plan again'),
    });
  });
});
