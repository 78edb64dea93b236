import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fireOnce } from '../../../engine/schedule/fire.ts';
import { slotRuns } from '../../../server/schedules.ts';
import { GREET, MOVE } from './documents.ts';
import type { ServerWorld } from './server-world.ts';
import { makeServerWorld, newKey } from './server-world.ts';

const ID = 'greet.hourly';
const SCHEDULED = `triggers:
  schedules:
    - id: hourly
      cron: "0 * * * *"
      timezone: Europe/Berlin
      inputs: { who: ada }
`;

let world: ServerWorld;

afterEach(() => world.close());

const publish = (text: string, token?: string) =>
  world.call('PUT', '/api/v1/runbooks', { body: { files: [{ path: GREET.path, text }] }, ...(token === undefined ? {} : { token }) });
const fire = () => fireOnce(world.ports, slotRuns(world.context));

/** Moves the clock to minutes past 09:00 UTC and lets the server look. */
async function at(minutes: number): Promise<void> {
  world.clock.move(Date.UTC(2026, 0, 15, 9) + minutes * 60_000 + 1_000 - world.clock.nowMs());
  await fire();
}

// What an expression gives is known only when the slot comes.
const TOO_LONG = `who: "\${{ '${'x'.repeat(60)}' }}"`;

describe('a schedule', () => {
  beforeEach(async () => {
    world = await makeServerWorld();
    expect((await publish(GREET.text + SCHEDULED)).status).toBe(200);
  });

  it('is registered by publishing its runbook and shown with its next slot', async () => {
    const { body } = await world.call('GET', '/api/v1/schedules');
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({
      kind: 'Schedule',
      id: ID,
      runbook: 'greet',
      state: 'active',
      overlap: 'skip',
      words: 'at every full hour every day',
      missed: { run: 'latest', withinMs: 1_800_000, max: 10 },
      publishedBy: 'local',
      next: { slot: '2026-01-15T10:00:00.000Z', local: 'Thu 2026-01-15 11:00 +01:00' },
    });
    expect((await world.call('GET', `/api/v1/schedules/${ID}`)).body).toEqual(body.items[0]);
    expect((await world.call('GET', '/api/v1/schedules/greet.none')).body.code).toBe('NOT_FOUND_SCHEDULE');
  });

  it('fires a signed run with its inputs at its slot, and a second server adds none', async () => {
    await at(60);
    await Promise.all([fire(), fire()]);
    const { items } = (await world.call('GET', '/api/v1/runs')).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ runbook: 'greet', status: 'queued', requester: { name: `schedule ${ID}` } });
    expect((await world.call('GET', `/api/v1/runs/${items[0].id}/plan`)).body.inputs).toEqual({ who: 'ada' });
    expect(world.woken).toContain(items[0].id);

    await world.work(items[0].id);
    expect((await world.call('GET', `/api/v1/runs/${items[0].id}`)).body.status).toBe('waiting');
    await at(120);
    const { past } = (await world.call('GET', `/api/v1/schedules/${ID}/slots`)).body;
    expect(past).toMatchObject([
      { slot: '2026-01-15T11:00:00.000Z', outcome: 'skipped', reason: 'the run of 2026-01-15T10:00:00Z has not ended' },
      { slot: '2026-01-15T10:00:00.000Z', outcome: 'run', runId: items[0].id },
    ]);
  });

  it('previews slots in two zones, with what a change of the clock leaves out', async () => {
    await publish(GREET.text + SCHEDULED.replace('0 * * * *', '30 2 * * *'));
    const { body } = await world.call('GET', `/api/v1/schedules/${ID}/slots?from=2027-03-27&count=3&zone=America/New_York`);
    expect(body.next).toEqual([
      {
        slot: '2027-03-27T01:30:00.000Z',
        startsAt: '2027-03-27T01:30:00.000Z',
        local: 'Sat 2027-03-27 02:30 +01:00',
        yours: 'Fri 2027-03-26 21:30 -04:00',
      },
      { local: 'Sun 2027-03-28 -', note: 'skipped: no 02:30 (DST)' },
      {
        slot: '2027-03-29T00:30:00.000Z',
        startsAt: '2027-03-29T00:30:00.000Z',
        local: 'Mon 2027-03-29 02:30 +02:00',
        yours: 'Sun 2027-03-28 20:30 -04:00',
      },
    ]);
    expect((await world.call('GET', `/api/v1/schedules/${ID}/slots?from=soon`)).body.code).toBe('USAGE_QUERY');
    expect((await world.call('GET', `/api/v1/schedules/${ID}/slots?zone=Mars/Base`)).body.code).toBe('USAGE_QUERY');
  });

  it('is paused with a reason, resumed, and triggered by hand', async () => {
    const paused = await world.call('POST', `/api/v1/schedules/${ID}/pause`, { key: newKey(), body: { reason: 'maintenance' } });
    expect(paused.body).toMatchObject({ state: 'paused', pause: { reason: 'maintenance', by: 'local' } });
    await at(60);
    expect((await world.call('GET', '/api/v1/runs')).body.items).toEqual([]);
    const resumed = await world.call('POST', `/api/v1/schedules/${ID}/resume`, { key: newKey(), body: {} });
    expect(resumed.body).toMatchObject({ state: 'active', last: { outcome: 'skipped', reason: 'the schedule is paused: maintenance' } });
    expect((await world.call('POST', `/api/v1/schedules/${ID}/resume`, { key: newKey(), body: {} })).body.code).toBe('CONFLICT_STATE');

    const key = newKey();
    const run = await world.call('POST', `/api/v1/schedules/${ID}/trigger`, { key, body: { reason: 'now' } });
    expect(run.status).toBe(202);
    expect(run.body).toMatchObject({ runbook: 'greet', requester: { name: 'local' } });
    expect((await world.call('POST', `/api/v1/schedules/${ID}/trigger`, { key, body: { reason: 'now' } })).body.id).toBe(run.body.id);
  });

  it('is paused and resumed once for a key, with who and why in the chain of the installation', async () => {
    const pause = (key: string, reason: string) => world.call('POST', `/api/v1/schedules/${ID}/pause`, { key, body: { reason } });
    const key = newKey();
    const first = await pause(key, 'maintenance');
    const again = await pause(key, 'maintenance');
    expect([again.status, again.headers['idempotent-replayed'], again.body]).toEqual([200, 'true', first.body]);
    expect(first.headers['idempotent-replayed']).toBeUndefined();
    expect((await pause(key, 'something else')).body.code).toBe('CONFLICT_IDEMPOTENCY_MISMATCH');
    await world.call('POST', `/api/v1/schedules/${ID}/resume`, { key: newKey(), body: { reason: 'done' } });
    expect((await world.ports.store.readSystemAudit(0, 10)).map(({ actor, event, data }) => [actor, event, data])).toEqual([
      ['local', 'schedule.pause', { by: 'local', schedule: ID, reason: 'maintenance' }],
      ['local', 'schedule.resume', { by: 'local', schedule: ID, reason: 'done' }],
    ]);
  });

  it('shows a slot that gets no run with its reason, and lets a person skip it once nobody can be creating the run', async () => {
    const slot = '2026-01-15T10:00:00.000Z';
    const slotMs = Date.parse(slot);
    const skip = (key = newKey()) =>
      world.call('POST', `/api/v1/schedules/${ID}/slots/${slot}/skip`, { key, body: { reason: 'inputs changed' } });
    const pending = async () => (await world.call('GET', `/api/v1/schedules/${ID}/slots`)).body.pending;
    const { store } = world.ports;
    const runs = slotRuns(world.context);
    world.clock.move(3_601_000);
    // A process dies between the mark and the run, and the plan is refused from then on.
    await fireOnce(world.ports, { ...runs, create: async () => Promise.reject(new Error('killed')) });
    expect(await pending()).toMatchObject([{ slot, begun: true, reason: expect.stringContaining('killed') }]);
    await publish(GREET.text + SCHEDULED.replace('who: ada', TOO_LONG));
    await fire();
    expect(await pending()).toMatchObject([{ slot, begun: true, reason: expect.stringContaining('its plan is refused now') }]);
    expect((await skip()).body).toMatchObject({ code: 'CONFLICT_STATE', detail: expect.stringContaining('it can be skipped from') });

    world.clock.move(601_000);
    const key = newKey();
    expect((await skip(key)).body).toMatchObject({ slot, outcome: 'skipped', reason: 'local: inputs changed' });
    expect((await skip(key)).headers['idempotent-replayed']).toBe('true');
    expect((await skip()).body.code).toBe('CONFLICT_STATE');
    expect(await pending()).toEqual([]);
    expect(await store.listSlots(ID, { limit: 5, beforeMs: slotMs + 1 })).toMatchObject([{ slotMs, outcome: 'skipped' }]);
    expect(await store.beginSlot(ID, slotMs)).toBe(false);
    expect((await store.readSystemAudit(0, 10)).at(0)).toMatchObject({ event: 'schedule.skip', data: { slot, reason: 'inputs changed' } });
  });

  it('that its document leaves off is turned on by a person, and off again when the document changes', async () => {
    await publish(GREET.text + SCHEDULED.replace('cron:', 'enabled: false\n      cron:'));
    const state = async () => (await world.call('GET', `/api/v1/schedules/${ID}`)).body.state;
    expect(await state()).toBe('disabled');
    const enabled = await world.call('POST', `/api/v1/schedules/${ID}/enable`, { key: newKey(), body: { reason: 'agreed' } });
    expect(enabled.body).toMatchObject({ state: 'active', next: { slot: '2026-01-15T10:00:00.000Z' } });
    await at(60);
    expect((await world.call('GET', '/api/v1/runs')).body.items).toHaveLength(1);
    await publish(GREET.text + SCHEDULED.replace('cron:', 'enabled: false\n      overlap: allow\n      cron:'));
    expect(await state()).toBe('disabled');
  });

  it('records why a slot got no run', async () => {
    await publish(GREET.text + SCHEDULED.replace('who: ada', TOO_LONG));
    await at(60);
    const { last } = (await world.call('GET', `/api/v1/schedules/${ID}`)).body;
    expect(last).toMatchObject({ outcome: 'skipped', reason: expect.stringMatching(/^no run was started: /) });
    expect((await world.call('GET', '/api/v1/runs')).body.items).toEqual([]);
  });

  it('is gone when its runbook is published without it', async () => {
    await publish(GREET.text);
    expect((await world.call('GET', '/api/v1/schedules')).body.items).toEqual([]);
  });
});

describe('a severe schedule', () => {
  it('starts behind an approval only', async () => {
    world = await makeServerWorld();
    const gateless = MOVE.text.replace(/ {2}- id: go[\s\S]*? {2}- id: look/, '  - id: look');
    const text = gateless.replace(/ {2}- id: look[\s\S]*? {2}- id: same/, '  - id: same') + SCHEDULED;
    await world.call('PUT', '/api/v1/runbooks', { body: { files: [{ path: MOVE.path, text }] } });
    await at(60);
    const { last } = (await world.call('GET', '/api/v1/schedules/move.hourly')).body;
    expect(last).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining('only behind an approval') });
  });
});

describe('rights', () => {
  it('of a schedule are those that its writer has when it fires', async () => {
    world = await makeServerWorld({ RUNWARD_AUTH: 'token' });
    const author = await world.token('ada', ['author']);
    const viewer = await world.token('eve', ['viewer']);
    expect((await publish(GREET.text + SCHEDULED, author)).status).toBe(200);
    expect(
      (await world.call('POST', `/api/v1/schedules/${ID}/pause`, { token: viewer, key: newKey(), body: { reason: 'x' } })).status,
    ).toBe(403);

    await at(60);
    const runs = (await world.call('GET', '/api/v1/runs', { token: viewer })).body.items;
    expect(runs).toHaveLength(1);
    await world.ports.store.deleteToken(author.slice(3, 15));
    const run = (await world.ports.store.readRun(runs[0].id))?.run;
    expect(run?.requester).toMatchObject({ id: 'ada', kind: 'token' });
    expect(run).toMatchObject({ trigger: 'schedule', slotMs: expect.any(Number) });

    const slotOf = async () => (await world.call('GET', `/api/v1/schedules/${ID}`, { token: viewer })).body.last;
    await world.call('POST', `/api/v1/runs/${runs[0].id}/cancel`, {
      token: await world.token('op', ['operator']),
      key: newKey(),
      body: {},
    });
    await world.work(runs[0].id);
    await at(120);
    expect(await slotOf()).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringContaining('ada, who published it, may not start'),
    });
  });
});
