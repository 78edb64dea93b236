import { Resolver } from 'node:dns/promises';
import type { Dns, DnsAnswer, DnsQuestion } from '../../engine/ports.ts';
import type { AddressRules } from './address-rules.ts';
import { makeAddressRules } from './address-rules.ts';
import { reasonOf } from './checked-address.ts';

const DNS_PORT = 53;

/** Asks name servers from this process, each question once. A server that is named by a runbook is judged as the addresses of HTTP checks are. */
export function createDns(options: { readonly allowHosts: readonly string[] }): Dns {
  const rules = makeAddressRules(options.allowHosts);
  return { ask: (question, signal) => ask(rules, question, signal) };
}

async function ask(rules: AddressRules, question: DnsQuestion, signal: AbortSignal): Promise<DnsAnswer> {
  const { resolver: server, timeoutMs } = question;
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  if (server !== undefined) {
    const refused = judged(rules, server);
    if (refused !== undefined) return { kind: 'not_allowed', message: refused };
    resolver.setServers([server]);
  }
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const stop = (): void => resolver.cancel();
  until.addEventListener('abort', stop, { once: true });
  try {
    return { kind: 'answered', ...(await lookUp(resolver, question)) };
  } catch (error) {
    return noAnswer(question, error);
  } finally {
    until.removeEventListener('abort', stop);
  }
}

function judged(rules: AddressRules, server: string): string | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d+))?$/.exec(server) ?? [];
  const address = bracketed ?? plain ?? server;
  const verdict = rules.judge({ host: address, port: Number(port ?? DNS_PORT), address });
  switch (verdict) {
    case 'allowed':
      return undefined;
    case 'never':
      return `the name server ${server} is an address that no check may reach`;
    case 'not listed':
      return `the name server ${server} has a private address: list it in httpAllowHosts`;
  }
}

interface Found {
  readonly answers: readonly string[];
  readonly ttlSeconds?: number;
}

async function lookUp(resolver: Resolver, { name, type }: DnsQuestion): Promise<Found> {
  switch (type) {
    case 'A':
      return addresses(await resolver.resolve4(name, { ttl: true }));
    case 'AAAA':
      return addresses(await resolver.resolve6(name, { ttl: true }));
    case 'CNAME':
      return { answers: await resolver.resolveCname(name) };
    case 'MX':
      return { answers: (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`) };
    case 'NS':
      return { answers: await resolver.resolveNs(name) };
    case 'PTR':
      return { answers: await resolver.resolvePtr(name) };
    case 'SRV':
      return { answers: (await resolver.resolveSrv(name)).map((srv) => `${srv.priority} ${srv.weight} ${srv.port} ${srv.name}`) };
    case 'TXT':
      return { answers: (await resolver.resolveTxt(name)).map((parts) => parts.join('')) };
  }
}

function addresses(records: readonly { readonly address: string; readonly ttl: number }[]): Found {
  const answers = records.map(({ address }) => address);
  return records.length === 0 ? { answers } : { answers, ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)) };
}

function noAnswer({ name, type }: DnsQuestion, error: unknown): DnsAnswer {
  const code = reasonOf(error);
  // A name without such a record is an answer: it is only never the expected one.
  if (code === 'ENODATA' || code === 'ENOTFOUND') return { kind: 'answered', answers: [] };
  const why = code === 'ETIMEOUT' || code === 'ECANCELLED' ? 'no answer in time' : code;
  return { kind: 'failed', message: `${type} of ${name} could not be asked for: ${why}` };
}
