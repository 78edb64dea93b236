import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyEvidence } from '../../../engine/evidence/verify.ts';
import { formatInstant } from '../../../engine/language/instant.ts';
import { FORM, GREET, MOVE } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

let world: ServerWorld;

beforeEach(async () => {
  world = await makeServerWorld();
  await world.context.projects.publish([GREET, MOVE]);
});

afterEach(() => world.close());

async function plan(runbook = 'greet', inputs: object = {}) {
  const { status, body } = await world.call('POST', '/api/v1/plans', { body: { runbook, inputs } });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

async function start(body: object, key = newKey()) {
  return world.call('POST', '/api/v1/runs', { key, body });
}

describe('a plan', () => {
  it('is shown with its rows and hash, and can be looked at until it is too old', async () => {
    const made = await plan();
    expect(made).toMatchObject({ kind: 'Plan', runbook: 'greet', purpose: 'operations', environment: 'test', severity: 'mild' });
    expect(made.counts).toEqual({ READ: 1, MUTATES: 0, UNKNOWN: 0, GATE: 2 });
    expect(made.steps.map((row: { path: string }) => row.path)).toEqual(['go', 'look', 'same']);
    expect(world.context.ports.ids.sha256(made.canonical)).toBe(made.planHash);
    expect((await world.call('GET', `/api/v1/plans/${made.planHash}`)).status).toBe(200);

    world.clock.move(25 * 3_600_000);
    expect((await world.call('GET', `/api/v1/plans/${made.planHash}`)).body.code).toBe('NOT_FOUND_PLAN');
  });

  it('that was put into the store by somebody else starts nothing', async () => {
    const { planHash, canonical } = await plan();
    const other = canonical.replace('"test"', '"live"');
    const hash = world.context.ports.ids.sha256(other);
    await world.ports.store.putPlan(hash, { text: other, hash, signature: { keyId: 'test', value: 'AAAA' } }, 60_000);
    expect((await start({ planHash: hash })).body.code).toBe('NOT_FOUND_PLAN');
    expect(planHash).not.toBe(hash);
  });
});

describe('an outage', () => {
  const declare = async (outageAt: string) =>
    start({ planHash: (await plan('move')).planHash, confirm: 'move', reason: 'flood', outageAt });
  const ago = (ms: number) => new Date(world.clock.nowMs() - ms).toISOString();

  it('is declared with the start of a failover, and stands with the run and in its audit', async () => {
    const { status, body } = await declare(ago(1_500_000));
    expect(status).toBe(202);
    expect(body.outageAt).toBe(ago(1_500_000));
    const [created] = (await world.ports.store.readAudit(body.id)) ?? [];
    expect(created?.data['outageAt']).toBe(formatInstant(world.clock.nowMs() - 1_500_000));
  });

  it('stands with its reason on the gate, for those who are asked', async () => {
    const { id, outageAt } = (await declare(ago(1_500_000))).body;
    await world.work(id);
    const [gate] = (await world.call('GET', '/api/v1/approvals')).body.items;
    expect(gate.run).toMatchObject({ reason: 'flood', outageAt });
  });

  it.each([
    ['to come', () => ago(-1000), 'still to come'],
    ['longer ago than can be meant', () => ago(7 * 86_400_000 + 1), 'taken for a mistake'],
    ['no time', () => 'yesterday', 'RFC 3339'],
  ])('that is %s starts nothing', async (_what, at, why) => {
    const { status, body } = await declare(at());
    expect([status, body.code]).toEqual([400, 'USAGE_BODY']);
    expect(body.detail ?? body.message).toContain(why);
    expect((await world.call('GET', '/api/v1/runs')).body.items).toEqual([]);
  });

  it('is nothing that a run for another purpose answers', async () => {
    const { body } = await start({ planHash: (await plan()).planHash, outageAt: ago(1000) });
    expect(body.code).toBe('USAGE_BODY');
  });
});

describe('a start', () => {
  it('answers 202 with the run and its place, and wakes a worker', async () => {
    const { planHash } = await plan('greet', { who: 'ada' });
    const { status, headers, body } = await start({ planHash, reason: 'practice' });
    expect(status).toBe(202);
    expect(headers['location']).toBe(`/api/v1/runs/${body.id}`);
    expect(body).toMatchObject({
      apiVersion: 'runward/v1',
      kind: 'Run',
      number: 1,
      runbook: 'greet',
      status: 'queued',
      planHash,
      requester: { name: 'local' },
    });
    expect(body.steps.map((step: { path: string; status: string }) => [step.path, step.status])).toEqual([
      ['go', 'pending'],
      ['look', 'pending'],
      ['same', 'pending'],
    ]);
    expect(body.url).toBe('http://127.0.0.1:7080/runs/1');
    expect(world.woken).toEqual([body.id]);
  });

  it('with the same key and body is the same run, with another body an error', async () => {
    const key = newKey();
    const first = await start({ runbook: 'greet', inputs: { who: 'ada' } }, key);
    const again = await start({ inputs: { who: 'ada' }, runbook: 'greet' }, key);
    expect(again.status).toBe(202);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect(again.body.id).toBe(first.body.id);

    const other = await start({ runbook: 'greet', inputs: { who: 'bob' } }, key);
    expect([other.status, other.body.code]).toEqual([422, 'CONFLICT_IDEMPOTENCY_MISMATCH']);
    expect((await world.call('GET', '/api/v1/runs')).body.items).toHaveLength(1);
  });

  it('needs a key, and either a hash or a runbook', async () => {
    const without = await world.call('POST', '/api/v1/runs', { body: { runbook: 'greet' } });
    expect([without.status, without.body.code, without.body.errors[0].pointer]).toEqual([400, 'USAGE_QUERY', '/idempotency-key']);
    const both = await start({ runbook: 'greet', planHash: '0'.repeat(64) });
    expect([both.status, both.body.code]).toEqual([400, 'USAGE_BODY']);
    expect((await start({})).body.code).toBe('USAGE_BODY');
  });

  it('of a severe plan needs the hash, the name and a reason, and says so', async () => {
    const bare = await start({ runbook: 'move' });
    expect([bare.status, bare.body.code]).toEqual([428, 'USAGE_CONFIRM']);
    expect(bare.body).toMatchObject({ level: 'severe', expected: 'move', planHash: expect.stringMatching(/^[0-9a-f]{64}$/) });

    const { planHash } = await plan('move');
    expect((await start({ planHash, confirm: 'greet', reason: 'flood' })).status).toBe(428);
    expect((await start({ planHash, confirm: 'move' })).status).toBe(428);
    expect((await start({ planHash, confirm: 'move', reason: 'flood' })).status).toBe(202);
  });

  it('is refused when five of the same person are under way in production', async () => {
    const { planHash } = await plan('move');
    const body = { planHash, confirm: 'move', reason: 'flood' };
    for (let count = 0; count < 5; count += 1) expect((await start(body)).status).toBe(202);
    const sixth = await start(body);
    expect([sixth.status, sixth.body.code, sixth.headers['retry-after']]).toEqual([429, 'LIMIT_CONCURRENCY', '60']);
  });

  it('of an unknown runbook is 404, with wrong inputs 422', async () => {
    expect((await start({ runbook: 'nothing' })).body.code).toBe('NOT_FOUND_RUNBOOK');
    const wrong = await start({ runbook: 'greet', inputs: { whom: 'x' } });
    expect([wrong.status, wrong.body.code]).toEqual([422, 'USAGE_DOCUMENT']);
    expect(wrong.body.findings).not.toHaveLength(0);
  });
});

describe('a run', () => {
  it('is found by number, id and the beginning of its id', async () => {
    const { id } = (await start({ runbook: 'greet' })).body;
    for (const reference of ['1', id, id.slice(0, 8)]) {
      expect((await world.call('GET', `/api/v1/runs/${reference}`)).body.id).toBe(id);
    }
    expect((await world.call('GET', '/api/v1/runs/2')).body.code).toBe('NOT_FOUND_RUN');
  });

  it('goes from its gate to its evidence through the API alone', async () => {
    const { id, planHash } = (await start({ runbook: 'greet', inputs: { who: 'ada' } })).body;
    await world.work(id);
    const waiting = (await world.call('GET', '/api/v1/runs/1')).body;
    expect(waiting.status).toBe('waiting');
    expect(waiting.waitingFor).toMatchObject([{ step: 'go', kind: 'approval', by: ['group:dba'], message: 'greet ada?' }]);
    expect(waiting.steps[0]).toMatchObject({ path: 'go', status: 'waiting' });

    const [gate] = (await world.call('GET', '/api/v1/approvals')).body.items;
    expect(gate).toMatchObject({ id: '1.go', asks: 'approval', need: 1, planHash, mayDecide: true, message: 'greet ada?' });
    expect((await world.call('GET', '/api/v1/runs/1/evidence')).body.code).toBe('CONFLICT_STATE');

    const key = newKey();
    const approved = await world.call('POST', `/api/v1/approvals/${gate.id}/approve`, { key, body: { planHash } });
    expect([approved.status, approved.body.pending]).toEqual([200, true]);
    expect((await world.call('GET', '/api/v1/runs/1')).body.pendingCommands).toBe(1);
    await world.work(id);

    const replay = await world.call('POST', '/api/v1/approvals/1.go/approve', { key, body: { planHash } });
    expect([replay.status, replay.headers['idempotent-replayed'], replay.body.pending]).toEqual([200, 'true', false]);
    const { stepKey } = (await world.call('GET', '/api/v1/runs/1')).body.waitingFor[0];
    const done = await world.call('POST', `/api/v1/runs/1/steps/${stepKey}/done`, { key: newKey(), body: {} });
    expect(done.status).toBe(202);
    await world.work(id);

    const ended = (await world.call('GET', '/api/v1/runs/1')).body;
    expect([ended.status, ended.pendingCommands, ended.waitingFor]).toEqual(['succeeded', 0, []]);
    const { body: audit } = await world.call('GET', '/api/v1/runs/1/audit');
    expect(audit.broken).toBeUndefined();
    expect(audit.items.at(-1).hash).toBe(audit.head);

    const page = await world.call('GET', '/api/v1/runs/1/evidence?format=html');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const evidence = await world.call('GET', '/api/v1/runs/1/evidence');
    expect(evidence.headers['content-disposition']).toBe('inline; filename="1-greet.evidence.json"');
    expect(evidence.body).toMatchObject({
      kind: 'Evidence',
      run: { id, number: 1 },
      approvals: [{ step: 'go', self: true }, { step: 'look' }],
    });
    const verification = verifyEvidence(world.crypto, evidence.text, world.publicKey);
    expect(verification.checks.filter((check) => !check.ok)).toEqual([]);
  });

  it('ends as cancelled when it is cancelled, and takes no word afterwards', async () => {
    const { id } = (await start({ runbook: 'greet' })).body;
    const key = newKey();
    expect((await world.call('POST', '/api/v1/runs/1/cancel', { key, body: { reason: 'wrong day' } })).status).toBe(202);
    await world.work(id);
    expect((await world.call('GET', '/api/v1/runs/1')).body.status).toBe('cancelled');
    expect((await world.call('POST', '/api/v1/runs/1/cancel', { key, body: { reason: 'wrong day' } })).headers['idempotent-replayed']).toBe(
      'true',
    );
    expect((await world.call('POST', '/api/v1/runs/1/cancel', { key, body: {} })).body.code).toBe('CONFLICT_IDEMPOTENCY_MISMATCH');
    expect((await world.call('POST', '/api/v1/runs/1/cancel', { key: newKey(), body: {} })).body.code).toBe('CONFLICT_STATE');
  });

  it('refuses decisions about another plan, of the wrong kind, and where it does not wait', async () => {
    const { id, planHash } = (await start({ runbook: 'greet' })).body;
    const approve = (step: string, hash = planHash) =>
      world.call('POST', `/api/v1/approvals/1.${step}/approve`, { key: newKey(), body: { planHash: hash } });
    expect((await approve('go')).body.code).toBe('NOT_FOUND_APPROVAL');
    await world.work(id);
    expect((await approve('go', 'f'.repeat(64))).body.code).toBe('CONFLICT_STALE_PLAN');
    expect((await approve('look')).body.code).toBe('NOT_FOUND_APPROVAL');
    const [{ stepKey }] = (await world.call('GET', '/api/v1/runs/1')).body.waitingFor;
    const done = await world.call('POST', `/api/v1/runs/1/steps/${stepKey}/done`, { key: newKey(), body: {} });
    expect(done.body.code).toBe('CONFLICT_STATE');
    const resolve = await world.call('POST', `/api/v1/runs/1/steps/${stepKey}/resolve`, {
      key: newKey(),
      body: { as: 'failed', reason: 'x' },
    });
    expect(resolve.body.code).toBe('CONFLICT_STATE');
    const deny = await world.call('POST', '/api/v1/approvals/1.go/deny', { key: newKey(), body: { planHash } });
    expect([deny.status, deny.body.errors[0].pointer]).toEqual([400, '/reason']);
    expect((await world.call('POST', '/api/v1/approvals/1.go/deny', { key: newKey(), body: { planHash, reason: 'no' } })).status).toBe(200);
    await world.work(id);
    expect((await world.call('GET', '/api/v1/runs/1')).body.status).toBe('rejected');
  });

  it('answers a long look at once when it has ended, and on the next change otherwise', async () => {
    const { id, seq } = (await start({ runbook: 'greet' })).body;
    const [looked] = await Promise.all([world.call('GET', '/api/v1/runs/1?wait=30s'), world.work(id)]);
    expect(looked.body.seq).toBeGreaterThan(seq);
    expect((await world.call('GET', '/api/v1/runs/1?wait=90s')).body.code).toBe('USAGE_QUERY');
  });
});

describe('production on a store that could lose runs', () => {
  it('is refused, unless the estate is simulated', async () => {
    await world.close();
    world = await makeServerWorld({ RUNWARD_AUTH: 'token', RUNWARD_AZURE_ARM_ENDPOINT: 'https://management.azure.com' });
    await world.context.projects.publish([GREET, MOVE]);
    const token = await world.token('ada', ['operator']);
    const { planHash } = (await world.call('POST', '/api/v1/plans', { token, body: { runbook: 'move' } })).body;
    const body = { planHash, confirm: 'move', reason: 'flood' };
    const refused = await world.call('POST', '/api/v1/runs', { token, key: newKey(), body });
    expect([refused.status, refused.body.code]).toEqual([503, 'STORE_NOT_DURABLE']);
    expect((await world.call('POST', '/api/v1/runs', { token, key: newKey(), body: { runbook: 'greet' } })).status).toBe(202);
  });
});

describe('a form', () => {
  it('is checked field by field, and what it gives is what later steps read', async () => {
    await world.context.projects.publish([FORM]);
    const { id, planHash } = (await start({ runbook: 'form' })).body;
    await world.work(id);
    const [gate] = (await world.call('GET', '/api/v1/approvals')).body.items;
    expect(gate.form).toMatchObject({
      properties: { grade: { type: 'string', enum: ['good', 'bad'] }, pause: { default: '10m' } },
      required: ['grade'],
    });
    const answer = (form?: object) =>
      world.call('POST', `/api/v1/approvals/${gate.id}/approve`, { key: newKey(), body: { planHash, form } });
    const wrong = await answer({ grade: 'great', colour: 'red' });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'USAGE_BODY']);
    expect(wrong.body.errors.map((error: { pointer: string }) => error.pointer).toSorted()).toEqual(['/form/colour', '/form/grade']);
    expect((await answer()).body.code).toBe('USAGE_BODY');
    expect((await answer({ grade: 'good' })).status).toBe(200);
    await world.work(id);
    expect((await world.call('GET', '/api/v1/runs/1')).body.status).toBe('succeeded');
  });
});

describe('the list of runs', () => {
  it('goes newest first, page by page, and keeps its filters in the cursor', async () => {
    for (let count = 0; count < 5; count += 1) await start({ runbook: 'greet' });
    await start({ planHash: (await plan('move')).planHash, confirm: 'move', reason: 'x' });
    const first = (await world.call('GET', '/api/v1/runs?runbook=greet&status=queued,running&limit=3')).body;
    expect(first.items.map((run: { number: number }) => run.number)).toEqual([5, 4, 3]);
    const second = (await world.call('GET', `/api/v1/runs?limit=3&after=${first.next}`)).body;
    expect(second.items.map((run: { number: number }) => run.number)).toEqual([2, 1]);
    expect(second.next).toBeUndefined();
    expect((await world.call('GET', '/api/v1/runs?after=bm90aGluZw')).body.code).toBe('USAGE_QUERY');
    expect((await world.call('GET', '/api/v1/runs?status=lost')).body.code).toBe('USAGE_QUERY');
    expect((await world.call('GET', '/api/v1/runs?colour=red')).body.code).toBe('USAGE_QUERY');
  });
});
