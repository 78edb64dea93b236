import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What became of the console: it was built now, is as new as its sources, or cannot be built here (the package brings it built). */
export type ConsoleBuild = { readonly kind: 'built'; readonly ms: number } | { readonly kind: 'fresh' } | { readonly kind: 'not_here' };

/** Builds the console of a checkout when its files are missing or older than its sources. Throws when the build fails. */
export async function buildConsole(root: string): Promise<ConsoleBuild> {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const sources = join(root, 'console');
  if (!existsSync(join(sources, 'vite.config.ts')) || !existsSync(vite)) return { kind: 'not_here' };
  const built = join(root, 'dist', 'console');
  if (writtenAtMs(join(built, 'files.json')) > newestMs(sources)) return { kind: 'fresh' };

  const startedMs = performance.now();
  // Built aside and put in place as a whole: another process may read the folder at this moment.
  const aside = `${built}-${process.pid}`;
  try {
    await run(vite, ['build', sources, '--outDir', aside], root);
    rmSync(built, { recursive: true, force: true });
    renameSync(aside, built);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return { kind: 'built', ms: performance.now() - startedMs };
}

async function run(file: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(process.execPath, [file, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the console could not be built:\n${said}`);
}

function newestMs(folder: string): number {
  const times = readdirSync(folder, { recursive: true }).map((name) => writtenAtMs(join(folder, String(name))));
  return Math.max(0, ...times);
}

function writtenAtMs(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
