import type { Store } from '../../engine/store.ts';
import { guarded } from './connection.ts';
import { lockKey, STORE_KEYS } from './keys.ts';
import { asRunId } from './record-text.ts';
import { script } from './script.ts';
import type { Server } from './server.ts';

/** KEYS lock keys, then the index of locks; ARGV runId, then the target id of each key. All or none. */
const LOCK = script(
  'lock',
  `
for i = 1, #KEYS - 1 do
  local holder = redis.call('HMGET', KEYS[i], 'runId', 'sinceMs')
  if holder[1] and holder[1] ~= ARGV[1] then return {'held', holder[1], ARGV[i + 1], holder[2]} end
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for i = 1, #KEYS - 1 do
  if redis.call('EXISTS', KEYS[i]) == 0 then redis.call('HSET', KEYS[i], 'runId', ARGV[1], 'sinceMs', now, 'lockId', ARGV[i + 1]) end
  redis.call('SADD', KEYS[#KEYS], ARGV[i + 1])
end
return {'locked'}`,
);

/** KEYS lock keys, then the index of locks; ARGV runId, then the target id of each key. Locks of other runs stay. */
const UNLOCK = script(
  'unlock',
  `
for i = 1, #KEYS - 1 do
  if redis.call('HGET', KEYS[i], 'runId') == ARGV[1] then
    redis.call('DEL', KEYS[i])
    redis.call('SREM', KEYS[#KEYS], ARGV[i + 1])
  end
end
return {'unlocked'}`,
);

/** Exclusive claims of runs on targets: all together or none, in the order of their ids. */
export function makeLocks(server: Server): Pick<Store, 'lock' | 'unlock' | 'listLocks'> {
  return {
    async lock(lockIds, runId) {
      const ids = lockIds.toSorted();
      const reply = await server.callDurably({ script: LOCK, keys: [...ids.map(lockKey), STORE_KEYS.locks], args: [runId, ...ids] });
      const [kind, by, lockId, sinceMs] = reply as [string, string, string, string];
      return kind === 'locked' ? { kind } : { kind: 'held', by: asRunId(by), lockId, sinceMs: Number(sinceMs) };
    },
    async unlock(lockIds, runId) {
      await server.call({ script: UNLOCK, keys: [...lockIds.map(lockKey), STORE_KEYS.locks], args: [runId, ...lockIds] });
    },
    async listLocks() {
      const ids = (await guarded(() => server.commands.smembers(STORE_KEYS.locks))).toSorted();
      const held = await Promise.all(ids.map((id) => guarded(() => server.commands.hmget(lockKey(id), 'runId', 'sinceMs'))));
      return ids.flatMap((lockId, index) => {
        const [by, sinceMs] = held[index] ?? [];
        return typeof by === 'string' ? [{ lockId, runId: asRunId(by), sinceMs: Number(sinceMs) }] : [];
      });
    },
  };
}
