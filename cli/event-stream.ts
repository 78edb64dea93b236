/** One frame of a server-sent event stream. */
export interface StreamFrame {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events from text that arrives in pieces. */
export interface FrameReader {
  readonly push: (chunk: string) => readonly StreamFrame[];
  /** What the server asks to wait before a reconnect, in milliseconds. */
  readonly retryMs: () => number | undefined;
}

const FRAME_UNITS_MAX = 4 * 1024 * 1024;

/** Makes a reader of the event stream format (HTML standard, section 9.2): fields, comments, CR, LF and CRLF; a frame ends with an empty line. */
export function frameReader(): FrameReader {
  let rest = '';
  let frame = emptyFrame();
  let retryMs: number | undefined;
  const takeLine = (line: string, done: StreamFrame[]): void => {
    if (line === '') {
      if (frame.data.length > 0) done.push({ id: frame.id, event: frame.event, data: frame.data.join('\n') });
      frame = emptyFrame();
      return;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') frame.data.push(value);
    else if (name === 'event') frame.event = value;
    else if (name === 'id') frame.id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) retryMs = Number(value);
  };
  return {
    push: (chunk) => {
      const text = rest + chunk;
      // A CR at the very end may be the first half of CRLF: wait for what follows.
      const usable = text.endsWith('\r') ? text.length - 1 : text.length;
      const lines = text.slice(0, usable).split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? '') + text.slice(usable);
      if (rest.length > FRAME_UNITS_MAX) throw new RangeError('a line of the event stream is longer than 4 MiB');
      const done: StreamFrame[] = [];
      for (const line of lines) takeLine(line, done);
      return done;
    },
    retryMs: () => retryMs,
  };
}

function emptyFrame(): { id: string | undefined; event: string; data: string[] } {
  return { id: undefined, event: 'message', data: [] };
}
