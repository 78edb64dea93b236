import { request as requestOverHttp } from 'node:http';
import { Agent, request as requestOverHttps } from 'node:https';
import type { AgentOptions, RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { HttpClient } from '@azure/core-rest-pipeline';
import { PROXY_CONNECT_MS } from '../../engine/limits.ts';

/** How connections are made: certificates that are trusted besides the system's (PEM text), and the proxy, if there is one. */
export interface TlsOptions {
  readonly ca?: string;
  readonly proxy?: string;
}

/** What a connection is for. `onConnected` is called when its TLS handshake with Azure itself has ended. */
interface Use {
  readonly keepAlive: boolean;
  readonly onConnected?: () => void;
}

const made = new WeakSet<Agent>();

/** Connections to Azure, directly or through the configured proxy; TLS 1.2 at least, and the proxy sees none of what is said. */
export function connectionAgent(tls: TlsOptions, use: Use): Agent {
  const options: AgentOptions = { minVersion: 'TLSv1.2', keepAlive: use.keepAlive, ...(tls.ca === undefined ? {} : { ca: tls.ca }) };
  const agent = new Agent(options);
  made.add(agent);
  const direct = agent.createConnection.bind(agent);
  const { proxy } = tls;
  agent.createConnection = (target, callback) => {
    if (proxy !== undefined) return tunnel(proxy, target as RequestOptions, use, callback);
    return watched(direct(target, callback), use);
  };
  return agent;
}

/**
 * Sends requests over our connections, so that neither a proxy of the environment nor other certificates come into play.
 * Requests that bring a connection of their own, and those in plain http to a managed identity on this computer, are left alone.
 */
export function httpClientOver(client: HttpClient, tls: TlsOptions): HttpClient {
  const kept = connectionAgent(tls, { keepAlive: true });
  return {
    sendRequest: (request) => {
      // SDKs put the agent of an environment's proxy here; only the agents that were made in this file may stay.
      if (new URL(request.url).protocol !== 'https:') delete request.agent;
      else if (!(request.agent instanceof Agent && made.has(request.agent))) request.agent = kept;
      return client.sendRequest(request);
    },
  };
}

type Connected = (error: Error | null, stream: Duplex) => void;

function tunnel(proxy: string, target: RequestOptions, use: Use, callback: Connected | undefined): undefined {
  const { protocol, hostname, port } = new URL(proxy);
  const ask = protocol === 'https:' ? requestOverHttps : requestOverHttp;
  const address = `${target.host ?? ''}:${target.port ?? 443}`;
  const fail = (why: string, cause?: unknown): void => {
    const error = new Error(`the proxy ${hostname}:${port} made no connection to ${address}: ${why}`, { cause });
    callback?.(error, undefined as unknown as Duplex);
  };
  const asked = ask({ host: hostname, port, method: 'CONNECT', path: address, headers: { host: address }, agent: false });
  asked.setTimeout(PROXY_CONNECT_MS, () => asked.destroy(new Error(`no answer in ${PROXY_CONNECT_MS} ms`)));
  asked.once('error', (error) => fail(error.message, error));
  asked.once('response', (answer) => {
    answer.resume();
    fail(`it answers ${answer.statusCode}`);
  });
  asked.once('connect', (answer, socket) => {
    if (answer.statusCode !== 200) {
      socket.destroy();
      return fail(`it answers ${answer.statusCode}`);
    }
    socket.setTimeout(0);
    return callback?.(null, watched(connect({ ...(target as object), socket }), use));
  });
  asked.end();
  return undefined;
}

function watched<Stream extends Duplex | null | undefined>(stream: Stream, { onConnected }: Use): Stream {
  if (onConnected !== undefined) stream?.once('secureConnect', onConnected);
  return stream;
}
