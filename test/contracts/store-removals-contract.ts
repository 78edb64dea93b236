import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chainFacts, EMPTY_HEAD, firstBreak } from '../../engine/audit/chain.ts';
import type { AuditEntry } from '../../engine/audit/chain.ts';
import type { RunId } from '../../engine/ids.ts';
import type { Removal, RemovalAnswer } from '../../engine/retention/removal-store.ts';
import type { Store, TransitionRequest } from '../../engine/store.ts';
import { makeClaim, makeCommand, makeCreate, makeTransition, newRunId, nextAudit, readBack } from './store-requests.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Runs of readiness checks that have ended, and their removal. */
export function exerciseRemovals(store: () => Store): void {
  const ended = (changes: Parameters<typeof makeCreate>[1] = {}, end: Ending = {}): Promise<RunId> => endedChecks(store(), changes, end);
  const entry = async (...runs: readonly RunId[]): Promise<AuditEntry> => nextEntry(store(), runs);
  const remove = async (runId: RunId, changes: Partial<Removal> = {}, keepMs = 0): Promise<RemovalAnswer> =>
    store().removeRuns({ runs: [{ ...(await removalOf(store(), runId)), ...changes }], keepMs, entry: await entry(runId) });

  describe('removal', () => {
    it('takes a run with everything that was kept of it, and the chain says so', async () => {
      const runId = await ended({ runbook: 'removed' });
      const { run } = await readBack(store(), runId);
      const newer = await ended({ runbook: 'removed' });
      expect(await remove(runId, { newer: [newer] })).toEqual({ kind: 'removed' });
      expect(await store().readRun(runId)).toBeUndefined();
      expect(await store().readPlan(runId)).toBeUndefined();
      expect([await store().readAudit(runId), await store().readEvents(runId, 0, 10), await store().readInbox(runId, 0)]).toEqual([
        [],
        [],
        [],
      ]);
      expect(await store().readLog(runId, { from: 1, limit: 10 })).toMatchObject({ lines: [], total: 0 });
      expect([await store().findRun(runId), await store().findRun(String(run.number))]).toEqual([undefined, undefined]);
      expect((await store().listRuns({ limit: 10, runbook: 'removed' })).map((one) => one.runId)).toEqual([newer]);
      const head = await store().systemAuditHead();
      const found = { runId, entrySeq: head?.seq };
      for (const reference of [String(run.number), runId, runId.slice(0, 8)]) expect(await store().findRemoved(reference)).toEqual(found);
      expect(firstBreak(sha256, await store().readSystemAudit(0, 10_000))).toBeUndefined();
      expect((await store().readSystemAudit((head?.seq ?? 0) - 1, 1))[0]?.data).toEqual({ runs: [runId] });
      expect(await store().findRemoved(newer)).toBeUndefined();
    });

    it('gives no number a second time', async () => {
      const runId = await ended({ runbook: 'numbered' });
      const newer = await ended({ runbook: 'numbered' });
      const before = (await readBack(store(), newer)).run.number;
      expect(await remove(runId, { newer: [newer] })).toEqual({ kind: 'removed' });
      const next = await ended({ runbook: 'numbered' });
      expect((await readBack(store(), next)).run.number).toBe(before + 1);
    });

    it('leaves what has not ended, is too young, or was made for anything but checks', async () => {
      const runbook = 'left';
      const [running, young, drill] = [newRunId(), await ended({ runbook }), await ended({ runbook, purpose: 'drill' })];
      await store().create(makeCreate(running, { runbook, purpose: 'readiness' }));
      const newer = [await ended({ runbook })];
      expect(await remove(running, { newer })).toMatchObject({ kind: 'kept', why: 'open' });
      expect(await remove(young, { newer }, 60_000)).toMatchObject({ kind: 'kept', why: 'young' });
      expect(await remove(drill, { newer })).toMatchObject({ kind: 'kept', why: 'purpose' });
      expect(await remove(newRunId(), { newer })).toMatchObject({ kind: 'kept', why: 'absent' });
      for (const runId of [running, young, drill]) expect(await store().readRun(runId)).toBeDefined();
    });

    it('leaves what somebody still needs', async () => {
      const runbook = 'needed';
      const parent = { runId: newRunId(), number: 1, runbook: 'caller', step: 'call', ancestors: [] };
      const [called, grouped, uncleaned] = [
        await ended({ runbook, parent }),
        await ended({ runbook, group: 'dr' }),
        await ended({ runbook, cleanup: 'incomplete' }),
      ];
      const worded = await ended({ runbook }, { word: true });
      const shown = await ended({ runbook });
      expect(await store().referTo(shown)).toBe(true);
      const since = (await readBack(store(), shown)).run.referredAtMs;
      expect(await store().referTo(shown)).toBe(true);
      expect((await readBack(store(), shown)).run.referredAtMs).toBe(since);
      const newer = [await ended({ runbook })];
      for (const runId of [called, grouped, uncleaned]) expect(await remove(runId, { newer })).toMatchObject({ kind: 'kept', why: 'tied' });
      expect(await remove(worded, { newer })).toMatchObject({ kind: 'kept', runId: worded, why: 'unread' });
      expect(await remove(shown, { newer })).toMatchObject({ kind: 'kept', runId: shown, why: 'referred' });
    });

    it('leaves the newest checks of a runbook, whatever is said of others', async () => {
      const [first, second] = [await ended({ runbook: 'last' }), await ended({ runbook: 'last' })];
      const later = newRunId();
      await store().create(makeCreate(later, { runbook: 'last', purpose: 'readiness' }));
      const [other, drill] = [await ended({ runbook: 'another' }), await ended({ runbook: 'last', purpose: 'drill' })];
      for (const newer of [[], [first], [second], [later], [other], [drill], [newRunId()]])
        expect([newer, await remove(second, { newer })]).toEqual([newer, { kind: 'kept', runId: second, why: 'newest' }]);
      expect(await remove(first, { newer: [second, other] })).toMatchObject({ kind: 'kept', why: 'newest' });
      expect(await remove(first, { newer: [second] })).toEqual({ kind: 'removed' });
    });

    it('is whole or not at all', async () => {
      const [first, second, third] = [
        await ended({ runbook: 'whole' }),
        await ended({ runbook: 'whole' }),
        await ended({ runbook: 'whole' }),
      ];
      const one = { ...(await removalOf(store(), first)), newer: [third] };
      const two = { ...(await removalOf(store(), second)), newer: [third] };
      const head = await store().systemAuditHead();
      const changed = { ...two, version: two.version + 1 };
      expect(await store().removeRuns({ runs: [one, changed], keepMs: 0, entry: await entry(first, second) })).toMatchObject({
        why: 'changed',
      });
      const [beside] = chainFacts(sha256, { seq: (head?.seq ?? 0) + 1, hash: EMPTY_HEAD }, [{ at: 1, actor: 'x', event: 'y', data: {} }]);
      if (beside === undefined) throw new Error('one fact makes one entry');
      expect(await store().removeRuns({ runs: [one, two], keepMs: 0, entry: beside })).toEqual({ kind: 'behind' });
      expect(await store().systemAuditHead()).toEqual(head);
      expect([await store().readRun(first), await store().readRun(second)]).not.toContain(undefined);
      expect(await store().removeRuns({ runs: [one, two], keepMs: 0, entry: await entry(first, second) })).toEqual({ kind: 'removed' });
      expect(await store().findRemoved(second)).toEqual({ runId: second, entrySeq: (head?.seq ?? 0) + 1 });
    });
  });

  describe('ended checks', () => {
    it('come oldest first, behind a number, and with nothing else between them', async () => {
      const first = await ended({ runbook: 'ordered' });
      await ended({ runbook: 'ordered', purpose: 'drill' });
      await store().create(makeCreate(newRunId(), { runbook: 'ordered', purpose: 'readiness' }));
      const second = await ended({ runbook: 'ordered' });
      const { run } = await readBack(store(), first);
      expect((await store().endedChecks(run.number - 1, 100)).map(({ runId }) => runId)).toEqual([first, second]);
      expect(await store().endedChecks(run.number - 1, 1)).toEqual([run]);
      expect((await store().endedChecks(run.number, 100)).map(({ runId }) => runId)).toEqual([second]);
    });

    it('are referred to only while they are there', async () => {
      expect(await store().referTo(newRunId())).toBe(false);
    });
  });
}

interface Ending {
  /** A person says something to the run, which it never applies. */
  readonly word?: boolean;
}

/** A run of checks that succeeded, with something in every place where a run keeps something. */
export async function endedChecks(
  store: Store,
  changes: Parameters<typeof makeCreate>[1] = {},
  { word = false }: Ending = {},
): Promise<RunId> {
  const runId = newRunId();
  await store.create(makeCreate(runId, { purpose: 'readiness', ...changes }));
  const claimed = await store.claim(makeClaim(runId));
  if (claimed.kind !== 'claimed') throw new Error(claimed.kind);
  await store.command(runId, makeCommand('c1'));
  await store.appendLog(runId, [{ atMs: 1, step: 'a', stream: 'stdout', text: 'a line' }]);
  await store.nudge(runId);
  const move = async (to: Partial<TransitionRequest>): Promise<void> => {
    const stored = await readBack(store, runId);
    const audit = nextAudit({ seq: stored.run.auditSeq, hash: stored.run.auditHead }, 'moved');
    const events = [{ type: 'moved', data: {} }];
    const answer = await store.transition(makeTransition(stored, claimed.fence, { audit, events, ...to }));
    if (answer.kind !== 'applied') throw new Error(answer.kind);
  };
  await move({ state: { from: 'queued', to: 'running' } });
  await move({ state: { from: 'running', to: 'succeeded' }, stampFields: ['endedAtMs'], inboxPosition: word ? 0 : 1 });
  return runId;
}

/** A run as seen now; nothing newer tells what it told. */
export async function removalOf(store: Store, runId: RunId): Promise<Removal> {
  const stored = await store.readRun(runId);
  return { runId, version: stored?.run.version ?? 0, auditHead: stored?.run.auditHead ?? '', newer: [] };
}

/** The next entry of the chain of the installation. */
export async function nextEntry(store: Store, runs: readonly RunId[]): Promise<AuditEntry> {
  const head = (await store.systemAuditHead()) ?? { seq: 0, hash: EMPTY_HEAD };
  const [entry] = chainFacts(sha256, head, [{ at: 1, actor: 'runward', event: 'run.removed', data: { runs: [...runs] } }]);
  if (entry === undefined) throw new Error('one fact makes one entry');
  return entry;
}
