import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../json.ts';
import { compareExistence, compareValue, type Outcome, unknown } from '../compare.ts';
import { exported } from '../exported.ts';
import type { Fact, Facts, ProbeKind, ProbeRequest } from '../fact.ts';
import { resourceType } from '../resource.ts';
import { groupFact, userFact } from './account-facts.ts';
import { fileSetting } from './file-setting.ts';
import { absolutePath, accountName, oneLine, onlyLine } from './one-line.ts';
import { heard, oneByOne, spoken } from './spoken.ts';

const id = z.number().int().min(0).max(4_294_967_295);

const schema = z
  .strictObject({
    path: absolutePath,
    type: z.enum(['file', 'directory', 'link']).optional(),
    target: oneLine.optional().describe('Where a link points'),
    content: z.string().max(65_536).optional().describe('Compared by its SHA-256'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
      .optional(),
    mode: z
      .string()
      .regex(/^0?[0-7]{3,4}$/, 'must be an octal mode such as "0644"')
      .optional(),
    owner: accountName.or(id).optional(),
    group: accountName.or(id).optional(),
    _exist: z.boolean().default(true),
  })
  .refine((file) => file.content === undefined || file.sha256 === undefined, 'content and sha256 say the same: keep one');

type File = z.infer<typeof schema>;

const STAT: ProbeKind = {
  name: 'file.stat',
  body: `need stat; o=$(stat -c "%f %s %u %g" -- "$1" 2>&1) && { printf '%s\\n' "$o"; exit 0; }; why "$o"`,
  decode: (output) => {
    const match = /^([0-9a-f]{1,8}) (\d+) (\d+) (\d+)$/.exec(onlyLine(output) ?? '');
    if (match === null) return undefined;
    const mode = Number.parseInt(match[1] ?? '', 16);
    return { type: TYPES[mode >> 12] ?? 'other', mode: mode & 0o7777, uid: Number(match[3]), gid: Number(match[4]) };
  },
  many: {
    body: `need stat; many stat -c "%f %s %u %g %n" -- "$@"; exit 0`,
    decode: (output, asked) =>
      eachPath(output, asked, {
        line: /^([0-9a-f]{1,8} \d+ \d+ \d+) (.+)$/,
        value: (text) => STAT.decode(`${text}\n`, []),
        complaints: [
          ["stat: cannot statx '", "'"],
          ["stat: cannot stat '", "'"],
          ["stat: can't stat '", "'"],
        ],
      }),
  },
};

/** Lines that end with a path, and errors that name one. */
function eachPath(
  output: string,
  asked: readonly (readonly string[])[],
  how: {
    readonly line: RegExp;
    readonly value: (text: string) => JsonValue | undefined;
    readonly complaints: readonly (readonly [string, string])[];
  },
): readonly (Fact | undefined)[] {
  const names = asked.map(([path]) => path ?? '');
  const said = spoken(output);
  if (said === undefined) return [];
  const read = (line: string): { readonly name: string; readonly value: JsonValue | undefined } | undefined => {
    const match = how.line.exec(line);
    return match === null ? undefined : { name: match[2] ?? '', value: how.value(match[1] ?? '') };
  };
  return heard(said, { names, read, complaints: how.complaints });
}

/** The upper bits of `st_mode` (inode(7)). */
const TYPES: Readonly<Record<number, string>> = { 4: 'directory', 8: 'file', 10: 'link' };

const LINK: ProbeKind = {
  name: 'file.link',
  body: `need readlink; o=$(readlink -- "$1") || exit 70; printf '%s\\n' "$o"`,
  decode: onlyLine,
  many: {
    body: `need readlink; for p; do o=$(readlink -- "$p"); printf '=%s %s\\n' "$?" "$o"; done`,
    decode: (output, asked) => oneByOne(output, asked, (text) => text),
  },
};

const DIGEST: ProbeKind = {
  name: 'file.digest',
  body: `need sha256sum; need stat; s=$(stat -L -c %s -- "$1" 2>&1) || why "$s"; [ "$s" -le 67108864 ] || exit 14
o=$(sha256sum -- "$1" 2>&1) || why "$o"; printf '%s\\n' "\${o%% *}"`,
  decode: (output) => {
    const line = onlyLine(output);
    return line !== undefined && /^[0-9a-f]{64}$/.test(line) ? line : undefined;
  },
  // Together no more than one alone: large files each have the time of a probe.
  many: {
    body: `need sha256sum; need stat; t=0; for s in $(stat -L -c %s -- "$@" 2>/dev/null); do t=$((t+s)); done; [ "$t" -le 67108864 ] || exit 14
many sha256sum -- "$@"; exit 0`,
    decode: (output, asked) =>
      eachPath(output, asked, {
        line: /^([0-9a-f]{64}) [ *](.+)$/,
        value: (text) => text,
        complaints: [
          ['sha256sum: ', ''],
          ["sha256sum: can't open '", "'"],
        ],
      }),
  },
};

/** A file, folder or link: kind, mode on twelve bits, owner, group, and content by SHA-256. */
export const file = resourceType<File>({
  type: 'Runward.Linux/File',
  version: '1.0.0',
  summary: 'A file, folder or link with its mode, owner and content',
  schema,
  keys: ['path', '_exist'],
  cannotTell: ['access control lists and extended attributes', 'SELinux labels', 'content above 64 MiB'],
  requests: (desired) => [
    stat(desired),
    ...(desired.target === undefined ? [] : [{ kind: LINK, args: [desired.path] }]),
    ...(wantedDigest(desired) === undefined ? [] : [{ kind: DIGEST, args: [desired.path] }]),
    ...(typeof desired.owner === 'string' ? [userFact(desired.owner)] : []),
    ...(typeof desired.group === 'string' ? [groupFact(desired.group)] : []),
  ],
  judge: (desired, facts, sha256) => {
    const found = facts(stat(desired));
    const what = desired.path;
    const existence = compareExistence({ area: 'file', what, exist: desired._exist }, found);
    if (existence.done) return existence.outcomes;
    return [...existence.outcomes, ...properties(desired, { found, facts, sha256 })];
  },
  sets: 'a new file beside it that takes its place, mkdir, ln, chmod and chown; a file needs `content`; only an empty folder is removed',
  setting: fileSetting,
  exporting: {
    isName: (text) => schema.shape.path.safeParse(text).success,
    requests: (path) => [STAT, LINK, DIGEST].map((kind) => ({ kind, args: [path] })),
    read: (path, facts) => {
      const inside = (kind: ProbeKind): Fact => facts({ kind, args: [path] });
      const found = inside(STAT);
      const type = found.state === 'value' ? (found.value as JsonObject)['type'] : undefined;
      const more = type === 'file' ? inside(DIGEST) : type === 'link' ? inside(LINK) : undefined;
      if (more !== undefined && more.state !== 'value')
        return { kind: 'unknown', reason: more.state === 'unknown' ? more.reason : 'absent' };
      return exported(found, { path }, ({ mode, uid, gid }) => ({
        ...(type === 'other' ? {} : { type: type ?? 'file' }),
        ...(type === 'link' ? { target: more?.value ?? '' } : { mode: octal(Number(mode)) }),
        ...(type === 'file' ? { sha256: more?.value ?? '' } : {}),
        owner: uid ?? 0,
        group: gid ?? 0,
      }));
    },
  },
});

function stat(desired: File): ProbeRequest {
  return { kind: STAT, args: [desired.path] };
}

function wantedDigest(desired: File): 'content' | 'sha256' | undefined {
  if (desired.content !== undefined) return 'content';
  return desired.sha256 === undefined ? undefined : 'sha256';
}

function properties(
  desired: File,
  seen: { readonly found: Fact; readonly facts: Facts; readonly sha256: (text: string) => string },
): readonly Outcome[] {
  const { found, facts } = seen;
  const head = { area: 'file', what: desired.path };
  const member = (name: string) => (value: JsonValue) => (value as JsonObject)[name];
  const outcomes: Outcome[] = [];
  if (desired.type !== undefined)
    outcomes.push(compareValue({ ...head, property: 'type', desired: desired.type }, found, { read: member('type') }));
  if (desired.mode !== undefined) {
    const read = (value: JsonValue): string => octal(Number((value as JsonObject)['mode']));
    const wanted = octal(Number.parseInt(desired.mode, 8));
    outcomes.push(compareValue({ ...head, property: 'mode', desired: wanted }, found, { read }));
  }
  for (const property of ['owner', 'group'] as const) {
    const wanted = desired[property];
    if (wanted !== undefined) outcomes.push(owner({ property, wanted, desired }, seen));
  }
  if (desired.target !== undefined) {
    const isLink = found.state === 'value' && (found.value as JsonObject)['type'] === 'link';
    const fact: Fact = isLink ? facts({ kind: LINK, args: [desired.path] }) : { state: 'absent' };
    outcomes.push(compareValue({ ...head, property: 'target', desired: desired.target }, fact));
  }
  const digest = wantedDigest(desired);
  if (digest !== undefined) {
    const wanted = desired.sha256 ?? seen.sha256(desired.content ?? '');
    outcomes.push(compareValue({ ...head, property: digest, desired: wanted }, facts({ kind: DIGEST, args: [desired.path] })));
  }
  return outcomes;
}

/** Names become ids of the target's own name service; a name that it does not know cannot own anything. */
function owner(
  asked: { readonly property: 'owner' | 'group'; readonly wanted: string | number; readonly desired: File },
  { found, facts }: { readonly found: Fact; readonly facts: Facts },
): Outcome {
  const { property, wanted, desired } = asked;
  const number = property === 'owner' ? 'uid' : 'gid';
  const compared = { area: 'file', what: desired.path, property, desired: wanted };
  const read = (value: JsonValue): JsonValue | undefined => (value as JsonObject)[number];
  if (typeof wanted === 'number') return compareValue(compared, found, { read });
  const account = facts(property === 'owner' ? userFact(wanted) : groupFact(wanted));
  if (account.state === 'unknown') return unknown(compared, account.reason);
  const wantedId = account.state === 'value' ? (account.value as JsonObject)[number] : undefined;
  return compareValue(compared, found, { read, equal: (actual) => actual === wantedId });
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
