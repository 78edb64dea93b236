import type { Store } from '../../engine/store.ts';
import { STORE_KEYS } from './keys.ts';
import { script } from './script.ts';
import type { Server } from './server.ts';

/** KEYS limits; ARGV bucket, forMs. The later end of two counts. */
const CLOSE = script(
  'close-limit',
  `
local time = redis.call('TIME')
local till = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], 'GT', string.format('%.0f', till), ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {'closed'}`,
);

/** KEYS limits. Forgets those that are open again, then answers the others with what is left of their time. */
const CLOSED = script(
  'closed-limits',
  `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
local found = redis.call('ZRANGE', KEYS[1], 0, 999, 'WITHSCORES')
for i = 2, #found, 2 do found[i] = string.format('%.0f', tonumber(found[i]) - now) end
return found`,
);

/** Which limits of Azure are used up. */
export function makeLimits(server: Server): Pick<Store, 'closeLimit' | 'closedLimits'> {
  const keys = [STORE_KEYS.limits];
  return {
    async closeLimit(bucket, forMs) {
      await server.call({ script: CLOSE, keys, args: [bucket, String(Math.ceil(forMs))] });
    },
    async closedLimits() {
      const found = (await server.call({ script: CLOSED, keys, args: [] })) as string[];
      return found.flatMap((bucket, place) => (place % 2 === 0 ? [{ bucket, forMs: Number(found[place + 1]) }] : []));
    },
  };
}
