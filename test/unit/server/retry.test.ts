import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MOVE } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

/** A check that holds only for one input, then another one; it touches nothing outside. */
const CHECK = {
  path: 'runbooks/check.yaml',
  text: `apiVersion: runward/v1
kind: Runbook
metadata: { name: check, title: A check, owner: team-a }
purpose: operations
environment: test
timeout: 4h
inputs:
  who: { type: string, default: world }
  pause: { type: duration, default: 10m }
steps:
  - id: first
    assert:
      - that: inputs.pause == duration("10m")
        message: never
  - id: named
    assert:
      - that: inputs.who == "ada"
        message: only ada is greeted
  - id: last
    assert:
      - that: steps.named.status == "succeeded"
        message: never
`,
};

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_HOST: '0.0.0.0' });
  await world.context.projects.publish([CHECK, MOVE]);
  alice = await world.token('alice', ['operator']);
});

afterEach(() => world.close());

let alice: string;
const post = (url: string, body: object, more: { readonly token?: string; readonly key?: string } = {}) =>
  world.call('POST', `/api/v1${url}`, { token: alice, key: newKey(), ...more, body });

async function failedRun(): Promise<string> {
  const { id } = (await post('/runs', { runbook: 'check' })).body;
  await world.work(id);
  return id;
}

describe('a retry', () => {
  it('shows what runs again and starts nothing; then starts a linked run once for its key', async () => {
    await failedRun();
    const preview = await post('/runs/1/retry?dryRun=true', { mode: 'failed' });
    expect(preview.status).toBe(200);
    expect(preview.body).toMatchObject({
      kind: 'RetryPreview',
      run: { number: 1, status: 'failed' },
      samePlan: true,
      severity: 'mild',
      changing: 0,
      inputs: [],
    });
    expect(preview.body.steps.map(({ path, becomes }: { path: string; becomes: string }) => [path, becomes])).toEqual([
      ['first', 'kept'],
      ['named', 'again'],
      ['last', 'again'],
    ]);
    expect((await world.call('GET', '/api/v1/runs', { token: alice })).body.items).toHaveLength(1);

    const key = newKey();
    const body = { mode: 'failed', reason: 'again', planHash: preview.body.planHash };
    const started = await post('/runs/1/retry', body, { key });
    expect([started.status, started.headers['location']]).toEqual([202, `/api/v1/runs/${started.body.id}`]);
    expect(started.body).toMatchObject({ number: 2, retryOf: { number: 1, mode: 'failed' }, planHash: preview.body.planHash });
    expect(started.body.steps[0]).toMatchObject({ path: 'first', status: 'succeeded', keptFrom: 1 });
    const replayed = await post('/runs/1/retry', body, { key });
    expect([replayed.body.id, replayed.headers['idempotent-replayed']]).toEqual([started.body.id, 'true']);
    expect((await post('/runs/1/retry', { ...body, reason: 'x' }, { key })).body.code).toBe('CONFLICT_IDEMPOTENCY_MISMATCH');
    await world.work(started.body.id);
    expect((await world.call('GET', '/api/v1/runs/2', { token: alice })).body.status).toBe('failed');
  });

  it('with edited inputs makes a new plan, shows the difference, and does again what reads them', async () => {
    await failedRun();
    const asked = { mode: 'failed', inputs: { who: 'ada' } };
    const preview = (await post('/runs/1/retry?dryRun=true', asked)).body;
    expect(preview).toMatchObject({ samePlan: false, inputs: [{ name: 'who', before: 'world', after: 'ada' }] });
    expect((await post('/runs/1/retry', { ...asked, planHash: 'f'.repeat(64) })).body.code).toBe('CONFLICT_STALE_PLAN');
    const { id } = (await post('/runs/1/retry', { ...asked, planHash: preview.planHash })).body;
    await world.work(id);
    const run = (await world.call('GET', '/api/v1/runs/2', { token: alice })).body;
    expect(run).toMatchObject({ status: 'succeeded', planHash: preview.planHash });
    expect((await world.call('GET', '/api/v1/runs/1', { token: alice })).body.status).toBe('failed');
    await world.context.projects.publish([{ ...CHECK, text: CHECK.text.replace('A check', 'Another check') }]);
    expect((await post('/runs/1/retry?dryRun=true', asked)).body.code).toBe('CONFLICT_STALE_PLAN');
  });

  it('is refused for a run that goes on, for one without failures, and for a step that is not there', async () => {
    const { id } = (await post('/runs', { runbook: 'check', inputs: { who: 'ada' } })).body;
    expect((await post('/runs/1/retry', { mode: 'failed' })).body).toMatchObject({
      code: 'CONFLICT_STATE',
      detail: expect.stringContaining('queued'),
    });
    await world.work(id);
    expect((await post('/runs/1/retry', { mode: 'failed' })).body.detail).toContain('nothing to retry');
    expect((await post('/runs/1/retry', { mode: 'only', step: 'nothing' })).body.detail).toContain('no step nothing');
    expect((await post('/runs/1/retry', { mode: 'only' })).body.code).toBe('USAGE_BODY');
    expect((await post('/runs/1/retry', { mode: 'failed', step: 'first' })).body.code).toBe('USAGE_BODY');
  });

  it('asks for the right to start in the environment, and for name and reason where the plan is severe', async () => {
    const plan = (await post('/plans', { runbook: 'move' })).body;
    const { id } = (await post('/runs', { planHash: plan.planHash, confirm: 'move', reason: 'flood' })).body;
    await post('/runs/1/cancel', {});
    await world.work(id);
    const author = await world.token('otto', ['author']);
    expect((await post('/runs/1/retry', { mode: 'failed' }, { token: author })).body.code).toBe('ACCESS_DENIED');
    const from = { mode: 'from', step: 'go' };
    const bare = await post('/runs/1/retry', from);
    expect([bare.status, bare.body]).toEqual([
      428,
      expect.objectContaining({ level: 'severe', expected: 'move', planHash: plan.planHash }),
    ]);
    expect((await post('/runs/1/retry', { ...from, confirm: 'move' })).status).toBe(428);
    expect((await post('/runs/1/retry', { ...from, confirm: 'move', reason: 'again' })).status).toBe(202);
  });
});
