import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What tokens are signed and principals known with. Kept beside a world that goes on, so that a token outlives the simulator as it outlives a front end of Azure. */
export interface IdentityKeys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly keyId: string;
  /** Where the secrets of principals without one of their own are made from. */
  readonly secretSeed: string;
}

const FILE = 'identity.json';

/** The keys of a state folder: those of the world that goes on, or new ones. */
export function identityKeys(stateFolder: string, goesOn: boolean): IdentityKeys {
  const file = join(stateFolder, FILE);
  if (!goesOn || !existsSync(file)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    const made = { pem, keyId: randomBytes(12).toString('base64url'), secretSeed: randomBytes(24).toString('base64url') };
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  }
  const { pem, keyId, secretSeed } = JSON.parse(readFileSync(file, 'utf8')) as Record<'pem' | 'keyId' | 'secretSeed', string>;
  const privateKey = createPrivateKey(pem);
  return { privateKey, publicKey: createPublicKey(privateKey), keyId, secretSeed };
}
