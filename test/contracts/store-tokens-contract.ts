import { describe, expect, it } from 'vitest';
import type { Store } from '../../engine/store.ts';
import { newHex } from './store-requests.ts';

/** What is known of API tokens. */
export function exerciseTokens(store: () => Store): void {
  describe('tokens', () => {
    it('are read by their public part, replaced, listed and removed for good', async () => {
      const id = newHex();
      expect(await store().readToken(id)).toBeUndefined();
      await store().putToken(id, { id, owner: 'ada' });
      await store().putToken(id, { id, owner: 'ada', groups: ['dba'] });
      expect(await store().readToken(id)).toEqual({ id, owner: 'ada', groups: ['dba'] });
      expect(await store().listTokens()).toContainEqual({ id, owner: 'ada', groups: ['dba'] });

      expect(await store().deleteToken(id)).toBe(true);
      expect(await store().deleteToken(id)).toBe(false);
      expect(await store().readToken(id)).toBeUndefined();
      expect(await store().listTokens()).not.toContainEqual(expect.objectContaining({ id }));
    });
  });
}
