import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { systemIds } from '../../adapters/system/ids.ts';
import { fireOnce, type SlotRuns } from '../../engine/schedule/fire.ts';
import type { Store } from '../../engine/store.ts';
import { makeCreate } from '../contracts/store-requests.ts';
import { silentLog } from '../support/silent-log.ts';

/** How a scheduler of the test is to behave. */
export interface SchedulerOrder {
  readonly url: string;
  /** How wrong the clock of the process is. */
  readonly skewMs: number;
  /** It dies by SIGKILL at the n-th passing of this point. */
  readonly killAt?: { readonly point: KillPoint; readonly pass: number };
  /** False: a decision is written whatever others have decided meanwhile. */
  readonly guarded: boolean;
  /** List in Redis that gets a line for every slot that this process has decided. */
  readonly ledger: string;
}

export const KILL_POINTS = [
  'due read',
  'schedule read',
  'decision made',
  'decision written',
  'pending read',
  'slot begun',
  'run created',
  'record made',
  'record written',
] as const;

export type KillPoint = (typeof KILL_POINTS)[number];

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '') as SchedulerOrder;
  const realNow = Date.now;
  Date.now = () => realNow() + order.skewMs;
  const store = watched(await openRedisStore({ url: order.url, log: silentLog }), order, new Redis(order.url));
  const runs: SlotRuns<string> = {
    plan: async () => ({ kind: 'planned', planned: 'plan' }),
    create: async (_schedule, runId) => {
      await store.create(makeCreate(runId));
      pass(order, 'run created');
    },
  };
  process.stdout.write('ready\n');
  for (;;) {
    await fireOnce({ store, ids: systemIds, log: silentLog }, runs);
    await delay(20);
  }
}

function watched(store: Store, order: SchedulerOrder, ledger: Redis): Store {
  const after = async <Answer>(point: KillPoint, answer: Promise<Answer>): Promise<Answer> => {
    const known = await answer;
    pass(order, point);
    return known;
  };
  return {
    ...store,
    dueSchedules: (limit) => after('due read', store.dueSchedules(limit)),
    async readSchedule(id) {
      const stored = await after('schedule read', store.readSchedule(id));
      // What else goes on in a process lies between reading and writing: this is where others get ahead.
      await delay(Math.random() * 60);
      return stored;
    },
    async writeSchedule(change) {
      pass(order, 'decision made');
      const current = (await store.readSchedule(change.id))?.rev ?? 0;
      const { schedule } = change;
      const forced = {
        ...change,
        expectedRev: current,
        ...(schedule === undefined ? {} : { schedule: { ...schedule, rev: current + 1 } }),
      };
      const answer = await store.writeSchedule(order.guarded ? change : forced);
      const decided = [...change.run, ...change.records].map(({ slotMs }) => `${change.id} ${slotMs}`);
      if (answer === 'written' && decided.length > 0) await ledger.rpush(order.ledger, ...decided);
      pass(order, 'decision written');
      return answer;
    },
    pendingSlots: () => after('pending read', store.pendingSlots()),
    beginSlot: (id, slotMs) => after('slot begun', store.beginSlot(id, slotMs)),
    async endSlot(id, record) {
      pass(order, 'record made');
      return after('record written', store.endSlot(id, record));
    },
  };
}

const passes = new Map<KillPoint, number>();

function pass({ killAt }: SchedulerOrder, point: KillPoint): void {
  const count = (passes.get(point) ?? 0) + 1;
  passes.set(point, count);
  if (killAt?.point === point && killAt.pass === count) process.kill(process.pid, 'SIGKILL');
}

if (import.meta.main) await main();
