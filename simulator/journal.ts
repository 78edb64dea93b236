import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from './machine/points.ts';
import type { ScriptEnd } from './machine/shell.ts';
import type { Caller } from './route.ts';

/*
 * The world is a function of its inputs: the estate, the seed, the instant it began, what came in and when, and what was seen of the
 * machines' files and scripts. The journal is the list of these. A world is continued, or put back, by living through its journal once more
 * with the machines' files left alone.
 */

/** What came in from outside, at an instant of the world's time. */
export type Input =
  | { readonly kind: 'tick'; readonly atMs: number }
  | { readonly kind: 'request'; readonly atMs: number; readonly request: RequestInput }
  | { readonly kind: 'control'; readonly atMs: number; readonly method: string; readonly path: string; readonly text: string }
  | { readonly kind: 'look'; readonly atMs: number; readonly rule: string; readonly well: boolean }
  | { readonly kind: 'script'; readonly atMs: number; readonly number: number; readonly end: ScriptEnd };

/** A request as far as the world depends on it. */
export interface RequestInput {
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly clientRequestId: string;
  readonly correlationId: string;
  readonly caller: Caller;
  readonly text: string;
}

/** What a journal was begun with: it can be lived through again only with the same. */
export interface Beginning {
  readonly startMs: number;
  readonly seed: number;
  readonly block: number;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What a state folder remembers of a world. */
export interface Recorded {
  readonly beginning: Beginning;
  readonly inputs: readonly Input[];
  readonly seen: readonly unknown[];
}

/** The journal of a world. */
export interface Journal {
  /** Whether the world lives through what is over: nothing real is to be touched then. */
  readonly replaying: () => boolean;
  /** Notes what came in, before anything comes of it. */
  readonly input: (input: Input) => void;
  /** Looks at something outside the world and notes what was seen; when the world lives through it again, gives what was seen then. */
  readonly seen: <Value>(look: () => Value) => Value;
  /** The same for the files of a machine, each manifest kept once. */
  readonly seenFiles: (look: () => Manifest) => Manifest;
  /** A script has been started; gives its number, under which its end comes in. */
  readonly scriptBegun: (ended: (end: ScriptEnd) => void) => number;
  readonly scriptEnded: (number: number, end: ScriptEnd) => void;
  /** Scripts that have not ended. */
  readonly openScripts: () => readonly number[];
  /** The world has caught up: from now on what happens is new. */
  readonly caughtUp: () => void;
  readonly close: () => void;
}

const FILE = 'journal.jsonl';

/** Opens the journal of a state folder: a new one, or one whose recorded part is still to be lived through. */
export function openJournal(given: {
  readonly folder: string;
  readonly contentFolder: string;
  readonly beginning: Beginning;
  readonly recorded: Recorded | undefined;
}): Journal {
  const { folder, recorded } = given;
  const path = join(folder, FILE);
  if (recorded === undefined) writeFileSync(path, `${JSON.stringify({ beginning: given.beginning })}\n`, { mode: 0o600 });
  const file = openSync(path, 'a', 0o600);
  const past = [...(recorded?.seen ?? [])];
  let place = 0;
  let replaying = recorded !== undefined;
  const scripts = new Map<number, (end: ScriptEnd) => void>();
  let scriptCount = 0;
  const manifests = manifestStore(given.contentFolder);
  const write = (line: object): void => void writeSync(file, `${JSON.stringify(line)}\n`);
  const seen = <Value>(look: () => Value): Value => {
    if (replaying && place < past.length) {
      place += 1;
      return past[place - 1] as Value;
    }
    const value = look();
    write({ seen: value });
    return value;
  };
  return {
    replaying: () => replaying,
    input: (input) => {
      if (replaying) return;
      write({ input });
      if (input.kind !== 'tick') fsyncSync(file);
    },
    seen,
    seenFiles: (look) => manifests.read(seen(() => manifests.keep(look()))),
    scriptBegun: (ended) => {
      scriptCount += 1;
      scripts.set(scriptCount, ended);
      return scriptCount;
    },
    scriptEnded: (number, end) => {
      const ended = scripts.get(number);
      scripts.delete(number);
      ended?.(end);
    },
    openScripts: () => [...scripts.keys()],
    caughtUp: () => {
      replaying = false;
    },
    close: () => closeSync(file),
  };
}

/** Keeps manifests by their digest, and gives the same value for the same digest. */
function manifestStore(folder: string): {
  readonly keep: (manifest: Manifest) => string;
  readonly read: (digest: string) => Manifest;
} {
  const known = new Map<string, Manifest>();
  const place = (digest: string): string => join(folder, `manifest-${digest}`);
  return {
    keep: (manifest) => {
      const text = JSON.stringify(manifest);
      const digest = createHash('sha256').update(text).digest('hex');
      if (!known.has(digest) && !existsSync(place(digest))) writeFileSync(place(digest), text, { mode: 0o600 });
      if (!known.has(digest)) known.set(digest, manifest);
      return digest;
    },
    read: (digest) => {
      const found = known.get(digest) ?? (JSON.parse(readFileSync(place(digest), 'utf8')) as Manifest);
      known.set(digest, found);
      return found;
    },
  };
}

/** What a state folder remembers; undefined when it remembers no world. A last line that was cut off by a crash was never acted on. */
export function readJournal(folder: string): Recorded | undefined {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) writeFileSync(path, whole, { mode: 0o600 });
  const lines = whole.split('\n').filter((line) => line !== '');
  const parsed = lines.map((line) => JSON.parse(line) as { beginning?: Beginning; input?: Input; seen?: unknown });
  const beginning = parsed[0]?.beginning;
  if (beginning === undefined) return undefined;
  const inputs = parsed.flatMap(({ input }) => (input === undefined ? [] : [input]));
  const seen = parsed.flatMap((line) => (Object.hasOwn(line, 'seen') ? [line.seen] : []));
  return { beginning, inputs, seen };
}

/** The text of a journal, to be put back later. */
export function journalText(folder: string): string {
  return readFileSync(join(folder, FILE), 'utf8');
}

/** Puts a journal back as it was. */
export function putJournal(folder: string, text: string): void {
  writeFileSync(join(folder, FILE), text, { mode: 0o600 });
}
