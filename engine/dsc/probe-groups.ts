import type { Fact, ProbeRequest } from './fact.ts';

/** Requests by their numbers, from 1. The numbers stay the same when a part is asked again. */
export type NumberedRequests = ReadonlyMap<number, ProbeRequest>;

/** Which requests share a process. More is faster; less is for what a shared one could not tell. */
export type Sharing = 'all' | 'kind' | 'none';

/** Requests of one kind that one tool observes, or one request. */
interface ProbeGroup {
  readonly id: number;
  readonly members: NumberedRequests;
  readonly body: string;
  readonly args: readonly string[];
  /** Bytes of its answer that are read. */
  readonly answerMaxBytes: number;
}

/** What one child process of the script observes, and sends in one frame. */
export interface ProbeFrame {
  /** The number of its first request. */
  readonly id: number;
  readonly groups: readonly ProbeGroup[];
  readonly isPack: boolean;
  readonly body: string;
  readonly args: readonly string[];
  readonly answerMaxBytes: number;
}

/** How requests are cut. */
export interface Cutting {
  readonly answerMaxBytes: number;
  readonly sharing?: Sharing;
}

/** Text of one child process: Linux takes 128 KiB of UTF-8 as one argument. */
const PACK_MAX_CHARS = 40_000;

/**
 * Cuts requests into processes, the same way for the script and for whoever reads its answer. Kinds with several requests share one process
 * and one frame; a request that is the only one of its kind has its own.
 */
export function framesOf(requests: NumberedRequests, cutting: Cutting): readonly ProbeFrame[] {
  const groups = groupsOf(requests, cutting);
  const packs: ProbeGroup[][] = [];
  let chars = 0;
  for (const group of groups.filter(({ members }) => members.size > 1)) {
    const size = packed(group).length;
    const last = packs.at(-1);
    if (last === undefined || cutting.sharing === 'kind' || chars + size > PACK_MAX_CHARS) packs.push([group]);
    else last.push(group);
    chars = packs.at(-1)?.length === 1 ? size : chars + size;
  }
  return [...packs.map(packOf), ...groups.filter(({ members }) => members.size === 1).map(frameOf)].toSorted(
    (left, right) => left.id - right.id,
  );
}

function groupsOf(requests: NumberedRequests, { answerMaxBytes, sharing }: Cutting): readonly ProbeGroup[] {
  const shared = new Map<string, [number, ProbeRequest][]>();
  const sizes = new Map<string, number>();
  for (const [id, request] of requests) {
    const base = sharing === 'none' ? undefined : sharedKey(request);
    const chars = (sizes.get(base ?? '') ?? 0) + 3 * request.args.join('').length + 32;
    if (base !== undefined) sizes.set(base, chars);
    const key = base === undefined ? String(id) : `${base} ${Math.floor(chars / PACK_MAX_CHARS)}`;
    shared.set(key, [...(shared.get(key) ?? []), [id, request]]);
  }
  return [...shared.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined ? [] : [groupOf(first, members, answerMaxBytes)];
  });
}

function sharedKey({ kind, args }: ProbeRequest): string | undefined {
  if (kind.many === undefined) return undefined;
  const key = kind.many.together === undefined ? '' : kind.many.together(args);
  return key === undefined ? undefined : `${kind.name} ${key}`;
}

function groupOf(
  [id, { kind, args }]: readonly [number, ProbeRequest],
  members: readonly (readonly [number, ProbeRequest])[],
  answerMaxBytes: number,
): ProbeGroup {
  const group = { id, members: new Map(members) };
  if (members.length === 1 || kind.many === undefined) return { ...group, body: kind.body, args, answerMaxBytes };
  const asked = members.map(([, request]) => request.args);
  const all = kind.many.argsOf?.(asked) ?? asked.flat();
  return { ...group, body: kind.many.body, args: all, answerMaxBytes: answerMaxBytes * members.length };
}

function frameOf(group: ProbeGroup): ProbeFrame {
  const { id, body, args, answerMaxBytes } = group;
  return { id, groups: [group], isPack: false, body, args, answerMaxBytes };
}

function packOf(groups: readonly ProbeGroup[]): ProbeFrame {
  const answerMaxBytes = groups.reduce((sum, group) => sum + group.answerMaxBytes, 0);
  return { id: groups[0]?.id ?? 0, groups, isPack: true, body: groups.map(packed).join(''), args: [], answerMaxBytes };
}

/** A group in its own subshell; behind its output stand its status, the nonce and its number, so nothing a tool prints can end it. */
function packed({ id, body, args }: ProbeGroup): string {
  return `( set -- ${args.map(quote).join(' ')}\n${body}\n)\nprintf 'x%03d %s %s\\n' $? $RW_N ${id}\n`;
}

/** A text as one argument of sh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const REASONS = { 11: 'noTool', 12: 'noPermission', 13: 'unsupported', 14: 'tooBig', 126: 'noPermission', 127: 'noTool' } as const;
const TIMED_OUT = [124, 137, 143];
/** What is so for every request of a group when its process says it: the tool is missing, may not be used, or does not fit. */
const FOR_ALL = [11, 12, 13, 126, 127];

/** What a frame says of each request: a fact, or with which sharing it has to be asked again because a doubt is left. */
export type FrameFacts = ReadonlyMap<number, Fact | Sharing>;

/** Reads the decoded bytes of a frame; undefined stands for a frame that came broken. */
export function factsOfFrame(bytes: Uint8Array | undefined, frame: ProbeFrame, nonce: string): FrameFacts {
  const [only] = frame.groups;
  const [request] = only?.members.values() ?? [];
  if (!frame.isPack && request !== undefined) return new Map([[frame.id, factOf(bytes, request, frame.answerMaxBytes)]]);
  const sections = new Map(bytes === undefined ? [] : sectionsOf(bytes, nonce));
  const retry = frame.groups.length > 1 ? 'kind' : 'none';
  return new Map(frame.groups.flatMap((group) => [...factsOfGroup(sections.get(group.id), group, retry)]));
}

interface Section {
  readonly code: number;
  readonly output: string;
}

/** The outputs of a pack by their numbers. Behind the last mark stands what was cut off: nothing is read from it. */
function sectionsOf(bytes: Uint8Array, nonce: string): readonly (readonly [number, Section])[] {
  const text = decodeText(bytes) ?? '';
  const marks = [...text.matchAll(new RegExp(`x(\\d{3}) ${nonce} (\\d+)\n`, 'g'))];
  return marks.map((mark, index) => {
    const before = marks[index - 1];
    const start = before === undefined ? 0 : before.index + before[0].length;
    return [Number(mark[2]), { code: Number(mark[1]), output: text.slice(start, mark.index) }];
  });
}

function factsOfGroup(section: Section | undefined, { members }: ProbeGroup, retry: Sharing): FrameFacts {
  const every = (fact: Fact | Sharing): FrameFacts => new Map([...members.keys()].map((id) => [id, fact]));
  const [first] = members.values();
  if (section === undefined) return every(retry);
  if (FOR_ALL.includes(section.code)) return every(unknownOf(section.code));
  if (section.code !== 0 || first?.kind.many === undefined) return every('none');
  const facts = first.kind.many.decode(
    section.output,
    [...members.values()].map(({ args }) => args),
  );
  return new Map([...members.keys()].map((id, index) => [id, facts[index] ?? 'none']));
}

function factOf(bytes: Uint8Array | undefined, request: ProbeRequest, answerMaxBytes: number): Fact {
  if (bytes === undefined) return { state: 'unknown', reason: 'corrupt' };
  if (bytes.length >= answerMaxBytes + 4) return { state: 'unknown', reason: 'tooBig' };
  const answer = splitStatus(bytes);
  if (answer === undefined) return { state: 'unknown', reason: 'unparsable' };
  if (answer.code === 10) return { state: 'absent' };
  if (answer.code !== 0) return unknownOf(answer.code);
  const value = request.kind.decode(answer.output, request.args);
  return value === undefined ? { state: 'unknown', reason: 'unparsable' } : { state: 'value', value };
}

function unknownOf(code: number): Fact {
  if (TIMED_OUT.includes(code)) return { state: 'unknown', reason: 'timeout' };
  return { state: 'unknown', reason: REASONS[code as keyof typeof REASONS] ?? `failed(${code})` };
}

function splitStatus(bytes: Uint8Array): Section | undefined {
  const text = decodeText(bytes);
  const status = text === undefined ? null : /x(\d{3})$/.exec(text);
  return text === undefined || status === null ? undefined : { code: Number(status[1]), output: text.slice(0, -4) };
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
