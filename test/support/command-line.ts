import { spawn } from 'node:child_process';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/** What a command of the product printed and how it ended. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number | null;
}

/** Surroundings of a command; `interrupt` presses Ctrl-C after its first output. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly interrupt?: boolean;
}

/** Runs the command line as its own process in a folder, without a terminal and without the caller's settings. */
export async function runwardIn(args: readonly string[], cwd: string, around: Surroundings): Promise<Ended> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  // What an earlier test has checked is of no use to this one; nothing can be kept below a device.
  const env = { PATH, HOME, NODE_COMPILE_CACHE, XDG_CACHE_HOME: devNull, ...around.env };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  if (around.interrupt === true) child.stdout.once('data', () => child.kill('SIGINT'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve({ stdout, stderr, exit }));
  });
}

/** As `runwardIn`, with nothing but variables. */
export async function runward(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return runwardIn(args, cwd, { env });
}
