import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateOf } from '../../simulator/certificate.ts';

export const TENANT = '7f0e0000-0000-4000-8000-000000000071';
export const OBJECT = '0b1ec700-0000-4000-8000-000000000001';

/** One request that asked for a token. */
interface TokenRequest {
  readonly host: string;
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
}

/** A request that came with a token. */
interface ArmRequest {
  readonly method: string;
  readonly host: string;
  readonly url: string;
  readonly authorization: string;
}

/** What the sign-in answers instead of a token. */
export interface SignInFault {
  readonly status: number;
  readonly error: string;
  readonly description: string;
}

/** Sign-in, Azure Resource Manager, managed identity endpoint and proxy on loopback; everything they see is kept. */
export interface SignInServer {
  /** Answers as sign-in and as ARM, over TLS, at whatever name the proxy was asked for. */
  readonly origin: string;
  readonly caFile: string;
  /** The endpoint that App Service gives a managed identity; plain http, as there. */
  readonly identityEndpoint: string;
  readonly proxy: string;
  readonly folder: string;
  readonly tokens: TokenRequest[];
  readonly arm: ArmRequest[];
  /** The addresses that the proxy was asked to connect to. */
  readonly tunnels: string[];
  fault: SignInFault | undefined;
  /** Seconds until the end of the tokens that are issued. */
  lifeSeconds: number;
  /** What the proxy answers instead of connecting. */
  proxyStatus: number | undefined;
  /** What ARM answers; 404 when absent. */
  answer:
    | ((request: ArmRequest) => { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> })
    | undefined;
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

/** Starts all four; `names` are the host names that the certificate holds beside localhost. */
export async function startSignIn(names: readonly string[] = []): Promise<SignInServer> {
  const folder = mkdtempSync(join(tmpdir(), 'runward-sign-in-'));
  const { key, cert, caFile } = await certificateOf(folder, names);
  const azure = createServer({ key, cert }, (request, response) => void answerTls(state, request, response));
  const identity = createHttpServer((request, response) => answerIdentity(state, request, response));
  const proxy = createHttpServer((_request, response) => response.writeHead(400).end());
  proxy.on('connect', (request: IncomingMessage, socket) => {
    state.tunnels.push(request.url ?? '');
    if (state.proxyStatus !== undefined) return void socket.end(`HTTP/1.1 ${state.proxyStatus} No\r\n\r\n`);
    const target = connect(portOf(azure), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  });
  const servers = [azure, identity, proxy];
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const state: SignInServer = {
    origin: `https://localhost:${portOf(azure)}`,
    caFile,
    identityEndpoint: `http://127.0.0.1:${portOf(identity)}/msi/token`,
    proxy: `http://127.0.0.1:${portOf(proxy)}`,
    folder,
    tokens: [],
    arm: [],
    tunnels: [],
    fault: undefined,
    lifeSeconds: 3600,
    proxyStatus: undefined,
    answer: undefined,
    reset: () => {
      for (const list of [state.tokens, state.arm, state.tunnels]) list.length = 0;
      state.fault = undefined;
      state.lifeSeconds = 3600;
      state.proxyStatus = undefined;
      state.answer = undefined;
    },
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      rmSync(folder, { recursive: true });
    },
  };
  return state;
}

function portOf(server: Pick<Server, 'address'>): number {
  return (server.address() as AddressInfo).port;
}

async function answerTls(state: SignInServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const host = request.headers.host ?? '';
  const url = request.url ?? '/';
  if (url.includes('/.well-known/openid-configuration')) return json(response, 200, configuration(`https://${host}/${TENANT}`));
  if (url.includes('/oauth2/v2.0/token')) {
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')));
    state.tokens.push({ host, path: new URL(url, `https://${host}`).pathname, form, headers: request.headers });
    return giveToken(state, response, { client: form['client_id'] ?? '', style: 'entra' });
  }
  const seen = { method: request.method ?? '', host, url, authorization: request.headers.authorization ?? '' };
  state.arm.push(seen);
  const answer = state.answer?.(seen) ?? { status: 404, body: { error: { code: 'NotFound', message: 'nothing is here' } } };
  return json(response, answer.status, answer.body, answer.headers);
}

// App Service, api-version 2019-08-01: GET with the resource in the query and a secret header of the platform.
function answerIdentity(state: SignInServer, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', state.identityEndpoint);
  state.tokens.push({ host: url.host, path: url.pathname, form: Object.fromEntries(url.searchParams), headers: request.headers });
  giveToken(state, response, { client: url.searchParams.get('client_id') ?? 'system', style: 'platform' });
}

function giveToken(
  state: SignInServer,
  response: ServerResponse,
  given: { readonly client: string; readonly style: 'entra' | 'platform' },
): void {
  const { fault, lifeSeconds } = state;
  if (fault !== undefined) return json(response, fault.status, { error: fault.error, error_description: fault.description });
  const endsAt = Math.floor(Date.now() / 1000) + lifeSeconds;
  const access_token = tokenOf({ tid: TENANT, oid: OBJECT, appid: given.client, exp: endsAt, n: state.tokens.length });
  if (given.style === 'platform') return json(response, 200, { access_token, token_type: 'Bearer', expires_on: endsAt, resource: 'x' });
  return json(response, 200, { access_token, token_type: 'Bearer', expires_in: lifeSeconds, ext_expires_in: lifeSeconds });
}

/** A token with claims that anybody can read; its signature is none. */
export function tokenOf(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJl`;
}

function configuration(base: string): object {
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    issuer: `${base}/v2.0`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
  };
}

function json(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
