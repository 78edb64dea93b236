import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyPair, loadSigner } from '../../../adapters/system/signer.ts';
import { openTickets } from '../../../adapters/system/tickets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runward-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('send tickets in a directory', () => {
  it('let one of many create a name, also across openings', async () => {
    const [left, right] = [await openTickets(join(folder, 't')), await openTickets(join(folder, 't'))];
    const answers = await Promise.all([left, right, left, right].map((tickets) => tickets.create('key.1.1')));
    expect(answers.toSorted()).toEqual(['created', 'exists', 'exists', 'exists']);
    expect(await right.create('key.1.2')).toBe('created');
    expect(left.id).toBe(right.id);
  });

  it('are unclear when the directory cannot be written', async () => {
    const tickets = await openTickets(join(folder, 't'));
    rmSync(join(folder, 't'), { recursive: true });
    expect(await tickets.create('key.1.1')).toBe('unclear');
  });

  it('refuse names that are no file names, and a place that is no directory', async () => {
    const tickets = await openTickets(join(folder, 't'));
    for (const name of ['../x', 'ticket-store-id', ''])
      await expect(tickets.create(name)).rejects.toMatchObject({ code: 'INTERNAL_INVARIANT' });
    writeFileSync(join(folder, 'file'), '');
    await expect(openTickets(join(folder, 'file'))).rejects.toMatchObject({ code: 'USAGE_CONFIG_INVALID' });
  });
});

describe('the signer', () => {
  it('signs with the private key; who has only public keys can verify and not sign', async () => {
    const { keyId, privateKeyFile, publicKeyDir } = await createKeyPair(folder);
    const server = await loadSigner({ privateKeyFile, publicKeyDir });
    const worker = await loadSigner({ publicKeyDir });
    const signature = server.sign('plan ☁');
    if (signature === undefined) throw new Error('not signed');
    expect(signature.keyId).toBe(keyId);
    for (const signer of [server, worker]) {
      expect(signer.verify('plan ☁', signature)).toBe(true);
      expect(signer.verify('plan', signature)).toBe(false);
      expect(signer.verify('plan ☁', { ...signature, value: 'AAAA' })).toBe(false);
      expect(signer.verify('plan ☁', { ...signature, keyId: '0123456789abcdef' })).toBe(false);
      expect(signer.verify('plan ☁', { ...signature, keyId: `../public/${keyId}` })).toBe(false);
    }
    expect(worker.sign('x')).toBeUndefined();
    expect(statSync(privateKeyFile).mode & 0o777).toBe(0o600);
  });

  it('keeps the pair that is there, also when two are made at once', async () => {
    const [first, second] = await Promise.all([createKeyPair(folder), createKeyPair(folder)]);
    expect(second).toEqual(first);
    expect(await createKeyPair(folder)).toEqual(first);
    expect(readdirSync(folder).toSorted()).toEqual(['public', 'signing-key.pem']);
  });

  it('does not let one key speak under the name of another', async () => {
    const { privateKeyFile, publicKeyDir } = await createKeyPair(folder);
    const stranger = await createKeyPair(join(folder, 'other'));
    const signature = (await loadSigner(stranger)).sign('x');
    if (signature === undefined) throw new Error('not signed');
    writeFileSync(
      join(publicKeyDir, '0123456789abcdef.pem'),
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
    );
    const signer = await loadSigner({ privateKeyFile, publicKeyDir });
    expect(signer.verify('x', signature)).toBe(false);
    expect(signer.verify('x', { ...signature, keyId: '0123456789abcdef' })).toBe(false);
  });

  it('refuses a private key that is missing, open to others or of another kind', async () => {
    const { privateKeyFile, publicKeyDir } = await createKeyPair(folder);
    const load = (file: string): Promise<unknown> => loadSigner({ privateKeyFile: file, publicKeyDir });
    const invalid = { code: 'USAGE_CONFIG_INVALID' };
    await expect(load(join(folder, 'none'))).rejects.toMatchObject(invalid);
    chmodSync(privateKeyFile, 0o640);
    await expect(load(privateKeyFile)).rejects.toMatchObject(invalid);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(join(folder, 'rsa.pem'), rsa, { mode: 0o600 });
    await expect(load(join(folder, 'rsa.pem'))).rejects.toMatchObject(invalid);
  });
});
