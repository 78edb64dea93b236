const MULTIPLIER = 0xc6a4a7935bd1e995n;
const SHIFT = 47n;
const MASK = 2n ** 64n - 1n;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** A short name that texts always have: MurmurHash64A of them, joined by `-`, in base 32. As the reference makes it. */
export function uniqueText(texts: readonly string[]): string {
  const hash = murmurHash64A(new TextEncoder().encode(texts.join('-')));
  const bytes = Array.from({ length: 8 }, (_, index) => (hash >> BigInt(8 * index)) & 0xffn);
  // 64 bits make twelve digits of five bits and one of four, which is filled with a zero.
  const bits = bytes.reduce((all, byte) => (all << 8n) | byte, 0n) << 1n;
  return Array.from({ length: 13 }, (_, index) => ALPHABET[Number((bits >> BigInt(60 - 5 * index)) & 31n)]).join('');
}

/** Austin Appleby's hash with seed 0, in the public domain: https://github.com/aappleby/smhasher. */
function murmurHash64A(bytes: Uint8Array): bigint {
  const wholes = Math.floor(bytes.length / 8);
  let hash = (BigInt(bytes.length) * MULTIPLIER) & MASK;
  for (let index = 0; index < wholes; index += 1) {
    let word = littleEndian(bytes.subarray(8 * index, 8 * index + 8));
    word = (word * MULTIPLIER) & MASK;
    word ^= word >> SHIFT;
    word = (word * MULTIPLIER) & MASK;
    hash = ((hash ^ word) * MULTIPLIER) & MASK;
  }
  const rest = bytes.subarray(8 * wholes);
  if (rest.length > 0) hash = ((hash ^ littleEndian(rest)) * MULTIPLIER) & MASK;
  hash ^= hash >> SHIFT;
  hash = (hash * MULTIPLIER) & MASK;
  return hash ^ (hash >> SHIFT);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
