import type { RunId } from '../../engine/ids.ts';
import type { Store } from '../../engine/store.ts';
import { guarded } from './connection.ts';
import { runKeys, STORE_KEYS } from './keys.ts';
import { asRunId } from './record-text.ts';
import { LOOK } from './run-scripts.ts';
import type { Server } from './server.ts';

const PAGE = 200;

/** The index of due runs is a hint: every candidate is checked against its record, which also corrects the index. */
export function makeDue(server: Server): Pick<Store, 'due' | 'sweep'> {
  const { commands: redis } = server;
  const look = async (runId: RunId): Promise<string> => {
    const keys = [runKeys(runId).run, STORE_KEYS.due, STORE_KEYS.checkRuns, STORE_KEYS.otherRuns];
    const [kind] = await server.call({ script: LOOK, keys, args: [runId] });
    return String(kind);
  };

  return {
    async due(limit) {
      const found: RunId[] = [];
      let offset = 0;
      while (found.length < limit) {
        const nowMs = await readNowMs(server);
        const page = await guarded(() => redis.zrangebyscore(STORE_KEYS.due, '-inf', nowMs, 'LIMIT', offset, PAGE));
        const kinds = await Promise.all(page.map((runId) => look(asRunId(runId))));
        found.push(...page.filter((_, index) => kinds[index] === 'due').map(asRunId));
        // What was corrected has left the range, so only what stays is passed over.
        offset += kinds.filter((kind) => kind === 'due' || kind === 'stays').length;
        if (page.length < PAGE) break;
      }
      return found.slice(0, limit);
    },
    async sweep() {
      let open = 0;
      let after = '-inf';
      for (;;) {
        const page = await guarded(() => redis.zrangebyscore(STORE_KEYS.runs, after, '+inf', 'WITHSCORES', 'LIMIT', 0, PAGE));
        if (page.length === 0) return open;
        after = `(${page.at(-1)}`;
        const kinds = await Promise.all(page.filter((_, index) => index % 2 === 0).map((runId) => look(asRunId(runId))));
        open += kinds.filter((kind) => kind === 'due' || kind === 'later').length;
      }
    },
  };
}

/** The time of the Redis server in ms since 1970. Throws STORE_UNAVAILABLE. */
export async function readNowMs(server: Server): Promise<number> {
  const [seconds = 0, micros = 0] = await guarded(() => server.commands.time());
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
