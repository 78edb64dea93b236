import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeMemoryStore } from '../adapters/memory/store.ts';
import { withLogFiles } from '../adapters/system/filed-log.ts';
import { systemIds } from '../adapters/system/ids.ts';
import { openLogFiles } from '../adapters/system/log-files.ts';
import type { Log } from '../engine/ports.ts';
import type { LogLine } from '../engine/store.ts';

/**
 * W8: `--n` log lines of one step into the files of a run, and pages of 1,000 lines at random places out of them. The store is left
 * out, so what is measured is the file side alone. Prints one JSON line for each of the two.
 */
const { values: flags } = parseArgs({ options: { n: { type: 'string', default: '1000000' } } });
const count = Number(flags.n);
const BATCH = 100;
const PAGES = 200;
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const folder = await mkdtemp(join(tmpdir(), 'runward-w8-'));
const files = openLogFiles(folder);
let total = 0;
// Numbers the lines and keeps none.
const counter = {
  ...makeMemoryStore({ nowMs: () => Date.now() }),
  appendLog: async (_: unknown, lines: readonly LogLine[]) => (total += lines.length),
  readLog: async () => ({ lines: [], total, dropped: total, matching: 0, kept: 'tail' as const }),
};
const store = withLogFiles(counter, files, silent);
const runId = systemIds.newRunId();

const startedMs = performance.now();
for (let first = 0; first < count; first += BATCH) await store.appendLog(runId, linesFrom(first));
const appendMs = performance.now() - startedMs;
print({ workload: 'W8-append', n: count, seconds: appendMs / 1000, rate: Math.round((count / appendMs) * 1000) });

const taken: number[] = [];
for (let page = 0; page < PAGES; page += 1) {
  const skip = Math.floor((page * 7919 * 1000) % Math.max(1, count - 1000));
  const pageMs = performance.now();
  const { lines } = await store.readLog(runId, { from: 1, skip, limit: 1000, step: 'copy' });
  taken.push(performance.now() - pageMs);
  if (lines.length !== Math.min(1000, count)) throw new Error(`a page of ${lines.length} lines`);
}
const sorted = taken.toSorted((left, right) => left - right);
const [p50, p99] = [0.5, 0.99].map((share) => Number((sorted[Math.floor(PAGES * share)] ?? 0).toFixed(1)));
print({ workload: 'W8-page1000', n: count, p50_ms: p50, p99_ms: p99, rss_mb: Math.round(process.memoryUsage.rss() / 1_048_576) });
await rm(folder, { recursive: true, force: true });

function linesFrom(first: number): readonly LogLine[] {
  return Array.from({ length: BATCH }, (_, index) => ({
    atMs: Date.now(),
    step: 'copy',
    stream: 'stdout' as const,
    text: `INFO vm-${index} operation status InProgress, 34 percent done, request id ${first + index}`,
  }));
}

function print(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
