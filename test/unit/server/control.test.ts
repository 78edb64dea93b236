import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GREET, MOVE } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

let world: ServerWorld;
let alice: string;

beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_HOST: '0.0.0.0' });
  await world.context.projects.publish([GREET, MOVE]);
  alice = await world.token('alice', ['operator']);
});

afterEach(() => world.close());

async function startRun(runbook: 'greet' | 'move' = 'greet'): Promise<string> {
  const plan = (await world.call('POST', '/api/v1/plans', { token: alice, body: { runbook } })).body;
  const confirm = runbook === 'move' ? { confirm: 'move', reason: 'flood' } : {};
  const body = { planHash: plan.planHash, ...confirm };
  return (await world.call('POST', '/api/v1/runs', { token: alice, key: newKey(), body })).body.id;
}

const say = (path: string, body: object, more: { readonly token?: string; readonly key?: string } = {}) =>
  world.call('POST', `/api/v1/runs/1/${path}`, { token: alice, key: newKey(), ...more, body });
const shown = async () => (await world.call('GET', '/api/v1/runs/1', { token: alice })).body;

describe('pause and resume', () => {
  it('hold a run and let it go on, each with who said it and why in the chain', async () => {
    const id = await startRun();
    await world.work(id);
    expect((await say('pause', { reason: 'network team is not ready' })).status).toBe(202);
    expect((await shown()).pendingCommands).toBe(1);
    await world.work(id);
    expect(await shown()).toMatchObject({
      status: 'paused',
      reason: 'paused by alice: network team is not ready',
      pause: { cause: 'person', by: 'alice', reason: 'network team is not ready' },
      locks: [],
    });
    expect((await say('pause', {})).body).toMatchObject({ code: 'CONFLICT_STATE', detail: 'run 1: the run is paused already' });
    await say('resume', { reason: 'ready now' });
    await world.work(id);
    expect((await shown()).status).toBe('waiting');
    expect((await say('resume', {})).body.code).toBe('CONFLICT_STATE');
    const { items } = (await world.call('GET', '/api/v1/runs/1/audit', { token: alice })).body;
    const said = items.filter(({ event }: { event: string }) => event.startsWith('command.'));
    expect(said.map((entry: { actor: string; event: string; data: object }) => [entry.actor, entry.event, entry.data])).toEqual([
      ['alice', 'command.pause', { by: 'alice', reason: 'network team is not ready' }],
      ['alice', 'command.resume', { by: 'alice', reason: 'ready now' }],
    ]);
  });

  it('are replayed under the same key, and refused under it with another body', async () => {
    const id = await startRun();
    await world.work(id);
    const key = newKey();
    await say('pause', { reason: 'x' }, { key });
    await world.work(id);
    const again = await say('pause', { reason: 'x' }, { key });
    expect([again.status, again.headers['idempotent-replayed'], again.body.pending]).toEqual([202, 'true', false]);
    expect((await say('pause', { reason: 'y' }, { key })).body.code).toBe('CONFLICT_IDEMPOTENCY_MISMATCH');
  });

  it('ask for the right to control runs; what runward parked itself only an admin lets go on', async () => {
    const id = await startRun();
    const viewer = await world.token('vera', ['viewer']);
    const author = await world.token('otto', ['author']);
    for (const token of [viewer, author]) expect((await say('pause', {}, { token })).body.code).toBe('ACCESS_DENIED');
    for (const name of ['a', 'b', 'c']) {
      await world.ports.store.claim({
        runId: id as never,
        worker: name,
        claim: name.repeat(32),
        leaseMs: 0,
        schemaMin: 1,
        schemaMax: 1,
      });
    }
    await world.work(id);
    expect(await shown()).toMatchObject({ status: 'paused', reason: 'poisoned', pause: { cause: 'parked' } });
    expect((await say('resume', {})).body.code).toBe('ACCESS_DENIED');
    const admin = await world.token('root', ['admin']);
    expect((await say('resume', { reason: 'the worker was upgraded' }, { token: admin })).status).toBe(202);
    await world.work(id);
    expect((await shown()).status).toBe('waiting');
  });
});

describe('a forced cancel', () => {
  it('needs the name and a reason from the server itself', async () => {
    const id = await startRun();
    await world.work(id);
    const bare = await say('cancel', { force: true });
    expect([bare.status, bare.body]).toEqual([428, expect.objectContaining({ code: 'USAGE_CONFIRM', level: 'severe', expected: 'greet' })]);
    expect((await say('cancel', { force: true, confirm: 'move', reason: 'x' })).status).toBe(428);
    expect((await say('cancel', { force: true, confirm: 'greet' })).status).toBe(428);
    expect((await say('cancel', { force: true, rollback: true, confirm: 'greet', reason: 'x' })).body.code).toBe('CONFLICT_STATE');
    expect((await say('cancel', { force: true, confirm: 'greet', reason: 'the site is gone' })).status).toBe(202);
    await world.work(id);
    expect(await shown()).toMatchObject({ status: 'cancelled', reason: 'cancelled by alice' });
  });
});

describe('an answer about a step', () => {
  it('goes with an operation exactly where one is to be followed', async () => {
    const id = await startRun();
    await world.work(id);
    const [{ stepKey }] = (await shown()).waitingFor;
    const resolve = (body: object) => say(`steps/${stepKey}/resolve`, body);
    expect((await resolve({ as: 'adopt', reason: 'x' })).body.code).toBe('USAGE_BODY');
    expect((await resolve({ as: 'failed', operation: 'job-1', reason: 'x' })).body.code).toBe('USAGE_BODY');
    expect((await resolve({ as: 'failed' })).body.code).toBe('USAGE_BODY');
    expect((await resolve({ as: 'adopt', operation: 'job-1', reason: 'x' })).body.code).toBe('CONFLICT_STATE');
  });
});
