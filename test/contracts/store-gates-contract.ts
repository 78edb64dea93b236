import { describe, expect, it } from 'vitest';
import type { Freeze } from '../../engine/gates/stops.ts';
import type { Store } from '../../engine/store.ts';
import { newHex, newRunId } from './store-requests.ts';

/** Kill switch, freezes and groups of runs. */
export function exerciseGates(store: () => Store): void {
  describe('kill switch and freezes', () => {
    it('are read together; the switch is replaced and goes off, freezes are added and removed by their ids', async () => {
      const freeze = (id: string): Freeze => ({ id, fromMs: 1, toMs: 2, reason: 'Year end', environments: ['production'], by: 'erin' });
      const [first, second] = [`a-${newHex()}`, `b-${newHex()}`];
      const mine = async () => (await store().readStops()).freezes.filter(({ id }) => id === first || id === second);
      await store().writeFreezes({ put: [freeze(second), freeze(first)], remove: [] });
      await store().writeKill({ reason: 'wrong estate', by: 'dana', atMs: 7 });
      await store().writeKill({ reason: 'wrong estate', by: 'dana', atMs: 7, offAskedBy: 'erin' });
      expect((await store().readStops()).kill).toEqual({ reason: 'wrong estate', by: 'dana', atMs: 7, offAskedBy: 'erin' });
      expect(await mine()).toEqual([freeze(first), freeze(second)]);

      await store().writeFreezes({ put: [{ ...freeze(second), reason: 'Audit' }], remove: [first, 'never-there'] });
      await store().writeKill(undefined);
      expect(await mine()).toEqual([{ ...freeze(second), reason: 'Audit' }]);
      expect((await store().readStops()).kill).toBeUndefined();
    });
  });

  describe('groups', () => {
    it('hold as many runs as are allowed; a run that is in stays in, one that leaves makes room', async () => {
      const group = newHex();
      const [first, second, third] = [newRunId(), newRunId(), newRunId()];
      expect(await store().joinGroup(group, first, 2)).toEqual({ kind: 'joined' });
      expect(await store().joinGroup(group, second, 2)).toEqual({ kind: 'joined' });
      expect(await store().joinGroup(group, third, 2)).toEqual({ kind: 'full', members: [first, second].toSorted() });
      expect(await store().joinGroup(group, first, 1)).toEqual({ kind: 'joined' });
      await store().leaveGroup(group, third);
      expect(await store().joinGroup(group, third, 2)).toMatchObject({ kind: 'full' });
      await store().leaveGroup(group, first);
      expect(await store().joinGroup(group, third, 2)).toEqual({ kind: 'joined' });
    });

    it('give the last place to one of many that ask at once', async () => {
      const group = newHex();
      const answers = await Promise.all(Array.from({ length: 20 }, () => store().joinGroup(group, newRunId(), 3)));
      expect(answers.filter(({ kind }) => kind === 'joined')).toHaveLength(3);
    });
  });
}
