import type { DriftRecord } from '../../engine/dsc/drift-record.ts';
import type { Store } from '../../engine/store.ts';
import { guarded } from './connection.ts';
import { driftTextKey, STORE_KEYS } from './keys.ts';
import { script } from './script.ts';
import type { Server } from './server.ts';

type Drift = Pick<Store, 'readDrift' | 'listDrift' | 'writeDrift' | 'putDriftText' | 'readDriftText'>;

/** KEYS records, revisions; ARGV key, revision, record. Writes only over the revision before. */
const WRITE = script(
  'write-drift',
  `
local rev = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
if rev ~= tonumber(ARGV[2]) - 1 then return {'other'} end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return {'written'}`,
);

/** What is known of machines and their configuration documents, with the texts behind it. */
export function makeDrift(server: Server): Drift {
  const { commands: redis } = server;
  return {
    async readDrift(key) {
      const text = await guarded(() => redis.hget(STORE_KEYS.drift, key));
      return text === null ? undefined : (JSON.parse(text) as DriftRecord);
    },
    async listDrift() {
      const texts = await guarded(() => redis.hvals(STORE_KEYS.drift));
      const records = texts.map((text) => JSON.parse(text) as DriftRecord);
      return records.toSorted((left, right) => (left.key < right.key ? -1 : 1));
    },
    async writeDrift(record) {
      const args = [record.key, String(record.rev), JSON.stringify(record)];
      const answer = (await server.call({ script: WRITE, keys: [STORE_KEYS.drift, STORE_KEYS.driftRevisions], args })) as string[];
      return answer[0] === 'written';
    },
    async putDriftText(digest, text, keepMs) {
      await guarded(() => redis.set(driftTextKey(digest), text, 'PX', keepMs));
    },
    async readDriftText(digest) {
      return (await guarded(() => redis.get(driftTextKey(digest)))) ?? undefined;
    },
  };
}
