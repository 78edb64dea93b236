import { type ChildProcess, fork, spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { openRedisStore } from '../adapters/redis/store.ts';
import { openWakeUps } from '../adapters/redis/wake-ups.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemIds, systemRandom } from '../adapters/system/ids.ts';
import type { RunId } from '../engine/ids.ts';
import { canonicalJson, type JsonObject } from '../engine/json.ts';
import type { Step } from '../engine/language/runbook.ts';
import type { Plan } from '../engine/plan/plan-record.ts';
import type { Log } from '../engine/ports.ts';
import { startRun } from '../engine/run/start.ts';
import { type BenchRedis, memoryMb, withRedis } from './redis-server.ts';
import type { EffectName } from './run-worker.ts';

export const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** What a worker process has seen: milliseconds between the end of a step and the begin of the next, and when the first step of each run began. */
export interface Seen {
  readonly gaps: readonly number[];
  readonly begins: Readonly<Record<string, number>>;
  readonly rssMb: number;
  /** Processor time that the worker used for them, in milliseconds. */
  readonly cpuMs: number;
}

/** A Redis of its own with the durability that is measured, and the worker process on it. */
export interface RunStage {
  readonly url: string;
  readonly start: (steps: readonly Step[], inputs?: JsonObject) => Promise<RunId>;
  /** Starts a worker process that works on `lanes` runs at once. */
  readonly worker: (lanes: number) => Promise<StageWorker>;
  /** Scripts that were called, bytes of the append-only file and processor time of Redis so far. */
  readonly counts: () => Promise<{ readonly scripts: number; readonly aofBytes: number; readonly cpuMs: number }>;
  readonly redisMb: () => Promise<number>;
}

export interface StageWorker {
  /** Resolves once `runs` more runs have ended. */
  readonly ended: (runs: number) => Promise<Seen>;
  readonly stop: () => Promise<void>;
}

/** A step whose effect is nothing at all, or takes `ms`. */
export function idleStep(id: string, effect: EffectName, more: { readonly ms?: number } & Partial<Step> = {}): Step {
  const { ms, ...rest } = more;
  const body = { kind: 'uses', action: `bench.${effect}@1`, with: ms === undefined ? {} : { ms } } as const;
  return { id, name: id, body, needs: [], onFailure: 'stop', at: { line: 1, column: 1 }, ...rest };
}

/** Gives `act` a stage and takes it down afterwards. `fsync` is Redis' appendfsync. */
export function withStage<Answer>(fsync: string, act: (stage: RunStage) => Promise<Answer>): Promise<Answer> {
  return withRedis(fsync, async (redis) => {
    const workers: ChildProcess[] = [];
    try {
      return await act(await stageOf(redis, workers));
    } finally {
      for (const worker of workers) worker.kill('SIGKILL');
    }
  });
}

async function stageOf({ url, directory, pid }: BenchRedis, workers: ChildProcess[]): Promise<RunStage> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = {
    sign: (text: string) => ({ keyId: 'bench', value: sign(null, Buffer.from(text), privateKey).toString('base64') }),
    verify: () => true,
  };
  const [store, queue] = await Promise.all([openRedisStore({ url, log: silent }), openWakeUps({ url, log: silent })]);
  const admin = new Redis(url);
  // The server is killed at the end.
  admin.on('error', () => {});
  const ports = { store, queue, signer, log: silent, ids: systemIds, clock: systemClock, random: systemRandom };
  return {
    url,
    async start(steps, inputs = {}) {
      const plan = planOf(steps, inputs);
      const text = canonicalJson(plan);
      const runId = randomUUID() as RunId;
      const requester = { id: 'bench', name: 'bench', kind: 'token', groups: [] } as const;
      await startRun(ports, { plan: { plan, text, hash: systemIds.sha256(text) }, runId, requester, trigger: 'bench' });
      return runId;
    },
    async worker(lanes) {
      const tickets = join(directory, `tickets-${workers.length}`);
      await mkdir(tickets);
      const child = fork(join(import.meta.dirname, 'run-worker.ts'), [url, String(lanes), tickets]);
      workers.push(child);
      await once(child, 'message');
      return {
        async ended(runs) {
          child.send(runs);
          const [seen] = (await once(child, 'message')) as [Seen];
          return seen;
        },
        async stop() {
          const gone = once(child, 'exit');
          child.disconnect();
          await gone;
        },
      };
    },
    async counts() {
      const stats = await admin.info('commandstats');
      const calls = [...stats.matchAll(/cmdstat_(?:evalsha|eval|fcall):calls=(\d+)/g)];
      const persistence = await admin.info('persistence');
      return {
        scripts: calls.reduce((sum, [, count]) => sum + Number(count), 0),
        cpuMs: [...(await admin.info('cpu')).matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].reduce((sum, [, s]) => sum + Number(s) * 1000, 0),
        aofBytes: Number(/aof_current_size:(\d+)/.exec(persistence)?.[1] ?? 0),
      };
    },
    redisMb: () => memoryMb(pid),
  };
}

function planOf(steps: readonly Step[], inputs: JsonObject): Plan {
  return {
    schema: 1,
    engine: 'bench',
    runbookDigest: '0'.repeat(64),
    runbookPath: 'bench.yaml',
    definition: {
      name: 'bench',
      title: 'Bench',
      owner: 'bench',
      labels: {},
      links: [],
      purposes: ['operations'],
      environment: 'test',
      timeoutMs: 6 * 3_600_000,
      finallyTimeoutMs: 3_600_000,
      inputs: {},
      vars: {},
      targets: {},
      steps,
      finally: [],
      outputs: {},
      manual: true,
      schedules: [],
      notify: [],
    },
    purpose: 'operations',
    environment: 'test',
    inputs,
    vars: {},
    sets: {},
    rows: [],
    severity: 'moderate',
    actions: { 'bench.read@1': 'read', 'bench.named@1': 'named', 'bench.guarded@1': 'guarded' },
    documents: {},
    notes: [],
  };
}

/** Runs a script of the peers' folder beside this project's packages, and answers the JSON lines that it prints. */
export async function peerLines(
  folder: string,
  script: string,
  flags: readonly string[],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'runward-bench-peer-'));
  try {
    cpSync(resolve(folder), scratch, { recursive: true });
    symlinkSync(join(import.meta.dirname, '..', 'node_modules'), join(scratch, 'node_modules'));
    const child = spawn(process.execPath, [script, ...flags], {
      cwd: scratch,
      env: { ...process.env, BENCH_TMP: scratch },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    for await (const piece of child.stdout) text += String(piece);
    return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], part: number): number | null {
  const sorted = values.toSorted((left, right) => left - right);
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return found === undefined ? null : Number(found.toFixed(2));
}

/** Prints one line of JSON. */
export function print(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
