import { keptLine } from '../../engine/log-line.ts';
import type { LogLine, LogPage, LogQuery } from '../../engine/store.ts';

const RUN_BYTES_MAX = 5 * 1024 * 1024;

/** The live tail of one run's log: its newest lines up to about 5 MiB; older ones are dropped and counted. */
export interface LogTail {
  readonly append: (lines: readonly LogLine[]) => number;
  readonly read: (query: LogQuery) => LogPage;
}

/** An empty tail. */
export function makeLogTail(): LogTail {
  const kept: { readonly line: LogLine & { readonly n: number }; readonly bytes: number }[] = [];
  let total = 0;
  let bytes = 0;

  return {
    append(lines) {
      for (const line of lines) {
        total += 1;
        const short = keptLine(line);
        const size = Buffer.byteLength(short.text) + 100;
        kept.push({ line: { ...short, n: total }, bytes: size });
        bytes += size;
      }
      while (bytes > RUN_BYTES_MAX) bytes -= kept.shift()?.bytes ?? bytes;
      return total;
    },
    read(query) {
      const matches = kept
        .map((entry) => entry.line)
        .filter((line) => query.step === undefined || line.step === query.step)
        .filter((line) => query.item === undefined || line.item === query.item);
      const wanted = query.from < 0 ? matches.slice(query.from) : matches.filter((line) => line.n >= query.from);
      const lines = query.skip === undefined ? wanted : matches.slice(query.skip);
      return { lines: lines.slice(0, query.limit), total, dropped: total - kept.length, matching: matches.length, kept: 'tail' };
    },
  };
}
