import type { IncomingMessage } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { connect as connectTcp, isIP } from 'node:net';
import type { Http, HttpAnswer, HttpRequest } from '../../engine/ports.ts';
import type { AddressRules } from './address-rules.ts';
import { makeAddressRules } from './address-rules.ts';
import type { NoAddress } from './checked-address.ts';
import { checkedAddress, reasonOf } from './checked-address.ts';

const BODY_BYTES_MAX = 1024 * 1024;

/**
 * Checks from this process. A name is resolved once and the address that was judged is the one that is connected to, so that a second
 * answer of the name server cannot lead elsewhere. Redirects are not followed; no proxy is used.
 */
export function createHttp(options: { readonly allowHosts: readonly string[] }): Http {
  const rules = makeAddressRules(options.allowHosts);
  return {
    request: (request, signal) => requestChecked(rules, request, signal),
    connect: async (host, port, timeoutMs, signal) => {
      const startedMs = performance.now();
      const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const found = await checkedAddress(rules, { host, port, signal: until });
      if (found.kind !== 'address') return notSent(found, startedMs);
      return connectOnce({ address: found.address, port, signal: until, startedMs });
    },
  };
}

async function requestChecked(rules: AddressRules, request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const startedMs = performance.now();
  const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return { kind: 'not_allowed', message: 'a check needs an http:// or https:// address' };
  if (url.username !== '' || url.password !== '')
    return { kind: 'not_allowed', message: 'an address with a password is refused: use a header' };

  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const until = AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs)]);
  const found = await checkedAddress(rules, { host, port, signal: until });
  if (found.kind !== 'address') return notSent(found, startedMs);
  return send({ url, request, address: found.address, signal: until, startedMs });
}

function notSent({ kind, message }: NoAddress, startedMs: number): HttpAnswer {
  return kind === 'failed' ? { kind, message, durationMs: performance.now() - startedMs } : { kind, message };
}

interface Sending {
  readonly url: URL;
  readonly request: HttpRequest;
  readonly address: string;
  readonly signal: AbortSignal;
  readonly startedMs: number;
}

function send({ url, request, address, signal, startedMs }: Sending): Promise<HttpAnswer> {
  const { method, headers } = request;
  const durationMs = (): number => performance.now() - startedMs;
  return new Promise<HttpAnswer>((resolve) => {
    const start = url.protocol === 'https:' ? requestHttps : requestHttp;
    // No shared agent: a kept connection would skip the address that was just judged.
    const sent = start(url, { method, headers, signal, agent: false, lookup: pinned(address) }, (response) => {
      readBody(response).then(
        (body) => resolve({ kind: 'answered', status: response.statusCode ?? 0, body, durationMs: durationMs() }),
        (error: unknown) => resolve({ kind: 'failed', message: reasonOf(error), durationMs: durationMs() }),
      );
    });
    sent.on('error', (error) => resolve({ kind: 'failed', message: reasonOf(error), durationMs: durationMs() }));
    sent.end();
    // A header that cannot be sent throws before anything leaves.
  }).catch((error: unknown) => ({ kind: 'failed', message: reasonOf(error), durationMs: durationMs() }));
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= BODY_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX).toString('utf8');
}

function connectOnce(wanted: { address: string; port: number; signal: AbortSignal; startedMs: number }): Promise<HttpAnswer> {
  const { address, port, signal, startedMs } = wanted;
  return new Promise((resolve) => {
    const socket = connectTcp({ host: address, port, signal });
    const durationMs = (): number => performance.now() - startedMs;
    socket.on('connect', () => {
      socket.destroy();
      resolve({ kind: 'answered', status: 0, body: '', durationMs: durationMs() });
    });
    socket.on('error', (error) => resolve({ kind: 'failed', message: reasonOf(error), durationMs: durationMs() }));
  });
}

function pinned(address: string): LookupFunction {
  const family = isIP(address);
  return (_host, options, done) => (options.all === true ? done(null, [{ address, family }]) : done(null, address, family));
}
