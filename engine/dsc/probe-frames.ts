import { cksum } from './cksum.ts';
import type { Fact } from './fact.ts';
import { factsOfFrame, framesOf, type NumberedRequests, type Sharing } from './probe-groups.ts';
import type { ProbeLimits } from './probe-script.ts';

/** What came back from one script. */
export interface ProbeAnswer {
  /** Facts by request number; a number that is not here had no frame at all. */
  readonly facts: ReadonlyMap<number, Fact>;
  /** Requests about which a shared process left a doubt, and who may share one when they are asked again. */
  readonly doubtful: ReadonlyMap<number, Sharing>;
  /** True when header and trailer are there and agree with the frames. */
  readonly sealed: boolean;
  /** Set when the target refused to print this many characters. */
  readonly tooMuchChars?: number;
  /** User and clock of the target, from the header: seconds since 1970. */
  readonly uid?: number;
  readonly epochSeconds?: number;
}

interface Frame {
  readonly id: number;
  readonly data: string;
  readonly valid: boolean;
}

/** Reads the output of a probe script: lines without this nonce are noise of the target. Never throws for what came. */
export async function readProbeAnswer(
  output: string,
  asked: { readonly requests: NumberedRequests; readonly nonce: string; readonly limits: ProbeLimits },
): Promise<ProbeAnswer> {
  const lines = protocolLines(output, asked.nonce);
  const packed = lines.find(([kind]) => kind === 'Z');
  if (packed !== undefined) {
    const text = await unpack(packed);
    return text === undefined ? NOTHING : readLines(protocolLines(text, asked.nonce), asked);
  }
  return readLines(lines, asked);
}

const NOTHING: ProbeAnswer = { facts: new Map(), doubtful: new Map(), sealed: false };

function readLines(
  lines: readonly (readonly string[])[],
  asked: { readonly requests: NumberedRequests; readonly nonce: string; readonly limits: ProbeLimits },
): ProbeAnswer {
  const tooMuch = numberOf(lines.find(([kind]) => kind === 'M')?.[1]);
  const header = lines.find(([kind, ...fields]) => kind === 'B' && fields.length === 4);
  const trailer = lines.findLast(([kind, ...fields]) => kind === 'E' && fields.length === 2);
  const encoding = header?.[2] === 'hex' ? 'hex' : 'b64';
  const frames = lines.filter(([kind]) => kind === 'P').flatMap((fields) => frameOf(fields, encoding));
  const told = new Map<number, Fact | Sharing>();
  const wanted = framesOf(asked.requests, asked.limits);
  for (const frame of wanted) {
    const mine = frames.filter(({ id }) => id === frame.id);
    const [first] = mine;
    if (first === undefined) continue;
    const clear = mine.every(({ valid, data }) => valid && data === first.data);
    const bytes = clear ? decodeData(first.data, encoding) : undefined;
    for (const [id, fact] of factsOfFrame(bytes, frame, asked.nonce)) told.set(id, fact);
  }
  const ordered = [...told].toSorted(([left], [right]) => left - right);
  const facts = new Map(ordered.flatMap(([id, fact]) => (typeof fact === 'string' ? [] : [[id, fact] as const])));
  const doubtful = new Map(ordered.flatMap(([id, fact]) => (typeof fact === 'string' ? [[id, fact] as const] : [])));
  const total = frames.reduce((sum, frame) => sum + frame.data.length, 0);
  const sealed =
    header !== undefined &&
    numberOf(header[1]) === wanted.length &&
    numberOf(trailer?.[1]) === wanted.length &&
    numberOf(trailer?.[2]) === total &&
    frames.length === wanted.length;
  const uid = numberOf(header?.[3]);
  const epochSeconds = numberOf(header?.[4]);
  return {
    facts,
    doubtful,
    sealed,
    ...(tooMuch === undefined ? {} : { tooMuchChars: tooMuch }),
    ...(uid === undefined ? {} : { uid }),
    ...(epochSeconds === undefined ? {} : { epochSeconds }),
  };
}

/** The fields of protocol lines after mark and nonce, kind first. */
function protocolLines(text: string, nonce: string): readonly (readonly string[])[] {
  return text.split('\n').flatMap((line) => {
    const [mark, kind, theirs, ...fields] = line.split(' ');
    return mark === 'RW1' && kind !== undefined && theirs === nonce ? [[kind, ...fields]] : [];
  });
}

function frameOf(fields: readonly string[], encoding: 'b64' | 'hex'): readonly Frame[] {
  const [, idText = '', lengthText, crcText, data = ''] = fields;
  const id = numberOf(idText);
  if (id === undefined) return [];
  const alphabet = encoding === 'hex' ? /^(?:[0-9a-f]{2})+$/ : /^[A-Za-z0-9+/]+={0,2}$/;
  const valid =
    fields.length === 5 && numberOf(lengthText) === data.length && numberOf(crcText) === cksum(`${idText} ${data}`) && alphabet.test(data);
  return [{ id, data, valid }];
}

function decodeData(data: string, encoding: 'b64' | 'hex'): Uint8Array | undefined {
  try {
    if (encoding === 'hex') return Uint8Array.from(data.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

async function unpack([, part, parts, length, data = '']: readonly string[]): Promise<string | undefined> {
  if (part !== '1' || parts !== '1' || numberOf(length) !== data.length) return undefined;
  const bytes = decodeData(data, 'b64');
  if (bytes === undefined) return undefined;
  try {
    const packed = new Blob([Uint8Array.from(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'));
    return await new Response(packed).text();
  } catch {
    return undefined;
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
