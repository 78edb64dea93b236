import { describe, expect, it } from 'vitest';
import type { LogLine, Store, WorkerBeat } from '../../engine/store.ts';
import { newHex, newRunId } from './store-requests.ts';

/** Locks, log lines, documents, plans and heartbeats. */
export function exerciseAsides(store: () => Store): void {
  exerciseLocks(store);
  exerciseLog(store);
  exerciseKept(store);
}

function exerciseLocks(store: () => Store): void {
  describe('locks', () => {
    it('are taken all together or not at all', async () => {
      const [mine, other] = [newRunId(), newRunId()];
      const ids = ['c', 'a', 'b'].map((name) => `/subscriptions/${mine}/vm/${name}`);
      expect(await store().lock([ids[1] ?? ''], other)).toEqual({ kind: 'locked' });
      expect(await store().lock(ids, mine)).toMatchObject({ kind: 'held', by: other, lockId: ids[1] });
      expect(await store().lock([ids[0] ?? '', ids[2] ?? ''], other)).toEqual({ kind: 'locked' });
    });

    it('belong to a run: it may take them again, others may not give them back', async () => {
      const [mine, other] = [newRunId(), newRunId()];
      const ids = [`x-${mine}`, `y-${mine}`];
      expect(await store().lock(ids, mine)).toEqual({ kind: 'locked' });
      expect(await store().lock(ids, mine)).toEqual({ kind: 'locked' });
      await store().unlock(ids, other);
      expect(await store().lock(ids, other)).toMatchObject({ kind: 'held', by: mine });
      expect((await store().listLocks()).filter(({ lockId }) => ids.includes(lockId))).toEqual(
        ids.toSorted().map((lockId) => ({ lockId, runId: mine, sinceMs: expect.any(Number) })),
      );
      await store().unlock(ids, mine);
      expect((await store().listLocks()).filter(({ lockId }) => ids.includes(lockId))).toEqual([]);
      expect(await store().lock(ids, other)).toEqual({ kind: 'locked' });
    });

    it('may be none', async () => {
      expect(await store().lock([], newRunId())).toEqual({ kind: 'locked' });
      await store().unlock([], newRunId());
    });
  });
}

function exerciseLog(store: () => Store): void {
  describe('log lines', () => {
    const line = (text: string, step = 'a', item?: string): LogLine => ({
      atMs: 1,
      step,
      stream: 'stdout',
      text,
      ...(item === undefined ? {} : { item }),
    });
    const texts = (page: { readonly lines: readonly LogLine[] }): readonly string[] => page.lines.map((each) => each.text);

    it('are numbered and read from a number or from the end', async () => {
      const runId = newRunId();
      await store().appendLog(runId, []);
      await store().appendLog(
        runId,
        ['1', '2', '3'].map((text) => line(text)),
      );
      await store().appendLog(runId, [line('4'), line('5')]);
      const page = await store().readLog(runId, { from: 2, limit: 2 });
      expect(page).toMatchObject({
        lines: [
          { n: 2, text: '2' },
          { n: 3, text: '3' },
        ],
        total: 5,
        dropped: 0,
      });
      expect(texts(await store().readLog(runId, { from: -2, limit: 10 }))).toEqual(['4', '5']);
      expect(texts(await store().readLog(runId, { from: -3, limit: 1 }))).toEqual(['3']);
      expect(texts(await store().readLog(runId, { from: 0, limit: 2 }))).toEqual(['1', '2']);
      expect(await store().readLog(newRunId(), { from: 1, limit: 5 })).toEqual({
        lines: [],
        total: 0,
        dropped: 0,
        matching: 0,
        kept: 'tail',
      });
    });

    it('are read for one step or item', async () => {
      const runId = newRunId();
      await store().appendLog(runId, [line('1', 'a'), line('2', 'b', 'web-01'), line('3', 'a'), line('4', 'b', 'web-02')]);
      expect(texts(await store().readLog(runId, { from: 1, limit: 9, step: 'b' }))).toEqual(['2', '4']);
      expect(texts(await store().readLog(runId, { from: -1, limit: 9, step: 'a' }))).toEqual(['3']);
      expect(texts(await store().readLog(runId, { from: 1, limit: 9, step: 'b', item: 'web-02' }))).toEqual(['4']);
      expect(await store().readLog(runId, { from: 1, limit: 1, step: 'b' })).toMatchObject({ matching: 2, total: 4, lines: [{ n: 2 }] });
      expect(texts(await store().readLog(runId, { from: 1, skip: 1, limit: 9, step: 'b' }))).toEqual(['4']);
      expect(texts(await store().readLog(runId, { from: 1, skip: 2, limit: 1 }))).toEqual(['3']);
    });

    it('are cut at 16 KiB', async () => {
      const runId = newRunId();
      await store().appendLog(runId, [line('ä'.repeat(10_000))]);
      const [cut] = (await store().readLog(runId, { from: 1, limit: 1 })).lines;
      expect(cut?.text).toBe(`${'ä'.repeat(8_192)} [line cut at 16 KiB]`);
    });

    it('lose the oldest beyond 5 MiB and say how many', async () => {
      const runId = newRunId();
      const big = Array.from({ length: 100 }, (_, index) => line(`${index}`.padEnd(16_000, '.')));
      for (let round = 0; round < 4; round += 1) await store().appendLog(runId, big);
      const page = await store().readLog(runId, { from: 1, limit: 1_000 });
      expect(page.total).toBe(400);
      expect(page.dropped).toBe(400 - Math.floor((5 * 1024 * 1024) / 16_100));
      expect(page.lines).toHaveLength(400 - page.dropped);
      expect(page.lines[0]?.n).toBe(page.dropped + 1);
    });
  });
}

function exerciseKept(store: () => Store): void {
  describe('documents, plans and heartbeats', () => {
    it('publishes documents by path; a later text replaces the earlier one', async () => {
      const path = `runbooks/${newHex()}.yaml`;
      await store().putRunbooks([]);
      await store().putRunbooks([{ path, text: 'one', digest: '1' }]);
      await store().putRunbooks([{ path, text: 'two', digest: '2' }]);
      const found = (await store().listDocuments()).filter((document) => document.path === path);
      expect(found).toEqual([{ path, text: 'two', digest: '2' }]);
    });

    it('keeps a plan until it expires', async () => {
      const [hash, gone] = [newHex(), newHex()];
      const plan = { text: '{}', hash, signature: { keyId: 'k', value: 'v' } };
      await store().putPlan(hash, plan, 600_000);
      await store().putPlan(gone, plan, 1);
      const from = await store().nowMs();
      while ((await store().nowMs()) <= from + 2);
      expect(await store().getPlan(hash)).toEqual(plan);
      expect(await store().getPlan(gone)).toBeUndefined();
      expect(await store().getPlan(newHex())).toBeUndefined();
    });

    it('lists the workers that were heard of lately', async () => {
      const beat = (worker: string, runs: number): WorkerBeat => ({
        worker,
        runs,
        version: '0.1.0',
        host: 'h',
        startedAtMs: 1,
        atMs: 2,
        ticketStore: 't',
      });
      await store().beatWorker(beat('w-b', 1), 600_000);
      await store().beatWorker(beat('w-a', 1), 600_000);
      await store().beatWorker(beat('w-b', 3), 600_000);
      await store().beatWorker(beat('w-gone', 0), 0);
      expect(await store().listWorkers()).toEqual([beat('w-a', 1), beat('w-b', 3)]);
    });

    it('tells its time and its durability', async () => {
      expect(await store().nowMs()).toBeGreaterThan(0);
      const { tier, findings } = await store().durability();
      expect(tier === 'gold' || findings.length > 0).toBe(true);
    });
  });

  describe('limits of Azure', () => {
    it('are closed until the later of two ends, and open by themselves', async () => {
      const [long, short] = [newHex(), newHex()];
      const mine = async () => (await store().closedLimits()).filter(({ bucket }) => bucket === long || bucket === short);
      await store().closeLimit(short, 1);
      await store().closeLimit(long, 60_000);
      await store().closeLimit(long, 5);
      const from = await store().nowMs();
      while ((await store().nowMs()) <= from + 2);
      const found = await mine();
      expect(found).toEqual([{ bucket: long, forMs: expect.any(Number) }]);
      expect(found[0]?.forMs).toBeGreaterThan(30_000);
      expect(found[0]?.forMs).toBeLessThanOrEqual(60_000);
    });
  });
}
