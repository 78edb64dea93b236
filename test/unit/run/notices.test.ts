import { expect, test } from 'vitest';
import { noticesBetween } from '../../../engine/run/notices.ts';
import { leaf, makeRunWorld, type RunWorld, step } from '../../support/run-world.ts';

const log = async (world: RunWorld): Promise<readonly string[]> =>
  (await world.ports.store.readLog(world.runId, { from: 0, limit: 100 })).lines.map(({ text }) => text);

const broken = { kind: 'failed', failure: { kind: 'target', message: 'it is broken' } } as const;

test('each event that a runbook names goes to its channels once, in its order', async () => {
  const world = await makeRunWorld({
    steps: [leaf('look', 'read'), step('rest', { kind: 'wait', wait: { duration: '2h' } }), leaf('again', 'read')],
    notify: [
      { to: 'teams:dr', when: ['started', 'succeeded'] },
      { to: 'pager:on-call', when: ['failed', 'succeeded'] },
      { to: 'pager:on-call', when: ['succeeded'] },
    ],
  });
  expect((await world.go()).state).toBe('succeeded');
  expect(world.messages).toEqual(['teams:dr: Test #1 started', 'teams:dr: Test #1 succeeded', 'pager:on-call: Test #1 succeeded']);
});

test('a person who pauses a run, and a run that pauses itself, are told of', async () => {
  const notify = [{ to: 'teams:dr', when: ['paused', 'failed'] }];
  const steps = [leaf('look', 'read', { onFailure: 'pause' })];
  const world = await makeRunWorld({ steps, notify }, { read: async () => broken });
  expect((await world.go()).state).toBe('paused');
  expect(world.messages).toEqual([expect.stringMatching(/^teams:dr: Test #1 paused \(.*it is broken.*\): runward status$/)]);
  await world.say({ kind: 'resolve', step: 'look', as: 'failed', reason: 'no' });
  expect((await world.go()).state).toBe('failed');
  expect(world.messages).toHaveLength(2);

  const held = await makeRunWorld({ steps: [step('gate', GATE), leaf('look', 'read')], notify });
  await held.go();
  await held.say({ kind: 'pause', reason: 'wait for me' });
  expect((await held.go()).state).toBe('paused');
  expect(held.messages).toHaveLength(1);
});

const GATE = {
  kind: 'approval',
  by: ['group:approvers'],
  need: 1,
  needFrom: [],
  self: false,
  timeoutMs: 4 * 3_600_000,
  onTimeout: 'stop',
  message: 'Go on?',
  form: {},
} as const;

test('a channel that fails, answers unclearly or is not there fails no run, and the log of the run says so', async () => {
  const notify = [{ to: 'teams:dr', when: ['succeeded'] }];
  const steps = [leaf('look', 'read')];
  const refused = await makeRunWorld({ steps, notify }, { send: async () => ({ kind: 'refused', message: 'status 404' }) });
  expect((await refused.go()).state).toBe('succeeded');
  expect(await log(refused)).toEqual(['notice to teams:dr: Test #1 succeeded', 'the notice to teams:dr did not arrive: status 404']);
  const unclear = await makeRunWorld({ steps, notify }, { send: async () => ({ kind: 'ambiguous', message: 'status 504' }) });
  await unclear.go();
  expect(unclear.messages).toHaveLength(1);
  const thrown = await makeRunWorld(
    { steps, notify },
    {
      send: async () => {
        throw new Error('https://hooks.example.com/secret');
      },
    },
  );
  expect((await thrown.go()).state).toBe('succeeded');
  expect((await log(thrown)).join()).not.toContain('hooks.example.com');
  const absent = await makeRunWorld({ steps, notify }, { channels: [] });
  expect((await absent.go()).state).toBe('succeeded');
  expect(absent.messages).toEqual([]);
  expect((await log(absent)).at(-1)).toBe("the notice to teams:dr was not sent: this worker's channelsFile does not name it");
});

test('only what provably was not sent is sent again, three times at most', async () => {
  const notify = [{ to: 'teams:dr', when: ['succeeded'] }];
  let answers = 0;
  const later = await makeRunWorld(
    { steps: [leaf('look', 'read')], notify },
    {
      send: async () => {
        answers += 1;
        return answers < 3 ? { kind: 'not_sent', message: 'no route', retryAfterMs: 60_000 } : { kind: 'delivered', status: 200 };
      },
    },
  );
  expect((await later.go()).state).toBe('succeeded');
  expect(later.messages).toHaveLength(3);
  expect(await log(later)).toEqual(['notice to teams:dr: Test #1 succeeded']);
  const never = await makeRunWorld(
    { steps: [leaf('look', 'read')], notify },
    { send: async () => ({ kind: 'not_sent', message: 'no route', retryAfterMs: 1_000 }) },
  );
  expect((await never.go()).state).toBe('succeeded');
  expect(never.messages).toHaveLength(3);
});

test('a secret that a target repeats is in no notice', async () => {
  const world = await makeRunWorld(
    {
      steps: [step('look', { kind: 'uses', action: 'test.read@1', with: { token: 'secret:shop' } })],
      notify: [{ to: 'teams:dr', when: ['failed'] }],
    },
    {
      secret: 'hunter2-hunter2',
      read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'login with hunter2-hunter2 was refused' } }),
    },
  );
  expect((await world.go()).state).toBe('failed');
  expect(world.messages).toEqual([expect.stringContaining('login with *** was refused')]);
  expect((await log(world)).join()).not.toContain('hunter2');
});

test('a run of a slot that starts more than five minutes after its time is told as late, once', async () => {
  const world = await makeRunWorld({ steps: [leaf('look', 'read')], notify: [{ to: 'teams:dr', when: ['late'] }] });
  const dueAtMs = Date.UTC(2026, 0, 5, 2, 30);
  const run = { ...(await world.run()), slotDueAtMs: dueAtMs };
  const view = (more: Partial<typeof run>) => ({ run: { ...run, ...more }, steps: new Map() });
  const started = (afterMs: number) => view({ state: 'running' as const, startedAtMs: dueAtMs + afterMs });
  const texts = (afterMs: number) => noticesBetween(world.plan, view({}), started(afterMs)).map(({ text }) => text);
  expect(texts(5 * 60_000)).toEqual([]);
  expect(texts(12 * 60_000 + 4_000)).toEqual(['Test #1 late: it started 12m after its time, 2026-01-05T02:30:00Z']);
  expect(noticesBetween(world.plan, started(720_000), view({ state: 'succeeded', startedAtMs: dueAtMs + 720_000 }))).toEqual([]);
});
