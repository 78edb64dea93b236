import { pino } from 'pino';
import type { JsonObject, JsonValue } from '../../engine/json.ts';
import type { Log } from '../../engine/ports.ts';

/** `file` is appended to (mode 0600); without it lines go to stderr. `redact` sees every text before it is written. */
export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly redact: (text: string) => string;
  readonly file?: string;
  /** Fields of every line, such as the name of the process. */
  readonly fields?: JsonObject;
}

/** A log of JSON lines: `time` (ISO 8601), `level`, the constant message in `msg`, and the fields. Lines are written before the call returns. */
export function createLog(options: LogOptions): Log {
  const { level, redact, file, fields = {} } = options;
  // Synchronous, because the last lines before a crash are the ones that somebody will look for.
  const where = file === undefined ? { dest: 2, sync: true } : { dest: file, sync: true, mkdir: true, mode: 0o600 };
  const lines = pino(
    { level, base: fields, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    pino.destination(where),
  );
  const clean = (given: JsonObject | undefined): JsonObject => redactAll(given ?? {}, redact) as JsonObject;
  return {
    debug: (message, given) => lines.debug(clean(given), redact(message)),
    info: (message, given) => lines.info(clean(given), redact(message)),
    warn: (message, given) => lines.warn(clean(given), redact(message)),
    error: (message, given) => lines.error(clean(given), redact(message)),
  };
}

function redactAll(value: JsonValue | undefined, redact: (text: string) => string): JsonValue | undefined {
  if (typeof value === 'string') return redact(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => redactAll(item, redact) ?? null);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [redact(name), redactAll(inner as JsonValue, redact)]));
}
