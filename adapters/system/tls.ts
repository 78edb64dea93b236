import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { checkServerIdentity, connect } from 'node:tls';
import type { Tls, TlsAnswer } from '../../engine/ports.ts';
import { makeAddressRules } from './address-rules.ts';
import { checkedAddress, reasonOf } from './checked-address.ts';

/** Looks at certificates from this process; addresses are judged as those of HTTP checks are, and the judged one is connected to. */
export function createTls(options: { readonly allowHosts: readonly string[] }): Tls {
  const rules = makeAddressRules(options.allowHosts);
  return {
    certificate: async ({ host, port, serverName, timeoutMs }, signal) => {
      const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const found = await checkedAddress(rules, { host, port, signal: until });
      if (found.kind !== 'address') return found;
      return handshake({ address: found.address, port, serverName, signal: until });
    },
  };
}

/** A server to shake hands with: the address is connected to, `serverName` must be one of the names of its certificate. */
export interface Handshake {
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
  readonly signal: AbortSignal;
}

async function handshake(wanted: Handshake): Promise<TlsAnswer> {
  try {
    const socket = await verifiedSocket(wanted);
    const certificate = socket.getPeerX509Certificate();
    socket.destroy();
    return seen(certificate);
  } catch (error) {
    return { kind: 'failed', message: refusal(error instanceof Error ? error : new Error(String(error))) };
  }
}

/**
 * A connection whose certificate has been verified and over which nothing has been sent. The defaults of Node decide what is trusted;
 * NODE_TLS_REJECT_UNAUTHORIZED cannot weaken them. Rejects with the reason.
 */
export function verifiedSocket({ address, port, serverName, signal }: Handshake): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      // An address is not sent as a server name (RFC 6066, section 3).
      ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
      rejectUnauthorized: true,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
    });
    const stop = (): void => void socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('the check was stopped'));
    socket.on('secureConnect', () => {
      signal.removeEventListener('abort', stop);
      resolve(socket);
    });
    // It stays for the life of the socket: an error that nobody listens to would end the process.
    socket.on('error', (error) => {
      signal.removeEventListener('abort', stop);
      reject(error);
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}

function seen(certificate: X509Certificate | undefined): TlsAnswer {
  if (certificate === undefined) return { kind: 'failed', message: 'the server showed no certificate' };
  const { validToDate, issuer, subject } = certificate;
  return { kind: 'verified', notAfterMs: validToDate.getTime(), issuer: oneLine(issuer), subject: oneLine(subject) };
}

function oneLine(name: string): string {
  return name.split('\n').join(', ');
}

// What is wrong with a certificate stands in the message; its code alone says it to nobody.
function refusal(error: Error): string {
  const reason = reasonOf(error);
  // Node adds advice for its command line, which nobody types for a worker.
  const message = error.message.replace(/; if the root CA is installed locally.*$/, '');
  return reason === error.message || /^E[A-Z]+$/.test(reason) || error.name === 'TimeoutError' ? reason : `${message} (${reason})`;
}
