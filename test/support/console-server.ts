import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeMemoryTickets } from '../../adapters/memory/tickets.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { withLogFiles } from '../../adapters/system/filed-log.ts';
import { openLogFiles } from '../../adapters/system/log-files.ts';
import { buildConsole } from '../../cli/console-build.ts';
import { projectRoot } from '../../cli/project-root.ts';
import { actions } from '../../engine/actions/registry.ts';
import { scriptAction } from '../../engine/actions/script-run.ts';
import { parseConfig } from '../../engine/config.ts';
import type { RunId } from '../../engine/ids.ts';
import type { Ports, Shell } from '../../engine/ports.ts';
import { advance } from '../../engine/run/advance.ts';
import { LEASE_TIMES } from '../../engine/run/holder.ts';
import type { Store } from '../../engine/store.ts';
import { readConsoleFiles } from '../../server/console-files.ts';
import { makeBootstrapToken } from '../../server/tokens.ts';
import { startServer } from '../../server/serve.ts';
import { makeServerWorld, workOn } from '../unit/server/server-world.ts';
import { startTestRedis } from './redis.ts';
import { silentLog } from './silent-log.ts';
import { until } from './until.ts';

/** A server with its built console over a real Redis; the test does the work of the worker. */
export interface ConsoleServer {
  readonly url: string;
  readonly store: Store;
  /** Stores the token of a first administrator, and answers its text. */
  readonly token: () => Promise<string>;
  /** Carries a run forward until nothing more is to be done now. */
  readonly work: (runId: string) => Promise<void>;
  /** The same with a machine on which every script starts and none leaves a trace of its end. */
  readonly workInTheDark: (runId: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts one with the given documents published. */
export async function startConsoleServer(
  documents: readonly { readonly path: string; readonly text: string }[],
  env: Readonly<Record<string, string>> = {},
): Promise<ConsoleServer> {
  await buildConsole(projectRoot());
  const consoleFiles = await readConsoleFiles();
  if (consoleFiles === undefined) throw new Error('the console was not built');
  const redis = await startTestRedis();
  const logsDir = await mkdtemp(join(tmpdir(), 'runward-logs-'));
  const store = withLogFiles(await openRedisStore({ url: redis.url, log: silentLog }), openLogFiles(logsDir), silentLog);
  const world = await makeServerWorld();
  await world.close();
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now(), sleep: pause };
  const tickets = makeMemoryTickets();
  const ports = { ...world.ports, store, clock };
  const config = parseConfig({
    RUNWARD_AZURE_ARM_ENDPOINT: 'https://127.0.0.1:9',
    RUNWARD_PORT: '0',
    RUNWARD_READS_PER_MINUTE: '100000',
    ...env,
  });
  const server = await startServer({ config, ports, publicKey: world.publicKey, version: '0.1.0', project: documents, consoleFiles });
  return {
    url: server.url,
    store,
    token: () => makeBootstrapToken(ports),
    work: (runId) => workOn(ports, runId),
    workInTheDark: (runId) => workInTheDark({ ...ports, shell: dark, tickets }, runId),
    async stop() {
      await server.close();
      await store.close();
      await redis.stop();
      await rm(logsDir, { recursive: true, force: true });
    },
  };
}

const dark: Shell = {
  start: async () => ({ kind: 'accepted' }),
  look: async () => ({ kind: 'lost', message: 'the machine restarted' }),
  stop: async () => undefined,
  remove: async () => undefined,
};

async function workInTheDark(given: Omit<Ports, 'http' | 'tls' | 'dns' | 'channels' | 'secrets'>, runId: string): Promise<void> {
  const ports = given as Ports;
  const engine = {
    ports,
    actions,
    script: scriptAction,
    times: LEASE_TIMES,
    stops: { now: () => ({ freezes: [] }) },
    timeScale: 1,
    worker: 'worker-1',
  };
  await until(async () => {
    await advance(engine, runId as RunId, new AbortController().signal);
    return (await ports.store.readRun(runId as RunId))?.run.state !== 'running';
  });
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
