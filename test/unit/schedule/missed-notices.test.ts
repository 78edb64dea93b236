import { expect, it } from 'vitest';
import { NOTICE_LOST_MS } from '../../../engine/limits.ts';
import type { ChannelAnswer, Ports } from '../../../engine/ports.ts';
import { tellMissed } from '../../../engine/run/tell-missed.ts';
import { registerSchedules } from '../../../engine/schedule/register.ts';
import { fireOnce, type SlotRuns } from '../../../engine/schedule/fire.ts';
import type { ScheduleRule } from '../../../engine/schedule/stored-schedule.ts';
import { memoryPorts } from '../../support/memory-ports.ts';

const MINUTE_MS = 60_000;
const NOON = Date.UTC(2026, 5, 1, 12);
const WRITER = { id: 'anna', name: 'Anna', kind: 'local', groups: [] } as const;
const RULE: ScheduleRule = {
  id: 'backup.nightly',
  runbook: 'backup',
  environment: 'test',
  cron: '*/10 * * * *',
  timezone: 'UTC',
  dayMatch: 'or',
  jitterMs: 0,
  inputs: {},
  overlap: 'skip',
  missed: { run: 'none', withinMs: 60 * MINUTE_MS, max: 10 },
  enabled: true,
  tells: { title: 'Nightly backup', missed: ['teams:backup', 'pager:night'] },
};
const RUNS: SlotRuns<string> = { plan: async () => ({ kind: 'planned', planned: 'plan' }), create: async () => undefined };
const never = new AbortController().signal;

/** Servers that decide about slots and workers that have channels, on one clock that the test moves. */
async function makeWorld(
  rule: ScheduleRule = RULE,
  answer: () => Promise<ChannelAnswer> = async () => ({ kind: 'delivered', status: 200 }),
) {
  let nowMs = NOON;
  const sent: string[] = [];
  const errors: string[] = [];
  const shared = memoryPorts({ nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async (ms) => void (nowMs += ms) });
  const ports: Ports = {
    ...shared,
    channels: {
      has: () => true,
      send: async ({ channel, text }) => {
        sent.push(`${channel}: ${text}`);
        return answer();
      },
    },
    log: { ...shared.log, error: (message, fields) => void errors.push(`${message}: ${JSON.stringify(fields)}`) },
  };
  const { id, runbook } = rule;
  await registerSchedules(ports, { runbooks: new Set([runbook]), rules: [rule], writer: WRITER, published: new Set([runbook]) });
  return {
    ports,
    sent,
    errors,
    id,
    /** Moves the clock to so many minutes past noon and lets a server look. */
    async at(minute: number) {
      nowMs = NOON + minute * MINUTE_MS + 1_000;
      await fireOnce(ports, RUNS);
    },
    wait: (ms: number) => void (nowMs += ms),
  };
}

it('slots that nobody looked at are told to the channels of the runbook in one message, once', async () => {
  const world = await makeWorld();
  await world.at(10);
  await tellMissed(world.ports, never);
  expect(world.sent).toEqual([]);

  await world.at(35);
  const why = 'nobody looked until 5m1s later, and this schedule does not catch up';
  const text = `Nightly backup missed 2 slots from 2026-06-01T12:20:00Z to 2026-06-01T12:30:00Z (${why}): runward schedule show backup.nightly`;
  await Promise.all([tellMissed(world.ports, never), tellMissed(world.ports, never)]);
  await tellMissed(world.ports, never);
  expect(world.sent.toSorted()).toEqual([`pager:night: ${text}`, `teams:backup: ${text}`]);
  expect(await world.ports.store.slotNotices()).toEqual([]);
  expect(world.errors).toEqual([]);
});

it('nobody is told who did not ask, and nothing of a slot that was skipped', async () => {
  const { tells: _, ...silent } = RULE;
  const world = await makeWorld(silent);
  await world.at(35);
  expect(await world.ports.store.slotNotices()).toEqual([]);
});

it('a schedule that owes too much to decide about is told as well', async () => {
  const world = await makeWorld();
  await world.at(60 * 24 * 2);
  await tellMissed(world.ports, never);
  expect(world.sent[0]).toMatch(
    /^teams:backup: Nightly backup is parked \(more than 100 slots are owed since 2026-06-01T12:10:00Z.*runward schedule show/,
  );
});

it('a message that does not arrive is an error in the log of the worker, and is not sent again', async () => {
  const world = await makeWorld(RULE, async () => ({ kind: 'refused', message: 'status 404' }));
  await world.at(35);
  await tellMissed(world.ports, never);
  await tellMissed(world.ports, never);
  expect(world.sent).toHaveLength(2);
  expect(world.errors).toEqual([expect.stringContaining('status 404'), expect.stringContaining('status 404')]);
});

it('what a worker took and did not end is never sent again, and is an error after a while', async () => {
  const world = await makeWorld();
  await world.at(35);
  const [notice] = await world.ports.store.slotNotices();
  if (notice === undefined) throw new Error('there is no notice');
  // A worker has taken it and dies.
  await world.ports.store.takeSlotNotice(notice, await world.ports.store.nowMs());
  await tellMissed(world.ports, never);
  expect(world.sent).toHaveLength(1);
  expect(world.errors).toEqual([]);
  world.wait(NOTICE_LOST_MS);
  await Promise.all([tellMissed(world.ports, never), tellMissed(world.ports, never)]);
  expect(world.sent).toHaveLength(1);
  expect(world.errors).toEqual([expect.stringContaining('it may not have arrived, and it is not sent again')]);
  expect(await world.ports.store.slotNotices()).toEqual([]);
});
