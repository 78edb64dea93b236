import { appendFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeMemoryStore } from '../../adapters/memory/store.ts';
import { withLogFiles } from '../../adapters/system/filed-log.ts';
import { openLogFiles } from '../../adapters/system/log-files.ts';
import { systemIds } from '../../adapters/system/ids.ts';
import type { RunId } from '../../engine/ids.ts';
import type { LogLine, LogPage, Store } from '../../engine/store.ts';
import { endedChecks, nextEntry, removalOf } from '../contracts/store-removals-contract.ts';
import { silentLog } from '../support/silent-log.ts';

const LINES = 100_000;

const line = (text: string, step = 'copy', item?: string): LogLine => ({
  atMs: 1,
  step,
  stream: 'stdout',
  text,
  ...(item === undefined ? {} : { item }),
});
const texts = ({ lines }: LogPage): readonly string[] => lines.map(({ text }) => text);

describe('the log of a run in files', () => {
  let folder: string;
  let store: Store;
  let tails: Store;
  const runId = systemIds.newRunId();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runward-log-files-'));
    tails = makeMemoryStore({ nowMs: () => 0 });
    store = withLogFiles(tails, openLogFiles(folder), silentLog);
    for (let first = 1; first <= LINES; first += 500) {
      const lines = Array.from({ length: 500 }, (_, index) => line(`line ${first + index}`));
      await store.appendLog(runId, [...lines, line(`note after ${first + 499}`, 'notify', 'web-01')]);
    }
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  it('has every line of a step of 100,000, by place and from the end', async () => {
    const step = { step: 'copy', limit: 3, from: 1 };
    expect(await store.readLog(runId, step)).toMatchObject({ total: LINES + 200, dropped: 0, matching: LINES, kept: 'files' });
    expect(texts(await store.readLog(runId, { ...step, skip: 0 }))).toEqual(['line 1', 'line 2', 'line 3']);
    expect(texts(await store.readLog(runId, { ...step, skip: 49_999 }))).toEqual(['line 50000', 'line 50001', 'line 50002']);
    expect(texts(await store.readLog(runId, { ...step, skip: LINES - 2 }))).toEqual([`line ${LINES - 1}`, `line ${LINES}`]);
    expect(texts(await store.readLog(runId, { ...step, from: -2 }))).toEqual([`line ${LINES - 1}`, `line ${LINES}`]);
    expect(texts(await store.readLog(runId, { ...step, skip: LINES + 5 }))).toEqual([]);
  });

  it('has the numbers of the run, and the lines of one item', async () => {
    const page = await store.readLog(runId, { from: 501, limit: 2 });
    expect(page.lines).toMatchObject([
      { n: 501, step: 'notify', text: 'note after 500' },
      { n: 502, step: 'copy', text: 'line 501' },
    ]);
    const notes = await store.readLog(runId, { from: -1, limit: 9, step: 'notify', item: 'web-01' });
    expect(notes).toMatchObject({ matching: 200, lines: [{ n: LINES + 200 }] });
  });

  it('is the tail of the store where there is no file, and says so', async () => {
    const elsewhere = withLogFiles(tails, openLogFiles(join(folder, 'another-disk')), silentLog);
    const page = await elsewhere.readLog(runId, { from: -1, limit: 1 });
    expect(page).toMatchObject({ kept: 'tail', lines: [{ n: LINES + 200 }] });
    expect(page.dropped).toBeGreaterThan(0);
  });

  it('goes on with what another worker wrote to another disk', async () => {
    const mine = systemIds.newRunId();
    await store.appendLog(mine, [line('one'), line('two')]);
    const other = withLogFiles(tails, openLogFiles(join(folder, 'other-worker')), silentLog);
    await other.appendLog(mine, [line('three')]);
    await store.appendLog(mine, [line('four')]);
    await other.appendLog(mine, [line('five')]);
    expect(texts(await store.readLog(mine, { from: 1, limit: 9 }))).toEqual(['one', 'two', 'four', 'five']);
    expect(await store.readLog(mine, { from: 1, limit: 9 })).toMatchObject({ total: 5, dropped: 1 });
  });

  it('keeps its first and its last lines when it overflows, and counts what is gone', async () => {
    const small = join(folder, 'small');
    const limits = { segmentBytes: 2000, headBytes: 4000, runBytes: 10_000 };
    const bounded = withLogFiles(tails, openLogFiles(small, limits), silentLog);
    const mine = systemIds.newRunId();
    for (let n = 1; n <= 500; n += 1) await bounded.appendLog(mine, [line(`line ${n}`)]);
    const page = await bounded.readLog(mine, { from: 1, limit: 500 });
    expect(texts(page).slice(0, 2)).toEqual(['line 1', 'line 2']);
    expect(texts(page).at(-1)).toBe('line 500');
    expect(page.dropped).toBe(500 - page.lines.length);
    expect(page.dropped).toBeGreaterThan(100);
    expect(await sizeOf(join(small, mine))).toBeLessThan(limits.runBytes + limits.segmentBytes);
  });

  it('goes with a run that is removed, also what a process left behind that died in between', async () => {
    const own = join(folder, 'removed');
    let now = 1;
    const kept = makeMemoryStore({ nowMs: () => now++ });
    const filed = withLogFiles(kept, openLogFiles(own), silentLog);
    const [first, second, last] = [await endedChecks(filed), await endedChecks(filed), await endedChecks(filed)];
    const remove = async (by: Store, mine: RunId) =>
      by.removeRuns({
        runs: [{ ...(await removalOf(by, mine)), newer: [last] }],
        keepMs: 0,
        entry: await nextEntry(by, [mine]),
      });
    expect((await readdir(own)).toSorted()).toEqual([first, second, last].toSorted());
    expect(await remove(filed, last)).toMatchObject({ kind: 'kept' });
    expect(await readdir(own)).toContain(last);
    // The first one goes without its files.
    expect(await remove(kept, first)).toEqual({ kind: 'removed' });
    expect(await remove(filed, second)).toEqual({ kind: 'removed' });
    expect(await readdir(own)).toEqual([last]);
  });

  it('takes nothing from an index entry that was not written to its end, and is readable for its owner alone', async () => {
    const mine: RunId = systemIds.newRunId();
    await store.appendLog(mine, [line('one')]);
    const names = await readdir(join(folder, mine));
    const index = join(folder, mine, names.find((name) => name.endsWith('.index')) ?? '');
    await appendFile(index, '[2,1,9');
    expect(texts(await store.readLog(mine, { from: 1, limit: 9 }))).toEqual(['one']);
    expect(await readFile(index, 'utf8')).toContain('[1,1,0,');
    for (const name of names) expect((await stat(join(folder, mine, name))).mode & 0o077).toBe(0);
  });

  it('is written in the order of its numbers when lanes write at once', async () => {
    const mine = systemIds.newRunId();
    await Promise.all(Array.from({ length: 50 }, (_, lane) => store.appendLog(mine, [line(`a ${lane}`), line(`b ${lane}`)])));
    const { lines } = await store.readLog(mine, { from: 1, limit: 200 });
    expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(new Set(lines.map(({ text }) => text)).size).toBe(100);
  });
});

async function sizeOf(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
