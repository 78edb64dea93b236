import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { idleStep, peerLines, print, quantile, withStage } from './run-stage.ts';

/**
 * W2: from the moment a start is asked for to the moment its first step begins, one start at a time while nothing else happens. Prints one
 * JSON line; with `--floor DIR` BullMQ's line of that folder and the ratio to it: `npm run bench -- W2 --floor ../shared/bench`.
 */
const { values: flags } = parseArgs({
  options: { runs: { type: 'string', default: '200' }, fsync: { type: 'string', default: 'always' }, floor: { type: 'string' } },
});
const RUNS = Number(flags.runs);
const { fsync } = flags;

const peers =
  flags.floor === undefined ? [] : await peerLines(flags.floor, 'peer-bullmq.mjs', ['--mode=onejob', `--fsync=${fsync}`, '--w=W2']);
const peer = peers.find((line) => line['workload'] === 'W2');
if (peer !== undefined) print(peer);
await withStage(fsync, async (stage) => {
  const worker = await stage.worker(50);
  await stage.start([idleStep('s', 'named')]);
  await worker.ended(1);
  const latencies: number[] = [];
  for (let index = 0; index < RUNS; index += 1) {
    await delay(5);
    const askedAtMs = performance.timeOrigin + performance.now();
    const ended = worker.ended(1);
    const runId = await stage.start([idleStep('s', 'named')]);
    const { begins } = await ended;
    latencies.push((begins[runId] ?? Number.NaN) - askedAtMs);
  }
  const p50 = quantile(latencies, 0.5);
  print({
    system: `runward-${fsync}`,
    workload: 'W2',
    n: RUNS,
    p50_ms: p50,
    p99_ms: quantile(latencies, 0.99),
    ...(peer === undefined || p50 === null ? {} : { ratio_to_bullmq: Number((p50 / Number(peer['p50_ms'])).toFixed(2)) }),
  });
});
process.exit();
