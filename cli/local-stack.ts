import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole, type ConsoleBuild } from './console-build.ts';
import { projectRoot } from './project-root.ts';
import { type Child, endChild, startChild } from './child-process.ts';
import { forget, leftovers, remember } from './leftover-processes.ts';
import { localServerFile } from './server-address.ts';

/** What a stack on this computer is made of. `redisUrl` and the keys exist already. */
export interface StackRequest {
  readonly project: string;
  readonly dataDir: string;
  readonly keysDir: string;
  readonly redisUrl: string;
  readonly port: number;
  readonly scale: number;
  readonly seed: number;
  /** How long a dead worker's runs stay unclaimed, in milliseconds. */
  readonly leaseMs: number;
  readonly scanMs: number;
  /** Further settings of server and workers, as environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Simulator, server and workers as processes of their own. */
export interface LocalStack {
  readonly simulator: Child;
  readonly server: Child;
  readonly url: string;
  readonly console: ConsoleBuild;
  readonly startWorker: () => Promise<Child>;
  /** One GET of the simulator's control API. */
  readonly control: (path: string) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

const STOP_MS = 10_000;

/** Starts the simulator; the caller shows it before the rest follows. */
export async function startSimulator(
  request: Pick<StackRequest, 'dataDir' | 'scale' | 'seed'>,
  flags: readonly string[] = [],
): Promise<Child> {
  const wanted = [request.scale, request.seed, ...flags].join(' ');
  const left = await leftovers(request.dataDir, wanted);
  if (left !== undefined) return left;
  const state = join(request.dataDir, 'simulator');
  rmSync(state, { recursive: true, force: true });
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const simulator = await startChild({
    name: 'the simulator',
    file: program('simulator'),
    args: ['--scale', String(request.scale), '--seed', String(request.seed), '--state', state, ...flags],
    env: {},
    logFile: join(request.dataDir, 'logs', 'simulator.log'),
  });
  remember(request.dataDir, { name: 'simulator', pid: simulator.pid, wanted, ready: simulator.ready });
  return simulator;
}

/** Starts the server against a simulator; workers follow by `startWorker`. */
export async function startStack(request: StackRequest, simulator: Child): Promise<LocalStack> {
  const env = settings(request, simulator);
  const console = await buildConsole(projectRoot());
  const server = await startChild({
    name: 'the server',
    file: program('server'),
    args: ['--ready-json'],
    env: {
      ...env,
      RUNWARD_PROJECT_DIR: request.project,
      RUNWARD_STARTS_PER_MINUTE: '1000',
      RUNWARD_WRITES_PER_MINUTE: '10000',
      RUNWARD_READS_PER_MINUTE: '100000',
    },
    logFile: join(request.dataDir, 'logs', 'server.log'),
  });
  remember(request.dataDir, { name: 'server', pid: server.pid });
  const url = String(server.ready['url']);
  const workers: Child[] = [];
  const token = readFileSync(String(simulator.ready['controlTokenFile']), 'utf8');
  return {
    simulator,
    server,
    url,
    console,
    async startWorker() {
      const worker = await startChild({
        name: 'a worker',
        file: program('worker'),
        args: [],
        env,
        logFile: join(request.dataDir, 'logs', 'worker.log'),
      });
      workers.push(worker);
      remember(request.dataDir, { name: 'worker', pid: worker.pid });
      return worker;
    },
    async control(path) {
      const answer = await fetch(`${String(simulator.ready['control'])}/control/${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return answer.json();
    },
    async stop() {
      await Promise.all(workers.map((worker) => endChild(worker, STOP_MS)));
      await endChild(server, STOP_MS);
      await endChild(simulator, STOP_MS);
      forget(request.dataDir);
    },
  };
}

/** Leaves the address of a local server in the project, so that the command line finds it; the answer takes it away again. */
export function announce(project: string, address: string): () => void {
  const file = localServerFile(project);
  mkdirSync(join(project, '.runward'), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ address, pid: process.pid })}\n`, { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/** The main file of a process of ours: `.ts` in the sources, `.js` in the package. */
function program(name: 'simulator' | 'server' | 'worker'): string {
  const here = fileURLToPath(import.meta.url);
  return fileURLToPath(new URL(`../${name}/main${extname(here)}`, import.meta.url));
}

function settings(request: StackRequest, simulator: Child): Readonly<Record<string, string>> {
  const { ready } = simulator;
  const secretFile = join(request.dataDir, 'azure-client-secret');
  writeFileSync(secretFile, String(ready['clientSecret']), { mode: 0o600 });
  return {
    RUNWARD_REDIS_URL: request.redisUrl,
    RUNWARD_PORT: String(request.port),
    RUNWARD_DATA_DIR: request.dataDir,
    RUNWARD_KEYS_DIR: request.keysDir,
    RUNWARD_AZURE_ARM_ENDPOINT: String(ready['endpoint']),
    RUNWARD_AZURE_AUTHORITY_HOST: String(ready['authorityHost']),
    RUNWARD_AZURE_CA_FILE: String(ready['caFile']),
    RUNWARD_AZURE_TENANT_ID: String(ready['tenantId']),
    RUNWARD_AZURE_CLIENT_ID: String(ready['clientId']),
    RUNWARD_AZURE_CLIENT_SECRET_FILE: secretFile,
    RUNWARD_AZURE_REPLICATION_CACHE: ['westeurope', 'northeurope'].map((region) => cacheOf(ready, region)).join(','),
    RUNWARD_AZURE_RESTORE_STAGING: `westeurope=/subscriptions/${String(ready['subscriptionId'])}/resourceGroups/rg-shop-weu/providers/Microsoft.Storage/storageAccounts/ststagingwe`,
    RUNWARD_AZURE_TIME_SCALE: String(request.scale),
    RUNWARD_LEASE_MS: String(request.leaseMs),
    RUNWARD_SCAN_MS: String(request.scanMs),
    ...request.settings,
  };
}

/** The cache account of the simulated estate in a region, as the worker is told of it. */
function cacheOf(ready: Child['ready'], region: string): string {
  return `${region}=/subscriptions/${String(ready['subscriptionId'])}/resourceGroups/rg-dr-weu/providers/Microsoft.Storage/storageAccounts/cache${region}`;
}
