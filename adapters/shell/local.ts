import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCRIPT_KILL_AFTER_MS } from '../../engine/limits.ts';
import type { ScriptAttempt, ScriptStart, ScriptState, Shell } from '../../engine/ports.ts';
import { attemptRefusal } from './attempt-rules.ts';
import { readKept } from './kept-output.ts';

/** A shell with an end: `close` stops what still runs and resolves when all of it has ended. */
export interface LocalShell extends Shell {
  readonly close: () => Promise<void>;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  state: ScriptState;
}

/** The part of the worker's environment that a script sees; everything else is the worker's own. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ'] as const;
/** Ended attempts whose result nobody has removed; the oldest is forgotten first. */
const ENDED_MAX = 256;

/**
 * Scripts on the worker itself. They have no name at a target, so another process knows nothing of them: `look` answers `absent`
 * there, and what may be repeated is only what the author of the script declared.
 */
export function createLocalShell(killAfterMs: number = SCRIPT_KILL_AFTER_MS): LocalShell {
  const attempts = new Map<string, Running>();
  const stop = (name: string): void => terminate(attempts.get(name), killAfterMs);
  return {
    start: async (_target, attempt, signal) => {
      if (attempts.has(attempt.name)) return { kind: 'accepted' };
      const message = attemptRefusal(attempt);
      if (message !== undefined) return { kind: 'refused', message };
      if (signal.aborted) return { kind: 'not_sent', message: 'called off before the script started', retryAfterMs: 0 };
      return await launch(attempts, attempt, killAfterMs);
    },
    look: (_target, name) => Promise.resolve(attempts.get(name)?.state ?? { kind: 'absent' }),
    stop: (_target, name) => Promise.resolve(stop(name)),
    remove: (_target, name) => {
      if (attempts.get(name)?.state.kind === 'ended') attempts.delete(name);
      return Promise.resolve();
    },
    close: async () => {
      for (const name of attempts.keys()) stop(name);
      await Promise.all([...attempts.values()].map(({ ended }) => ended));
    },
  };
}

async function launch(attempts: Map<string, Running>, attempt: ScriptAttempt, killAfterMs: number): Promise<ScriptStart> {
  const folder = await mkdtemp(join(tmpdir(), 'runward-script-'));
  const script = join(folder, 'script');
  await writeFile(script, attempt.script, { mode: 0o600 });
  // Files and no pipes: a daemon that the script leaves behind may hold its output open for ever, and must not keep us waiting.
  const [stdout, stderr] = await Promise.all([open(join(folder, 'stdout'), 'wx', 0o600), open(join(folder, 'stderr'), 'wx', 0o600)]);
  try {
    const running = await startChild(attempt, { folder, script, stdout, stderr }, killAfterMs);
    attempts.set(attempt.name, running);
    void running.ended.then(() => forgetOldest(attempts));
    return { kind: 'accepted' };
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    return { kind: 'refused', message: `${attempt.shell} cannot be started on the worker (${errorCode(cause)})` };
  } finally {
    await Promise.all([stdout.close(), stderr.close()]);
  }
}

interface Place {
  readonly folder: string;
  readonly script: string;
  readonly stdout: FileHandle;
  readonly stderr: FileHandle;
}

async function startChild(attempt: ScriptAttempt, place: Place, killAfterMs: number): Promise<Running> {
  const child = spawn(attempt.shell, [place.script], {
    cwd: place.folder,
    env: { ...inherited(), ...attempt.env },
    detached: true,
    stdio: ['ignore', place.stdout.fd, place.stderr.fd],
  });
  const exited = Promise.withResolvers<number>();
  child.on('exit', (code, signal) => exited.resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  await once(child, 'spawn');
  let timedOut = false;
  const ended = exited.promise.then(async (exitCode) => {
    clearTimeout(timer);
    running.state = await endState(place.folder, { exitCode, timedOut });
    await rm(place.folder, { recursive: true, force: true });
  });
  const running: Running = { child, ended, state: { kind: 'running' } };
  const timer = setTimeout(() => {
    timedOut = true;
    terminate(running, killAfterMs);
  }, attempt.timeoutMs);
  return running;
}

async function endState(folder: string, end: { readonly exitCode: number; readonly timedOut: boolean }): Promise<ScriptState> {
  try {
    const [out, err] = await Promise.all([readKept(join(folder, 'stdout')), readKept(join(folder, 'stderr'))]);
    return { kind: 'ended', ...end, stdout: out.text, stderr: err.text, truncated: out.truncated || err.truncated };
  } catch (cause) {
    return { kind: 'lost', message: `the script ended, its output cannot be read (${errorCode(cause)})` };
  }
}

function terminate(running: Running | undefined, killAfterMs: number): void {
  if (running === undefined || running.state.kind !== 'running') return;
  signalGroup(running.child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(running.child, 'SIGKILL'), killAfterMs);
  void running.ended.then(() => {
    clearTimeout(timer);
    signalGroup(running.child, 'SIGKILL');
  });
}

// The whole group, because a script's children may ignore TERM and outlive it.
function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (cause) {
    if (errorCode(cause) !== 'ESRCH') throw cause;
  }
}

function inherited(): Record<string, string> {
  const values = INHERITED.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(values.filter((entry): entry is readonly [(typeof INHERITED)[number], string] => entry[1] !== undefined));
}

function forgetOldest(attempts: Map<string, Running>): void {
  const ended = [...attempts].filter(([, { state }]) => state.kind === 'ended').map(([name]) => name);
  for (const name of ended.slice(0, Math.max(0, ended.length - ENDED_MAX))) attempts.delete(name);
}

function errorCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no code';
}
