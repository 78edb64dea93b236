import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAzure } from '../../adapters/azure/azure.ts';
import type { Azure } from '../../engine/azure-calls.ts';
import { certificateOf } from '../../simulator/certificate.ts';

/** A request that reached the server's ARM side. */
interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly rawUrl: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What the server does with a request: an answer, a reset connection or silence. Reset and silence come after the request was read. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string | readonly string[]>>; readonly body?: unknown }
  | 'reset'
  | 'silence';

/** A TLS server that issues tokens and answers everything else as told; it keeps what it saw. */
export interface AzureServer {
  readonly origin: string;
  readonly caFile: string;
  readonly seen: SeenRequest[];
  tokensIssued: number;
  /** Sets what ARM requests get from now on and forgets what was seen. */
  readonly answer: (reply: (request: SeenRequest, index: number) => Reply) => void;
  readonly connect: (settings?: {
    readonly requestTimeoutMs?: number;
    readonly submitTimeoutMs?: number;
    readonly endpoint?: string;
    readonly replicationCache?: readonly string[];
    readonly restoreStaging?: readonly string[];
  }) => Azure;
  readonly close: () => Promise<void>;
}

const TENANT = '7f0e0000-0000-4000-8000-000000000071';

/** Starts a server on a free loopback port. */
export async function startAzureServer(): Promise<AzureServer> {
  const folder = mkdtempSync(join(tmpdir(), 'runward-azure-'));
  const { key, cert, caFile } = await certificateOf(folder, []);
  let reply: (request: SeenRequest, index: number) => Reply = () => ({ status: 500 });
  const seen: SeenRequest[] = [];

  const server = createServer({ key, cert }, (request, response) => {
    void bodyOf(request).then((body) => {
      if (identity(request, response, origin())) {
        if (request.method === 'POST') state.tokensIssued += 1;
        return;
      }
      const url = new URL(request.url ?? '/', origin());
      const { method = '', headers } = request;
      const entry = { method, path: url.pathname, query: url.searchParams, rawUrl: request.url ?? '', headers, body };
      seen.push(entry);
      send(response, reply(entry, seen.length - 1));
    });
  });
  const origin = (): string => `https://localhost:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const state: AzureServer = {
    origin: origin(),
    caFile,
    seen,
    tokensIssued: 0,
    answer: (next) => {
      reply = next;
      seen.length = 0;
      state.tokensIssued = 0;
    },
    connect: ({ requestTimeoutMs, submitTimeoutMs, endpoint, ...regions } = {}) =>
      createAzure({
        armEndpoint: endpoint ?? origin(),
        authorityHost: origin(),
        credential: {
          kind: 'client-secret',
          tenantId: TENANT,
          clientId: 'c0ffee00-0000-4000-8000-000000000001',
          clientSecret: 'demo-only',
        },
        caFile,
        version: '0.0.0-test',
        ...regions,
        ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
        ...(submitTimeoutMs === undefined ? {} : { submitTimeoutMs }),
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
  return state;
}

/** What an answer of ARM to a request for work looks like. */
export function accepted(headers: Readonly<Record<string, string | readonly string[]>>): Reply {
  return { status: 202, headers: { 'retry-after': '30', ...headers } };
}

function identity(request: IncomingMessage, response: ServerResponse, origin: string): boolean {
  const url = request.url ?? '';
  if (url.includes('/.well-known/openid-configuration')) {
    const base = `${origin}/${TENANT}`;
    send(response, {
      status: 200,
      body: {
        token_endpoint: `${base}/oauth2/v2.0/token`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        issuer: `${base}/v2.0`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
      },
    });
    return true;
  }
  if (!url.includes('/oauth2/v2.0/token')) return false;
  send(response, {
    status: 200,
    body: { token_type: 'Bearer', expires_in: 3600, ext_expires_in: 3600, access_token: 'token-of-the-test' },
  });
  return true;
}

function send(response: ServerResponse, reply: Reply): void {
  if (reply === 'silence') return;
  if (reply === 'reset') {
    response.socket?.destroy();
    return;
  }
  const { status, headers = {}, body } = reply;
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' }),
    ...(headers as Record<string, string | string[]>),
  });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
