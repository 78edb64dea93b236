import type { Redis } from 'ioredis';
import { RunwardError } from '../../engine/errors.ts';
import { guarded, storeError } from './connection.ts';
import type { Confirmation } from './durability.ts';
import type { ScriptCall } from './script.ts';

const CONFIRM_TIMEOUT_MS = 2_000;

/** Runs a script by its digest, loading it when the server does not know it. Throws STORE_UNAVAILABLE, STORE_BUSY or INTERNAL_INVARIANT. */
export async function callScript(redis: Redis, call: ScriptCall): Promise<readonly unknown[]> {
  const rest = [call.keys.length, ...call.keys, ...call.args];
  try {
    return (await redis.call('EVALSHA', call.script.sha, ...rest)) as readonly unknown[];
  } catch (error) {
    if (!isUnknownScript(error)) throw storeError(error);
  }
  return guarded(async () => (await redis.call('EVAL', call.script.lua, ...rest)) as readonly unknown[]);
}

/**
 * Runs a script and waits until its writes are confirmed as durable, on the same connection because Redis confirms only a connection's own
 * writes. Throws STORE_UNCONFIRMED when too few confirm in time: the change is applied then, and the same call may be repeated.
 */
export async function callConfirmed(redis: Redis, call: ScriptCall, confirmation: Confirmation): Promise<readonly unknown[]> {
  const wait =
    confirmation.kind === 'waitaof'
      ? ['WAITAOF', '1', String(confirmation.replicas), String(CONFIRM_TIMEOUT_MS)]
      : ['WAIT', String(confirmation.replicas), String(CONFIRM_TIMEOUT_MS)];
  const [answer, counts] = await confirmedReplies(redis, call, wait as [string, ...string[]]);
  const [local = 0, replicas = 0] = confirmation.kind === 'waitaof' ? (counts as number[]) : [1, counts as number];
  if (local < 1 || replicas < confirmation.replicas) {
    throw new RunwardError('STORE_UNCONFIRMED', 'the store has not confirmed in time that the write will survive a crash', {
      local,
      replicas,
    });
  }
  return answer as readonly unknown[];
}

async function confirmedReplies(redis: Redis, call: ScriptCall, wait: [string, ...string[]]): Promise<readonly unknown[]> {
  const rest = [call.keys.length, ...call.keys, ...call.args] as const;
  const send = async (way: 'EVALSHA' | 'EVAL'): Promise<readonly unknown[]> => {
    const replies = await redis
      .pipeline()
      .call(way, way === 'EVAL' ? call.script.lua : call.script.sha, ...rest)
      .call(...wait)
      .exec();
    return (replies ?? []).map(([error, reply]) => {
      if (error !== null) throw error;
      return reply;
    });
  };
  try {
    return await send('EVALSHA');
  } catch (error) {
    if (!isUnknownScript(error)) throw storeError(error);
  }
  return guarded(() => send('EVAL'));
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
