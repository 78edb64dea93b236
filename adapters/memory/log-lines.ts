import type { LogLine, LogPage, LogQuery } from '../../engine/store.ts';

const LINE_BYTES_MAX = 16 * 1024;
const RUN_BYTES_MAX = 5 * 1024 * 1024;
const CUT_MARK = ' [line cut at 16 KiB]';

/** The live tail of one run's log: its newest lines up to about 5 MiB; older ones are dropped and counted. */
export interface LogTail {
  readonly append: (lines: readonly LogLine[]) => void;
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
        const short = { ...line, text: cut(line.text) };
        const size = Buffer.byteLength(short.text) + 100;
        kept.push({ line: { ...short, n: total }, bytes: size });
        bytes += size;
      }
      while (bytes > RUN_BYTES_MAX) bytes -= kept.shift()?.bytes ?? bytes;
    },
    read(query) {
      const matches = kept
        .map((entry) => entry.line)
        .filter((line) => query.step === undefined || line.step === query.step)
        .filter((line) => query.item === undefined || line.item === query.item);
      const wanted = query.from < 0 ? matches.slice(query.from) : matches.filter((line) => line.n >= query.from);
      return { lines: wanted.slice(0, query.limit), total, dropped: total - kept.length };
    },
  };
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= LINE_BYTES_MAX) return text;
  return (
    bytes
      .subarray(0, LINE_BYTES_MAX)
      .toString()
      .replace(/\uFFFD+$/, '') + CUT_MARK
  );
}
