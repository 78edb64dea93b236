import type { Redis } from 'ioredis';
import { assert } from '../../engine/errors.ts';
import type { Log } from '../../engine/ports.ts';
import type { Durability } from '../../engine/store.ts';
import { callConfirmed, callScript } from './calls.ts';
import { connect, guarded } from './connection.ts';
import { judge, parseInfo, readFacts } from './durability.ts';
import type { ServerFacts } from './durability.ts';
import type { ScriptCall } from './script.ts';

const JUDGE_EVERY_MS = 60_000;
const ADMISSION_EVERY_MS = 1_000;
const ADMISSION_SHARE = 0.7;
const SYSTEM_SHARE = 0.8;

/** The Redis server as the store uses it: one connection for calls, one for log lines, and one for confirmed writes where they are needed. */
export interface Server {
  readonly commands: Redis;
  readonly logLines: Redis;
  /** A script whose writes need no proof: reads, leases, hints. */
  readonly call: (call: ScriptCall) => Promise<readonly unknown[]>;
  /** A script whose writes must be as durable as the tier says when it answers. */
  readonly callDurably: (call: ScriptCall) => Promise<readonly unknown[]>;
  readonly durability: () => Promise<Durability>;
  /** The tier as last judged, at most a minute ago. */
  readonly tier: () => Durability['tier'];
  /** True when new runs are refused because memory is 70 % full (of maxmemory; unset: of 80 % of the machine's memory). */
  readonly isFull: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** Connects and judges the server's durability, then again every minute. Throws STORE_UNAVAILABLE. */
export async function openServer(url: string, log: Log): Promise<Server> {
  const { commands, logLines, facts } = await openBoth(url, log);
  let judged = judge(facts);
  let durable: Promise<Redis> | undefined;
  const isFull = makeAdmission(commands);

  const judgeAgain = async (): Promise<Durability> => {
    const before = judged.durability.tier;
    judged = judge(await readFacts(commands));
    const { tier, findings } = judged.durability;
    if (tier !== before) log.warn('store durability changed', { from: before, to: tier, findings: [...findings] });
    return judged.durability;
  };
  // A failed reading changes nothing: the connection's own listener has logged the loss.
  const timer = setInterval(() => void judgeAgain().catch(() => {}), JUDGE_EVERY_MS);
  timer.unref();

  return {
    commands,
    logLines,
    call: (call) => callScript(commands, call),
    async callDurably(call) {
      const { confirmation } = judged;
      if (confirmation === undefined) return callScript(commands, call);
      durable ??= connect(url, 'durable', log);
      // A connection that never came up is asked for again by the next call.
      const redis = await durable.catch((error: unknown) => {
        durable = undefined;
        throw error;
      });
      return callConfirmed(redis, call, confirmation);
    },
    durability: judgeAgain,
    tier: () => judged.durability.tier,
    isFull,
    async close() {
      clearInterval(timer);
      for (const redis of [commands, logLines, await durable]) redis?.disconnect();
    },
  };
}

async function openBoth(
  url: string,
  log: Log,
): Promise<{ readonly commands: Redis; readonly logLines: Redis; readonly facts: ServerFacts }> {
  const commands = await connect(url, 'commands', log);
  try {
    const facts = await readFacts(commands);
    return { commands, logLines: await connect(url, 'log', log), facts };
  } catch (error) {
    commands.disconnect();
    throw error;
  }
}

function makeAdmission(redis: Redis): () => Promise<boolean> {
  let full = false;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - askedAtMs < ADMISSION_EVERY_MS) return full;
    full = memoryIsFull(await guarded(() => redis.info('memory')));
    askedAtMs = performance.now();
    return full;
  };
}

function memoryIsFull(text: string): boolean {
  const info = parseInfo(text);
  const used = Number(info.get('used_memory') ?? 0);
  const configured = Number(info.get('maxmemory') ?? 0);
  const limit = configured > 0 ? configured : Number(info.get('total_system_memory') ?? 0) * SYSTEM_SHARE;
  assert(Number.isFinite(used) && Number.isFinite(limit), 'Redis tells its memory in bytes');
  return limit > 0 && used >= limit * ADMISSION_SHARE;
}
