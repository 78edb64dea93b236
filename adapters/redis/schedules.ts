import { SLOTS_KEPT } from '../../engine/limits.ts';
import type {
  PendingSlot,
  ScheduleStore,
  SlotNotice,
  SlotRecord,
  SlotTrouble,
  StoredSchedule,
} from '../../engine/schedule/stored-schedule.ts';
import { guarded } from './connection.ts';
import { slotsKey, STORE_KEYS } from './keys.ts';
import { script } from './script.ts';
import type { Server } from './server.ts';

// One record a slot: what was there for it is replaced, and the oldest fall off.
const KEEP = `
local function keep(key, slot, record)
  redis.call('ZREMRANGEBYSCORE', key, slot, slot)
  redis.call('ZADD', key, slot, record)
  redis.call('ZREMRANGEBYRANK', key, 0, -${SLOTS_KEPT + 1})
end
`;

/**
 * KEYS schedules, due, pending, slots, notices; ARGV id, expected rev, schedule or '', due or '', count of slots to run, count of notices,
 * then name and slot of each, name and notice of each, time and record of each that is not to run. Only who has seen the last revision writes: of two that decide, one is refused.
 */
const WRITE = script(
  'write-schedule',
  `${KEEP}
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local rev = stored and cjson.decode(stored).rev or 0
if rev ~= tonumber(ARGV[2]) then return {'stale'} end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
if ARGV[4] == '' then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1]) end
local run = 6 + 2 * tonumber(ARGV[5])
local last = run + 2 * tonumber(ARGV[6])
for i = 7, run, 2 do redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1]) end
for i = run + 1, last, 2 do redis.call('HSET', KEYS[5], ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV, 2 do keep(KEYS[4], ARGV[i], ARGV[i + 1]) end
return {'written'}`,
);

/** KEYS due; ARGV limit. The clock is that of this server: the clocks of those who ask never decide. */
const DUE = script(
  'due-schedules',
  `
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
table.insert(ids, 1, now)
return ids`,
);

/** KEYS pending; ARGV name of the slot. */
const BEGIN = script(
  'begin-slot',
  `
local slot = redis.call('HGET', KEYS[1], ARGV[1])
if not slot then return {'gone'} end
redis.call('HSET', KEYS[1], ARGV[1], (string.gsub(slot, '"begun":false', '"begun":true', 1)))
return {'begun'}`,
);

/** KEYS pending, slots, trouble; ARGV name of the slot, its time, its record, 'any' or 'not-begun'. */
const END = script(
  'end-slot',
  `${KEEP}
local slot = redis.call('HGET', KEYS[1], ARGV[1])
if not slot then return {'gone'} end
if ARGV[4] ~= 'any' and string.find(slot, '"begun":true', 1, true) then return {'begun'} end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
keep(KEYS[2], ARGV[2], ARGV[3])
return {'ended'}`,
);

/** KEYS notices; ARGV name of the notice, the notice as taken. */
const TAKE = script(
  'take-slot-notice',
  `
local notice = redis.call('HGET', KEYS[1], ARGV[1])
if not notice or cjson.decode(notice).takenAtMs then return {'gone'} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {'taken'}`,
);

/** Schedules, which of them are due, slots that are to run, and what became of slots. */
export function makeSchedules(server: Server): ScheduleStore {
  const { commands: redis } = server;
  return {
    async readSchedule(id) {
      const text = await guarded(() => redis.hget(STORE_KEYS.schedules, id));
      return text === null ? undefined : (JSON.parse(text) as StoredSchedule);
    },
    async listSchedules() {
      const texts = await guarded(() => redis.hvals(STORE_KEYS.schedules));
      const schedules = texts.map((text) => JSON.parse(text) as StoredSchedule);
      return schedules.toSorted((left, right) => (left.id < right.id ? -1 : 1));
    },
    async writeSchedule({ id, expectedRev, schedule, dueAtMs, run, records, notices = [] }) {
      const keys = [STORE_KEYS.schedules, STORE_KEYS.schedulesDue, STORE_KEYS.slotsPending, slotsKey(id), STORE_KEYS.slotNotices];
      const texts = [schedule === undefined ? '' : JSON.stringify(schedule), dueAtMs === undefined ? '' : String(dueAtMs)];
      const taken = run.flatMap((slot) => [slotName(slot.id, slot.slotMs), JSON.stringify(slot)]);
      const left = records.flatMap((record) => [String(record.slotMs), JSON.stringify(record)]);
      const told = notices.flatMap((notice) => [noticeName(notice), JSON.stringify(notice)]);
      const counts = [String(run.length), String(notices.length)];
      const args = [id, String(expectedRev), ...texts, ...counts, ...taken, ...told, ...left];
      const [kind] = (await server.callDurably({ script: WRITE, keys, args })) as ['written' | 'stale'];
      return kind;
    },
    async dueSchedules(limit) {
      const [nowMs, ...ids] = (await server.call({ script: DUE, keys: [STORE_KEYS.schedulesDue], args: [String(limit)] })) as string[];
      return { nowMs: Number(nowMs), ids };
    },
    async pendingSlots() {
      const texts = await guarded(() => redis.hvals(STORE_KEYS.slotsPending));
      const troubles = texts.length === 0 ? {} : await guarded(() => redis.hgetall(STORE_KEYS.slotsTrouble));
      return texts.map((text) => {
        const slot = JSON.parse(text) as PendingSlot;
        const trouble = troubles[slotName(slot.id, slot.slotMs)];
        return trouble === undefined ? slot : { ...slot, trouble: JSON.parse(trouble) as SlotTrouble };
      });
    },
    async beginSlot(id, slotMs) {
      const [kind] = await server.callDurably({ script: BEGIN, keys: [STORE_KEYS.slotsPending], args: [slotName(id, slotMs)] });
      return kind === 'begun';
    },
    async noteSlot(id, slotMs, trouble) {
      const name = slotName(id, slotMs);
      const earlier = await guarded(() => redis.hget(STORE_KEYS.slotsTrouble, name));
      const sinceMs = earlier === null ? trouble.sinceMs : (JSON.parse(earlier) as SlotTrouble).sinceMs;
      await guarded(() => redis.hset(STORE_KEYS.slotsTrouble, name, JSON.stringify({ ...trouble, sinceMs })));
    },
    async endSlot(id, record, knows) {
      const keys = [STORE_KEYS.slotsPending, slotsKey(id), STORE_KEYS.slotsTrouble];
      const how = record.outcome === 'run' || knows?.begun === true ? 'any' : 'not-begun';
      const args = [slotName(id, record.slotMs), String(record.slotMs), JSON.stringify(record), how];
      const [kind] = (await server.callDurably({ script: END, keys, args })) as ['ended' | 'gone' | 'begun'];
      return kind;
    },
    ...slotNotices(server),
    async listSlots(id, { limit, beforeMs }) {
      const from = beforeMs === undefined ? '+inf' : `(${beforeMs}`;
      const texts = await guarded(() => redis.zrevrangebyscore(slotsKey(id), from, '-inf', 'LIMIT', 0, limit));
      return texts.map((text) => JSON.parse(text) as SlotRecord);
    },
  };
}

type SlotNotices = Pick<ScheduleStore, 'slotNotices' | 'takeSlotNotice' | 'endSlotNotice'>;

function slotNotices(server: Server): SlotNotices {
  const { commands: redis } = server;
  return {
    async slotNotices() {
      const texts = await guarded(() => redis.hvals(STORE_KEYS.slotNotices));
      return texts.map((text) => JSON.parse(text) as SlotNotice);
    },
    async takeSlotNotice(notice, atMs) {
      const args = [noticeName(notice), JSON.stringify({ ...notice, takenAtMs: atMs })];
      const [kind] = await server.callDurably({ script: TAKE, keys: [STORE_KEYS.slotNotices], args });
      return kind === 'taken';
    },
    async endSlotNotice(notice) {
      return (await guarded(() => redis.hdel(STORE_KEYS.slotNotices, noticeName(notice)))) === 1;
    },
  };
}

function noticeName({ id, slotMs, to }: SlotNotice): string {
  return `${slotName(id, slotMs)} ${to}`;
}

function slotName(id: string, slotMs: number): string {
  return `${id} ${slotMs}`;
}
