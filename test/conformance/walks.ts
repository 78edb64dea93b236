import { parseArgs } from 'node:util';
import { startWalker } from '../support/simulator-walk.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } } });
process.exit(await walkTwice(Number(values.seed), Number(values.seeds)));

/** Walks every seed twice; tells the seeds that came to two worlds. Returns the exit code. */
async function walkTwice(first: number, count: number): Promise<number> {
  const startedMs = performance.now();
  const walker = await startWalker();
  const digests = new Set<string>();
  const differing: number[] = [];
  try {
    for (let seed = first; seed < first + count; seed += 1) {
      const once = await walker.walk(seed);
      digests.add(once);
      if ((await walker.walk(seed)) !== once) differing.push(seed);
    }
  } finally {
    await walker.stop();
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(
    `${count} seeds from ${first}, each twice, in ${seconds} s: ${digests.size} worlds, ${differing.length} seeds came to two\n`,
  );
  for (const seed of differing) process.stdout.write(`see it again: npm run walks -- --seed ${seed} --seeds 1\n`);
  return differing.length === 0 ? 0 : 1;
}
