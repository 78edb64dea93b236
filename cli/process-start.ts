import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProcessName } from './commands/process.ts';

const SIGNAL_EXIT = 128;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Starts one process of the product in the foreground and answers with its exit code; signals are passed on, so that it can drain. */
export async function startProcess(name: ProcessName, args: readonly unknown[]): Promise<number> {
  const child = spawn(process.execPath, [mainFile(name), ...optionsOf(args)], { stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  // Ctrl-C reaches the whole group of a terminal by itself; here it must only not end the parent first.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', pass);
  process.on('SIGHUP', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? SIGNAL_EXIT + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
  });
}

/** The main file of a process, beside this one: `.ts` in the sources, `.js` in the package. */
export function mainFile(name: ProcessName): string {
  const here = import.meta.url;
  return fileURLToPath(new URL(`../${name}/main${extname(fileURLToPath(here))}`, here));
}

function optionsOf(args: readonly unknown[]): readonly string[] {
  return args.flat().filter((value): value is string => typeof value === 'string');
}
