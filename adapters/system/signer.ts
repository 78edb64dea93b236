import type { KeyObject } from 'node:crypto';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunwardError } from '../../engine/errors.ts';
import type { Signer } from '../../engine/ports.ts';

const KEY_ID = /^[0-9a-f]{16}$/;
const PRIVATE_FILE = 'signing-key.pem';

/** Where a pair of keys lies. `keyId` is the first 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
export interface KeyPair {
  readonly keyId: string;
  readonly privateKeyFile: string;
  readonly publicKeyDir: string;
}

/** Without `privateKeyFile` the signer can only verify, as a worker does. Public keys are `<keyId>.pem` below `publicKeyDir`. */
export interface SignerFiles {
  readonly privateKeyFile?: string;
  readonly publicKeyDir: string;
}

/** Ed25519 with keys from PEM files. Throws USAGE_CONFIG_INVALID when the private key is missing, of another kind or open to other users. */
export async function loadSigner(files: SignerFiles): Promise<Signer> {
  const { privateKeyFile, publicKeyDir } = files;
  const own = privateKeyFile === undefined ? undefined : await loadPrivateKey(privateKeyFile);
  const known = new Map<string, KeyObject>();
  if (own !== undefined) known.set(own.keyId, own.publicKey);
  return {
    sign(text) {
      if (own === undefined) return undefined;
      return { keyId: own.keyId, value: sign(undefined, Buffer.from(text), own.privateKey).toString('base64') };
    },
    verify(text, signature) {
      const publicKey = known.get(signature.keyId) ?? readPublicKey(publicKeyDir, signature.keyId);
      if (publicKey === undefined) return false;
      known.set(signature.keyId, publicKey);
      return verify(undefined, Buffer.from(text), publicKey, Buffer.from(signature.value, 'base64'));
    },
  };
}

/** Makes a pair in `directory`, or answers the one that is there. The private key has mode 0600. */
export async function createKeyPair(directory: string): Promise<KeyPair> {
  const publicKeyDir = join(directory, 'public');
  const privateKeyFile = join(directory, PRIVATE_FILE);
  await mkdir(publicKeyDir, { recursive: true, mode: 0o700 });

  const { privateKey } = generateKeyPairSync('ed25519');
  const fresh = `${privateKeyFile}.${randomUUID()}`;
  await writeFile(fresh, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  try {
    // A link appears whole or not at all, and never replaces a key that somebody else has just made.
    await link(fresh, privateKeyFile);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(fresh, { force: true });
  }
  const { keyId, publicKey } = await loadPrivateKey(privateKeyFile);
  await writeFile(join(publicKeyDir, `${keyId}.pem`), publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644 });
  return { keyId, privateKeyFile, publicKeyDir };
}

/** The name of a public key: the first 16 hex digits of the SHA-256 of its SPKI in DER. */
function keyIdOf(publicKey: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex').slice(0, 16);
}

interface OwnKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

async function loadPrivateKey(file: string): Promise<OwnKey> {
  const invalid = (why: string, cause?: unknown): RunwardError =>
    new RunwardError('USAGE_CONFIG_INVALID', `the signing key ${file} ${why}`, { file }, cause);
  let pem: string;
  try {
    if (((await stat(file)).mode & 0o077) !== 0) throw invalid(`can be read by other users: chmod 600 ${file}`);
    pem = await readFile(file, 'utf8');
  } catch (error) {
    throw error instanceof RunwardError ? error : invalid('cannot be read', error);
  }
  const privateKey = parseKey(() => createPrivateKey(pem));
  if (privateKey === undefined) throw invalid('is not an Ed25519 private key in PEM');
  const publicKey = createPublicKey(privateKey);
  return { keyId: keyIdOf(publicKey), privateKey, publicKey };
}

function readPublicKey(directory: string, keyId: string): KeyObject | undefined {
  if (!KEY_ID.test(keyId)) return undefined;
  const publicKey = parseKey(() => createPublicKey(readFileSync(join(directory, `${keyId}.pem`), 'utf8')));
  // A file under a false name would let one key speak for another.
  return publicKey !== undefined && keyIdOf(publicKey) === keyId ? publicKey : undefined;
}

function parseKey(parse: () => KeyObject): KeyObject | undefined {
  try {
    const key = parse();
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
