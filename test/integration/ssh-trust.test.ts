import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSshShell } from '../../adapters/shell/ssh.ts';
import type { ScriptStart, Secrets } from '../../engine/ports.ts';
import { anAttempt } from '../support/attempts.ts';
import { lacks } from '../support/lacks.ts';
import { sshKeyPair } from '../support/ssh-key.ts';
import { startTestSshd, type TestSshd } from '../support/sshd.ts';

const signal = new AbortController().signal;

describe.skipIf(lacks('sshd'))('trust between worker and machine', () => {
  let sshd: TestSshd;
  let hostKey: string;

  beforeAll(async () => {
    sshd = await startTestSshd();
    hostKey = readFileSync(sshd.knownHostsFile, 'utf8').split(' ').slice(1).join(' ').trim();
  });
  afterAll(() => sshd.stop());

  const startWith = async (knownHosts: string, secrets: Secrets = sshd.secrets): Promise<ScriptStart> => {
    const knownHostsFile = join(sshd.home, 'known_hosts');
    writeFileSync(knownHostsFile, knownHosts);
    const shell = createSshShell({ knownHostsFile, secrets });
    const answer = await shell.start(sshd.target, anAttempt(`touch ${join(sshd.home, 'trusted')}`), signal);
    shell.close();
    return answer;
  };
  const place = (): string => `[127.0.0.1]:${sshd.target.port}`;
  const otherKey = (): string => sshKeyPair().public;

  it('refuses a machine whose key is not pinned', async () => {
    expect(await startWith(`other.example ${hostKey}\n`)).toMatchObject({ kind: 'refused', message: expect.stringContaining('is pinned') });
  });

  it('refuses a machine whose key has changed, and names the fingerprint', async () => {
    const answer = await startWith(`${place()} ${otherKey()}\n`);
    expect(answer).toMatchObject({ kind: 'refused', message: expect.stringMatching(/not the pinned one: SHA256:[\w+/]{43}$/) });
  });

  it('refuses a revoked key, even when it is pinned as well', async () => {
    const answer = await startWith(`${place()} ${hostKey}\n@revoked * ${hostKey}\n`);
    expect(answer).toMatchObject({ kind: 'refused', message: expect.stringContaining('revoked') });
  });

  it('refuses every machine when the file cannot be read', async () => {
    const shell = createSshShell({ knownHostsFile: join(sshd.home, 'no-such-file'), secrets: sshd.secrets });
    expect(await shell.start(sshd.target, anAttempt('true'), signal)).toMatchObject({ kind: 'refused' });
    shell.close();
  });

  it('refuses a credential that the machine does not accept, or that is no key', async () => {
    const other = sshKeyPair().private;
    const answers = [other, 'not a key'].map((value) =>
      startWith(`${place()} ${hostKey}\n`, { resolve: () => Promise.resolve({ kind: 'found', value }) }),
    );
    for (const answer of await Promise.all(answers)) {
      expect(answer).toMatchObject({ kind: 'refused', message: expect.stringContaining('credential') });
    }
    expect(existsSync(join(sshd.home, 'trusted'))).toBe(false);
  });

  it('sends nothing and may try again when the credential cannot be read, or nobody listens', async () => {
    const answer = await startWith(`${place()} ${hostKey}\n`, {
      resolve: () => Promise.resolve({ kind: 'unavailable', message: 'the vault is away' }),
    });
    expect(answer).toMatchObject({ kind: 'not_sent', message: expect.stringContaining('the vault is away') });
    const knownHostsFile = join(sshd.home, 'known_hosts');
    writeFileSync(knownHostsFile, `[127.0.0.1]:1 ${hostKey}\n`);
    const shell = createSshShell({ knownHostsFile, secrets: sshd.secrets });
    const nobody = { ...sshd.target, port: 1 };
    expect(await shell.start(nobody, anAttempt('true'), signal)).toMatchObject({ kind: 'not_sent' });
    expect(await shell.look(nobody, anAttempt('true').name, signal)).toMatchObject({ kind: 'unreachable' });
    shell.close();
  });

  it('accepts plain, hashed and pattern names of the pinned key', async () => {
    const salt = randomBytes(20);
    const hashed = `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(place()).digest('base64')}`;
    for (const names of [place(), `other,${place()}`, hashed, '[127.0.0.?]:*']) {
      expect(await startWith(`# pinned\n${names} ${hostKey}\n`), names).toEqual({ kind: 'accepted' });
    }
    expect(await startWith(`!${place()},* ${hostKey}\n`)).toMatchObject({ kind: 'refused' });
  });
});
