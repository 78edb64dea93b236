import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Crypto } from '../engine/evidence/verify.ts';

const KEY_ID_DIGITS = 16;

/** Digests and signatures of this computer. A signature counts only in its one spelling, so that no second text verifies. */
export const evidenceCrypto: Crypto = {
  sha256: (text) => createHash('sha256').update(text).digest('hex'),
  verify: (publicKey, text, value) => {
    const key = publicKeyOf(publicKey);
    const bytes = decoded(value);
    return key !== undefined && bytes !== undefined && verify(null, Buffer.from(text), key, bytes);
  },
  keyId: (publicKey) => {
    const key = publicKeyOf(publicKey);
    if (key === undefined) return undefined;
    const der = key.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(der).digest('hex').slice(0, KEY_ID_DIGITS);
  },
};

function publicKeyOf(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}

function decoded(value: string): Buffer | undefined {
  for (const encoding of ['base64', 'base64url', 'hex'] as const) {
    const bytes = Buffer.from(value, encoding);
    if (bytes.length === 64 && bytes.toString(encoding) === value) return bytes;
  }
  return undefined;
}
