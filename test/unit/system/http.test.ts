import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { makeAddressRules } from '../../../adapters/system/address-rules.ts';
import { createHttp } from '../../../adapters/system/http.ts';
import type { HttpAnswer } from '../../../engine/ports.ts';

const never = new AbortController().signal;

describe('addresses', () => {
  const judge = (address: string, allowHosts: readonly string[] = [], host = 'shop.test', port = 443): string =>
    makeAddressRules(allowHosts).judge({ host, port, address });

  it('are open in public, and closed when private', () => {
    for (const address of ['8.8.8.8', '2606:4700::1111', '172.32.0.1', '::ffff:8.8.8.8']) expect(judge(address)).toBe('allowed');
    const closed = [
      '127.0.0.1',
      '10.1.2.3',
      '172.16.0.1',
      '192.168.9.9',
      '100.64.0.1',
      '::1',
      'fd12::1',
      '::ffff:10.0.0.1',
      '::ffff:7f00:1',
      '64:ff9b::a00:1',
    ];
    for (const address of closed) expect(judge(address), address).toBe('not listed');
  });

  it('are opened by a host, a host with port, an address or a block', () => {
    for (const entry of ['SHOP.test', 'shop.test:443', '10.0.0.4', '10.0.0.4:443', '10.0.0.0/24'])
      expect(judge('10.0.0.4', [entry]), entry).toBe('allowed');
    for (const entry of ['shop.test:80', 'other.test', '10.0.1.0/24', '10.0.0.4:80'])
      expect(judge('10.0.0.4', [entry]), entry).toBe('not listed');
    expect(judge('::1', ['[::1]:443'])).toBe('allowed');
    expect(judge('fd12::9', ['fd12::/16'])).toBe('allowed');
  });

  it('of metadata and link-local are never opened', () => {
    const addresses = [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
      '168.63.129.16',
      'fd00:ec2::254',
      'fe80::1',
      '0.0.0.0',
      '::',
      '224.0.0.1',
    ];
    for (const address of addresses) expect(judge(address, ['shop.test', '0.0.0.0/0', '::/0', address]), address).toBe('never');
  });
});

describe('checks from the worker', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()));
  const serve = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const get = (
    url: string,
    changes: { timeoutMs?: number; allowHosts?: string[]; headers?: Record<string, string> } = {},
  ): Promise<HttpAnswer> => {
    const { timeoutMs = 10_000, allowHosts = ['127.0.0.1', 'localhost'], headers = {} } = changes;
    return createHttp({ allowHosts }).request({ url, method: 'GET', headers, timeoutMs }, never);
  };

  it('answer with status and body, and send the headers', async () => {
    const port = await serve((request, response) =>
      response.writeHead(418).end(`${request.method} ${request.url} ${String(request.headers['x-token'])}`),
    );
    const answer = await get(`http://localhost:${port}/a?b=1`, { headers: { 'x-token': 't' } });
    expect(answer).toMatchObject({ kind: 'answered', status: 418, body: 'GET /a?b=1 t' });
  });

  it('do not follow redirects', async () => {
    const port = await serve((_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end());
    expect(await get(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'answered', status: 302 });
  });

  it('end a body at 1 MiB', async () => {
    const port = await serve((_, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const answer = await get(`http://127.0.0.1:${port}/`);
    expect(answer.kind === 'answered' && answer.body.length).toBe(1024 * 1024);
  });

  it('give up in time, also in the middle of a body', async () => {
    const silent = await serve(() => {});
    const slow = await serve((_, response) => void response.write('begun'));
    for (const port of [silent, slow]) {
      expect(await get(`http://127.0.0.1:${port}/`, { timeoutMs: 50 })).toMatchObject({ kind: 'failed', message: 'no answer in time' });
    }
  });

  it('tell why there was no answer', async () => {
    const port = await serve((request) => request.socket.destroy());
    expect(await get(`http://127.0.0.1:${port}/`)).toMatchObject({ kind: 'failed', message: 'ECONNRESET' });
    expect(await get('http://127.0.0.1:1/')).toMatchObject({ kind: 'failed', message: 'ECONNREFUSED' });
    expect(await get('http://127.0.0.1:1/', { headers: { 'x-bad': 'a\nb' } })).toMatchObject({ kind: 'failed' });
  });

  it('refuse what is not allowed, before anything is sent', async () => {
    let asked = 0;
    const port = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    const closed = await get(`http://localhost:${port}/`, { allowHosts: [] });
    expect(closed).toMatchObject({
      kind: 'not_allowed',
      message: 'localhost leads to the private address 127.0.0.1: list it in httpAllowHosts',
    });
    for (const url of [
      'http://169.254.169.254/',
      'http://[::ffff:169.254.169.254]/',
      'http://2852039166/',
      'file:///etc/passwd',
      'http://u:p@127.0.0.1/',
      'nothing',
    ]) {
      expect(await get(url, { allowHosts: ['169.254.169.254', '127.0.0.1'] }), url).toMatchObject({ kind: 'not_allowed' });
    }
    expect(asked).toBe(0);
  });

  it('connect to a TCP port', async () => {
    const port = await serve(() => {});
    const http = createHttp({ allowHosts: ['127.0.0.0/8'] });
    expect(await http.connect('127.0.0.1', port, 10_000, never)).toMatchObject({ kind: 'answered' });
    expect(await http.connect('127.0.0.1', 1, 10_000, never)).toMatchObject({ kind: 'failed', message: 'ECONNREFUSED' });
    expect(await http.connect('169.254.169.254', 80, 10_000, never)).toMatchObject({ kind: 'not_allowed' });
  });
});
