import { edgePairs } from '../../engine/edges.ts';
import { hasEnded, RUN_EDGES } from '../../engine/run/run-state.ts';
import type { RunState } from '../../engine/run/run-state.ts';
import { STEP_EDGES } from '../../engine/run/step-state.ts';
import { EVENT_CHANNEL } from './keys.ts';
import { luaSet, luaWords, script } from './script.ts';

const ENDED = Object.keys(RUN_EDGES).filter((state) => hasEnded(state as RunState));
const NEW_STEP_PAIRS = ['new>pending', ...Object.values(STEP_EDGES.pending).map((to) => `new>${to}`)];

/**
 * Shared by the scripts about runs. Numbers are printed with %.0f because Lua prints 14 digits, and an epoch has 16. `index` keeps the
 * hint of when somebody must look: at the end of the lease, or later when the run asked to sleep and no command waits.
 */
export const PRELUDE = `
local ENDED = ${luaSet(ENDED)}
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)
local function num(n) return string.format('%.0f', n) end
local cursor = 0
local function take() cursor = cursor + 1; return ARGV[cursor] end
local function takeCount() return tonumber(take()) end
local function read(run, ...)
  local values = redis.call('HMGET', run, ...)
  return values
end
local function index(due, run, runId)
  local h = read(run, 'state', 'leaseUntilMs', 'wakeAtMs', 'inboxSeq', 'inboxPosition')
  if not h[1] then return 'absent' end
  if ENDED[h[1]] then redis.call('ZREM', due, runId); return 'ended' end
  local at = tonumber(h[2])
  if tonumber(h[4]) <= tonumber(h[5]) and tonumber(h[3]) > at then at = tonumber(h[3]) end
  redis.call('ZADD', due, num(at), runId)
  return num(at)
end
`;

/** KEYS run plan steps audit events due runs ids number, runs of the same kind; ARGV runId schema planHash requesterId auditHash plan audit event, fields, steps. */
export const CREATE = script(
  'create',
  `${PRELUDE}
local run, plan, steps, audit, events, due, runs, ids, counter, alike = unpack(KEYS)
local runId, schema, planHash, requester, auditHash = take(), take(), take(), take(), take()
local stored = read(run, 'storedPlanHash', 'requesterId', 'number')
if stored[1] then
  if stored[1] ~= planHash or stored[2] ~= requester then return {'conflict'} end
  redis.call('HSET', run, 'number', stored[3])
  return {'exists', stored[3], num(now)}
end
local number = num(redis.call('INCR', counter))
redis.call('SET', plan, take())
redis.call('XADD', audit, '1-0', 'entry', take())
redis.call('XADD', events, '1-0', 'event', take(), 'atMs', num(now))
for i = 1, takeCount() do redis.call('HSET', run, take(), take()) end
for i = 1, takeCount() do redis.call('HSET', steps, take(), take()) end
redis.call('HSET', run, 'number', number, 'createdAtMs', num(now), 'runId', runId, 'schema', schema, 'state', 'queued', 'version', '1',
  'epoch', '0', 'claim', '', 'worker', '', 'leaseUntilMs', '0', 'wakeAtMs', num(now), 'strikes', '0', 'inboxPosition', '0', 'inboxSeq', '0',
  'auditSeq', '1', 'auditHead', auditHash, 'eventSeq', '1', 'storedPlanHash', planHash, 'requesterId', requester)
redis.call('ZADD', runs, number, runId)
redis.call('ZADD', alike, number, runId)
redis.call('ZADD', ids, 0, runId)
index(due, run, runId)
return {'created', number, num(now)}`,
);

/** KEYS run steps inbox due; ARGV runId worker claim leaseMs schemaMin schemaMax. */
export const CLAIM = script(
  'claim',
  `${PRELUDE}
local run, steps, inbox, due = unpack(KEYS)
local runId, worker, claim, lease, schemaMin, schemaMax = unpack(ARGV)
local h = read(run, 'state', 'schema', 'leaseUntilMs', 'claim', 'wakeAtMs', 'inboxSeq', 'inboxPosition', 'epoch', 'strikes', 'nudges')
if not h[1] then return {'absent'} end
if ENDED[h[1]] then redis.call('ZREM', due, runId); return {'ended'} end
if tonumber(h[2]) < tonumber(schemaMin) or tonumber(h[2]) > tonumber(schemaMax) then return {'unsupported'} end
if tonumber(h[3]) > now and h[4] ~= claim then return {'held', h[3]} end
if tonumber(h[5]) > now and tonumber(h[6]) <= tonumber(h[7]) then return {'early', h[5]} end
local epoch = num(math.max(tonumber(h[8]) + 1, micros))
redis.call('HSET', run, 'epoch', epoch, 'claim', claim, 'worker', worker, 'leaseUntilMs', num(now + tonumber(lease)), 'strikes', num(tonumber(h[9]) + 1),
  'nudgesSeen', h[10] or '0')
index(due, run, runId)
return {'claimed', num(now), epoch, redis.call('HGETALL', run), redis.call('HVALS', steps),
  redis.call('XRANGE', inbox, num(tonumber(h[7]) + 1) .. '-0', '+')}`,
);

/** KEYS run due; ARGV runId epoch claim leaseMs. */
export const RENEW = script(
  'renew',
  `${PRELUDE}
local run, due = unpack(KEYS)
local runId, epoch, claim, lease = unpack(ARGV)
local h = read(run, 'epoch', 'claim', 'leaseUntilMs', 'inboxSeq')
if h[1] ~= epoch or h[2] ~= claim then return {'stale'} end
local untilMs = num(math.max(tonumber(h[3]), now + tonumber(lease)))
redis.call('HSET', run, 'leaseUntilMs', untilMs)
index(due, run, runId)
return {'renewed', untilMs, num(now), h[4]}`,
);

/** KEYS run due; ARGV runId epoch claim wakeAtMs. */
export const RELEASE = script(
  'release',
  `${PRELUDE}
local run, due = unpack(KEYS)
local runId, epoch, claim, wakeAt = unpack(ARGV)
local h = read(run, 'epoch', 'claim', 'nudges', 'nudgesSeen')
if h[1] ~= epoch or h[2] ~= claim then return {'stale'} end
if tonumber(h[3] or '0') > tonumber(h[4] or '0') then wakeAt = num(now) end
redis.call('HSET', run, 'leaseUntilMs', '0', 'wakeAtMs', wakeAt, 'strikes', '0')
index(due, run, runId)
return {'released', num(now)}`,
);

/** KEYS run due; ARGV runId. Something that the run waits for has happened: it is due now. */
export const NUDGE = script(
  'nudge',
  `${PRELUDE}
local run, due = unpack(KEYS)
local runId = ARGV[1]
local h = read(run, 'state')
if not h[1] or ENDED[h[1]] then return {'ended'} end
redis.call('HINCRBY', run, 'nudges', 1)
redis.call('HSET', run, 'wakeAtMs', num(now))
index(due, run, runId)
return {'nudged'}`,
);

/** KEYS run inbox words due; ARGV runId id body keyId value. A seen id is written again unchanged, so that its durability can be confirmed. */
export const COMMAND = script(
  'command',
  `${PRELUDE}
local run, inbox, words, due = unpack(KEYS)
local runId, id, body, keyId, value = unpack(ARGV)
local h = read(run, 'state', 'inboxSeq')
if not h[1] then return {'absent'} end
if ENDED[h[1]] then return {'ended'} end
local seen = redis.call('HGET', words, id)
if seen then redis.call('HSET', words, id, seen); return {'exists', seen} end
local position = num(tonumber(h[2]) + 1)
redis.call('XADD', inbox, position .. '-0', 'id', id, 'body', body, 'keyId', keyId, 'value', value, 'atMs', num(now))
redis.call('HSET', words, id, position)
redis.call('HSET', run, 'inboxSeq', position)
index(due, run, runId)
return {'accepted', position}`,
);

/**
 * The only script that moves state. KEYS run steps audit events due; ARGV txId runId epoch claim version writesIntent from to auditHead
 * leaseFloorMs inboxPosition wakeAtMs, then counted lists: fields set, fields removed, steps, audit entries, events.
 * All checks come before the first write; "@<txId>" in a record stands for the time.
 */
export const TRANSITION = script(
  'transition',
  `${PRELUDE}
local RUN = '${luaWords(edgePairs(RUN_EDGES))}'
local STEP = '${luaWords([...edgePairs(STEP_EDGES), ...NEW_STEP_PAIRS])}'
local function known(words, pair) return string.find(words, ' ' .. pair .. ' ', 1, true) ~= nil end
local run, steps, audit, events, due = unpack(KEYS)
local txId, runId, epoch, claim, version, writesIntent = take(), take(), take(), take(), take(), take()
local from, to, auditHead, floor, inboxPosition, wakeAt = take(), take(), take(), tonumber(take()), tonumber(take()), take()
local h = read(run, 'epoch', 'claim', 'leaseUntilMs', 'version', 'state', 'auditHead', 'auditSeq', 'eventSeq', 'inboxPosition', 'lastTx', 'lastAnswer', 'inboxSeq')
if h[10] == txId then redis.call('HSET', run, 'lastTx', txId); return {'applied', h[11]} end
if h[1] ~= epoch or h[2] ~= claim then return {'stale'} end
local leaseUntil = tonumber(h[3])
if writesIntent == '1' and leaseUntil <= now then return {'late', 'the lease has expired'} end
if h[4] ~= version then return {'version', 'stored version is ' .. h[4]} end

local sets, removes, patches, entries, drafts = {}, {}, {}, {}, {}
for i = 1, takeCount() do sets[i] = {take(), take()} end
for i = 1, takeCount() do removes[i] = take() end
for i = 1, takeCount() do patches[i] = {path = take(), from = take(), rev = take(), to = take(), record = take()} end
for i = 1, takeCount() do entries[i] = {seq = take(), prev = take(), hash = take(), text = take()} end
for i = 1, takeCount() do drafts[i] = take() end

for _, patch in ipairs(patches) do
  local stored = redis.call('HGET', steps, patch.path)
  if patch.from == 'new' then
    if stored then return {'step', patch.path} end
  else
    local state, rev = string.match(stored or '', '^(%a+) (%d+) ')
    if state ~= patch.from or rev ~= patch.rev then return {'step', patch.path} end
  end
end
if h[5] ~= from or ENDED[from] or (from ~= to and not known(RUN, from .. '>' .. to)) then return {'edge', 'run ' .. from .. '>' .. to} end
for _, patch in ipairs(patches) do
  local pair = patch.from .. '>' .. patch.to
  if not known(STEP, pair) then return {'edge', patch.path .. ' ' .. pair} end
end
local head, seq = h[6], tonumber(h[7])
if head ~= auditHead then return {'audit', 'stored head is ' .. h[6]} end
for _, entry in ipairs(entries) do
  seq = seq + 1
  if tonumber(entry.seq) ~= seq or entry.prev ~= head then return {'audit', 'stored head is ' .. h[6]} end
  head = entry.hash
end

local stamp = '"@' .. txId .. '"'
local function stamped(text) local result = string.gsub(text, stamp, num(now)); return result end
for _, name in ipairs(removes) do redis.call('HDEL', run, name) end
local fields = {}
local function set(name, value) fields[#fields + 1] = name; fields[#fields + 1] = value end
for _, pair in ipairs(sets) do set(pair[1], stamped(pair[2])) end
local records = {}
for _, patch in ipairs(patches) do records[#records + 1] = patch.path; records[#records + 1] = stamped(patch.record) end
for i = 1, #records, 1000 do redis.call('HSET', steps, unpack(records, i, math.min(i + 999, #records))) end
for _, entry in ipairs(entries) do redis.call('XADD', audit, entry.seq .. '-0', 'entry', entry.text) end
local eventSeq = tonumber(h[8])
for _, draft in ipairs(drafts) do
  eventSeq = eventSeq + 1
  redis.call('XADD', events, num(eventSeq) .. '-0', 'event', draft, 'atMs', num(now))
end
if floor > 0 then leaseUntil = math.max(leaseUntil, now + floor) end
if #patches > 0 then set('strikes', '0') end
local answer = num(tonumber(version) + 1) .. ' ' .. num(now) .. ' ' .. num(leaseUntil) .. ' ' .. num(eventSeq) .. ' ' .. h[12]
local after = {'state', to, 'version', num(tonumber(version) + 1), 'leaseUntilMs', num(leaseUntil), 'wakeAtMs', wakeAt,
  'inboxPosition', num(math.max(tonumber(h[9]), inboxPosition)), 'auditSeq', num(seq), 'auditHead', head, 'eventSeq', num(eventSeq),
  'lastTx', txId, 'lastAnswer', answer}
for i = 1, #after, 2 do set(after[i], after[i + 1]) end
redis.call('HSET', run, unpack(fields))
index(due, run, runId)
if #drafts > 0 then redis.call('PUBLISH', '${EVENT_CHANNEL}', runId .. ' ' .. num(eventSeq)) end
return {'applied', answer}`,
);

/** KEYS run steps inbox. One consistent view of a run: hash, steps, commands it has not applied. */
export const READ = script(
  'read',
  `${PRELUDE}
local run, steps, inbox = unpack(KEYS)
local position = redis.call('HGET', run, 'inboxPosition')
if not position then return {num(now), {}, {}, {}} end
return {num(now), redis.call('HGETALL', run), redis.call('HVALS', steps), redis.call('XRANGE', inbox, num(tonumber(position) + 1) .. '-0', '+')}`,
);

/**
 * KEYS run due, runs of checks, other runs; ARGV runId. Brings the indexes in line with the record; an entry of a due run without a record goes
 * after 60 s. Answers whether to look now.
 */
export const LOOK = script(
  'look',
  `${PRELUDE}
local run, due, checks, others = unpack(KEYS)
local runId = ARGV[1]
local known = read(run, 'number', 'purpose')
if known[1] then redis.call('ZADD', known[2] == '"readiness"' and checks or others, known[1], runId) end
local score = tonumber(redis.call('ZSCORE', due, runId) or now)
local at = index(due, run, runId)
if at == 'ended' then return {'ended'} end
if at == 'absent' then
  if score < now - 60000 then redis.call('ZREM', due, runId); return {'ended'} end
  return {'stays'}
end
if tonumber(at) <= now then return {'due'} end
return {'later'}`,
);
