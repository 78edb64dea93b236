import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { RunwardError } from '../engine/errors.ts';

/** A process of ours that has said it is ready. */
export interface Child {
  readonly pid: number;
  /** The JSON line that it printed when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly isAlive: () => boolean;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
}

interface ChildRequest {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

const READY_MS = 60_000;
const LOG_LINES_SHOWN = 5;

/** Starts a process and waits for its ready line; its stderr goes to the log file. Throws SERVER_UNREACHABLE with the last lines of the log. */
export async function startChild(request: ChildRequest): Promise<Child> {
  mkdirSync(dirname(request.logFile), { recursive: true });
  const log = openSync(request.logFile, 'a', 0o600);
  const process_ = spawn(process.execPath, [request.file, ...request.args], {
    env: { ...process.env, ...request.env },
    stdio: ['ignore', 'pipe', log],
    // A group of its own: Ctrl-C in the terminal reaches the demo, which then stops everything in order.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    process_.once('exit', () => resolve());
  });
  const line = await firstLine(process_, ended);
  if (line === undefined || process_.pid === undefined) {
    process_.kill('SIGKILL');
    const last = readFileSync(request.logFile, 'utf8').trim().split('\n').slice(-LOG_LINES_SHOWN).join(' | ');
    throw new RunwardError('SERVER_UNREACHABLE', `${request.name} did not start; its log ${request.logFile} ends with: ${last}`, {
      log: request.logFile,
    });
  }
  const { pid } = process_;
  return {
    pid,
    ready: JSON.parse(line) as Record<string, unknown>,
    isAlive: () => process_.exitCode === null && process_.signalCode === null,
    kill: (signal) => void process_.kill(signal),
    ended,
  };
}

/** Ends a process with SIGTERM, and with SIGKILL after `withinMs`. */
export async function endChild(child: Child, withinMs: number): Promise<void> {
  if (!child.isAlive()) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  await child.ended;
  clearTimeout(timer);
}

function firstLine(child: ChildProcess, ended: Promise<void>): Promise<string | undefined> {
  const { stdout } = child;
  if (stdout === null) return Promise.resolve(undefined);
  const late = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), READY_MS).unref();
  });
  const line = new Promise<string>((resolve) => {
    createInterface({ input: stdout }).once('line', resolve);
  });
  return Promise.race([line, late, ended.then(() => undefined)]);
}
