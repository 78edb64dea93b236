import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AddressRules } from './address-rules.ts';

/** The one address that a check may connect to, or why there is none. */
export type CheckedAddress = { readonly kind: 'address'; readonly address: string } | NoAddress;

/** Nothing was sent: the name has no address, or the rules forbid it. */
export interface NoAddress {
  readonly kind: 'failed' | 'not_allowed';
  readonly message: string;
}

/** Resolves a name once and judges every address of it; the caller connects to the address that comes back and asks no name server again. */
export async function checkedAddress(
  rules: AddressRules,
  wanted: { readonly host: string; readonly port: number; readonly signal: AbortSignal },
): Promise<CheckedAddress> {
  const { host, port, signal } = wanted;
  let addresses: readonly string[];
  try {
    addresses = isIP(host) === 0 ? await lookupAll(host, signal) : [host];
  } catch (error) {
    return { kind: 'failed', message: `${host} cannot be resolved: ${reasonOf(error)}` };
  }
  // One forbidden address among several is enough to refuse: which one is used must not depend on luck.
  for (const address of addresses) {
    const verdict = rules.judge({ host, port, address });
    if (verdict === 'never') return { kind: 'not_allowed', message: `${host} leads to ${address}, which no check may reach` };
    if (verdict === 'not listed') {
      return { kind: 'not_allowed', message: `${host} leads to the private address ${address}: list it in httpAllowHosts` };
    }
  }
  const [address] = addresses;
  return address === undefined ? { kind: 'failed', message: `${host} has no address` } : { kind: 'address', address };
}

async function lookupAll(host: string, signal: AbortSignal): Promise<readonly string[]> {
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const found = await Promise.race([lookup(host, { all: true, order: 'ipv4first' }), stopped.promise]);
    return found.map((entry) => entry.address);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Why a connection or a look-up failed, in words that may be shown. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || (error.cause instanceof Error && error.cause.name === 'TimeoutError')) return 'no answer in time';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
