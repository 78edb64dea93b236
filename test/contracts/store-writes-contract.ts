import { describe, expect, it } from 'vitest';
import type { Store } from '../../engine/store.ts';
import { makeClaim, makeClaimed, makeCommand, makeCreate, makeTransition, newHex, newRunId, readBack } from './store-requests.ts';

const FAR_MS = 4_000_000_000_000;

/** Create, claim, renew, release and command. */
export function exerciseWrites(store: () => Store): void {
  exerciseCreate(store);
  exerciseClaim(store);
  exerciseLease(store);
  exerciseCommand(store);
  exerciseNudge(store);
}

function exerciseNudge(store: () => Store): void {
  describe('nudge', () => {
    it('makes a sleeping run due, and the next holder sees it', async () => {
      const { fence, stored } = await makeClaimed(store());
      const { runId } = stored.run;
      await store().release(runId, fence, FAR_MS);
      expect(await store().claim(makeClaim(runId))).toMatchObject({ kind: 'early' });
      await store().nudge(runId);
      expect(await store().claim(makeClaim(runId))).toMatchObject({ kind: 'claimed', stored: { run: { nudges: 1 } } });
    });

    it('is not lost on a run that is held: given back for later, it is due at once', async () => {
      const { fence, stored } = await makeClaimed(store());
      const { runId } = stored.run;
      await store().nudge(runId);
      await store().release(runId, fence, FAR_MS);
      const again = await store().claim(makeClaim(runId));
      expect(again).toMatchObject({ kind: 'claimed' });
      if (again.kind !== 'claimed') return;
      await store().release(runId, again.fence, FAR_MS);
      expect(await store().claim(makeClaim(runId))).toMatchObject({ kind: 'early' });
    });

    it('does nothing to a run that is not there', async () => {
      await expect(store().nudge(newRunId())).resolves.toBeUndefined();
    });
  });
}

function exerciseCreate(store: () => Store): void {
  describe('create', () => {
    it('stores the run with the store’s own time and number', async () => {
      const runId = newRunId();
      const request = makeCreate(runId);
      const answer = await store().create(request);
      if (answer.kind !== 'created') throw new Error(answer.kind);
      const { run, steps, inbox } = await readBack(store(), runId);
      expect(run).toMatchObject({ ...request.fields, runId, schema: 1, state: 'queued', version: 1, epoch: '0', claim: '', strikes: 0 });
      expect(run).toMatchObject({ number: answer.number, createdAtMs: answer.nowMs, wakeAtMs: answer.nowMs, leaseUntilMs: 0 });
      expect(run).toMatchObject({ auditSeq: 1, auditHead: request.audit.hash, eventSeq: 1, inboxPosition: 0 });
      expect(steps.map((step) => step.path)).toEqual(['a', 'b']);
      expect(steps[0]).toEqual(request.steps[1]);
      expect(inbox).toEqual([]);
      expect(await store().readPlan(runId)).toEqual(request.plan);
      expect(await store().readAudit(runId)).toEqual([request.audit]);
      expect(await store().readEvents(runId, 0, 10)).toEqual([{ ...request.event, seq: 1, atMs: answer.nowMs }]);
    });

    it('numbers runs upwards', async () => {
      const first = await store().create(makeCreate(newRunId()));
      const second = await store().create(makeCreate(newRunId()));
      expect(second).toMatchObject({ kind: 'created', number: 'number' in first ? first.number + 1 : undefined });
    });

    it('accepts the same run again and changes nothing', async () => {
      const runId = newRunId();
      const first = await store().create(makeCreate(runId));
      const before = await readBack(store(), runId);
      const again = await store().create(makeCreate(runId, { title: 'another title' }));
      expect(again).toMatchObject({ kind: 'exists', number: 'number' in first ? first.number : undefined });
      expect((await readBack(store(), runId)).run).toEqual(before.run);
      expect(await store().readEvents(runId, 0, 10)).toHaveLength(1);
    });

    it('refuses the id for another plan or another requester', async () => {
      const runId = newRunId();
      await store().create(makeCreate(runId));
      expect(await store().create(makeCreate(runId, { planHash: 'plan-2' }))).toEqual({ kind: 'conflict' });
      const requester = { id: 'ben', name: 'Ben', kind: 'token', groups: ['ops'] } as const;
      expect(await store().create(makeCreate(runId, { requester }))).toEqual({ kind: 'conflict' });
    });
  });
}

function exerciseClaim(store: () => Store): void {
  describe('claim', () => {
    it('gives the run, a fence and a strike', async () => {
      const runId = newRunId();
      await store().create(makeCreate(runId));
      await store().command(runId, makeCommand('c1'));
      const request = makeClaim(runId);
      const answer = await store().claim(request);
      if (answer.kind !== 'claimed') throw new Error(answer.kind);
      expect(answer.fence.claim).toBe(request.claim);
      expect(BigInt(answer.fence.epoch)).toBeGreaterThanOrEqual(BigInt(answer.nowMs) * 1000n);
      expect(answer.stored.run).toMatchObject({ ...answer.fence, worker: 'w1', strikes: 1, leaseUntilMs: answer.nowMs + 600_000 });
      expect(answer.stored.inbox.map((entry) => entry.id)).toEqual(['c1']);
      expect({ ...(await readBack(store(), runId)), nowMs: 0 }).toEqual({ ...answer.stored, nowMs: 0 });
    });

    it('refuses a run that does not exist', async () => {
      expect(await store().claim(makeClaim(newRunId()))).toEqual({ kind: 'absent' });
    });

    it('refuses a run that has ended', async () => {
      const { stored, fence } = await makeClaimed(store());
      await store().transition(makeTransition(stored, fence, { state: { from: 'queued', to: 'cancelled' } }));
      expect(await store().claim(makeClaim(stored.run.runId))).toEqual({ kind: 'ended' });
    });

    it('refuses a schema that the worker does not know', async () => {
      const runId = newRunId();
      await store().create(makeCreate(runId));
      expect(await store().claim(makeClaim(runId, { schemaMin: 2, schemaMax: 3 }))).toEqual({ kind: 'unsupported' });
      expect(await store().claim(makeClaim(runId, { schemaMin: 0, schemaMax: 0 }))).toEqual({ kind: 'unsupported' });
    });

    it('refuses a run under a live lease, but not to its holder', async () => {
      const { stored, fence } = await makeClaimed(store());
      const held = { kind: 'held', untilMs: stored.run.leaseUntilMs };
      expect(await store().claim(makeClaim(stored.run.runId))).toEqual(held);
      const again = await store().claim(makeClaim(stored.run.runId, { claim: fence.claim }));
      expect(again.kind).toBe('claimed');
    });

    it('refuses a run that sleeps, unless a command waits', async () => {
      const { stored, fence } = await makeClaimed(store());
      await store().release(stored.run.runId, fence, FAR_MS);
      expect(await store().claim(makeClaim(stored.run.runId))).toEqual({ kind: 'early', untilMs: FAR_MS });
      await store().command(stored.run.runId, makeCommand('c1'));
      expect((await store().claim(makeClaim(stored.run.runId))).kind).toBe('claimed');
    });

    it('raises the epoch and fences the holder before', async () => {
      const { stored, fence } = await makeClaimed(store(), { leaseMs: 0 });
      const { runId } = stored.run;
      const next = await store().claim(makeClaim(runId));
      if (next.kind !== 'claimed') throw new Error(next.kind);
      expect(BigInt(next.fence.epoch)).toBeGreaterThan(BigInt(fence.epoch));
      expect(next.stored.run.strikes).toBe(2);
      expect(await store().renew(runId, fence, 1_000)).toEqual({ kind: 'stale' });
      expect(await store().release(runId, fence, 0)).toEqual({ kind: 'stale' });
      expect(await store().transition(makeTransition(next.stored, fence))).toEqual({ kind: 'stale' });
      expect((await readBack(store(), runId)).run).toEqual(next.stored.run);
    });
  });
}

function exerciseLease(store: () => Store): void {
  describe('renew and release', () => {
    it('never shortens a lease and tells how many commands there are', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId, leaseUntilMs } = stored.run;
      await store().command(runId, makeCommand('c1'));
      expect(await store().renew(runId, fence, 1)).toMatchObject({ kind: 'renewed', leaseUntilMs, inboxLength: 1 });
      const longer = await store().renew(runId, fence, 900_000);
      if (longer.kind !== 'renewed') throw new Error(longer.kind);
      expect(longer.leaseUntilMs).toBe(longer.nowMs + 900_000);
    });

    it('is stale for a wrong token, a wrong epoch and a run that does not exist', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId } = stored.run;
      expect(await store().renew(runId, { ...fence, claim: newHex() }, 1)).toEqual({ kind: 'stale' });
      expect(await store().renew(runId, { ...fence, epoch: '1' }, 1)).toEqual({ kind: 'stale' });
      expect(await store().release(runId, { ...fence, claim: newHex() }, 0)).toEqual({ kind: 'stale' });
      expect(await store().renew(newRunId(), fence, 1)).toEqual({ kind: 'stale' });
      expect(await store().release(newRunId(), fence, 1)).toEqual({ kind: 'stale' });
    });

    it('gives the run back in order: no lease, no strikes', async () => {
      const { stored, fence } = await makeClaimed(store());
      expect((await store().release(stored.run.runId, fence, 7)).kind).toBe('released');
      expect((await readBack(store(), stored.run.runId)).run).toMatchObject({
        leaseUntilMs: 0,
        wakeAtMs: 7,
        strikes: 0,
        claim: fence.claim,
      });
    });
  });
}

function exerciseCommand(store: () => Store): void {
  describe('command', () => {
    it('puts commands in order and takes each id once', async () => {
      const runId = newRunId();
      await store().create(makeCreate(runId));
      expect(await store().command(runId, makeCommand('c1'))).toEqual({ kind: 'accepted', position: 1 });
      expect(await store().command(runId, makeCommand('c2'))).toEqual({ kind: 'accepted', position: 2 });
      expect(await store().command(runId, makeCommand('c1'))).toEqual({ kind: 'exists', position: 1 });
      const entries = await store().readInbox(runId, 0);
      expect(entries).toMatchObject([
        { ...makeCommand('c1'), position: 1 },
        { ...makeCommand('c2'), position: 2 },
      ]);
      expect(entries[0]?.atMs).toBeGreaterThan(0);
      expect((await store().readInbox(runId, 1)).map((entry) => entry.id)).toEqual(['c2']);
    });

    it('refuses a run that does not exist or has ended', async () => {
      expect(await store().command(newRunId(), makeCommand('c1'))).toEqual({ kind: 'absent' });
      const { stored, fence } = await makeClaimed(store());
      await store().command(stored.run.runId, makeCommand('c1'));
      await store().transition(makeTransition(stored, fence, { state: { from: 'queued', to: 'cancelled' } }));
      expect(await store().command(stored.run.runId, makeCommand('c1'))).toEqual({ kind: 'ended' });
    });

    it('shows a run only what it has not applied', async () => {
      const { stored, fence } = await makeClaimed(store());
      const { runId } = stored.run;
      await store().command(runId, makeCommand('c1'));
      await store().command(runId, makeCommand('c2'));
      await store().transition(makeTransition(stored, fence, { inboxPosition: 1 }));
      const now = await readBack(store(), runId);
      expect(now.inbox.map((entry) => entry.id)).toEqual(['c2']);
      await store().transition(makeTransition(now, fence, { inboxPosition: 0 }));
      expect((await readBack(store(), runId)).run.inboxPosition).toBe(1);
    });
  });
}
