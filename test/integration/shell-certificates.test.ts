import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:tls';
import { createServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLocalShell, type LocalShell } from '../../adapters/shell/local.ts';
import type { ReadAction, ReadOutcome } from '../../engine/actions/action.ts';
import { dnsCheck } from '../../engine/actions/dns-check.ts';
import { tlsCheck } from '../../engine/actions/tls-check.ts';
import type { Shell } from '../../engine/ports.ts';
import { certificateOf } from '../../simulator/certificate.ts';
import { actionContext, actionPorts, machine } from '../support/action-world.ts';
import { lacks } from '../support/lacks.ts';

// The scripts of the checks, run by a real sh with the openssl and the getent of this machine, or without them.
describe.skipIf(lacks('openssl'))('certificates and names from the target', () => {
  const path = process.env['PATH'] ?? '';
  let shell: LocalShell;
  let server: Server;
  let port: number;
  let folder: string;
  let caFile: string;
  let cert: string;

  beforeAll(async () => {
    shell = createLocalShell(50);
    folder = await mkdtemp(join(tmpdir(), 'runward-tls-'));
    const pair = await certificateOf(folder, ['shop.test']);
    ({ caFile, cert } = pair);
    server = createServer({ key: pair.key, cert }).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => undefined);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => {
    process.env['PATH'] = path;
  });
  afterAll(async () => {
    server.close();
    await shell.close();
    await rm(folder, { recursive: true });
  });

  // Asks again as the engine does, until the script at the target has ended.
  const check = async (action: ReadAction, input: Record<string, unknown>, asked: Shell = shell): Promise<ReadOutcome> => {
    const parsed = action.input.parse({ from: 'target', ...input });
    const context = actionContext({ input: parsed, target: machine({ via: 'ssh' }) });
    for (;;) {
      const outcome = await action.read(actionPorts({ shell: asked }), context as never);
      if (outcome.kind !== 'unanswered') return outcome;
    }
  };
  /** The machine once our certificate is among those that it trusts. */
  const trusting = (): Shell => ({
    ...shell,
    start: (target, attempt, signal) => shell.start(target, { ...attempt, env: { ...attempt.env, SSL_CERT_FILE: caFile } }, signal),
  });
  const onlySh = async (): Promise<void> => {
    const bin = join(folder, 'bin');
    await mkdir(bin, { recursive: true });
    const found = ['/usr/bin/sh', '/bin/sh'].find((file) => existsSync(file));
    if (found !== undefined && !existsSync(join(bin, 'sh'))) await symlink(found, join(bin, 'sh'));
    process.env['PATH'] = bin;
  };

  it('gives the end and the names of a certificate that verifies, by name and by address', async () => {
    const result = {
      ok: true,
      not_after: { $time: new X509Certificate(cert).validToDate.getTime() },
      issuer: 'CN=localhost',
      subject: 'CN=localhost',
    };
    for (const asked of [{ server_name: 'shop.test' }, {}])
      expect(await check(tlsCheck, { host: '127.0.0.1', port, ...asked }, trusting())).toMatchObject({ kind: 'succeeded', result });
  });

  it('fails with the reason of openssl when nobody vouches for it or the name is another one', async () => {
    const unknown = await check(tlsCheck, { host: '127.0.0.1', port, server_name: 'shop.test' });
    expect(unknown).toMatchObject({ kind: 'failed', failure: { message: expect.stringMatching(/self.signed/) }, result: { ok: false } });
    const other = await check(tlsCheck, { host: '127.0.0.1', port, server_name: 'other.test' }, trusting());
    expect(other).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringMatching(/hostname mismatch/i) },
      result: { ok: false },
    });
    const address = await check(tlsCheck, { host: '127.0.0.1', port, server_name: '127.0.0.2' }, trusting());
    expect(address).toMatchObject({ kind: 'failed', failure: { message: expect.stringMatching(/IP address mismatch/i) } });
  });

  it('says that a port is closed', async () => {
    const outcome = await check(tlsCheck, { host: '127.0.0.1', port: 1 });
    expect(outcome).toMatchObject({ kind: 'failed', failure: { message: expect.stringMatching(/refused/i) }, result: { ok: false } });
  });

  it('asks the machine what a name resolves to', async () => {
    expect(await check(dnsCheck, { name: 'localhost', expect: ['127.0.0.1'] })).toMatchObject({
      kind: 'succeeded',
      result: { ok: true, answers: ['127.0.0.1'], ttl: null },
    });
    expect(await check(dnsCheck, { name: 'localhost', expect: ['10.0.0.5'] })).toMatchObject({ kind: 'failed', result: { ok: false } });
  });

  it('never takes a machine without the tools for a good answer', async () => {
    await onlySh();
    expect(await check(tlsCheck, { host: '127.0.0.1', port })).toMatchObject({
      kind: 'failed',
      failure: { message: 'this machine has no openssl, so it cannot look at a certificate: install it, or use from: worker' },
    });
    expect(await check(dnsCheck, { name: 'localhost' })).toMatchObject({
      kind: 'failed',
      failure: { message: expect.stringContaining('this machine has no getent') },
    });
  });
});
