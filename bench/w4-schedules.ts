import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openRedisStore } from '../adapters/redis/store.ts';
import { openCronTick } from '../adapters/system/cron-tick.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds, systemRandom } from '../adapters/system/ids.ts';
import { parseConfig } from '../engine/config.ts';
import type { Log, Signer } from '../engine/ports.ts';
import { fireForever } from '../engine/schedule/fire.ts';
import { registerSchedules } from '../engine/schedule/register.ts';
import type { ScheduleRule } from '../engine/schedule/stored-schedule.ts';
import { assemble } from '../server/serve.ts';
import { OPERATOR, slotRuns } from '../server/schedules.ts';
import { memoryMb, withRedis } from './redis-server.ts';

/**
 * W4: `--n` schedules, each of which fires once a minute at its own second, so that n/60 fire at the same time. Prints one JSON line for
 * runward (registration, the same again, lateness of runs that are planned, signed and stored) and with `--peer bullmq` one for BullMQ's
 * job schedulers on a Redis with the same settings: only ratios of one run count.
 */
const { values: flags } = parseArgs({
  options: {
    n: { type: 'string', default: '10000' },
    watch: { type: 'string', default: '20' },
    fsync: { type: 'string', default: 'always' },
    peer: { type: 'string' },
  },
});
const COUNT = Number(flags.n);
const WATCH_MS = Number(flags.watch) * 1000;

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: bench, title: One check, owner: bench }
purpose: operations
environment: test
timeout: 1h
steps:
  - id: same
    name: It is the same
    assert: [{ that: "1 == 1", message: different }]
`;

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface Measured {
  readonly registerMs: number;
  readonly againMs?: number;
  readonly lateMs: readonly number[];
  readonly expected: number;
  readonly cpuPercent: number;
}

async function runward(url: string): Promise<Measured> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signer: Signer = {
    sign: (text) => ({ keyId: 'bench', value: sign(null, Buffer.from(text), privateKey).toString('base64') }),
    verify: (text, { value }) => verify(null, Buffer.from(text), publicKey, Buffer.from(value, 'base64')),
  };
  const store = await openRedisStore({ url, log: silent });
  const queue = { wake: async () => {} };
  const azure = new Proxy({}, { get: () => () => Promise.reject(new Error('no Azure here')) }) as never;
  const ports = { store, queue, azure, signer, log: silent, ids: systemIds, clock: systemClock, random: systemRandom };
  const { context, close } = await assemble({ config: parseConfig({}), ports, publicKey: '', version: 'bench' });
  await context.projects.publish([{ path: 'runbooks/bench.yaml', text: RUNBOOK }]);

  const rules = Array.from({ length: COUNT }, (_, index) => ruleOf(index));
  const register = () => registerSchedules(ports, { runbooks: new Set(['bench']), rules, writer: OPERATOR, published: new Set(['bench']) });
  const registerMs = await timed(register);
  const againMs = await timed(register);

  const lateMs: number[] = [];
  const runs = slotRuns(context);
  const watched: typeof runs = {
    plan: runs.plan,
    create: async (schedule, runId, planned) => {
      await runs.create(schedule, runId, planned);
      lateMs.push(Date.now() - planned.slotMs);
    },
  };
  const heartbeat = openCronTick();
  const stop = new AbortController();
  const fire = fireForever(ports, watched, { heartbeat, signal: stop.signal });
  const seen = await watch(lateMs);
  stop.abort();
  await fire;
  await heartbeat.stop();
  await close();
  await store.close();
  return { registerMs, againMs, ...seen };
}

function ruleOf(index: number): ScheduleRule {
  return {
    id: `bench.s${index}`,
    runbook: 'bench',
    environment: 'test',
    // With seconds, which no runbook may write: a minute apart nothing could be watched in a short run.
    cron: `${index % 60} * * * * *`,
    timezone: 'Europe/Berlin',
    dayMatch: 'or',
    jitterMs: 0,
    inputs: {},
    overlap: 'allow',
    missed: { run: 'all', withinMs: 3_600_000, max: 10 },
    enabled: true,
  };
}

async function bullmq(url: string): Promise<Measured> {
  const { Queue, Worker } = await import('bullmq');
  const connection = { host: '127.0.0.1', port: Number(new URL(url).port), maxRetriesPerRequest: null };
  const queue = new Queue('bench', { connection });
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next; index < COUNT; index = next) {
      next += 1;
      const job = { name: 'fire', data: { index }, opts: { removeOnComplete: true } };
      await queue.upsertJobScheduler(`s${index}`, { pattern: `${index % 60} * * * * *`, tz: 'Europe/Berlin' }, job);
    }
  };
  const registerMs = await timed(() => Promise.all(Array.from({ length: 100 }, lane)));
  const lateMs: number[] = [];
  const work = async ({ data }: { readonly data: { readonly index: number } }): Promise<void> => {
    const nowMs = Date.now();
    const slotMs = Math.floor(nowMs / 60_000) * 60_000 + (data.index % 60) * 1000;
    lateMs.push(nowMs - slotMs < -1000 ? nowMs - slotMs + 60_000 : nowMs - slotMs);
  };
  const worker = new Worker('bench', work, { connection, concurrency: 50 });
  // Jobs that are under way when it closes complain; they are not measured any more.
  worker.on('error', () => {});
  await worker.waitUntilReady();
  const seen = await watch(lateMs);
  await worker.close();
  await queue.close();
  return { registerMs, ...seen };
}

/** What has piled up before is not looked at; then everything for a while is. */
async function watch(lateMs: number[]): Promise<Pick<Measured, 'lateMs' | 'expected' | 'cpuPercent'>> {
  await delay(5_000);
  lateMs.length = 0;
  const before = process.cpuUsage();
  await delay(WATCH_MS);
  const { user, system } = process.cpuUsage(before);
  return { lateMs: [...lateMs], expected: Math.round((COUNT / 60_000) * WATCH_MS), cpuPercent: (user + system) / 10 / WATCH_MS };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
}

function share(values: readonly number[], part: number): number | null {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;
}

async function report(system: string, measure: (url: string) => Promise<Measured>): Promise<void> {
  await withRedis(flags.fsync, async ({ url, pid }) => {
    const { registerMs, againMs, lateMs, expected, cpuPercent } = await measure(url);
    const redisMb = await memoryMb(pid);
    const line = {
      system,
      workload: 'W4',
      n: COUNT,
      seconds: Number((registerMs / 1000).toFixed(2)),
      rate: Math.round(COUNT / (registerMs / 1000)),
      p50_ms: share(lateMs, 0.5),
      p99_ms: share(lateMs, 0.99),
      rss_mb: Math.round(process.memoryUsage().rss / 1_048_576 + redisMb),
      ...(againMs === undefined ? {} : { again_seconds: Number((againMs / 1000).toFixed(2)) }),
      fires: lateMs.length,
      expected,
      cpu_percent: Math.round(cpuPercent),
      fsync: flags.fsync,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  });
}

await report('runward', runward);
if (flags.peer === 'bullmq') await report('bullmq', bullmq);
process.exit();
