const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});

/** The checksum that POSIX `cksum` prints for UTF-8 text, as an unsigned number. */
export function cksum(text: string): number {
  const bytes = new TextEncoder().encode(text);
  let crc = 0;
  const add = (byte: number): void => {
    crc = ((crc << 8) ^ (TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  };
  for (const byte of bytes) add(byte);
  // POSIX feeds the length after the text, lowest byte first, without leading zeros.
  for (let left = bytes.length; left > 0; left = Math.floor(left / 256)) add(left & 0xff);
  return ~crc >>> 0;
}
