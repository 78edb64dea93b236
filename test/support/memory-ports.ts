import { createHash } from 'node:crypto';
import { makeMemoryStore } from '../../adapters/memory/store.ts';
import { makeMemoryTickets } from '../../adapters/memory/tickets.ts';
import type { RunId } from '../../engine/ids.ts';
import type { Clock, Ports } from '../../engine/ports.ts';
import { silentLog } from './silent-log.ts';

/** Ports of an engine whose store and tickets live in memory on the given clock; what reaches further a test puts in. */
export function memoryPorts(clock: Clock): Ports {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const mark = (text: string): string => sha256(`key${text}`);
  let tokens = 0;
  return {
    clock,
    random: () => 0.5,
    ids: {
      newRunId: () => '22222222-2222-5222-8222-222222222222' as RunId,
      newToken: () => sha256(String((tokens += 1))).slice(0, 32),
      uuid5: (...parts) => sha256(parts.join('\n')).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-8$4-$5'),
      sha256,
    },
    store: makeMemoryStore({ nowMs: clock.nowMs }),
    queue: { wake: async () => undefined },
    azure: {} as Ports['azure'],
    shell: {} as Ports['shell'],
    http: {} as Ports['http'],
    tls: {} as Ports['tls'],
    dns: {} as Ports['dns'],
    channels: {} as Ports['channels'],
    secrets: { resolve: async () => ({ kind: 'unavailable', message: 'no secrets here' }) },
    tickets: makeMemoryTickets(),
    signer: { sign: (text) => ({ keyId: 'test', value: mark(text) }), verify: (text, { value }) => value === mark(text) },
    log: silentLog,
  };
}
