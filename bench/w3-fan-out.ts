import { parseArgs } from 'node:util';
import { idleStep, peerLines, print, withStage } from './run-stage.ts';

/**
 * W3: one run over `--targets` items, 50 at once, 20 ms each; and the same with one item in twenty that takes 400 ms. Prints the seconds
 * from the first request to the end of the run and their ratio to the ideal; `--floor DIR` adds the raw floor and BullMQ's flow:
 * `npm run bench -- W3 --floor ../shared/bench`.
 */
const { values: flags } = parseArgs({
  options: { targets: { type: 'string', default: '1000' }, fsync: { type: 'string', default: 'always' }, floor: { type: 'string' } },
});
const TARGETS = Number(flags.targets);
const AT_ONCE = 50;
const QUICK_MS = 20;
const SLOW_MS = 400;
const { fsync } = flags;

async function measure(name: string, slowEvery: number | undefined): Promise<void> {
  const slow = slowEvery === undefined ? 0 : Math.floor(TARGETS / slowEvery);
  const idealMs = (slow * SLOW_MS + (TARGETS - slow) * QUICK_MS) / AT_ONCE;
  const items = Array.from({ length: TARGETS }, (_, index) => index + 1);
  const ms = slowEvery === undefined ? `${QUICK_MS}` : `item % ${slowEvery} == 0 ? ${SLOW_MS} : ${QUICK_MS}`;
  const each = { forEach: '${{ inputs.items }}', rollout: { waves: [{ percent: 100 }], maxParallel: AT_ONCE, maxFailures: { count: 0 } } };
  const step = {
    ...idleStep('each', 'named', each),
    body: { kind: 'uses', action: 'bench.named@1', with: { ms: `\${{ ${ms} }}` } },
  } as const;
  await withStage(fsync, async (stage) => {
    const worker = await stage.worker(50);
    await stage.start([idleStep('s', 'named')]);
    await worker.ended(1);
    const before = await stage.counts();
    const runId = await stage.start([step], { items });
    const { begins, rssMb, cpuMs } = await worker.ended(1);
    const seconds = (performance.timeOrigin + performance.now() - (begins[runId] ?? Number.NaN)) / 1000;
    const after = await stage.counts();
    await worker.stop();
    print({
      system: `runward-${name}-${fsync}`,
      workload: 'W3',
      n: TARGETS,
      seconds: Number(seconds.toFixed(3)),
      rate: Math.round(TARGETS / seconds),
      rss_mb: rssMb,
      cpu_ms_per_step: Number((cpuMs / TARGETS).toFixed(3)),
      redis_cpu_ms_per_step: Number(((after.cpuMs - before.cpuMs) / TARGETS).toFixed(3)),
      scripts_per_step: Number(((after.scripts - before.scripts) / TARGETS).toFixed(2)),
      aof_bytes_per_step: Math.round((after.aofBytes - before.aofBytes) / TARGETS),
      ideal_s: idealMs / 1000,
      ratio: Number(((seconds * 1000) / idealMs).toFixed(2)),
    });
  });
}

if (flags.floor !== undefined) {
  const raw = await peerLines(flags.floor, 'raw-redis.mjs', [`--fsync=${fsync}`, '--runs=100']);
  const flow = await peerLines(flags.floor, 'peer-bullmq.mjs', ['--mode=flow', `--fsync=${fsync}`, '--w=W3']);
  for (const line of [...raw, ...flow]) if (line['workload'] === 'W3') print(line);
}
await measure('even', undefined);
await measure('uneven', 20);

process.exit();
