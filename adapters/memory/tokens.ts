import type { JsonObject } from '../../engine/json.ts';
import type { Store } from '../../engine/store.ts';
import { copy } from './copy.ts';

/** What is known of API tokens, by the public part of their text. */
export function makeTokens(): Pick<Store, 'putToken' | 'readToken' | 'listTokens' | 'deleteToken'> {
  const tokens = new Map<string, JsonObject>();
  return {
    async putToken(id, token) {
      tokens.set(id, copy(token));
    },
    async readToken(id) {
      const token = tokens.get(id);
      return token === undefined ? undefined : copy(token);
    },
    listTokens: async () => [...tokens.entries()].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, token]) => copy(token)),
    deleteToken: async (id) => tokens.delete(id),
  };
}
