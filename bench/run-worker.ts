import { z } from 'zod';
import { startConsumer } from '../adapters/redis/consumer.ts';
import { openRedisStore } from '../adapters/redis/store.ts';
import { openWakeUps } from '../adapters/redis/wake-ups.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds, systemRandom } from '../adapters/system/ids.ts';
import { openTickets } from '../adapters/system/tickets.ts';
import { type Action, type ActionContext, effectAction, readAction } from '../engine/actions/action.ts';
import type { Log, Ports } from '../engine/ports.ts';
import { advance } from '../engine/run/advance.ts';
import { LEASE_TIMES } from '../engine/run/holder.ts';
import type { Engine } from '../engine/run/turn.ts';
import type { Seen } from './run-stage.ts';

/**
 * A worker process of the run benches: the engine with the real store, queue and tickets, and with actions that do nothing. Arguments: the
 * address of Redis, how many runs it works on at once, its ticket directory. A number that it is sent asks for what it has seen once so many
 * more runs have ended.
 */
export type EffectName = 'read' | 'named' | 'guarded';

interface Input {
  readonly ms?: number | undefined;
}

const [url = '', lanes = '50', ticketDirectory = ''] = process.argv.slice(2);
const silent: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (message, fields) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
};
const now = (): number => performance.timeOrigin + performance.now();

const ends = new Map<string, number>();
let gaps: number[] = [];
let begins: Record<string, number> = {};
const ended = new Set<string>();
let endedRuns = 0;
let wanted: { readonly runs: number; readonly met: () => void } | undefined;

const HEAD = {
  summary: 'Does nothing.',
  severity: 'moderate',
  target: 'none',
  input: z.strictObject({ ms: z.int().optional() }),
  result: { exitCode: 'int', changed: 'bool' },
  timeoutMs: 600_000,
  permissions: [],
} as const;
const SUCCESS = { kind: 'succeeded', result: { exitCode: 0, changed: false } } as const;

function idleEffect(effect: 'named' | 'guarded'): Action {
  return effectAction<Input>({
    ...HEAD,
    name: `bench.${effect}@1`,
    effect,
    quietMs: 1_000,
    precheck: async () => ({ kind: 'proceed' }),
    submit: async (_ports, context) => {
      await idle(context);
      return { kind: 'completed' };
    },
    find: async () => ({ kind: 'absent' }),
    poll: async () => ({ kind: 'ended_well' }),
    verify: async () => SUCCESS,
  });
}

const idleRead: Action = readAction<Input>({
  ...HEAD,
  name: 'bench.read@1',
  effect: 'read',
  read: async (_ports, context) => {
    await idle(context);
    return SUCCESS;
  },
});

async function idle({ runId, input }: ActionContext<Input>): Promise<void> {
  const last = ends.get(runId);
  if (last === undefined) begins[runId] ??= now();
  else gaps.push(now() - last);
  if (input.ms !== undefined) await new Promise((resolve) => setTimeout(resolve, input.ms));
  ends.set(runId, now());
}

const [store, queue, tickets] = await Promise.all([
  openRedisStore({ url, log: silent }),
  openWakeUps({ url, log: silent }),
  openTickets(ticketDirectory),
]);
const unused = new Proxy({}, { get: (_target, name) => () => Promise.reject(new Error(`the bench has no ${String(name)}`)) });
const ports = {
  store,
  queue,
  tickets,
  clock: systemClock,
  random: systemRandom,
  ids: systemIds,
  signer: { verify: () => true, sign: () => undefined },
  log: silent,
  ...Object.fromEntries(['azure', 'shell', 'http', 'tls', 'dns', 'channels', 'secrets'].map((name) => [name, unused])),
} as unknown as Ports;
const engine: Engine = {
  ports,
  actions: new Map([idleRead, idleEffect('named'), idleEffect('guarded')].map((action) => [action.name, action])),
  script: () => {
    throw new Error('the bench has no scripts');
  },
  times: LEASE_TIMES,
  stops: { now: () => ({ freezes: [] }) },
  timeScale: 1,
  worker: `bench-${process.pid}`,
};

process.on('disconnect', () => process.exit(0));
process.on('message', (runs: number) => {
  const cpuBefore = process.cpuUsage();
  const met = (): void => {
    wanted = undefined;
    endedRuns -= runs;
    const used = process.cpuUsage(cpuBefore);
    const seen: Seen = { gaps, begins, rssMb: Math.round(process.memoryUsage().rss / 1_048_576), cpuMs: (used.user + used.system) / 1000 };
    [gaps, begins] = [[], {}];
    process.send?.(seen);
  };
  wanted = { runs, met };
  if (endedRuns >= runs) met();
});
startConsumer({
  url,
  concurrency: Number(lanes),
  log: silent,
  handle: async (runId, drain) => {
    const visit = await advance(engine, runId, drain);
    // A second wake-up finds a run that has ended before.
    if (visit !== 'ended' || ended.has(runId)) return;
    ended.add(runId);
    ends.delete(runId);
    const state = (await store.readRun(runId))?.run.state;
    if (state !== 'succeeded') throw new Error(`a run of the bench ended as ${state}`);
    endedRuns += 1;
    if (wanted !== undefined && endedRuns >= wanted.runs) wanted.met();
  },
});
process.send?.('ready');
