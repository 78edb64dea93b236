import { parseArgs } from 'node:util';
import type { EffectName } from './run-worker.ts';
import { idleStep, peerLines, print, quantile, withStage } from './run-stage.ts';

/**
 * W1: `--runs` runs of ten durable steps that do nothing, 50 at once on one worker; W1S: the same one run at a time, which shows the time
 * between two steps. Prints one JSON line for each and class of steps. With `--floor DIR` the raw Redis floor and BullMQ of that folder run
 * in turn with them, and the ratio to the floor is printed: `npm run bench -- W1 --floor ../shared/bench`.
 */
const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    fsync: { type: 'string', default: 'always' },
    floor: { type: 'string' },
  },
});
const RUNS = Number(flags.runs);
const STEPS = 10;
const { fsync } = flags;

async function measure(workload: 'W1' | 'W1S', effect: EffectName, floor?: number): Promise<void> {
  const [runs, lanes] = workload === 'W1' ? [RUNS, 50] : [Math.min(200, RUNS), 1];
  const steps = Array.from({ length: STEPS }, (_, index) => idleStep(`s${index}`, effect));
  await withStage(fsync, async (stage) => {
    // What is loaded and compiled with the first runs is not what is measured.
    const warm = await stage.worker(lanes);
    await Promise.all(Array.from({ length: 50 }, () => stage.start(steps)));
    await warm.ended(50);
    await warm.stop();
    for (let started = 0; started < runs; started += 50) await Promise.all(Array.from({ length: 50 }, () => stage.start(steps)));
    const before = await stage.counts();
    const worker = await stage.worker(lanes);
    const startMs = performance.now();
    const { gaps, rssMb, cpuMs } = await worker.ended(runs);
    const seconds = (performance.now() - startMs) / 1000;
    const after = await stage.counts();
    await worker.stop();
    const count = runs * STEPS;
    print({
      system: `runward-${effect}-${fsync}`,
      workload,
      n: count,
      seconds: Number(seconds.toFixed(2)),
      rate: Math.round(count / seconds),
      p50_ms: quantile(gaps, 0.5),
      p99_ms: quantile(gaps, 0.99),
      rss_mb: rssMb + Math.round(await stage.redisMb()),
      cpu_ms_per_step: Number((cpuMs / count).toFixed(3)),
      redis_cpu_ms_per_step: Number(((after.cpuMs - before.cpuMs) / count).toFixed(3)),
      scripts_per_step: Number(((after.scripts - before.scripts) / count).toFixed(2)),
      aof_bytes_per_step: Math.round((after.aofBytes - before.aofBytes) / count),
      ...(floor === undefined ? {} : { ratio_to_floor: Number((count / seconds / floor).toFixed(3)) }),
    });
  });
}

const peers =
  flags.floor === undefined
    ? []
    : [
        ...(await peerLines(flags.floor, 'raw-redis.mjs', [`--fsync=${fsync}`, `--runs=${RUNS}`])),
        ...(await peerLines(flags.floor, 'peer-bullmq.mjs', ['--mode=onejob', `--fsync=${fsync}`, '--w=W1,W1S'])),
        ...(await peerLines(flags.floor, 'peer-bullmq.mjs', ['--mode=step', `--fsync=${fsync}`, '--w=W1,W1S'])),
      ];
for (const line of peers) if (line['workload'] === 'W1' || line['workload'] === 'W1S') print(line);
const floorRate = (workload: string): number | undefined => {
  const line = peers.find((each) => each['system'] === `proto-1call-${fsync}` && each['workload'] === workload && each['workers'] === 1);
  return line === undefined ? undefined : Number(line['rate']);
};
for (const workload of ['W1', 'W1S'] as const) {
  for (const effect of ['read', 'named', 'guarded'] as const) await measure(workload, effect, floorRate(workload));
}
process.exit();
