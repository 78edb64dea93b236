import type { JsonObject } from '../../engine/json.ts';
import type { Store } from '../../engine/store.ts';
import { guarded } from './connection.ts';
import { STORE_KEYS } from './keys.ts';
import type { Server } from './server.ts';

/** What is known of API tokens, by the public part of their text. */
export function makeTokens({ commands: redis }: Server): Pick<Store, 'putToken' | 'readToken' | 'listTokens' | 'deleteToken'> {
  return {
    async putToken(id, token) {
      await guarded(() => redis.hset(STORE_KEYS.tokens, id, JSON.stringify(token)));
    },
    async readToken(id) {
      const text = await guarded(() => redis.hget(STORE_KEYS.tokens, id));
      return text === null ? undefined : (JSON.parse(text) as JsonObject);
    },
    async listTokens() {
      const entries = Object.entries(await guarded(() => redis.hgetall(STORE_KEYS.tokens)));
      return entries.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, text]) => JSON.parse(text) as JsonObject);
    },
    async deleteToken(id) {
      return (await guarded(() => redis.hdel(STORE_KEYS.tokens, id))) === 1;
    },
  };
}
