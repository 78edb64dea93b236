import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRunId, type RunId } from '../../engine/ids.ts';
import type { LogLine } from '../../engine/store.ts';

/** A stretch of lines of one step and item that were written together; their numbers rise by one. */
export interface LogBlock {
  readonly first: number;
  readonly count: number;
  readonly step: string;
  readonly item?: string;
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** The bodies of logs in a folder: one folder for a run, in it segments, each with an index of its blocks. */
export interface LogFiles {
  /** Appends lines whose first has this number. */
  readonly append: (runId: RunId, first: number, lines: readonly LogLine[]) => Promise<void>;
  /** What is in this folder of a run, in the order of the numbers. */
  readonly blocks: (runId: RunId) => Promise<readonly LogBlock[]>;
  /** The lines of blocks, which must be of one run. */
  readonly read: (blocks: readonly LogBlock[]) => Promise<readonly (LogLine & { readonly n: number })[]>;
  /** The runs that have a folder here. */
  readonly runs: () => Promise<readonly RunId[]>;
  /** Removes the folder of a run; harmless when there is none. */
  readonly remove: (runId: RunId) => Promise<void>;
}

/** Bounds of one run, in bytes. The first lines stay, and of the rest the newest. */
export interface LogFileLimits {
  readonly segmentBytes: number;
  readonly headBytes: number;
  readonly runBytes: number;
}

const MIB = 1024 * 1024;
const LIMITS: LogFileLimits = { segmentBytes: 16 * MIB, headBytes: 128 * MIB, runBytes: 256 * MIB };
const OPEN_MAX = 500;
const BODY = '.log';
const INDEX = '.index';

interface Writing {
  name: string;
  bytes: number;
  last: Promise<void>;
}

/** Opens a folder of logs. Every process writes segments of its own, so that two workers of one run never write the same file. */
export function openLogFiles(folder: string, limits: LogFileLimits = LIMITS): LogFiles {
  const writing = new Map<RunId, Writing>();
  const indexes = new Map<string, { readonly size: number; readonly blocks: readonly LogBlock[] }>();
  return {
    append: (runId, first, lines) => {
      const mine = writing.get(runId) ?? { name: '', bytes: 0, last: Promise.resolve() };
      writing.delete(runId);
      writing.set(runId, mine);
      const [oldest] = writing.keys();
      if (writing.size > OPEN_MAX && oldest !== undefined) writing.delete(oldest);
      // One after the other: the offset of a block is what was written before it.
      mine.last = mine.last.catch(() => undefined).then(() => write(join(folder, runId), mine, { first, lines, limits }));
      return mine.last;
    },
    blocks: async (runId) => {
      const names = await segments(join(folder, runId));
      const all = await Promise.all(names.map((name) => indexOf(join(folder, runId, name), indexes)));
      return all.flat().toSorted((left, right) => left.first - right.first);
    },
    read: readBlocks,
    runs: async () => (await namesIn(folder)).flatMap((name) => parseRunId(name) ?? []),
    remove: async (runId) => {
      writing.delete(runId);
      await rm(join(folder, runId), { recursive: true, force: true });
    },
  };
}

async function write(
  folder: string,
  mine: Writing,
  block: { readonly first: number; readonly lines: readonly LogLine[]; readonly limits: LogFileLimits },
): Promise<void> {
  const { limits } = block;
  if (mine.name === '' || mine.bytes >= limits.segmentBytes) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await dropMiddle(folder, limits);
    mine.name = join(folder, `${String(block.first).padStart(15, '0')}-${randomUUID().slice(0, 8)}`);
    mine.bytes = 0;
  }
  const entries: string[] = [];
  let text = '';
  let { bytes } = mine;
  for (const [start, end] of stretches(block.lines)) {
    const lines = block.lines.slice(start, end);
    const part = lines.map((line, index) => `${JSON.stringify({ ...line, n: block.first + start + index })}\n`).join('');
    const length = Buffer.byteLength(part);
    entries.push(JSON.stringify([block.first + start, lines.length, bytes, length, lines[0]?.step, lines[0]?.item]));
    text += part;
    bytes += length;
  }
  // The index last: what stands in it is whole.
  await appendFile(mine.name + BODY, text, { mode: 0o600 });
  mine.bytes = bytes;
  await appendFile(mine.name + INDEX, `${entries.join('\n')}\n`, { mode: 0o600 });
}

/** Where step or item change, as pairs of begin and end. */
function stretches(lines: readonly LogLine[]): readonly (readonly [number, number])[] {
  const starts = lines.flatMap((line, index) => {
    const before = lines[index - 1];
    return before !== undefined && before.step === line.step && before.item === line.item ? [] : [index];
  });
  return starts.map((start, index) => [start, starts[index + 1] ?? lines.length]);
}

/** Makes room for one more segment: the oldest behind the first ones go. */
async function dropMiddle(folder: string, limits: LogFileLimits): Promise<void> {
  const sized = await Promise.all(
    (await segments(folder)).map(async (name) => ({ name, bytes: (await stat(join(folder, name + BODY))).size })),
  );
  let total = sized.reduce((sum, { bytes }) => sum + bytes, limits.segmentBytes);
  let head = 0;
  for (const { name, bytes } of sized) {
    if (total <= limits.runBytes) return;
    head += bytes;
    if (head <= limits.headBytes) continue;
    await rm(join(folder, name + INDEX), { force: true });
    await rm(join(folder, name + BODY), { force: true });
    total -= bytes;
  }
}

/** Names of segments, oldest first. */
async function segments(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  return names
    .filter((name) => name.endsWith(INDEX))
    .map((name) => name.slice(0, -INDEX.length))
    .toSorted();
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Reads what an index has become longer by; a last line without its break is still being written. */
async function indexOf(
  name: string,
  known: Map<string, { readonly size: number; readonly blocks: readonly LogBlock[] }>,
): Promise<readonly LogBlock[]> {
  const before = known.get(name) ?? { size: 0, blocks: [] };
  try {
    const file = await open(name + INDEX);
    try {
      const { size } = await file.stat();
      if (size <= before.size) return before.blocks;
      const { buffer } = await file.read(Buffer.alloc(size - before.size), 0, size - before.size, before.size);
      const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1);
      const lines = whole.toString().split('\n').slice(0, -1);
      const blocks = [...before.blocks, ...lines.map((line) => parseEntry(line, name + BODY))];
      known.delete(name);
      known.set(name, { size: before.size + whole.length, blocks });
      const [oldest] = known.keys();
      if (known.size > OPEN_MAX && oldest !== undefined) known.delete(oldest);
      return blocks;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function parseEntry(line: string, file: string): LogBlock {
  const [first, count, offset, length, step, item] = JSON.parse(line) as [number, number, number, number, string, string?];
  const block = { first, count, offset, length, step, file };
  return typeof item === 'string' ? { ...block, item } : block;
}

async function readBlocks(blocks: readonly LogBlock[]): Promise<readonly (LogLine & { readonly n: number })[]> {
  const lines: (LogLine & { readonly n: number })[] = [];
  for (const file of new Set(blocks.map((block) => block.file))) {
    const handle = await open(file);
    try {
      for (const { offset, length } of joined(blocks.filter((block) => block.file === file))) {
        const { buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
        for (const line of buffer.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line) as LogLine & { readonly n: number });
      }
    } finally {
      await handle.close();
    }
  }
  return lines.toSorted((left, right) => left.n - right.n);
}

/** Stretches of a file; neighbours are read at once. */
function joined(blocks: readonly LogBlock[]): readonly { readonly offset: number; readonly length: number }[] {
  const parts: { readonly offset: number; length: number }[] = [];
  for (const { offset, length } of blocks) {
    const last = parts.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += length;
    else parts.push({ offset, length });
  }
  return parts;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
