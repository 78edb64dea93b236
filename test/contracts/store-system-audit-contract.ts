import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chainFacts, firstBreak } from '../../engine/audit/chain.ts';
import { recordFact } from '../../engine/audit/system-chain.ts';
import type { Store } from '../../engine/store.ts';
import { newHex } from './store-requests.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The chain of the installation and the answers to requests with a key. */
export function exerciseSystemAudit(store: () => Store): void {
  const ids = { sha256 } as never;

  describe('the chain of the installation', () => {
    it('takes entries one behind the other, also from many writers at once', async () => {
      const seq = (await store().systemAuditHead())?.seq ?? 0;
      const names = Array.from({ length: 8 }, (_, index) => `writer-${index}`);
      await Promise.all(
        names.map((actor) => recordFact({ store: store(), ids }, { actor, event: 'schedule.pause', data: { reason: actor } })),
      );
      const all = await store().readSystemAudit(0, 500);
      expect(firstBreak(sha256, all)).toBeUndefined();
      expect(
        all
          .slice(seq)
          .map(({ actor }) => actor)
          .toSorted(),
      ).toEqual(names);
      expect(await store().systemAuditHead()).toEqual({ seq: seq + 8, hash: all.at(-1)?.hash });
      expect((await store().readSystemAudit(seq + 6, 5)).map((entry) => entry.seq)).toEqual([seq + 7, seq + 8]);
    });

    it('refuses an entry that does not follow its head', async () => {
      await recordFact({ store: store(), ids }, { actor: 'x', event: 'y', data: {} });
      const head = await store().systemAuditHead();
      if (head === undefined) throw new Error('there is an entry');
      const [entry] = chainFacts(sha256, { ...head, hash: 'f'.repeat(64) }, [{ at: 1, actor: 'x', event: 'y', data: {} }]);
      if (entry === undefined) throw new Error('one fact makes one entry');
      expect(await store().appendSystemAudit(entry)).toBe(false);
      expect(await store().systemAuditHead()).toEqual(head);
    });
  });

  describe('answers to requests', () => {
    it('stay as the first one was', async () => {
      const id = newHex();
      expect(await store().readAnswer(id)).toBeUndefined();
      expect(await store().keepAnswer(id, 'first', 60_000)).toBe('first');
      expect(await store().keepAnswer(id, 'second', 60_000)).toBe('first');
      expect(await store().readAnswer(id)).toBe('first');
    });
  });
}
