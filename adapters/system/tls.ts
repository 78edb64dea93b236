import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
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

interface Handshake {
  readonly address: string;
  readonly port: number;
  readonly serverName: string;
  readonly signal: AbortSignal;
}

/** The defaults of Node decide what is trusted; NODE_TLS_REJECT_UNAUTHORIZED cannot weaken them. */
function handshake({ address, port, serverName, signal }: Handshake): Promise<TlsAnswer> {
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      // An address is not sent as a server name (RFC 6066, section 3).
      ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
      rejectUnauthorized: true,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
    });
    const stop = (): void => void socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('the check was stopped'));
    const answer = (given: TlsAnswer): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(given);
    };
    socket.on('secureConnect', () => answer(seen(socket.getPeerX509Certificate())));
    socket.on('error', (error) => answer({ kind: 'failed', message: refusal(error) }));
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
