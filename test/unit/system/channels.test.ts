import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createChannels, readChannels } from '../../../adapters/system/channels.ts';
import type { ChannelAnswer } from '../../../engine/ports.ts';
import { certificateOf } from '../../../simulator/certificate.ts';

const never = new AbortController().signal;

describe('a message to a channel', () => {
  const trusted = getCACertificates('default');
  const seen: { readonly url: string; readonly type: string; readonly body: string }[] = [];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let folder: string;
  let server: Server;
  let port: number;
  let cert: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runward-channel-'));
    const pair = await certificateOf(folder, []);
    cert = pair.cert;
    server = createServer({ key: pair.key, cert }, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ url: request.url ?? '', type: request.headers['content-type'] ?? '', body });
        answer(request, response);
      });
    }).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => undefined);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    seen.length = 0;
    setDefaultCACertificates([...trusted, cert]);
  });
  afterAll(async () => {
    setDefaultCACertificates(trusted);
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  });

  const send = (given: { readonly address?: string; readonly allowHosts?: readonly string[]; readonly timeoutMs?: number } = {}) => {
    const {
      address = `https://localhost:${port}/hook/s3cret?key=s3cret`,
      allowHosts = ['localhost', '127.0.0.1'],
      timeoutMs = 10_000,
    } = given;
    const secrets = { resolve: async () => ({ kind: 'found', value: address }) as const };
    const channels = createChannels({ references: new Map([['teams:shop', 'secret:teams-shop']]), secrets, allowHosts });
    return channels.send({ channel: 'teams:shop', text: 'Drill "7" done ✓', timeoutMs }, never);
  };
  const status = (code: number) => {
    answer = (_request, response) => void response.writeHead(code, { location: 'https://127.0.0.1:9/' }).end('thanks');
  };

  it('is one POST of its text', async () => {
    status(202);
    expect(await send()).toEqual({ kind: 'delivered', status: 202 });
    expect(seen).toEqual([
      { url: '/hook/s3cret?key=s3cret', type: 'application/json', body: JSON.stringify({ text: 'Drill "7" done ✓' }) },
    ]);
  });

  it('is refused, or of unknown fate, as the status proves; it is never sent again and no redirect is followed', async () => {
    const kinds: [number, ChannelAnswer['kind']][] = [
      [302, 'refused'],
      [400, 'refused'],
      [404, 'refused'],
      [429, 'refused'],
      [408, 'ambiguous'],
      [500, 'ambiguous'],
      [503, 'ambiguous'],
    ];
    for (const [code, kind] of kinds) {
      status(code);
      expect(await send(), String(code)).toEqual({ kind, message: `the channel answered with status ${code}` });
    }
    expect(seen).toHaveLength(kinds.length);
  });

  it('is of unknown fate when the connection breaks or no answer comes after it was sent', async () => {
    answer = (request) => request.socket.destroy();
    expect(await send()).toMatchObject({ kind: 'ambiguous' });
    answer = () => undefined;
    expect(await send({ timeoutMs: 200 })).toMatchObject({ kind: 'ambiguous', message: expect.stringContaining('no answer in time') });
    expect(seen).toHaveLength(2);
  });

  it('does not leave when nobody listens, or when the certificate does not verify', async () => {
    status(200);
    expect(await send({ address: 'https://127.0.0.1:1/hook/s3cret' })).toMatchObject({ kind: 'not_sent' });
    setDefaultCACertificates(trusted);
    expect(await send()).toMatchObject({ kind: 'refused', message: expect.stringContaining('does not verify') });
    expect(seen).toEqual([]);
  });

  it('goes only to https addresses that may be reached, and no answer tells the address', async () => {
    status(200);
    const answers = await Promise.all([
      send({ allowHosts: [] }),
      send({ address: `http://localhost:${port}/hook/s3cret` }),
      send({ address: `https://me:s3cret@localhost:${port}/` }),
      send({ address: 'https://s3cret.invalid/hook' }),
      send({ address: 's3cret' }),
      send({ address: 'https://127.0.0.1:1/hook/s3cret' }),
    ]);
    expect(answers.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'refused', 'not_sent', 'refused', 'not_sent']);
    for (const text of ['s3cret', 'localhost', '127.0.0.1']) expect(JSON.stringify(answers)).not.toContain(text);
    expect(seen).toEqual([]);
  });

  it('waits for a secret that cannot be read now', async () => {
    const secrets = { resolve: async () => ({ kind: 'unavailable', message: 'there is no file teams-shop' }) as const };
    const channels = createChannels({ references: new Map([['teams:shop', 'secret:teams-shop']]), secrets, allowHosts: [] });
    const sent = await channels.send({ channel: 'teams:shop', text: 'x', timeoutMs: 1000 }, never);
    expect(sent).toEqual({ kind: 'not_sent', message: 'there is no file teams-shop', retryAfterMs: 30_000 });
  });

  it('finds its channel in a file of references, and a file that holds an address is refused without repeating it', async () => {
    const file = join(folder, 'channels.json');
    const read = async (text: string): Promise<ReadonlyMap<string, string>> => {
      await writeFile(file, text);
      return readChannels(file);
    };
    expect(await read('{"teams:shop":"secret:teams-shop"}')).toEqual(new Map([['teams:shop', 'secret:teams-shop']]));
    expect(readChannels(undefined).size).toBe(0);
    for (const text of [
      '{"teams:shop":"https://hooks.example/s3cret"}',
      '{"https://hooks.example/s3cret":"secret:a"}',
      '["s3cret"]',
      '{s3cret',
    ]) {
      const error = await read(text).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error, text).toMatchObject({ code: 'USAGE_CONFIG_INVALID' });
      expect(String(error), text).not.toContain('s3cret');
    }
    expect(() => readChannels(join(folder, 'none.json'))).toThrow('cannot be read');
  });
});
