import type { Socket as UdpSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Server as PlainServer } from 'node:net';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:tls';
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDns } from '../../../adapters/system/dns.ts';
import { createTls } from '../../../adapters/system/tls.ts';
import type { DnsAnswer, DnsQuestion, TlsAnswer, TlsQuestion } from '../../../engine/ports.ts';
import { certificateOf } from '../../../simulator/certificate.ts';

const never = new AbortController().signal;

describe('a certificate seen from the worker', () => {
  const trusted = getCACertificates('default');
  let folder: string;
  let server: Server;
  let port: number;
  let cert: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runward-tls-'));
    const pair = await certificateOf(folder, ['shop.test']);
    cert = pair.cert;
    server = createServer({ key: pair.key, cert }).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => undefined);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    setDefaultCACertificates(trusted);
    server.close();
    await rm(folder, { recursive: true });
  });

  const look = (asked: Partial<TlsQuestion> = {}, allowHosts: readonly string[] = ['127.0.0.1']): Promise<TlsAnswer> =>
    createTls({ allowHosts }).certificate({ host: '127.0.0.1', port, serverName: 'shop.test', timeoutMs: 10_000, ...asked }, never);

  it('is refused when nobody vouches for it, whatever the environment says about verifying', async () => {
    setDefaultCACertificates(trusted);
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await look()).toEqual({ kind: 'failed', message: 'self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)' });
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('tells its end and its names once it is trusted, by name and by address', async () => {
    setDefaultCACertificates([...trusted, cert]);
    const notAfterMs = new X509Certificate(cert).validToDate.getTime();
    const verified = { kind: 'verified', notAfterMs, issuer: 'CN=localhost', subject: 'CN=localhost' };
    expect(await look()).toEqual(verified);
    expect(await look({ serverName: '127.0.0.1' })).toEqual(verified);
  });

  it('is refused under a name or an address that it does not carry', async () => {
    setDefaultCACertificates([...trusted, cert]);
    for (const serverName of ['other.test', '127.0.0.2'])
      expect(await look({ serverName })).toMatchObject({ kind: 'failed', message: expect.stringContaining('does not match') });
  });

  it('is not looked for at a private address that nobody listed, and a closed port is said to be closed', async () => {
    expect(await look({}, [])).toMatchObject({ kind: 'not_allowed', message: expect.stringContaining('httpAllowHosts') });
    expect(await look({ port: 1 })).toEqual({ kind: 'failed', message: 'ECONNREFUSED' });
  });

  it('is waited for no longer than asked', async () => {
    const silent = createSilentServer();
    await once(silent, 'listening');
    try {
      expect(await look({ port: (silent.address() as AddressInfo).port, timeoutMs: 50 })).toEqual({
        kind: 'failed',
        message: 'no answer in time',
      });
    } finally {
      silent.close();
    }
  });
});

describe('a name asked for from the worker', () => {
  let server: UdpSocket;
  let resolver: string;

  beforeAll(async () => {
    server = createSocket('udp4');
    server.on('message', (question, from) => {
      const answer = answerTo(question);
      if (answer !== undefined) server.send(answer, from.port, from.address);
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    resolver = `127.0.0.1:${server.address().port}`;
  });
  afterAll(() => {
    server.close();
  });

  const ask = (asked: Partial<DnsQuestion>, allowHosts: readonly string[] = ['127.0.0.1']): Promise<DnsAnswer> =>
    createDns({ allowHosts }).ask({ name: 'shop.test', type: 'A', resolver, timeoutMs: 5000, ...asked }, never);

  it('gives its answers and the shortest time to live', async () => {
    expect(await ask({})).toEqual({ kind: 'answered', answers: ['10.0.0.5', '10.0.0.6'], ttlSeconds: 60 });
    expect(await ask({ type: 'CNAME' })).toEqual({ kind: 'answered', answers: ['web.shop.test'] });
    expect(await ask({ type: 'TXT' })).toEqual({ kind: 'answered', answers: ['v=1 a=b'] });
  });

  it('has no answers when it does not exist, and a failing or silent server is no such answer', async () => {
    expect(await ask({ name: 'gone.test' })).toEqual({ kind: 'answered', answers: [] });
    expect(await ask({ name: 'broken.test' })).toEqual({
      kind: 'failed',
      message: 'A of broken.test could not be asked for: ESERVFAIL',
    });
    expect(await ask({ name: 'silent.test', timeoutMs: 300 })).toEqual({
      kind: 'failed',
      message: 'A of silent.test could not be asked for: no answer in time',
    });
  });

  it('is not asked of a server with a private or forbidden address', async () => {
    expect(await ask({}, [])).toMatchObject({ kind: 'not_allowed', message: expect.stringContaining('httpAllowHosts') });
    for (const server of ['169.254.169.254', '[fe80::1]:53', 'fe80::1', '168.63.129.16:53'])
      expect(await ask({ resolver: server }, [server]), server).toMatchObject({ kind: 'not_allowed' });
  });
});

/** Accepts connections and says nothing. */
function createSilentServer(): PlainServer {
  return createPlainServer(() => undefined).listen(0, '127.0.0.1');
}

const CODES: Readonly<Record<string, number>> = { 'gone.test': 3, 'broken.test': 2 };

/** The answer of a name server (RFC 1035, section 4) that knows shop.test; undefined where it stays silent. */
function answerTo(question: Buffer): Buffer | undefined {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const name = labels.join('.');
  if (name === 'silent.test') return undefined;
  const type = question.readUInt16BE(at + 1);
  const records = name === 'shop.test' ? recordsOf(type) : [];
  const head = Buffer.alloc(12);
  question.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (CODES[name] ?? 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  const body = records.map(({ ttl, data }) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(ttl, 6);
    record.writeUInt16BE(data.length, 10);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([head, question.subarray(12, at + 5), ...body]);
}

function recordsOf(type: number): readonly { readonly ttl: number; readonly data: Buffer }[] {
  if (type === 1) return [5, 6].map((last) => ({ ttl: last === 5 ? 300 : 60, data: Buffer.from([10, 0, 0, last]) }));
  if (type === 5) return [{ ttl: 60, data: Buffer.from([3, ...Buffer.from('web'), 0xc0, 12]) }];
  if (type === 16) return [{ ttl: 60, data: Buffer.concat([Buffer.from([4]), Buffer.from('v=1 '), Buffer.from([3]), Buffer.from('a=b')]) }];
  return [];
}
