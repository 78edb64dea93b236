import { makeDice } from '../adapters/memory/dice.ts';
import { makeMemoryStore } from '../adapters/memory/store.ts';
import { makeMemoryTickets } from '../adapters/memory/tickets.ts';
import type { VirtualTime } from '../adapters/memory/virtual-time.ts';
import { systemIds } from '../adapters/system/ids.ts';
import { RunwardError } from '../engine/errors.ts';
import type { RunId } from '../engine/ids.ts';
import type { Log, Ports, Signer } from '../engine/ports.ts';
import type { Store } from '../engine/store.ts';

/** The ports of a case: memory, virtual time, seeded choice, and no way out to any network. */
export function casePorts(time: VirtualTime, seed: number): Omit<Ports, 'queue'> {
  const dice = makeDice(seed);
  return {
    clock: time.clock,
    random: dice.random,
    ids: { ...systemIds, newToken: () => dice.hex(32), newRunId: () => systemIds.uuid5('runbook test', dice.hex(32)) as RunId },
    store: makeMemoryStore({ nowMs: time.clock.nowMs, sleep: time.clock.sleep }),
    azure: closed('Azure'),
    shell: closed('a machine'),
    http: closed('an address'),
    tls: closed('an address'),
    dns: closed('a name server'),
    // Notices go to nobody; notify.send is mocked like every action.
    channels: { has: () => false, send: async () => ({ kind: 'refused', message: 'a test of a runbook sends nothing' }) },
    secrets: { resolve: async () => ({ kind: 'found', value: 'a-secret-of-a-test' }) },
    tickets: makeMemoryTickets(),
    signer: signerOf(systemIds.sha256),
    log: SILENT,
  };
}

/** How one worker of a case lives: once it is dead, none of its calls ever returns. */
export interface Life {
  dead: boolean;
}

/** The ports as one worker has them: it can die, and the store may not answer for a while. */
export function workerPorts(ports: Ports, life: Life, isStoreLost: () => boolean): Ports {
  const mortal = <Args extends readonly unknown[], Answer>(call: (...args: Args) => Promise<Answer>) => {
    return async (...args: Args): Promise<Answer> => {
      if (life.dead) return never();
      const answer = await call(...args);
      return life.dead ? never() : answer;
    };
  };
  const stored = Object.entries(ports.store).map(([name, call]) => {
    const method = call as (...args: readonly unknown[]) => Promise<unknown>;
    const answering = async (...args: readonly unknown[]): Promise<unknown> => {
      if (isStoreLost()) throw new RunwardError('STORE_UNAVAILABLE', 'the test says that the store does not answer');
      return method(...args);
    };
    return [name, mortal(answering)];
  });
  return {
    ...ports,
    clock: { ...ports.clock, sleep: mortal(ports.clock.sleep) },
    store: Object.fromEntries(stored) as unknown as Store,
    tickets: { create: mortal(ports.tickets.create) },
  };
}

function closed<Port extends object>(what: string): Port {
  const refuse = (): never => {
    throw new RunwardError('INTERNAL_INVARIANT', `a test of a runbook reaches no network: it asked for ${what}`);
  };
  return new Proxy({} as Port, { get: () => refuse });
}

function signerOf(sha256: (text: string) => string): Signer {
  const mark = (text: string): string => sha256(`runbook test\n${text}`);
  return { sign: (text) => ({ keyId: 'runbook-test', value: mark(text) }), verify: (text, { value }) => value === mark(text) };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
