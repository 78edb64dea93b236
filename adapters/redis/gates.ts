import type { GateStore } from '../../engine/gates/gate-store.ts';
import type { Freeze, KillSwitch } from '../../engine/gates/stops.ts';
import { guarded } from './connection.ts';
import { groupKey, STORE_KEYS } from './keys.ts';
import { asRunId } from './record-text.ts';
import { script } from './script.ts';
import type { Server } from './server.ts';

/** KEYS kill, freezes. Both from one moment: what a worker believes must not be half of a change. */
const READ = script('read-stops', `return {redis.call('GET', KEYS[1]) or '', redis.call('HVALS', KEYS[2])}`);

/** KEYS kill; ARGV switch as JSON, empty when it goes off. */
const KILL = script(
  'kill',
  `
if ARGV[1] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[1]) end
return {'written'}`,
);

/** KEYS freezes; ARGV count of removed ids, those ids, then id and freeze in turn. */
const FREEZES = script(
  'freezes',
  `
local removed = tonumber(ARGV[1])
for i = 2, removed + 1 do redis.call('HDEL', KEYS[1], ARGV[i]) end
for i = removed + 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
return {'written'}`,
);

/** KEYS group; ARGV runId, limit. */
const JOIN = script(
  'join-group',
  `
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return {'joined'} end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return {'full', redis.call('SMEMBERS', KEYS[1])} end
redis.call('SADD', KEYS[1], ARGV[1])
return {'joined'}`,
);

/** Kill switch, freezes and groups of runs. */
export function makeGates(server: Server): GateStore {
  const { commands: redis } = server;
  return {
    async readStops() {
      const [kill, texts] = (await server.call({ script: READ, keys: [STORE_KEYS.kill, STORE_KEYS.freezes], args: [] })) as [
        string,
        string[],
      ];
      const freezes = texts.map((text) => JSON.parse(text) as Freeze).toSorted((left, right) => (left.id < right.id ? -1 : 1));
      return { ...(kill === '' ? {} : { kill: JSON.parse(kill) as KillSwitch }), freezes };
    },
    async writeKill(kill) {
      await server.callDurably({ script: KILL, keys: [STORE_KEYS.kill], args: [kill === undefined ? '' : JSON.stringify(kill)] });
    },
    async writeFreezes({ put, remove }) {
      const args = [String(remove.length), ...remove, ...put.flatMap((freeze) => [freeze.id, JSON.stringify(freeze)])];
      await server.callDurably({ script: FREEZES, keys: [STORE_KEYS.freezes], args });
    },
    async joinGroup(group, runId, limit) {
      const reply = await server.callDurably({ script: JOIN, keys: [groupKey(group)], args: [runId, String(limit)] });
      const [kind, members] = reply as [string, string[] | undefined];
      return kind === 'joined' ? { kind } : { kind: 'full', members: (members ?? []).map(asRunId).toSorted() };
    },
    async leaveGroup(group, runId) {
      await guarded(() => redis.srem(groupKey(group), runId));
    },
  };
}
