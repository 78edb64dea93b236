import { type FileHandle, open } from 'node:fs/promises';
import { SCRIPT_OUTPUT_MAX_BYTES } from '../../engine/limits.ts';

/** What a record keeps of one output stream. */
export interface KeptOutput {
  readonly text: string;
  readonly truncated: boolean;
}

/** The end of an output file, at most `SCRIPT_OUTPUT_MAX_BYTES` of it, however long it has become. */
export async function readKept(path: string): Promise<KeptOutput> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - SCRIPT_OUTPUT_MAX_BYTES);
    return keptOutput(await readRange(file, start, size - start), start > 0);
  } finally {
    await file.close();
  }
}

/**
 * Text of kept bytes. When the beginning was cut off, the first line goes as well: half a line could be half a secret, which no
 * redactor would recognise.
 */
export function keptOutput(bytes: Buffer, truncated: boolean): KeptOutput {
  if (!truncated) return { text: bytes.toString('utf8'), truncated };
  const end = bytes.indexOf(0x0a);
  return { text: end < 0 ? '' : bytes.subarray(end + 1).toString('utf8'), truncated };
}

async function readRange(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
