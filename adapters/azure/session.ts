import type { AzureNeed } from '../../engine/azure-calls.ts';
import type { Clients } from './clients.ts';
import type { Exchanged } from './wire.ts';
import { exchange } from './wire.ts';

/** One call with its traffic. `tokenRefused` is true when a token that had been fetched anew was refused as well. */
export interface SessionExchanged<Value> extends Exchanged<Value> {
  readonly tokenRefused: boolean;
}

/** Makes calls with clients whose token is accepted. Never throws. */
export interface Session {
  readonly exchange: <Value>(call: (clients: Clients) => Promise<Value>, need: AzureNeed) => Promise<SessionExchanged<Value>>;
}

interface Generation {
  /** Made at the first use. */
  clients?: Promise<Clients>;
  /** True while the credential was made because an older token was refused, and no answer has shown that the new one works. */
  unproven: boolean;
}

/**
 * Keeps clients as long as their token is accepted. SDKs cache tokens until they expire, also refused ones, so a 401 throws
 * credential and clients away; a 401 for a credential that has just been made anew is final.
 */
export function makeSession(make: () => Promise<Clients>): Session {
  let current: Generation | undefined;

  const isRefused = (generation: Generation, status: number | undefined): boolean => {
    if (status === undefined) return false;
    if (status !== 401) {
      generation.unproven = false;
      return false;
    }
    if (current === generation) current = { unproven: true };
    return generation.unproven;
  };

  return {
    exchange: async (call, need) => {
      const generation = (current ??= { unproven: false });
      const exchanged = await exchange(async () => {
        const clients = await (generation.clients ??= make()).catch((error: unknown) => {
          if (current === generation) current = undefined;
          throw error;
        });
        return call(clients);
      }, need);
      return { ...exchanged, tokenRefused: isRefused(generation, exchanged.wire.answer?.status) };
    },
  };
}
