import type { Redis } from 'ioredis';
import type { Durability } from '../../engine/store.ts';
import { guarded } from './connection.ts';

/** How a durable write is proven below `appendfsync always`, or with replicas. */
export interface Confirmation {
  readonly kind: 'waitaof' | 'wait';
  readonly replicas: number;
}

/** What a server says about itself. `undefined` settings could not be read: CONFIG is closed to us. */
export interface ServerFacts {
  readonly version: string;
  readonly aofOn: boolean;
  readonly aofWriteOk: boolean;
  readonly evictionPolicy: string;
  readonly replicas: number;
  readonly isReplica: boolean;
  /** True when WAITAOF was tried and confirmed by the local disk. */
  readonly waitaof: boolean;
  readonly settings: Readonly<Record<(typeof SETTINGS)[number], string>> | undefined;
}

const SETTINGS = ['appendfsync', 'no-appendfsync-on-rewrite', 'min-replicas-to-write', 'min-replicas-max-lag'] as const;

/** The tier of a server, why it is not better, and what every durable write must wait for to deserve it. */
export function judge(facts: ServerFacts): { readonly durability: Durability; readonly confirmation?: Confirmation } {
  const server = `Redis ${facts.version}`;
  const faults = findFaults(facts);
  if (faults.length > 0) return { durability: { tier: 'none', server, findings: faults } };

  const doubts = [...findSyncDoubts(facts), ...findReplicaDoubts(facts)];
  if (doubts.length > 0) return { durability: { tier: 'silver', server, findings: doubts } };

  const durability: Durability = { tier: 'gold', server, findings: [] };
  if (facts.settings?.appendfsync !== 'always') return { durability, confirmation: { kind: 'waitaof', replicas: facts.replicas } };
  return facts.replicas > 0 ? { durability, confirmation: { kind: 'wait', replicas: facts.replicas } } : { durability };
}

function findFaults(facts: ServerFacts): readonly string[] {
  const faults: string[] = [];
  if (!facts.aofOn) faults.push('the append-only file is off (appendonly no)');
  if (!facts.aofWriteOk) faults.push('the last write to the append-only file failed');
  if (facts.evictionPolicy !== 'noeviction') faults.push(`records may be evicted (maxmemory-policy ${facts.evictionPolicy || 'unknown'})`);
  if (facts.settings?.appendfsync === 'no') faults.push('the append-only file is never forced to disk (appendfsync no)');
  if (facts.isReplica) faults.push('the server is a replica');
  return faults;
}

function findSyncDoubts(facts: ServerFacts): readonly string[] {
  const { settings } = facts;
  if (settings === undefined) return ['appendfsync could not be read: CONFIG GET is not allowed'];
  if (settings.appendfsync !== 'always') {
    return facts.waitaof ? [] : [`up to the last second may be lost (appendfsync ${settings.appendfsync}, and WAITAOF is not available)`];
  }
  return settings['no-appendfsync-on-rewrite'] === 'no'
    ? []
    : ['no forced writes while the file is rewritten (no-appendfsync-on-rewrite yes)'];
}

function findReplicaDoubts(facts: ServerFacts): readonly string[] {
  if (facts.replicas === 0 || facts.settings === undefined) return [];
  const doubts: string[] = [];
  const lag = Number(facts.settings['min-replicas-max-lag']);
  if (Number(facts.settings['min-replicas-to-write']) < 1)
    doubts.push('writes may be accepted without a replica (min-replicas-to-write 0)');
  if (!(lag >= 1 && lag <= 2)) doubts.push(`replicas may lag ${lag} s (min-replicas-max-lag must be 1 or 2)`);
  return doubts;
}

/** Reads the facts from a server. Throws STORE_UNAVAILABLE. */
export async function readFacts(redis: Redis): Promise<ServerFacts> {
  const info = parseInfo(await guarded(() => redis.info()));
  const settings = await readSettings(redis);
  const aofOn = info.get('aof_enabled') === '1';
  return {
    version: info.get('redis_version') ?? 'of unknown version',
    aofOn,
    aofWriteOk: info.get('aof_last_write_status') !== 'err',
    evictionPolicy: info.get('maxmemory_policy') ?? '',
    replicas: Number(info.get('connected_slaves') ?? 0),
    isReplica: info.get('role') === 'slave',
    waitaof: aofOn && (await tryWaitaof(redis)),
    settings,
  };
}

/** Lines `name:value` of INFO. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

async function readSettings(redis: Redis): Promise<ServerFacts['settings']> {
  try {
    const entries = await Promise.all(SETTINGS.map(async (name) => [name, ((await redis.config('GET', name)) as string[])[1]] as const));
    if (entries.some(([, value]) => value === undefined)) return undefined;
    return Object.fromEntries(entries) as NonNullable<ServerFacts['settings']>;
  } catch {
    return undefined;
  }
}

async function tryWaitaof(redis: Redis): Promise<boolean> {
  try {
    const [local = 0] = (await redis.call('WAITAOF', '1', '0', '1000')) as number[];
    return local === 1;
  } catch {
    return false;
  }
}
