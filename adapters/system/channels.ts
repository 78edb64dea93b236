import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { RunwardError } from '../../engine/errors.ts';
import { SECRET_RETRY_MS, UNANSWERED_MS } from '../../engine/limits.ts';
import type { ChannelAnswer, ChannelMessage, Channels, Secrets } from '../../engine/ports.ts';
import type { AddressRules } from './address-rules.ts';
import { makeAddressRules } from './address-rules.ts';
import { checkedAddress } from './checked-address.ts';
import { verifiedSocket } from './tls.ts';

const HTTPS_PORT = 443;
const CHANNEL = /^(?:teams|slack|mail|pager|webhook):[A-Za-z0-9._@+-]{1,100}$/;
const REFERENCE = /^(?:env:\/\/|secret:|keyvault:\/\/)\S+$/;

/** Channels by name, each with the reference of the secret that holds its address. */
export interface ChannelSettings {
  readonly references: ReadonlyMap<string, string>;
  readonly secrets: Secrets;
  readonly allowHosts: readonly string[];
}

/** Reads a JSON object of channel name to secret reference. Throws USAGE_CONFIG_INVALID; a wrong value is never repeated, it may be an address. */
export function readChannels(file: string | undefined): ReadonlyMap<string, string> {
  if (file === undefined) return new Map();
  const invalid = (why: string): RunwardError => new RunwardError('USAGE_CONFIG_INVALID', `the channels file ${file} ${why}`, { file });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // The text around a JSON error may be an address, so it is not passed on.
    throw invalid(error instanceof SyntaxError ? 'is not JSON' : 'cannot be read');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalid('must hold an object: {"teams:shop": "secret:teams-shop"}');
  return new Map(
    Object.entries(value).map(([name, reference]): [string, string] => {
      if (!CHANNEL.test(name)) throw invalid(`has an entry that is no channel: write kind:name, such as teams:shop`);
      if (typeof reference !== 'string' || !REFERENCE.test(reference))
        throw invalid(`must name a secret reference for ${name}, such as secret:teams-shop, and not the address itself`);
      return [name, reference];
    }),
  );
}

/** Sends to webhooks. The address is a secret, so no answer tells it or its host. Redirects are not followed; no proxy is used. */
export function createChannels(settings: ChannelSettings): Channels {
  const rules = makeAddressRules(settings.allowHosts);
  return {
    has: (name) => settings.references.has(name),
    send: async (message, signal) => {
      const reference = settings.references.get(message.channel);
      if (reference === undefined) return { kind: 'refused', message: 'it is not configured on this worker' };
      const secret = await settings.secrets.resolve(reference, signal);
      if (secret.kind === 'unavailable') return { kind: 'not_sent', message: secret.message, retryAfterMs: SECRET_RETRY_MS };
      return sendTo(rules, { message, address: secret.value, signal });
    },
  };
}

interface Sending {
  readonly message: ChannelMessage;
  readonly address: string;
  readonly signal: AbortSignal;
}

async function sendTo(rules: AddressRules, { message, address, signal }: Sending): Promise<ChannelAnswer> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.protocol !== 'https:' || url.username !== '' || url.password !== '')
    return { kind: 'refused', message: 'its secret is not an https:// address without user and password' };
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const until = AbortSignal.any([signal, AbortSignal.timeout(message.timeoutMs)]);
  const found = await checkedAddress(rules, { host, port: Number(url.port || HTTPS_PORT), signal: until });
  switch (found.kind) {
    case 'not_allowed':
      return { kind: 'refused', message: 'its address is private or forbidden: list its host in httpAllowHosts' };
    case 'failed':
      return { kind: 'not_sent', message: 'the host of its address cannot be resolved', retryAfterMs: UNANSWERED_MS };
    case 'address':
      return post(url, { body: JSON.stringify({ text: message.text }), address: found.address, signal: until });
  }
}

/** One POST. Until the handshake is over nothing leaves; afterwards only an answer tells what became of it. */
async function post(
  url: URL,
  sending: { readonly body: string; readonly address: string; readonly signal: AbortSignal },
): Promise<ChannelAnswer> {
  const { body, address, signal } = sending;
  const [serverName, port] = [url.hostname.replace(/^\[|\]$/g, ''), Number(url.port || HTTPS_PORT)];
  let socket: TLSSocket;
  try {
    socket = await verifiedSocket({ address, port, serverName, signal });
  } catch (error) {
    return unsent(error);
  }
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), connection: 'close' };
  const where = { host: url.hostname, port, defaultPort: HTTPS_PORT, path: `${url.pathname}${url.search}` };
  return new Promise<ChannelAnswer>((resolve) => {
    const sent = requestHttp({ ...where, method: 'POST', headers, signal, createConnection: () => socket }, (response) => {
      resolve(answerOf(response.statusCode ?? 0));
      sent.destroy();
    });
    sent.on('error', (error) => resolve(lost(error)));
    sent.end(body);
  });
}

function answerOf(status: number): ChannelAnswer {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  // A gateway may answer so although the message went through behind it.
  if (status >= 500 || status === 408 || status < 200) return { kind: 'ambiguous', message: `the channel answered with status ${status}` };
  return { kind: 'refused', message: `the channel answered with status ${status}` };
}

function lost(error: unknown): ChannelAnswer {
  return { kind: 'ambiguous', message: `the connection ended before the channel answered (${codeOf(error)})` };
}

function unsent(error: unknown): ChannelAnswer {
  const code = codeOf(error);
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code))
    return { kind: 'refused', message: `the certificate of its address does not verify (${code})` };
  return { kind: 'not_sent', message: `its address cannot be reached (${code})`, retryAfterMs: UNANSWERED_MS };
}

// Messages of errors may hold the host or the whole address.
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== 'ABORT_ERR' ? code : 'no answer in time';
}
