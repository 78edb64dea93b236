import type { Clients } from './clients.ts';
import type { Exchange } from './wire.ts';

/** The clients for one call, and what the call must tell about its answer: true means that a fresh token was refused as well. */
export interface OpenSession {
  readonly clients: Clients;
  readonly tell: (wire: Exchange) => boolean;
}

interface Generation {
  readonly clients: Promise<Clients>;
  /** True while the credential was made because an older token was refused, and no answer has shown that the new one works. */
  unproven: boolean;
}

/**
 * Keeps clients as long as their token is accepted. SDKs cache tokens until they expire, also refused ones, so a 401 throws
 * credential and clients away; a 401 for a credential that has just been made anew is final.
 */
export function makeSession(make: () => Promise<Clients>): { readonly open: () => Promise<OpenSession> } {
  let current: Generation | undefined;

  const open = async (): Promise<OpenSession> => {
    const generation = (current ??= { clients: make(), unproven: false });
    const clients = await generation.clients.catch((error: unknown) => {
      if (current === generation) current = undefined;
      throw error;
    });
    const tell = ({ answer }: Exchange): boolean => {
      if (answer === undefined) return false;
      if (answer.status !== 401) {
        generation.unproven = false;
        return false;
      }
      if (current === generation) current = { clients: make(), unproven: true };
      return generation.unproven;
    };
    return { clients, tell };
  };

  return { open };
}
