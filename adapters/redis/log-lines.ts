import type { RunId } from '../../engine/ids.ts';
import { keptLine } from '../../engine/log-line.ts';
import type { LogLine, LogPage, LogQuery, Store } from '../../engine/store.ts';
import { callScript } from './calls.ts';
import { guarded } from './connection.ts';
import { runKeys } from './keys.ts';
import { pairs } from './record-text.ts';
import type { StreamEntry } from './record-text.ts';
import { script } from './script.ts';
import type { Server } from './server.ts';

const RUN_BYTES_MAX = 5 * 1024 * 1024;
const LINE_OVERHEAD_BYTES = 100;
const PAGE = 500;

/** KEYS log state; ARGV bytes allowed, then per line its JSON and its size. `total` counts all lines ever, `first` is the oldest kept. */
const APPEND = script(
  'append-log',
  `
local log, state = unpack(KEYS)
local h = redis.call('HMGET', state, 'total', 'first', 'bytes')
local total, first, bytes = tonumber(h[1] or 0), tonumber(h[2] or 1), tonumber(h[3] or 0)
for i = 2, #ARGV, 2 do
  total = total + 1
  redis.call('XADD', log, string.format('%.0f-0', total), 'line', ARGV[i], 'bytes', ARGV[i + 1])
  bytes = bytes + tonumber(ARGV[i + 1])
end
local kept = first
while bytes > tonumber(ARGV[1]) and first <= total do
  local page = redis.call('XRANGE', log, string.format('%.0f-0', first), '+', 'COUNT', 100)
  if #page == 0 then break end
  for _, entry in ipairs(page) do
    if bytes <= tonumber(ARGV[1]) then break end
    bytes = bytes - tonumber(entry[2][4])
    first = first + 1
  end
end
if first > kept then redis.call('XTRIM', log, 'MAXLEN', string.format('%.0f', total - first + 1)) end
redis.call('HSET', state, 'total', string.format('%.0f', total), 'first', string.format('%.0f', first), 'bytes', string.format('%.0f', bytes))
return {string.format('%.0f', total)}`,
);

/**
 * The live tail of a run's log in a stream: its newest lines up to about 5 MiB; older lines are dropped and counted, and no copy of them
 * is kept elsewhere. Lines longer than 16 KiB are cut. The connection is not the one of leases and transitions.
 */
export function makeLogLines(server: Server): Pick<Store, 'appendLog' | 'readLog'> {
  return {
    async appendLog(runId, lines) {
      if (lines.length === 0) return 0;
      const { log, logState } = runKeys(runId);
      const args = lines.flatMap((line) => {
        const kept = keptLine(line);
        return [JSON.stringify(kept), String(Buffer.byteLength(kept.text) + LINE_OVERHEAD_BYTES)];
      });
      const [last] = await callScript(server.logLines, { script: APPEND, keys: [log, logState], args: [String(RUN_BYTES_MAX), ...args] });
      return Number(last);
    },
    async readLog(runId, query) {
      const [total, first] = await guarded(() => server.logLines.hmget(runKeys(runId).logState, 'total', 'first'));
      const head = { total: Number(total ?? 0), dropped: Number(first ?? 1) - 1, kept: 'tail' } as const;
      if (query.step !== undefined || query.item !== undefined || query.skip !== undefined) {
        // Only the lines themselves tell how many match, and there are never more than the tail.
        const all = await readForward(server, runId, { ...query, from: 1, limit: Number.MAX_SAFE_INTEGER });
        const wanted =
          query.skip === undefined
            ? query.from < 0
              ? all.slice(query.from)
              : all.filter(({ n }) => n >= query.from)
            : all.slice(query.skip);
        return { ...head, lines: wanted.slice(0, query.limit), matching: all.length };
      }
      const lines = query.from < 0 ? await readBackward(server, runId, query) : await readForward(server, runId, query);
      return { ...head, lines, matching: head.total - head.dropped };
    },
  };
}

type NumberedLine = LogPage['lines'][number];

async function readForward(server: Server, runId: RunId, query: LogQuery): Promise<readonly NumberedLine[]> {
  const found: NumberedLine[] = [];
  let next = Math.max(query.from, 1);
  while (found.length < query.limit) {
    const page = await guarded(() => server.logLines.xrange(runKeys(runId).log, `${next}-0`, '+', 'COUNT', PAGE));
    const lines = page.map(parseLine);
    found.push(...lines.filter((line) => matches(line, query)));
    if (page.length < PAGE) break;
    next = (lines.at(-1)?.n ?? next) + 1;
  }
  return found.slice(0, query.limit);
}

async function readBackward(server: Server, runId: RunId, query: LogQuery): Promise<readonly NumberedLine[]> {
  const found: NumberedLine[] = [];
  const wanted = -query.from;
  let end = '+';
  while (found.length < wanted) {
    const page = await guarded(() => server.logLines.xrevrange(runKeys(runId).log, end, '-', 'COUNT', PAGE));
    const lines = page.map(parseLine);
    found.push(...lines.filter((line) => matches(line, query)));
    const oldest = lines.at(-1)?.n ?? 1;
    if (page.length < PAGE || oldest <= 1) break;
    end = `${oldest - 1}-0`;
  }
  return found.slice(0, wanted).toReversed().slice(0, query.limit);
}

function matches(line: NumberedLine, query: LogQuery): boolean {
  return (query.step === undefined || line.step === query.step) && (query.item === undefined || line.item === query.item);
}

function parseLine([id, fields]: StreamEntry): NumberedLine {
  return { ...(JSON.parse(pairs(fields)['line'] ?? '{}') as LogLine), n: Number.parseInt(id, 10) };
}
