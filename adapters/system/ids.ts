import { hash, randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { RunId } from '../../engine/ids.ts';
import type { Ids } from '../../engine/ports.ts';

/** runward's own namespace: it must never change, or the same effect would get another name. */
const NAMESPACE = Buffer.from('8f0c2d5e6b7a4c1d9e3f5a7b1c2d3e4f', 'hex');
const RANDOM_STEPS = 2 ** 47;

/** Names and digests from node:crypto; a token is 32 hex digits. */
export const systemIds: Ids = {
  newRunId: () => randomUUID() as RunId,
  newToken: () => randomBytes(16).toString('hex'),
  uuid5: (...parts) => uuid5(NAMESPACE, parts),
  sha256: (text) => hash('sha256', text),
};

/** A number in [0, 1) that nobody can foretell. */
export function systemRandom(): number {
  return randomInt(RANDOM_STEPS) / RANDOM_STEPS;
}

/** UUIDv5 (RFC 9562) of the parts; each is preceded by its length, so that ("a", "bc") and ("ab", "c") differ. */
function uuid5(namespace: Buffer, parts: readonly string[]): string {
  const text = parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join('');
  const bytes = hash('sha1', Buffer.concat([namespace, Buffer.from(text)]), 'buffer').subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
