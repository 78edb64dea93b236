import type { Redis } from 'ioredis';
import type { RunId } from '../../engine/ids.ts';
import { parseRunId } from '../../engine/ids.ts';
import type { RunRecord } from '../../engine/run/record.ts';
import { hasEnded, type RunState } from '../../engine/run/run-state.ts';
import type { RunListQuery, Store, StoredPlan } from '../../engine/store.ts';
import { guarded } from './connection.ts';
import { runKeys, STORE_KEYS } from './keys.ts';
import { asRunId, pairs, parseAudit, parseEvent, parseInbox, parseRun, parseStored } from './record-text.ts';
import type { StreamEntry } from './record-text.ts';
import { READ } from './run-scripts.ts';
import type { Server } from './server.ts';

const PAGE = 100;
/** So many characters of an id name a run. */
export const REFERENCE_MIN = 8;

type RunReads = Pick<Store, 'readRun' | 'readPlan' | 'readInbox' | 'readAudit' | 'readEvents' | 'listRuns' | 'findRun'>;

/** The calls that read runs. */
export function makeRunReads(server: Server): RunReads {
  const { commands: redis } = server;
  return {
    async readRun(runId) {
      const { run, steps, inbox } = runKeys(runId);
      const reply = await server.call({ script: READ, keys: [run, steps, inbox], args: [] });
      const [now, hash, records, entries] = reply as [string, string[], string[], StreamEntry[]];
      return hash.length === 0 ? undefined : parseStored({ run: pairs(hash), steps: records, inbox: entries, nowMs: Number(now) });
    },
    async readPlan(runId) {
      const text = await guarded(() => redis.get(runKeys(runId).plan));
      return text === null ? undefined : (JSON.parse(text) as StoredPlan);
    },
    readInbox: async (runId, after) => (await readStream(redis, runKeys(runId).inbox, after)).map(parseInbox),
    readAudit: async (runId) => (await readStream(redis, runKeys(runId).audit, 0)).map(parseAudit),
    readEvents: async (runId, after, limit) => (await readStream(redis, runKeys(runId).events, after, limit)).map(parseEvent),
    listRuns: (query) => listRuns(redis, query),
    findRun: (reference) => findRun(redis, reference),
  };
}

async function readStream(redis: Redis, key: string, after: number, limit?: number): Promise<readonly StreamEntry[]> {
  const from = `${after + 1}-0`;
  if (limit === undefined) return guarded(() => redis.xrange(key, from, '+'));
  return limit < 1 ? [] : guarded(() => redis.xrange(key, from, '+', 'COUNT', limit));
}

/** Pages through the index of runs from the newest down, reading only as many whole records as are asked for. */
async function listRuns(redis: Redis, query: RunListQuery): Promise<readonly RunRecord[]> {
  const found: RunRecord[] = [];
  if (query.states?.some(hasEnded) === false) return listOpenRuns(redis, query);
  const key = indexFor(query);
  let before = query.before === undefined ? '+inf' : `(${query.before}`;
  while (found.length < query.limit) {
    const page = await guarded(() => redis.zrevrangebyscore(key, before, '-inf', 'WITHSCORES', 'LIMIT', 0, PAGE));
    if (page.length === 0) break;
    before = `(${page.at(-1)}`;
    const wanted = await keepMatching(redis, page.filter((_, index) => index % 2 === 0).map(asRunId), query);
    found.push(...(await readRecords(redis, wanted.slice(0, query.limit - found.length))));
  }
  return found;
}

/** Readiness checks are made many times a day: who asks for other runs, or for them alone, does not page through all. */
function indexFor({ purposes }: RunListQuery): string {
  if (purposes?.includes('readiness') === false) return STORE_KEYS.otherRuns;
  return purposes?.every((purpose) => purpose === 'readiness') === true ? STORE_KEYS.checkRuns : STORE_KEYS.runs;
}

/** Runs that go on are few, and the index of due runs has all of them. */
async function listOpenRuns(redis: Redis, query: RunListQuery): Promise<readonly RunRecord[]> {
  const open = (await guarded(() => redis.zrange(STORE_KEYS.due, 0, '-1'))).map(asRunId);
  const wanted = await keepMatching(redis, open, query);
  const numbers = await guarded(() => Promise.all(wanted.map((runId) => redis.hget(runKeys(runId).run, 'number'))));
  const newestFirst = wanted
    .map((runId, index) => ({ runId, number: Number(numbers[index]) }))
    .filter(({ number }) => query.before === undefined || number < query.before)
    .toSorted((left, right) => right.number - left.number);
  return readRecords(
    redis,
    newestFirst.slice(0, query.limit).map(({ runId }) => runId),
  );
}

async function keepMatching(redis: Redis, runIds: readonly RunId[], query: RunListQuery): Promise<readonly RunId[]> {
  if (query.states === undefined && query.runbook === undefined && query.purposes === undefined) return runIds;
  const purposes = query.purposes?.map((purpose) => JSON.stringify(purpose));
  const heads = await guarded(() => Promise.all(runIds.map((runId) => redis.hmget(runKeys(runId).run, 'state', 'runbook', 'purpose'))));
  return runIds.filter((_, index) => {
    const [state, runbook, purpose] = heads[index] ?? [];
    if (query.states !== undefined && !query.states.includes(state as RunState)) return false;
    if (purposes !== undefined && !purposes.includes(purpose ?? '')) return false;
    return query.runbook === undefined || runbook === JSON.stringify(query.runbook);
  });
}

/** The records of runs, without those that do not exist. */
export async function readRecords(redis: Redis, runIds: readonly RunId[]): Promise<readonly RunRecord[]> {
  const hashes = await guarded(() => Promise.all(runIds.map((runId) => redis.hgetall(runKeys(runId).run))));
  return hashes.filter((hash) => hash['runId'] !== undefined).map(parseRun);
}

async function findRun(redis: Redis, reference: string): Promise<RunId | undefined> {
  if (/^[1-9]\d{0,14}$/.test(reference)) {
    const [runId] = await guarded(() => redis.zrangebyscore(STORE_KEYS.runs, reference, reference, 'LIMIT', 0, 1));
    if (runId !== undefined) return parseRunId(runId);
  }
  if (reference.length < REFERENCE_MIN || !/^[0-9a-f-]+$/.test(reference)) return undefined;
  const matches = await guarded(() => redis.zrangebylex(STORE_KEYS.ids, `[${reference}`, `[${reference}g`, 'LIMIT', 0, 2));
  return matches.length === 1 ? parseRunId(matches[0] ?? '') : undefined;
}
