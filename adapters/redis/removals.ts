import type { RunId } from '../../engine/ids.ts';
import type { KeptBecause, RemovalRequest, RemovalStore, RemovedRun } from '../../engine/retention/removal-store.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import { guarded } from './connection.ts';
import { runKeys, STORE_KEYS } from './keys.ts';
import { asRunId } from './record-text.ts';
import { readRecords, REFERENCE_MIN } from './run-reads.ts';
import { REFER, REMOVE } from './removal-scripts.ts';
import type { ScriptCall } from './script.ts';
import type { Server } from './server.ts';

const PAGE = 200;

/** Runs that made readiness checks, and their removal. */
export function makeRemovals(server: Server): RemovalStore {
  const { commands: redis } = server;
  return {
    async endedChecks(after, limit) {
      const found = [];
      let last = after;
      while (found.length < limit) {
        const page = await guarded(() => redis.zrangebyscore(STORE_KEYS.checkRuns, `(${last}`, '+inf', 'WITHSCORES', 'LIMIT', 0, PAGE));
        if (page.length === 0) break;
        last = Number(page.at(-1));
        const runIds = page.filter((_, index) => index % 2 === 0).map(asRunId);
        found.push(...(await readRecords(redis, runIds)).filter(({ state }) => hasEnded(state)));
      }
      return found.slice(0, limit);
    },
    async referTo(runId) {
      const [kind] = await server.callDurably({ script: REFER, keys: [runKeys(runId).run], args: [] });
      return kind === 'referred';
    },
    async removeRuns(request) {
      const [kind, runId, why] = (await server.callDurably(removeCall(request))) as [string, string?, string?];
      if (kind !== 'kept') return { kind: kind as 'removed' | 'behind' };
      return { kind, runId: asRunId(runId ?? ''), why: why as KeptBecause };
    },
    async findRemoved(reference) {
      const text = /^[1-9]\d{0,14}$/.test(reference) ? await guarded(() => redis.hget(STORE_KEYS.removed, reference)) : null;
      if (text !== null) return parseRemoved(text);
      if (reference.length < REFERENCE_MIN || !/^[0-9a-f-]+$/.test(reference)) return undefined;
      const matches = await guarded(() => redis.zrangebylex(STORE_KEYS.removedIds, `[${reference}`, `[${reference}g`, 'LIMIT', 0, 2));
      return matches.length === 1 ? parseRemoved(matches[0] ?? '') : undefined;
    },
  };
}

function removeCall({ runs, keepMs, entry }: RemovalRequest): ScriptCall {
  const { systemAudit, systemAuditHead, due, runs: all, ids, checkRuns, removed, removedIds } = STORE_KEYS;
  const keysOf = (runId: RunId, newer: readonly RunId[]): readonly string[] => [
    ...Object.values(runKeys(runId)),
    ...newer.map((id) => runKeys(id).run),
  ];
  return {
    script: REMOVE,
    keys: [
      systemAudit,
      systemAuditHead,
      due,
      all,
      ids,
      checkRuns,
      removed,
      removedIds,
      ...runs.flatMap(({ runId, newer }) => keysOf(runId, newer)),
    ],
    args: [
      String(entry.seq),
      entry.prev,
      entry.hash,
      JSON.stringify(entry),
      String(keepMs),
      String(runs.length),
      ...runs.flatMap(({ runId, version, auditHead, newer }) => [runId, String(version), auditHead, String(newer.length)]),
    ],
  };
}

/** `<run id> <number of the entry>`. */
function parseRemoved(text: string): RemovedRun {
  const [runId = '', seq = ''] = text.split(' ');
  return { runId: asRunId(runId), entrySeq: Number(seq) };
}
