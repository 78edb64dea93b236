import { describe, expect, it } from 'vitest';
import type { RunId } from '../../engine/ids.ts';
import type { Store } from '../../engine/store.ts';
import { makeClaim, makeClaimed, makeCommand, makeCreate, makeTransition, newRunId, readBack } from './store-requests.ts';

const FAR_MS = 4_000_000_000_000;

/** Reading, waiting for events, lists and the index of due runs. */
export function exerciseReads(store: () => Store): void {
  exerciseEvents(store);
  exerciseLists(store);
  exerciseDue(store);
}

function exerciseEvents(store: () => Store): void {
  describe('events', () => {
    it('are read in order, after a number, with a limit', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId } = stored.run;
      const events = ['b', 'c', 'd'].map((type) => ({ type, data: {} }));
      await store().transition(makeTransition(stored, fence, { events }));
      expect((await store().readEvents(runId, 1, 2)).map(({ seq, type }) => [seq, type])).toEqual([
        [2, 'b'],
        [3, 'c'],
      ]);
      expect(await store().readEvents(runId, 4, 10)).toEqual([]);
      expect(await store().readEvents(runId, 0, 0)).toEqual([]);
      expect(await store().readEvents(newRunId(), 0, 10)).toEqual([]);
    });

    it('wake everybody who waits for them', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId } = stored.run;
      const signal = new AbortController().signal;
      const readers = [1, 2, 3].map(() => store().awaitEvents(runId, 1, 60_000, signal));
      await store().transition(makeTransition(stored, fence, { events: [{ type: 'note', data: {} }] }));
      await Promise.all(readers);
      await store().awaitEvents(runId, 1, 60_000, signal);
      expect((await store().readEvents(runId, 1, 10)).map((event) => event.seq)).toEqual([2]);
    });

    it('are not waited for longer than asked, and not after an abort', async () => {
      const { stored } = await makeClaimed(store());
      await store().awaitEvents(stored.run.runId, 1, 1, new AbortController().signal);
      const stop = new AbortController();
      const waiting = store().awaitEvents(stored.run.runId, 1, 60_000, stop.signal);
      stop.abort();
      await waiting;
      await store().awaitEvents(stored.run.runId, 1, 60_000, stop.signal);
    });
  });
}

function exerciseLists(store: () => Store): void {
  describe('lists', () => {
    const createMany = async (runbook: string, count: number): Promise<readonly RunId[]> => {
      const runIds = Array.from({ length: count }, newRunId);
      for (const runId of runIds) await store().create(makeCreate(runId, { runbook }));
      return runIds;
    };

    it('show runs newest first, page by page', async () => {
      const runIds = await createMany('paged', 5);
      const first = await store().listRuns({ limit: 2, runbook: 'paged' });
      expect(first.map((run) => run.runId)).toEqual([runIds[4], runIds[3]]);
      const before = first.at(-1)?.number ?? 0;
      const second = await store().listRuns({ limit: 10, runbook: 'paged', before });
      expect(second.map((run) => run.runId)).toEqual([runIds[2], runIds[1], runIds[0]]);
      expect(second[0]).toEqual((await readBack(store(), runIds[2] ?? newRunId())).run);
      expect(await store().listRuns({ limit: 3, before: before + 1 })).toHaveLength(3);
    });

    it('keep only the states asked for', async () => {
      const [, second] = await createMany('by-state', 3);
      const claimed = await store().claim(makeClaim(second ?? newRunId()));
      if (claimed.kind !== 'claimed') throw new Error(claimed.kind);
      await store().transition(makeTransition(claimed.stored, claimed.fence, { state: { from: 'queued', to: 'running' } }));
      const running = await store().listRuns({ limit: 10, runbook: 'by-state', states: ['running', 'waiting'] });
      expect(running.map((run) => run.runId)).toEqual([second]);
      expect(await store().listRuns({ limit: 10, runbook: 'by-state', states: ['failed'] })).toEqual([]);
    });

    it('keep only the purposes asked for', async () => {
      await createMany('by-purpose', 1);
      const [checks, other] = [newRunId(), newRunId()];
      await store().create(makeCreate(checks, { runbook: 'by-purpose', purpose: 'readiness' }));
      await store().create(makeCreate(other, { runbook: 'by-purpose', purpose: 'drill' }));
      const found = await store().listRuns({ limit: 10, runbook: 'by-purpose', purposes: ['readiness', 'backup'] });
      expect(found.map((run) => run.runId)).toEqual([checks]);
      expect(await store().listRuns({ limit: 10, runbook: 'by-purpose', purposes: [] })).toEqual([]);
    });

    it('find a run by number, by id and by the start of its id', async () => {
      const [runId = newRunId()] = await createMany('found', 1);
      const { run } = await readBack(store(), runId);
      expect(await store().findRun(String(run.number))).toBe(runId);
      expect(await store().findRun(runId)).toBe(runId);
      expect(await store().findRun(runId.slice(0, 8))).toBe(runId);
      for (const reference of [runId.slice(0, 7), '0', '999999999', 'latest', '', newRunId()]) {
        expect(await store().findRun(reference)).toBeUndefined();
      }
    });

    it('know nothing of runs that do not exist', async () => {
      expect(await store().readRun(newRunId())).toBeUndefined();
      expect(await store().readPlan(newRunId())).toBeUndefined();
      expect(await store().readAudit(newRunId())).toEqual([]);
      expect(await store().readInbox(newRunId(), 0)).toEqual([]);
    });
  });
}

function exerciseDue(store: () => Store): void {
  describe('due', () => {
    const isDue = async (runId: RunId): Promise<boolean> => (await store().due(10_000)).includes(runId);

    it('names a new run, and not one under a live lease', async () => {
      const runId = newRunId();
      await store().create(makeCreate(runId));
      expect(await isDue(runId)).toBe(true);
      await store().claim(makeClaim(runId));
      expect(await isDue(runId)).toBe(false);
    });

    it('names a run whose holder’s lease has ended', async () => {
      const { stored } = await makeClaimed(store(), { leaseMs: 0 });
      expect(await isDue(stored.run.runId)).toBe(true);
    });

    it('leaves a sleeping run alone until a command comes', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId } = stored.run;
      await store().release(runId, fence, FAR_MS);
      expect(await isDue(runId)).toBe(false);
      await store().command(runId, makeCommand('c1'));
      expect(await isDue(runId)).toBe(true);
    });

    it('names a run that was released with an unread command', async () => {
      const { stored, fence } = await makeClaimed(store());
      await store().command(stored.run.runId, makeCommand('c1'));
      await store().release(stored.run.runId, fence, FAR_MS);
      expect(await isDue(stored.run.runId)).toBe(true);
    });

    it('forgets a run that has ended', async () => {
      const { stored, fence } = await makeClaimed(store(), { leaseMs: 0 });
      await store().transition(makeTransition(stored, fence, { state: { from: 'queued', to: 'cancelled' } }));
      expect(await isDue(stored.run.runId)).toBe(false);
    });

    it('answers no more than asked for', async () => {
      await store().create(makeCreate(newRunId()));
      await store().create(makeCreate(newRunId()));
      expect(await store().due(1)).toHaveLength(1);
      expect(await store().due(0)).toEqual([]);
    });

    it('counts the runs that have not ended when it is rebuilt', async () => {
      const before = await store().sweep();
      const { stored, fence } = await makeClaimed(store(), { leaseMs: 0 });
      expect(await store().sweep()).toBe(before + 1);
      await store().transition(makeTransition(stored, fence, { state: { from: 'queued', to: 'cancelled' } }));
      expect(await store().sweep()).toBe(before);
    });
  });
}
