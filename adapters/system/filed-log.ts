import type { RunId } from '../../engine/ids.ts';
import type { Log } from '../../engine/ports.ts';
import type { LogLine, LogPage, LogQuery, Store } from '../../engine/store.ts';
import { keptLine } from '../../engine/log-line.ts';
import type { LogBlock, LogFiles } from './log-files.ts';

/**
 * A store whose logs also go to files: the store numbers the lines and holds the newest, the files hold the body. Whoever reads and has no
 * file of a run, because its worker writes to another disk, shows what the store has. The files of removed runs go after the runs.
 */
export function withLogFiles(store: Store, files: LogFiles, log: Log): Store {
  let isTidy = false;
  return {
    ...store,
    appendLog: async (runId, lines) => {
      const last = await store.appendLog(runId, lines);
      try {
        await files.append(runId, last - lines.length + 1, lines.map(keptLine));
      } catch (error) {
        log.warn('log lines of a run were not written to their file', { runId, error: error instanceof Error ? error.message : 'unknown' });
      }
      return last;
    },
    readLog: (runId, query) => readLog(store, files, { runId, query }),
    removeRuns: async (request) => {
      const answer = await store.removeRuns(request).catch((error: unknown) => {
        // They may be gone all the same: the next removal looks for what is left of them.
        isTidy = false;
        throw error;
      });
      // A process that died between a run and its files has left them; whoever comes after it looks once.
      const left = answer.kind === 'removed' && !isTidy ? await leftBehind(store, files) : [];
      isTidy ||= answer.kind === 'removed';
      const gone = answer.kind === 'removed' ? request.runs.map(({ runId }) => runId) : [];
      for (const runId of [...left, ...gone])
        await files.remove(runId).catch((error: unknown) => {
          log.warn('the log files of a removed run are still there', { runId, error: error instanceof Error ? error.message : 'unknown' });
        });
      return answer;
    },
  };
}

async function leftBehind(store: Store, files: LogFiles): Promise<readonly RunId[]> {
  const left: RunId[] = [];
  for (const runId of await files.runs()) if ((await store.findRemoved(runId)) !== undefined) left.push(runId);
  return left;
}

type Numbered = LogPage['lines'][number];

interface Asked {
  readonly runId: RunId;
  readonly query: LogQuery;
}

async function readLog(store: Store, files: LogFiles, { runId, query }: Asked): Promise<LogPage> {
  const filed = await files.blocks(runId);
  const lastFiled = filed.reduce((last, { first, count }) => Math.max(last, first + count - 1), 0);
  if (lastFiled === 0) return store.readLog(runId, query);
  // What another worker wrote since then is in the store alone.
  const rest = await store.readLog(runId, { from: lastFiled + 1, limit: Number.MAX_SAFE_INTEGER });
  const blocks = filed.filter((block) => matches(block, query));
  const later = rest.lines.filter((line) => matches(line, query));
  const matching = blocks.reduce((sum, { count }) => sum + count, 0) + later.length;
  const all = filed.reduce((sum, { count }) => sum + count, 0) + rest.lines.length;
  const start = query.skip ?? (query.from < 0 ? Math.max(0, matching + query.from) : before({ blocks, later }, query.from));
  const lines = await slice(files, { blocks, later }, { start, end: start + query.limit });
  return { lines, total: rest.total, dropped: rest.total - all, matching, kept: 'files' };
}

function matches(of: Pick<LogLine, 'step' | 'item'>, query: LogQuery): boolean {
  return (query.step === undefined || of.step === query.step) && (query.item === undefined || of.item === query.item);
}

interface Pieces {
  readonly blocks: readonly LogBlock[];
  readonly later: readonly Numbered[];
}

/** How many matching lines have a smaller number. */
function before({ blocks, later }: Pieces, from: number): number {
  const inBlocks = blocks.reduce((sum, { first, count }) => sum + Math.min(count, Math.max(0, from - first)), 0);
  return inBlocks + later.filter(({ n }) => n < from).length;
}

async function slice(files: LogFiles, { blocks, later }: Pieces, range: { readonly start: number; readonly end: number }) {
  let seen = 0;
  let skipped = 0;
  const wanted = blocks.filter(({ count }) => {
    const [start, end] = [seen, seen + count];
    seen = end;
    if (end <= range.start) skipped = end;
    return end > range.start && start < range.end;
  });
  const lines = [...(await files.read(wanted)), ...(range.end > seen ? later : [])];
  const base = wanted.length > 0 ? skipped : Math.min(seen, range.start);
  return lines.slice(range.start - base, range.end - base);
}
