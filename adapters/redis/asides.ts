import type { Store, StoredDocument, StoredPlan, WorkerBeat } from '../../engine/store.ts';
import { guarded } from './connection.ts';
import { planKey, STORE_KEYS } from './keys.ts';
import { script } from './script.ts';
import type { Server } from './server.ts';

/** KEYS workers, until; ARGV worker, beat, keepMs. */
const BEAT = script(
  'beat',
  `
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[3])), ARGV[1])
return {'kept'}`,
);

/** KEYS workers, until. Forgets workers whose last beat has expired, then answers the beats of the others. */
const LIVE = script(
  'live-workers',
  `
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('HDEL', KEYS[1], worker)
  redis.call('ZREM', KEYS[2], worker)
end
return redis.call('HVALS', KEYS[1])`,
);

type Asides = Pick<Store, 'putRunbooks' | 'listDocuments' | 'putPlan' | 'getPlan' | 'beatWorker' | 'listWorkers'>;

/** Everything small that the store keeps beside runs: published documents, plans that wait to be started, heartbeats. */
export function makeAsides(server: Server): Asides {
  const { commands: redis } = server;
  const workerKeys = [STORE_KEYS.workers, STORE_KEYS.workerUntil];
  return {
    async putRunbooks(added) {
      if (added.length === 0) return;
      const entries = new Map(added.map((document) => [document.path, JSON.stringify(document)]));
      await guarded(() => redis.hset(STORE_KEYS.documents, entries));
    },
    async listDocuments() {
      const texts = await guarded(() => redis.hvals(STORE_KEYS.documents));
      const documents = texts.map((text) => JSON.parse(text) as StoredDocument);
      return documents.toSorted((left, right) => (left.path < right.path ? -1 : 1));
    },
    async putPlan(planHash, plan, keepMs) {
      await guarded(() => redis.set(planKey(planHash), JSON.stringify(plan), 'PX', keepMs));
    },
    async getPlan(planHash) {
      const text = await guarded(() => redis.get(planKey(planHash)));
      return text === null ? undefined : (JSON.parse(text) as StoredPlan);
    },
    async beatWorker(beat, keepMs) {
      await server.call({ script: BEAT, keys: workerKeys, args: [beat.worker, JSON.stringify(beat), String(keepMs)] });
    },
    async listWorkers() {
      const texts = (await server.call({ script: LIVE, keys: workerKeys, args: [] })) as string[];
      const beats = texts.map((text) => JSON.parse(text) as WorkerBeat);
      return beats.toSorted((left, right) => (left.worker < right.worker ? -1 : 1));
    },
  };
}
