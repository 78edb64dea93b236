import type { AuditEntry } from '../../engine/audit/chain.ts';
import type { Store } from '../../engine/store.ts';
import { guarded } from './connection.ts';
import { answerKey, STORE_KEYS } from './keys.ts';
import { script } from './script.ts';
import type { Server } from './server.ts';

/** KEYS chain, head; ARGV seq prev hash entry. */
const APPEND = script(
  'append-system-audit',
  `
local head = redis.call('HMGET', KEYS[2], 'seq', 'hash')
local seq = tonumber(head[1] or '0')
local hash = head[2] or ARGV[2]
if tonumber(ARGV[1]) ~= seq + 1 or ARGV[2] ~= hash then return {'behind'} end
redis.call('RPUSH', KEYS[1], ARGV[4])
redis.call('HSET', KEYS[2], 'seq', ARGV[1], 'hash', ARGV[3])
return {'appended'}`,
);

/** KEYS answer; ARGV text keepMs. The first text stays. */
const KEEP = script(
  'keep-answer',
  `
local earlier = redis.call('GET', KEYS[1])
if earlier then return {earlier} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {ARGV[1]}`,
);

type SystemAudit = Pick<Store, 'systemAuditHead' | 'appendSystemAudit' | 'readSystemAudit' | 'keepAnswer' | 'readAnswer'>;

/** The chain of the installation, and the answers that were given to requests with a key. */
export function makeSystemAudit(server: Server): SystemAudit {
  const { commands: redis } = server;
  return {
    async systemAuditHead() {
      const [seq, hash] = await guarded(() => redis.hmget(STORE_KEYS.systemAuditHead, 'seq', 'hash'));
      return typeof seq === 'string' && typeof hash === 'string' ? { seq: Number(seq), hash } : undefined;
    },
    async appendSystemAudit(entry) {
      const args = [String(entry.seq), entry.prev, entry.hash, JSON.stringify(entry)];
      const reply = await server.callDurably({ script: APPEND, keys: [STORE_KEYS.systemAudit, STORE_KEYS.systemAuditHead], args });
      return (reply as readonly string[])[0] === 'appended';
    },
    async readSystemAudit(after, limit) {
      const texts = await guarded(() => redis.lrange(STORE_KEYS.systemAudit, after, after + limit - 1));
      return texts.map((text) => JSON.parse(text) as AuditEntry);
    },
    async keepAnswer(id, text, keepMs) {
      const reply = await server.callDurably({ script: KEEP, keys: [answerKey(id)], args: [text, String(keepMs)] });
      return String((reply as readonly string[])[0]);
    },
    async readAnswer(id) {
      return (await guarded(() => redis.get(answerKey(id)))) ?? undefined;
    },
  };
}
