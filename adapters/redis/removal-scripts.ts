import { runKeys } from './keys.ts';
import { PRELUDE } from './run-scripts.ts';
import { script } from './script.ts';
import type { RunId } from '../../engine/ids.ts';

const KEYS_OF_RUN = Object.keys(runKeys('' as RunId)).length;

/** KEYS run. Something outside refers to an ended run from now on; written again unchanged, so that its durability can be confirmed. */
export const REFER = script(
  'refer-to-run',
  `${PRELUDE}
local h = read(KEYS[1], 'state', 'referredAtMs')
if not h[1] or not ENDED[h[1]] then return {'absent'} end
redis.call('HSET', KEYS[1], 'referredAtMs', h[2] or num(now))
return {'referred'}`,
);

/**
 * The only script that removes runs. KEYS chain, its head, due, runs, ids, runs of checks, removed, removed ids, then the keys of each run
 * (its hash first) and the hashes of the newer runs that tell what it told; ARGV seq prev hash entry keepMs, then count and for each run
 * runId version auditHead and how many newer ones. All checks come before the first write: either everything goes and the chain says so, or nothing.
 */
export const REMOVE = script(
  'remove-runs',
  `${PRELUDE}
local chain, chainHead, due, runs, ids, checks, removed, removedIds = unpack(KEYS, 1, 8)
local keyCursor = 8
local function takeKey() keyCursor = keyCursor + 1; return KEYS[keyCursor] end
local seq, prev, hash, entry, keep = take(), take(), take(), take(), takeCount()

local function whyKept(h, version, auditHead)
  if not h[1] then return 'absent' end
  if h[4] ~= '"readiness"' then return 'purpose' end
  if not ENDED[h[1]] then return 'open' end
  if h[2] ~= version or h[3] ~= auditHead then return 'changed' end
  if not h[5] or tonumber(h[5]) + keep > now then return 'young' end
  if tonumber(h[8]) > tonumber(h[9]) then return 'unread' end
  if h[10] or h[11] or h[12] then return 'tied' end
  if h[13] then return 'referred' end
  return nil
end
local function isNewer(other, h)
  local o = read(other, 'state', 'purpose', 'number', 'runbook')
  return o[1] and ENDED[o[1]] and o[2] == h[4] and o[4] == h[7] and tonumber(o[3]) > tonumber(h[6])
end

local gone = {}
for i = 1, takeCount() do
  local runId, version, auditHead, newer = take(), take(), take(), takeCount()
  local keys = {}
  for k = 1, ${KEYS_OF_RUN} do keys[k] = takeKey() end
  local h = read(keys[1], 'state', 'version', 'auditHead', 'purpose', 'endedAtMs', 'number', 'runbook', 'inboxSeq', 'inboxPosition',
    'parent', 'group', 'cleanup', 'referredAtMs')
  local why = whyKept(h, version, auditHead)
  if why then return {'kept', runId, why} end
  local others = newer
  for n = 1, newer do if isNewer(takeKey(), h) then others = others - 1 end end
  if newer == 0 or others > 0 then return {'kept', runId, 'newest'} end
  gone[i] = {runId = runId, number = h[6], keys = keys}
end
local head = redis.call('HMGET', chainHead, 'seq', 'hash')
if tonumber(seq) ~= tonumber(head[1] or '0') + 1 or prev ~= (head[2] or prev) then return {'behind'} end

redis.call('RPUSH', chain, entry)
redis.call('HSET', chainHead, 'seq', seq, 'hash', hash)
for _, one in ipairs(gone) do
  local place = one.runId .. ' ' .. seq
  redis.call('HSET', removed, one.number, place)
  redis.call('ZADD', removedIds, 0, place)
  redis.call('UNLINK', unpack(one.keys))
  for _, index in ipairs({due, runs, ids, checks}) do redis.call('ZREM', index, one.runId) end
end
return {'removed'}`,
);
