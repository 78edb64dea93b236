import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { quickFolder } from './quick-folder.ts';
import { until } from './until.ts';

/** The line a simulator prints when it is ready. */
export interface SimulatorReady {
  readonly endpoint: string;
  readonly authorityHost: string;
  readonly caFile: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly principal: string;
  readonly federatedTokenFile?: string;
  readonly subscriptionId: string;
  readonly control: string;
  readonly controlTokenFile: string;
  readonly isolation: 'userns' | 'chroot' | 'none';
  readonly machines: number;
  readonly seed: number;
  readonly state: string;
  readonly pid: number;
}

/** One line of a simulator's ledger. */
export interface LedgerLine {
  readonly n: number;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly operation: string;
  readonly clientRequestId: string;
  readonly effect: 'none' | 'refused' | 'started' | 'replaced';
  readonly resource: string;
  readonly operationId?: string;
  readonly jobId?: string;
  readonly status: number;
  readonly fault?: string;
  readonly principal: string;
}

/** A simulator that runs as its own process. */
export interface RunningSimulator {
  readonly ready: SimulatorReady;
  /** One call of the control API; the answer's JSON, undefined when it has none. Throws when the status is not 2xx. */
  readonly control: (path: string, init?: { readonly method?: string; readonly body?: unknown }) => Promise<unknown>;
  readonly ledger: () => Promise<readonly LedgerLine[]>;
  /** Waits until a condition holds. A simulator whose clock is moved by hand is moved on between two looks, so nothing depends on how fast this computer is. */
  readonly until: (condition: () => Promise<boolean>) => Promise<void>;
  /** Waits for a poller of the SDK to come to its end, letting time go on meanwhile. */
  readonly finish: (poller: PromiseLike<unknown>) => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Kills it as a crash does. Its state folder stays, and `startSimulator` goes on with it. */
  readonly kill: () => Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
const STEP_MS = 200;

/** Flags of a simulator whose time stands still unless `until` moves it: states can be looked at for as long as a test likes. */
export function manualClock(): readonly string[] {
  return ['--scale', '60', '--clock', 'manual', '--start', new Date().toISOString()];
}

/** With TEST_RECORD_FOLDER=DIR every exchange of the tests is written down, for `npm run azure:conformance` to judge; wrong behaviours that are planted are no evidence. */
export function recordFlags(flags: readonly string[]): readonly string[] {
  const folder = process.env['TEST_RECORD_FOLDER'];
  return folder === undefined || flags.includes('--plant') || flags.includes('--record') ? [] : ['--record', join(folder, randomUUID())];
}

/** Starts a simulator on free ports, with a state folder of its own or one that a killed one has left; `flags` are those of its command line. */
export async function startSimulator(flags: readonly string[] = ['--scale', '600'], left?: string): Promise<RunningSimulator> {
  const state = left ?? (await quickFolder('runward-test-simulator-'));
  const program = join(import.meta.dirname, '..', '..', 'simulator', 'main.ts');
  const child = spawn(process.execPath, [program, '--state', state, ...flags, ...recordFlags(flags)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString('utf8');
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = await new Promise<SimulatorReady>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the simulator was not ready in time: ${complaints}`)), START_TIMEOUT_MS);
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer);
      resolve(JSON.parse(line) as SimulatorReady);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the simulator ended with ${code}: ${complaints}`));
    });
  });
  const token = readFileSync(ready.controlTokenFile, 'utf8');

  const control: RunningSimulator['control'] = async (path, init = {}) => {
    const answer = await fetch(`${ready.control}/control/${path}`, {
      method: init.method ?? 'GET',
      headers: { authorization: `Bearer ${token}` },
      ...(init.body === undefined ? {} : { body: typeof init.body === 'string' ? init.body : JSON.stringify(init.body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${answer.status} ${text}`);
    if (text === '') return undefined;
    return answer.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as unknown) : text;
  };
  const wait: RunningSimulator['until'] = async (condition) =>
    until(async () => {
      if (await condition()) return true;
      if (flags.includes('manual')) await control('clock', { method: 'POST', body: { advanceMs: STEP_MS } });
      return false;
    });
  return {
    ready,
    control,
    ledger: async () => ((await control('ledger')) as { readonly entries: readonly LedgerLine[] }).entries,
    until: wait,
    finish: async (poller) => {
      let ended = false;
      const end = Promise.resolve(poller).finally(() => {
        ended = true;
      });
      await Promise.all([end, wait(async () => ended)]);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(state, { recursive: true, force: true });
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
