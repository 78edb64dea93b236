import { describe, expect, it } from 'vitest';
import type { RunId } from '../../engine/ids.ts';
import type { Store, TransitionRequest } from '../../engine/store.ts';
import { makeClaim, makeClaimed, makeStep, makeTransition, newHex, nextAudit, readBack } from './store-requests.ts';

/** The one call that moves state. */
export function exerciseTransitions(store: () => Store): void {
  exerciseApplied(store);
  exerciseRejected(store);
}

function exerciseApplied(store: () => Store): void {
  describe('transition', () => {
    it('applies fields, steps, audit and events as one change', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId, auditHead } = stored.run;
      const audit = nextAudit({ seq: 1, hash: auditHead }, 'started', 'opened');
      const request = makeTransition(stored, fence, {
        state: { from: 'queued', to: 'running' },
        fields: { reason: 'why “not”', deadlineAtMs: 12, outputs: { list: [], big: 1_795_548_251_614_612 }, title: 'New' },
        stampFields: ['startedAtMs'],
        steps: [{ from: 'pending', fromRev: 1, record: makeStep('a', 'ready', 2), stamp: ['createdAtMs'] }],
        audit,
        events: [
          { type: 'run.started', data: {} },
          { type: 'step.opened', step: 'a', data: { n: 1 } },
        ],
        wakeAtMs: 99,
      });
      const answer = await store().transition(request);
      if (answer.kind !== 'applied') throw new Error(JSON.stringify(answer));
      const { run, steps } = await readBack(store(), runId);

      expect(answer).toMatchObject({ version: 2, eventSeq: 3, leaseUntilMs: stored.run.leaseUntilMs });
      expect(run).toMatchObject({
        state: 'running',
        version: 2,
        wakeAtMs: 99,
        strikes: 0,
        auditSeq: 3,
        auditHead: audit[1]?.hash,
        eventSeq: 3,
      });
      expect(run).toMatchObject({ reason: 'why “not”', deadlineAtMs: 12, startedAtMs: answer.nowMs, title: 'New' });
      expect(run.outputs).toEqual({ list: [], big: 1_795_548_251_614_612 });
      expect(steps).toEqual([{ ...makeStep('a', 'ready', 2), createdAtMs: answer.nowMs }, makeStep('b')]);
      expect((await store().readAudit(runId)).slice(1)).toEqual(audit);
      expect(await store().readEvents(runId, 1, 10)).toEqual([
        { type: 'run.started', data: {}, seq: 2, atMs: answer.nowMs },
        { type: 'step.opened', step: 'a', data: { n: 1 }, seq: 3, atMs: answer.nowMs },
      ]);
    });

    it('takes thousands of steps at once', async () => {
      const { stored, fence } = await makeClaimed(store());
      const paths = Array.from({ length: 5_000 }, (_, index) => `each[${index}]`);
      const steps = paths.map((path) => ({ from: undefined, fromRev: 0, record: makeStep(path, 'ready'), stamp: [] }));
      expect((await store().transition(makeTransition(stored, fence, { steps }))).kind).toBe('applied');
      const { steps: kept } = await readBack(store(), stored.run.runId);
      expect(kept.filter(({ path }) => path.startsWith('each['))).toHaveLength(5_000);
    });

    it('removes fields that are null, and keeps strikes when no step moved', async () => {
      const { stored, fence } = await makeClaimed(store());
      await store().transition(makeTransition(stored, fence, { fields: { reason: 'x', rpoMs: 5 } }));
      const between = await readBack(store(), stored.run.runId);
      await store().transition(makeTransition(between, fence, { fields: { reason: null } }));
      const { run } = await readBack(store(), stored.run.runId);
      expect(run).not.toHaveProperty('reason');
      expect(run).toMatchObject({ rpoMs: 5, strikes: 1, version: 3 });
    });

    it('adds steps that did not exist', async () => {
      const { stored, fence } = await makeClaimed(store());
      const added = { from: undefined, fromRev: 0, record: makeStep('a[web-01]', 'ready', 1), stamp: [] } as const;
      await store().transition(makeTransition(stored, fence, { steps: [added] }));
      const { steps } = await readBack(store(), stored.run.runId);
      expect(steps.map((step) => step.path)).toEqual(['a', 'a[web-01]', 'b']);
    });

    it('gives the first answer again for the same txId, even when the holder has changed', async () => {
      const { stored, fence } = await makeClaimed(store(), { leaseMs: 0 });
      const request = makeTransition(stored, fence, { events: [{ type: 'note', data: {} }] });
      const first = await store().transition(request);
      await store().claim(makeClaim(stored.run.runId));
      expect(await store().transition(request)).toEqual(first);
      expect((await readBack(store(), stored.run.runId)).run).toMatchObject({ version: 2, eventSeq: 2 });
    });

    it('extends the lease to the floor and never shortens it', async () => {
      const { stored, fence } = await makeClaimed(store());
      const kept = await store().transition(makeTransition(stored, fence, { leaseFloorMs: 1 }));
      expect(kept).toMatchObject({ leaseUntilMs: stored.run.leaseUntilMs });
      const longer = await store().transition(makeTransition(await readBack(store(), stored.run.runId), fence, { leaseFloorMs: 900_000 }));
      if (longer.kind !== 'applied') throw new Error(longer.kind);
      expect(longer.leaseUntilMs).toBe(longer.nowMs + 900_000);
    });

    it('still records an answer after the lease when nobody has claimed since', async () => {
      const { stored, fence } = await makeClaimed(store(), { leaseMs: 0 });
      expect((await store().transition(makeTransition(stored, fence))).kind).toBe('applied');
    });

    it('keeps no reference to what it was given', async () => {
      const { stored, fence } = await makeClaimed(store());
      const outputs = { list: ['x'] };
      await store().transition(makeTransition(stored, fence, { fields: { outputs } }));
      outputs.list.push('y');
      expect((await readBack(store(), stored.run.runId)).run.outputs).toEqual({ list: ['x'] });
    });
  });
}

function exerciseRejected(store: () => Store): void {
  describe('a rejected transition changes nothing', () => {
    const rejected = async (runId: RunId, request: TransitionRequest): Promise<unknown> => {
      const before = await readBack(store(), runId);
      const answer = await store().transition(request);
      expect({ ...(await readBack(store(), runId)), nowMs: 0 }).toEqual({ ...before, nowMs: 0 });
      expect(await store().readEvents(runId, 1, 10)).toEqual([]);
      expect(await store().readAudit(runId)).toHaveLength(1);
      return answer;
    };
    /** Everything a transition can write, so that a partial write would show. */
    const full = (head: string): Partial<TransitionRequest> => ({
      fields: { reason: 'x' },
      audit: nextAudit({ seq: 1, hash: head }, 'more'),
      events: [{ type: 'note', data: {} }],
      leaseFloorMs: 900_000,
    });

    it('stale: another token or epoch', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId, auditHead } = stored.run;
      const request = makeTransition(stored, fence, full(auditHead));
      expect(await rejected(runId, { ...request, fence: { ...fence, claim: newHex() } })).toEqual({ kind: 'stale' });
      expect(await rejected(runId, { ...request, fence: { ...fence, epoch: '5' } })).toEqual({ kind: 'stale' });
    });

    it('late: an intent after the lease has expired', async () => {
      const { stored, fence } = await makeClaimed(store(), { leaseMs: 0 });
      const request = makeTransition(stored, fence, { ...full(stored.run.auditHead), writesIntent: true });
      expect(await rejected(stored.run.runId, request)).toMatchObject({ kind: 'late' });
    });

    it('version: somebody else has written', async () => {
      const { stored, fence } = await makeClaimed(store());
      const request = makeTransition(stored, fence, { ...full(stored.run.auditHead), version: 7 });
      expect(await rejected(stored.run.runId, request)).toEqual({ kind: 'version', detail: 'stored version is 1' });
    });

    it('step: another state, another revision, missing, or there already', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId, auditHead } = stored.run;
      const good = { from: 'pending', fromRev: 1, record: makeStep('b', 'ready', 2), stamp: [] } as const;
      const attempts = [
        { from: 'ready', fromRev: 1, record: makeStep('a', 'ready', 2), stamp: [] },
        { from: 'pending', fromRev: 3, record: makeStep('a', 'ready', 4), stamp: [] },
        { from: 'pending', fromRev: 1, record: makeStep('a.b', 'ready', 2), stamp: [] },
        { from: undefined, fromRev: 0, record: makeStep('a', 'pending', 1), stamp: [] },
      ] as const;
      for (const bad of attempts) {
        const request = makeTransition(stored, fence, { ...full(auditHead), steps: [good, bad] });
        expect(await rejected(runId, request)).toEqual({ kind: 'step', detail: bad.record.path });
      }
    });

    it('edge: a pair that no table allows, of the run or of a step', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId, auditHead } = stored.run;
      const run = (from: 'queued' | 'running', to: 'succeeded' | 'waiting'): TransitionRequest =>
        makeTransition(stored, fence, { ...full(auditHead), state: { from, to } });
      expect(await rejected(runId, run('queued', 'succeeded'))).toEqual({ kind: 'edge', detail: 'run queued>succeeded' });
      expect(await rejected(runId, run('running', 'waiting'))).toEqual({ kind: 'edge', detail: 'run running>waiting' });
      const step = { from: 'pending', fromRev: 1, record: makeStep('a', 'succeeded', 2), stamp: [] } as const;
      const born = { from: undefined, fromRev: 0, record: makeStep('c', 'submitted', 1), stamp: [] } as const;
      const steps = (patch: typeof step | typeof born): TransitionRequest =>
        makeTransition(stored, fence, { ...full(auditHead), steps: [patch] });
      expect(await rejected(runId, steps(step))).toEqual({ kind: 'edge', detail: 'a pending>succeeded' });
      expect(await rejected(runId, steps(born))).toEqual({ kind: 'edge', detail: 'c new>submitted' });
    });

    it('audit: another head, a gap, or an entry that does not follow', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId, auditHead } = stored.run;
      const changes = full(auditHead);
      const wrongs = [
        { auditHead: '1'.repeat(64) },
        { audit: nextAudit({ seq: 2, hash: auditHead }, 'gap') },
        { audit: nextAudit({ seq: 1, hash: '1'.repeat(64) }, 'fork') },
        { audit: [...nextAudit({ seq: 1, hash: auditHead }, 'one'), ...nextAudit({ seq: 2, hash: auditHead }, 'two')] },
      ];
      for (const wrong of wrongs) {
        expect(await rejected(runId, makeTransition(stored, fence, { ...changes, ...wrong }))).toEqual({
          kind: 'audit',
          detail: `stored head is ${auditHead}`,
        });
      }
    });

    it('edge: a run that has ended never moves again', async () => {
      const { stored, fence } = await makeClaimed(store());
      await store().transition(makeTransition(stored, fence, { state: { from: 'queued', to: 'cancelled' } }));
      const ended = await readBack(store(), stored.run.runId);
      expect(await rejected(stored.run.runId, makeTransition(ended, fence))).toEqual({ kind: 'edge', detail: 'run cancelled>cancelled' });
    });

    it('stale: a run that does not exist', async () => {
      const { stored, fence } = await makeClaimed(store());
      const request = { ...makeTransition(stored, fence), runId: '00000000-0000-4000-8000-000000000000' as RunId };
      expect(await store().transition(request)).toEqual({ kind: 'stale' });
    });
  });
}
