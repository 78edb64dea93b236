import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { FuzzOrder, FuzzReport } from '../../support/expression-fuzz.ts';

const SEED = Number(process.env['EXPRESSION_SEED'] ?? 20_260_105);
const CASES = 20_000;
// No expression may take that long; the one that was looked at last is named.
const SILENCE_MS = 60_000;

it(
  `${CASES} expressions, most of them hostile, end within their budget and get out of nothing (EXPRESSION_SEED=${SEED})`,
  { timeout: 600_000 },
  async () => {
    const report = await play({ seed: SEED, cases: CASES });
    expect(report.wrong, `EXPRESSION_SEED=${SEED}`).toEqual([]);
    expect(report.evaluated).toBe(CASES);
    // Both kinds must be many, or the generator looks at one side of the language only.
    expect(report.sound).toBeGreaterThan(CASES / 50);
    expect(report.findings).toBeGreaterThan(CASES / 4);
  },
);

async function play(order: FuzzOrder): Promise<Extract<FuzzReport, { kind: 'ended' }>> {
  const worker = new Worker(new URL('../../support/expression-fuzz.ts', import.meta.url), { workerData: order });
  let last = '';
  const ended = new Promise<Extract<FuzzReport, { kind: 'ended' }>>((resolve, reject) => {
    const give = (): void => reject(new Error(`does not end (EXPRESSION_SEED=${order.seed}): ${last}`));
    let watch = setTimeout(give, SILENCE_MS);
    worker.on('error', reject);
    worker.on('message', (report: FuzzReport) => {
      if (report.kind === 'ended') return resolve(report);
      last = report.text;
      clearTimeout(watch);
      watch = setTimeout(give, SILENCE_MS);
    });
  });
  try {
    return await ended;
  } finally {
    await worker.terminate();
  }
}
