import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { RunwardError } from '../../engine/errors.ts';
import type { Log } from '../../engine/ports.ts';

/** Waits for ever: BullMQ's own connections. Its canary detects silence. */
export const WORKER_PROFILE = {
  maxRetriesPerRequest: null,
  enableReadyCheck: true,
  connectTimeout: 5_000,
  keepAlive: 10_000,
  reconnectOnError: (error: Error) => (error.message.includes('READONLY') ? 2 : false),
  retryStrategy: (times: number) => Math.min(times * 200, 2_000),
} as const satisfies RedisOptions;

/** Fails fast, so that the caller reads again and decides: transitions, the API, enqueueing. */
const COMMAND_PROFILE = {
  ...WORKER_PROFILE,
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  // Commands of one turn of the event loop leave in one write.
  enableAutoPipelining: true,
  commandTimeout: 3_000,
} as const satisfies RedisOptions;

/** A connection that is ready, or STORE_UNAVAILABLE. Losses later are logged once and healed in the background. */
export async function connect(url: string, name: string, log: Log): Promise<Redis> {
  const redis = new Redis(url, { ...COMMAND_PROFILE, connectionName: `runward-${name}`, lazyConnect: true });
  let first: Error | undefined;
  const keepFirst = (error: Error): void => {
    first ??= error;
  };
  redis.on('error', keepFirst);
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    // The promise only says that the connection was closed; the event before it says why.
    throw storeError(first ?? error);
  }
  logLosses(redis, name, log);
  redis.off('error', keepFirst);
  return redis;
}

/** Logs when a connection is lost and when it is back; without a listener an error event would end the process. */
export function logLosses(redis: Redis, name: string, log: Log): void {
  let lost = false;
  const lose = (reason: string): void => {
    if (!lost) log.warn('store connection lost', { connection: name, reason });
    lost = true;
  };
  redis.on('error', (error: Error) => lose(error.message));
  redis.on('reconnecting', () => lose('the server closed it'));
  redis.on('ready', () => {
    if (lost) log.info('store connection is back', { connection: name });
    lost = false;
  });
}

/** What went wrong with the store as a RunwardError. The vendor's error is kept by its message only: its command may hold a password. */
export function storeError(error: unknown): RunwardError {
  if (error instanceof RunwardError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const cause = new Error(message);
  if (/\bOOM\b/.test(message)) return new RunwardError('STORE_BUSY', 'the store is full: free memory or raise maxmemory', {}, cause);
  const known = REASONS.find(([pattern]) => pattern.test(message))?.[1];
  if (known === undefined && /user_script|^(ERR|WRONGTYPE)\b/.test(message)) {
    return new RunwardError('INTERNAL_INVARIANT', 'a call of the store failed', { reason: message }, cause);
  }
  return new RunwardError(
    'STORE_UNAVAILABLE',
    `the store does not answer: ${known ?? 'the connection failed'}`,
    { reason: message },
    cause,
  );
}

const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/\bMISCONF\b/, 'Redis cannot write to its disk'],
  [/\bREADONLY\b/, 'Redis is a replica'],
  [/\bLOADING\b/, 'Redis is loading its data'],
  [/\bNOREPLICAS\b/, 'too few replicas are connected'],
  [/\bMASTERDOWN\b/, 'the replica has lost its primary'],
  [/\b(NOAUTH|WRONGPASS)\b|invalid (username-)?password/i, 'Redis refuses the password'],
  [/\bNOPERM\b/, 'the Redis user may not do this'],
  [/\bBUSY\b/, 'Redis is busy with a script'],
  [/\bECONNREFUSED\b/, 'nothing listens at its address'],
  [/\b(ENOTFOUND|EAI_AGAIN)\b/, 'its name is not known'],
  [/\bETIMEDOUT\b/, 'no connection in time'],
  [/certificate|\bCERT_|self-signed/i, 'its certificate is not trusted'],
  [/Unknown RESP type|Protocol error/, 'something else than Redis answers at its address'],
  [/Command timed out/, 'no answer in time; the call may have been carried out'],
];

/** Runs a call of the vendor's client and turns what it throws into a RunwardError. */
export async function guarded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw storeError(error);
  }
}
