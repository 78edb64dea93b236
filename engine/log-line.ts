import type { LogLine } from './store.ts';

const LINE_BYTES_MAX = 16 * 1024;
const CUT_MARK = ' [line cut at 16 KiB]';

/** A line as it is kept: at most 16 KiB of UTF-8, with a mark where it was cut. */
export function keptLine(line: LogLine): LogLine {
  const bytes = new TextEncoder().encode(line.text);
  if (bytes.length <= LINE_BYTES_MAX) return line;
  const text = new TextDecoder().decode(bytes.subarray(0, LINE_BYTES_MAX)).replace(/\uFFFD+$/, '');
  return { ...line, text: text + CUT_MARK };
}
