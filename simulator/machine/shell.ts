import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, lchownSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CONTAINED_ENV, contained } from './isolation.ts';
import { planted } from '../plants.ts';
import { ownerOf, writeOwned } from './owner.ts';
import type { Machine, World } from '../world.ts';

const OUTPUT_KEPT_BYTES = 4096;
const OUTPUT_READ_BYTES = 1024 * 1024;

/** A script to run in a machine. Variables are text; `timeoutMs` is real time, not shortened by the pace. */
export interface Script {
  readonly id: string;
  readonly text: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** How a script ended. Output and error are the last 4,096 bytes each. */
export interface ScriptEnd {
  readonly how: 'exited' | 'timedOut' | 'killed' | 'noShell';
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

/** A script that runs. */
export interface RunningScript {
  readonly kill: () => void;
}

/** Runs a script in a machine and calls `ended` once. Where the host cannot contain a script it is not run at all. */
export function runScript(world: World, machine: Machine, script: Script, ended: (end: ScriptEnd) => void): RunningScript {
  if (world.isolation === 'none') return shellless(ended);
  const { journal } = world;
  const number = journal.scriptBegun(ended);
  // What ran in a world that is over has ended with it; its end stands in the journal.
  if (journal.replaying()) return { kill: () => undefined };
  const place = prepare(machine, script);
  const command = contained(world.isolation, machine.root, `/${place}/start`);
  if (command === undefined) return shellless(ended);
  const { program, arguments: given, ...identity } = command;
  const child = spawn(program, [...given], {
    ...identity,
    env: CONTAINED_ENV,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const keptBytes = planted(world, 'E19') ? OUTPUT_READ_BYTES : OUTPUT_KEPT_BYTES;
  return follow(machine, child, { timeoutMs: script.timeoutMs, folder: join(machine.root, place), keptBytes }, (end) => {
    if (journal !== world.journal) return;
    const atMs = world.clock.settle();
    journal.input({ kind: 'script', atMs, number, end });
    world.clock.at(atMs, () => journal.scriptEnded(number, end));
  });
}

function shellless(ended: (end: ScriptEnd) => void): RunningScript {
  ended({ how: 'noShell', exitCode: 1, output: '', error: 'guest agent has no shell here' });
  return { kill: () => undefined };
}

function follow(
  machine: Machine,
  child: ChildProcess,
  limits: { readonly timeoutMs: number; readonly folder: string; readonly keptBytes: number },
  ended: (end: ScriptEnd) => void,
): RunningScript {
  let how: ScriptEnd['how'] = 'exited';
  const killAs = (reason: ScriptEnd['how']): void => {
    how = reason;
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  };
  const running = { kill: () => killAs('killed') };
  machine.scripts.add(running);
  const timer = setTimeout(() => killAs('timedOut'), limits.timeoutMs);
  const tooMuch = (): void => killAs('killed');
  const output = collect(child.stdout, limits.keptBytes, tooMuch);
  const error = collect(child.stderr, limits.keptBytes, tooMuch);

  let done = false;
  const end = (exitCode: number): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    machine.scripts.delete(running);
    rmSync(limits.folder, { recursive: true, force: true });
    ended({ how, exitCode, output: output(), error: error() });
  };
  child.once('error', () => end(126));
  child.once('close', (code) => end(code ?? 137));
  return running;
}

/** Keeps the last bytes of a stream and stops reading where a machine would stop logging. */
function collect(stream: ChildProcess['stdout'], keptBytes: number, tooMuch: () => void): () => string {
  let kept = Buffer.alloc(0);
  let total = 0;
  stream?.on('data', (chunk: Buffer) => {
    total += chunk.length;
    kept = Buffer.concat([kept, chunk]).subarray(-keptBytes);
    if (total > OUTPUT_READ_BYTES) tooMuch();
  });
  return () => kept.toString('utf8');
}

/** Writes the script and what starts it into the machine. Variables go by file, so that no process list shows them. */
function prepare(machine: Machine, script: Script): string {
  const place = `run/sim/scripts/${script.id}`;
  const folder = join(machine.root, place);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const owner = ownerOf();
  if (owner !== undefined) lchownSync(folder, owner.uid, owner.gid);
  const exports = Object.entries(script.variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`);
  const interpreter = script.text.startsWith('#!') ? '' : '/bin/sh ';
  writeOwned(machine.root, `${place}/script.sh`, script.text, 0o700);
  writeOwned(
    machine.root,
    `${place}/start`,
    `cd /root || cd /\nulimit -c 0\nulimit -f 131072\n${exports.join('')}exec nice -n 10 ${interpreter}/${place}/script.sh\n`,
    0o600,
  );
  return place;
}
