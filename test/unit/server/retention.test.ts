import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../engine/config.ts';
import { retainOnce } from '../../../engine/retention/retain.ts';
import { fireOnce } from '../../../engine/schedule/fire.ts';
import { slotRuns } from '../../../server/schedules.ts';
import { endedChecks } from '../../contracts/store-removals-contract.ts';
import { startServer } from '../../../server/serve.ts';
import { makeServerWorld, newKey, type ServerWorld } from './server-world.ts';

const HOUR_MS = 3_600_000;
const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: shop, title: The shop, owner: team-shop, labels: { app: shop } }
purpose: drill
environment: test
timeout: 1h
readiness:
  every: 10m
  checks:
    - id: fine
      assert: [{ that: 'true', message: never }]
steps:
  - id: fine_too
    assert: [{ that: 'true', message: never }]
`;

let world: ServerWorld;
let operator: string;
let author: string;
beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token' });
  operator = await world.token('olga', ['operator']);
  author = await world.token('ada', ['author']);
  await world.call('PUT', '/api/v1/runbooks', { token: author, body: { files: [{ path: 'runbooks/shop.yaml', text: RUNBOOK }] } });
});
afterEach(() => world.close());

/** Readiness checks that were asked for and have ended. */
async function checks(): Promise<{ readonly id: string; readonly number: number }> {
  const { runs } = (await world.call('POST', '/api/v1/dr/shop/readiness', { token: operator, key: newKey(), body: {} })).body;
  await world.work(runs[0].id);
  return (await world.call('GET', `/api/v1/runs/${runs[0].id}`, { token: operator })).body;
}

const retain = () => retainOnce(world.ports, { keepMs: 7 * HOUR_MS, after: 0 });
const get = (path: string, token = operator) => world.call('GET', `/api/v1${path}`, { token });

describe('a run that retention has removed', () => {
  it('is named as removed, with when and the digest of its chain, by number and by id', async () => {
    const old = await checks();
    const { run } = (await world.ports.store.readRun(old.id as never)) ?? {};
    await checks();
    world.clock.move(8 * HOUR_MS);
    expect(await retain()).toMatchObject({ removed: 1 });
    for (const reference of [old.number, old.id, old.id.slice(0, 8)]) {
      const { status, body } = await get(`/runs/${reference}`);
      expect([status, body.code]).toEqual([410, 'NOT_FOUND_REMOVED_RUN']);
      expect(body.detail).toContain(`run ${old.number}, readiness checks of shop that ended succeeded at 2026-01-15T09:00:`);
      expect(body.detail).toContain('was removed by retention at 2026-01-15T17:00:');
      expect(body.detail).toContain(`entry ${run?.auditSeq}, digest ${run?.auditHead}; entry 1 of the chain`);
    }
    expect((await get(`/runs/${old.number}/evidence`)).body.code).toBe('NOT_FOUND_REMOVED_RUN');
    expect((await get('/runs/999')).body.code).toBe('NOT_FOUND_RUN');
  });

  it('is not named to whoever may not see runs of its runbook', async () => {
    const old = await checks();
    await checks();
    world.clock.move(8 * HOUR_MS);
    await retain();
    const stranger = await world.token('otto', ['operator'], { scope: { runbook: 'mail-*', environment: '*' } });
    expect((await get('/audit', stranger)).status).toBe(403);
    expect((await get('/audit', await world.token('vera', ['viewer']))).body.items).toMatchObject([{ event: 'run.removed' }]);
    expect((await get(`/runs/${old.number}`, stranger)).body).toMatchObject({ code: 'NOT_FOUND_RUN', detail: `no run ${old.number}` });
  });

  it('leaves what is known of the readiness of its application as it was', async () => {
    for (let n = 0; n < 3; n += 1) await checks();
    world.clock.move(8 * HOUR_MS);
    const before = (await get('/dr/shop')).body.runbooks;
    expect(await retain()).toMatchObject({ removed: 2 });
    expect((await get('/dr/shop')).body.runbooks).toEqual(before);
    expect(before[0].checks[0].message).toContain('its last answer, passed, is too old');
  });
});

describe('what checks said last', () => {
  it('is found also where a person asked for it long ago and the runs of the schedule are gone', async () => {
    world.clock.move(11 * 60_000);
    await fireOnce(world.ports, slotRuns(world.context));
    const scheduled = (await get('/runs?as=readiness')).body.items[0];
    await world.work(scheduled.id);
    const asked = await checks();
    world.clock.move(8 * HOUR_MS);
    await retain();
    for (let n = 0; n < 301; n += 1) await endedChecks(world.ports.store, { runbook: 'mail' });
    expect((await get(`/runs/${scheduled.number}`)).status).toBe(410);
    const [check] = (await get('/dr/shop')).body.runbooks[0].checks;
    expect(check).toMatchObject({ run: asked.number, message: expect.stringContaining('its last answer, passed, is too old') });
  });
});

describe('a server', () => {
  it.each([
    ['1', false],
    ['0', true],
  ])('with retention.readinessRunDays %s: is a run still there after two days? %s', async (days, stays) => {
    const old = await checks();
    await checks();
    world.clock.move(48 * HOUR_MS);
    const config = parseConfig({ RUNWARD_AUTH: 'token', RUNWARD_PORT: '0', RUNWARD_RETENTION_READINESS_RUN_DAYS: days });
    const { ports, publicKey } = world;
    const server = await startServer({ config, ports, publicKey, version: '0.1.0' });
    const isThere = async () => (await ports.store.readRun(old.id as never)) !== undefined;
    for (let turns = 0; turns < 500 && (await isThere()); turns += 1) await world.clock.sleep(1);
    await server.close();
    expect(await isThere()).toBe(stays);
  });
});

describe('readiness checks that others refer to', () => {
  it('stay once their evidence was handed out, and once a run goes on from them', async () => {
    const [shown, retried, plain] = [await checks(), await checks(), await checks()];
    await checks();
    expect((await get(`/runs/${shown.number}/evidence`)).status).toBe(200);
    const again = await world.call('POST', `/api/v1/runs/${retried.number}/retry`, {
      token: operator,
      key: newKey(),
      body: { mode: 'only', step: 'fine', reason: 'x' },
    });
    world.clock.move(8 * HOUR_MS);
    await retain();
    const codes = await Promise.all([shown, retried, plain].map(async ({ number }) => (await get(`/runs/${number}`)).status));
    expect([again.status, codes]).toEqual([202, [200, 200, 410]]);
  });
});
