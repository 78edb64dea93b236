import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from './child-process.ts';

/** One process that was started for a data folder; `wanted` says with which settings. */
interface Remembered {
  readonly name: 'simulator' | 'server' | 'worker';
  readonly pid: number;
  readonly wanted?: string;
  readonly ready?: Readonly<Record<string, unknown>>;
}

const FILE = 'processes.jsonl';
const GONE_MS = 5_000;
const LOOK_MS = 100;

/** Notes a process, so that a later start finds it when this program is killed. */
export function remember(dataDir: string, started: Remembered): void {
  appendFileSync(join(dataDir, FILE), `${JSON.stringify(started)}\n`, { mode: 0o600 });
}

/** Forgets all processes of a data folder: they have ended. */
export function forget(dataDir: string): void {
  rmSync(join(dataDir, FILE), { force: true });
}

/**
 * Ends server and workers that a killed start left behind, and answers its simulator when that one still runs with the wanted settings:
 * the work that Azure has accepted must not vanish between two starts.
 */
export async function leftovers(dataDir: string, wanted: string): Promise<Child | undefined> {
  const file = join(dataDir, FILE);
  if (!existsSync(file)) return undefined;
  const all = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Remembered);
  const alive = all.filter(isOurs);
  const simulator = alive.find(({ name, wanted: settings }) => name === 'simulator' && settings === wanted);
  const others = alive.filter((one) => one !== simulator);
  for (const { pid } of others) process.kill(pid, 'SIGKILL');
  await Promise.all(others.map(({ pid }) => gone(pid)));
  forget(dataDir);
  if (simulator === undefined) return undefined;
  remember(dataDir, simulator);
  return {
    pid: simulator.pid,
    ready: simulator.ready ?? {},
    isAlive: () => isOurs(simulator),
    kill: (signal) => void (isOurs(simulator) && process.kill(simulator.pid, signal)),
    ended: new Promise((resolve) => {
      const look = (): void => void (isOurs(simulator) ? setTimeout(look, LOOK_MS).unref() : resolve());
      look();
    }),
  };
}

/** True when the process still runs and is the one that was started: a pid may belong to somebody else by now. */
function isOurs({ name, pid }: Remembered): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`/${name}/main.`);
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < GONE_MS && existsSync(`/proc/${pid}`); waitedMs += LOOK_MS) await delay(LOOK_MS);
}
