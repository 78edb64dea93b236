import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSecrets } from '../../../adapters/system/secrets.ts';

describe('secrets', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'runward-secrets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const resolve = (reference: string, env: Record<string, string> = {}): Promise<unknown> =>
    createSecrets({ env, directory: join(folder, '.') }).resolve(reference, new AbortController().signal);
  const unavailable = (message: string): unknown => ({ kind: 'unavailable', message });

  it('come from the environment, but not what the worker itself signs in with', async () => {
    expect(await resolve('env://SHOP_TOKEN', { SHOP_TOKEN: 'abcdef' })).toEqual({ kind: 'found', value: 'abcdef' });
    expect(await resolve('env://SHOP_TOKEN')).toEqual(unavailable('the worker has no environment variable SHOP_TOKEN'));
    expect(await resolve('env://AZURE_CLIENT_SECRET', { AZURE_CLIENT_SECRET: 'abcdef' })).toMatchObject({ kind: 'unavailable' });
    expect(await resolve('env://RUNWARD_REDIS_URL', { RUNWARD_REDIS_URL: 'abcdef' })).toMatchObject({ kind: 'unavailable' });
    expect(await resolve('env://a b', { 'a b': 'abcdef' })).toMatchObject({ kind: 'unavailable' });
  });

  it('come from files of their owner alone, without the last line end', async () => {
    writeFileSync(join(folder, 'ssh'), 'line 1\nline 2\n', { mode: 0o600 });
    writeFileSync(join(folder, 'open'), 'abcdef', { mode: 0o644 });
    expect(await resolve('secret:ssh')).toEqual({ kind: 'found', value: 'line 1\nline 2' });
    expect(await resolve('secret:open')).toEqual(unavailable(`secret:open can be read by other users: chmod 600 ${join(folder, 'open')}`));
    expect(await resolve('secret:none')).toEqual(unavailable('there is no file none in the secrets directory'));
  });

  it('never leave their directory', async () => {
    writeFileSync(join(folder, 'real'), 'abcdef', { mode: 0o600 });
    symlinkSync('real', join(folder, 'inside'));
    symlinkSync('/etc/passwd', join(folder, 'outside'));
    expect(await resolve('secret:inside')).toEqual({ kind: 'found', value: 'abcdef' });
    expect(await resolve('secret:outside')).toEqual(unavailable('secret:outside leads out of the secrets directory'));
    for (const name of ['../x', '/etc/passwd', '.', '', 'a/b'])
      expect(await resolve(`secret:${name}`)).toMatchObject({ kind: 'unavailable' });
  });

  it('are refused when they are too short to be kept out of logs', async () => {
    expect(await resolve('env://PIN', { PIN: '12345' })).toEqual(unavailable('env://PIN is shorter than 6 bytes'));
  });

  it('say that there is no Key Vault', async () => {
    expect(await resolve('keyvault://v/n')).toEqual(unavailable('keyvault://v/n: Key Vault is not configured on this worker'));
    expect(await resolve('plain')).toMatchObject({ kind: 'unavailable' });
    const none = createSecrets({ env: {} });
    expect(await none.resolve('secret:x', new AbortController().signal)).toEqual(
      unavailable('secret:x: no secrets directory is configured on this worker'),
    );
  });
});
