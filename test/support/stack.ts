import { randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createKeyPair } from '../../adapters/system/signer.ts';
import { type ApiClient, apiClient } from '../../cli/api-client.ts';
import type { Child } from '../../cli/child-process.ts';
import { type LocalStack, startSimulator, startStack } from '../../cli/local-stack.ts';
import { projectRoot } from '../../cli/project-root.ts';
import type { RunSummary } from '../../engine/run/summary.ts';
import { quickFolder } from './quick-folder.ts';
import { startTestRedis, type TestRedis } from './redis.ts';
import { type LedgerLine, recordFlags } from './simulator.ts';

/** Everything that a drill needs, as processes: Redis, simulator, server, and workers that a test starts and kills. */
export interface TestStack {
  readonly redis: TestRedis;
  readonly client: ApiClient;
  /** Where the processes keep keys, tickets, secrets and logs. */
  readonly dataDir: string;
  readonly startWorker: () => Promise<Child>;
  /** Starts the shipped demo drill and approves it as soon as it asks; answers the started run. */
  readonly startDrill: () => Promise<RunSummary>;
  /** The same for any runbook that asks at most once. */
  readonly startAgreed: (runbook: string) => Promise<RunSummary>;
  /** Answers the run when it is no longer under way; throws when that takes longer than `withinMs`. */
  readonly ended: (run: string, withinMs: number) => Promise<RunSummary>;
  readonly ledger: () => Promise<readonly LedgerLine[]>;
  readonly machines: () => Promise<readonly { readonly name: string }[]>;
  /** One call of the simulator's control API; the answer's JSON, or its text. Throws when the status is not 2xx. */
  readonly control: (path: string, init?: { readonly method?: string; readonly body?: unknown }) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

const LOOK_MS = 200;

/** Starts Redis, simulator and server in a temporary folder; `leaseMs` is how long a killed worker's runs stay unclaimed. */
export async function startTestStack(options: {
  readonly scale: number;
  readonly leaseMs: number;
  /** Further flags of the simulator, for example its estate. */
  readonly flags?: readonly string[];
  /** Faults that the simulator is armed with from its first request on. */
  readonly faults?: readonly unknown[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder whose runbooks are published; the ones that ship when absent. */
  readonly project?: string;
  /** The token that the client shows, where the settings ask for one. */
  readonly token?: string;
}): Promise<TestStack> {
  const dataDir = await quickFolder('runward-stack-');
  const redis = await startTestRedis();
  const keysDir = join(dataDir, 'keys');
  await createKeyPair(keysDir);
  const flags = [...(options.flags ?? []), ...recordFlags(options.flags ?? []), ...(await faultFlags(dataDir, options.faults))];
  const simulator = await startSimulator({ dataDir, scale: options.scale, seed: 42 }, flags).catch(async (error: unknown) => {
    await redis.stop();
    throw error;
  });
  const request = { project: projectRoot(), dataDir, keysDir, redisUrl: redis.url, port: 0, seed: 42, scanMs: 500, ...options };
  const stack: LocalStack = await startStack(request, simulator).catch(async (error: unknown) => {
    // Nobody else would end it, and only ten simulators find room on one computer.
    simulator.kill('SIGTERM');
    await Promise.all([simulator.ended, redis.stop()]);
    throw error;
  });
  const client = apiClient({ baseUrl: stack.url, token: options.token, fetch });
  return {
    redis,
    client,
    dataDir,
    startWorker: stack.startWorker,
    startDrill: () => startAgreed(client, 'demo-drill'),
    startAgreed: (runbook) => startAgreed(client, runbook),
    ended: (run, withinMs) => ended(client, run, withinMs),
    ledger: async () => ((await stack.control('ledger')) as { readonly entries: readonly LedgerLine[] }).entries,
    control: (path, init = {}) => control(simulator, path, init),
    machines: async () => ((await stack.control('world')) as { readonly machines: readonly { readonly name: string }[] }).machines,
    async stop() {
      await stack.stop();
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function faultFlags(dataDir: string, faults: readonly unknown[] | undefined): Promise<readonly string[]> {
  if (faults === undefined) return [];
  const file = join(dataDir, 'faults.json');
  await writeFile(file, JSON.stringify(faults));
  return ['--faults', file];
}

async function control(simulator: Child, path: string, init: { readonly method?: string; readonly body?: unknown }): Promise<unknown> {
  const token = await readFile(String(simulator.ready['controlTokenFile']), 'utf8');
  const answer = await fetch(`${String(simulator.ready['control'])}/control/${path}`, {
    method: init.method ?? 'GET',
    headers: { authorization: `Bearer ${token}` },
    ...(init.body === undefined ? {} : { body: typeof init.body === 'string' ? init.body : JSON.stringify(init.body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${answer.status} ${text}`);
  return answer.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as unknown) : text;
}

/** Effects of one kind on one machine that happened more than once since the ledger had `from` entries. */
export function doubled(ledger: readonly LedgerLine[], from: number): readonly string[] {
  const counts = new Map<string, number>();
  for (const { effect, operation, resource } of ledger.slice(from)) {
    if (effect !== 'started' && effect !== 'replaced') continue;
    const name = `${operation} ${resource}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 1).map(([name, count]) => `${name} (${count} times)`);
}

async function startAgreed(client: ApiClient, runbook: string): Promise<RunSummary> {
  const run = await client.post<RunSummary>('/runs', { runbook, inputs: {}, reason: 'test' }, randomUUID());
  for (;;) {
    const now = await client.get<RunSummary>(`/runs/${run.id}?wait=5s`);
    const gate = now.waitingFor.find(({ kind }) => kind === 'approval');
    if (gate !== undefined) {
      await client.post(`/approvals/${run.number}.${gate.step}/approve`, { planHash: run.planHash, reason: 'test' }, randomUUID());
      return now;
    }
    if (!['queued', 'running', 'waiting'].includes(now.status)) return now;
  }
}

async function ended(client: ApiClient, run: string, withinMs: number): Promise<RunSummary> {
  const until = Date.now() + withinMs;
  for (;;) {
    // Not a wait for the next event: a run over hundreds of machines has one every few milliseconds, and each look reads all of it.
    const now = await client.get<RunSummary>(`/runs/${run}`);
    if (!['queued', 'running', 'waiting', 'cancelling'].includes(now.status)) return now;
    if (Date.now() > until)
      throw new Error(
        `run ${now.number} is still ${now.status}: ${JSON.stringify(
          now.steps.filter(({ status }) => status === 'running' || status === 'retrying'),
          null,
          1,
        )}`,
      );
    await delay(LOOK_MS);
  }
}
