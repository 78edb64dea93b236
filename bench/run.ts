import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/** Runs one workload by its name: `npm run bench -- W5 --floor ../shared/bench`. Without a name the workloads that exist are listed. */
const [name = '', ...rest] = process.argv.slice(2);
const workloads = new Map(
  readdirSync(import.meta.dirname).flatMap((file) => {
    const match = /^(w\d+)-.*\.ts$/.exec(file);
    return match === null ? [] : [[(match[1] ?? '').toUpperCase(), `${import.meta.dirname}/${file}`] as const];
  }),
);
const file = workloads.get(name.toUpperCase());
if (file === undefined) {
  process.stderr.write(`Name a workload: ${[...workloads.keys()].toSorted().join(', ')}. Example: npm run bench -- W5\n`);
  process.exitCode = 2;
} else process.exitCode = spawnSync(process.execPath, [file, ...rest], { stdio: 'inherit' }).status ?? 1;
