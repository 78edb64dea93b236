import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../json.ts';
import { compareExistence, compareValue } from '../compare.ts';
import { exported } from '../exported.ts';
import type { Fact, ProbeKind, ProbeRequest } from '../fact.ts';
import { resourceType } from '../resource.ts';
import { parseVersionRange, versionFits } from './debian-version.ts';
import { onlyLine } from './one-line.ts';
import { packageSetting } from './package-setting.ts';
import { heard, type Spoken, spoken } from './spoken.ts';

const schema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9+.-]{0,127}$/, 'must be the name of a package, without wildcards'),
  version: z
    .string()
    .refine((text) => parseVersionRange(text) !== undefined, 'must be a version such as "1:9.2-2", or a range such as ">= 1.2, < 2"')
    .optional(),
  manager: z.enum(['auto', 'apt']).default('auto').describe('Packages of dpkg; other managers are not available'),
  held: z.boolean().optional(),
  _exist: z.boolean().default(true),
});

type Package = z.infer<typeof schema>;

const DPKG: ProbeKind = {
  name: 'package.dpkg',
  body: `need dpkg-query; d=/var/lib/dpkg; [ -r "$d/status" ] || exit 13
o=$(dpkg-query -W -f "\\\${db:Status-Abbrev}|\\\${Version}|\\\${Architecture}\\n" -- "$1" 2>/dev/null) && { printf '%s\\n' "$o"; exit 0; }
grep -qxF "Package: $1" "$d/status"; case $? in 1) exit 10;; *) exit 70;; esac`,
  decode: (output) => {
    const match = /^([a-z])([a-zA-Z])[a-zA-Z ]?\|([^|\s]*)\|([a-z0-9-]*)$/.exec(onlyLine(output) ?? '');
    if (match === null) return undefined;
    return { wanted: match[1] ?? '', state: match[2] ?? '', version: match[3] ?? '' };
  },
  // The names that dpkg-query does not find are looked for in the status file itself: what it says of them stands behind its second mark.
  many: {
    body: `need dpkg-query; d=/var/lib/dpkg; [ -r "$d/status" ] || exit 13
many dpkg-query -W -f "\\\${Package} \\\${db:Status-Abbrev}|\\\${Version}|\\\${Architecture}\\n" -- "$@" || {
for p; do printf 'Package: %s\\n' "$p"; done | grep -xF -f - "$d/status"; printf '=%s\\n' "$?"; }; exit 0`,
    decode: (output, asked) => {
      const said = spoken(output);
      if (said === undefined) return [];
      const names = asked.map(([name]) => name ?? '');
      const read = (line: string): { readonly name: string; readonly value: JsonValue | undefined } => {
        const name = line.slice(0, Math.max(0, line.indexOf(' ')));
        return { name, value: DPKG.decode(`${line.slice(name.length + 1)}\n`, [name]) };
      };
      const found = heard({ lines: said.lines, complaints: [] }, { names, read, silence: { state: 'absent' } });
      const missing = notThere(said);
      return found.map((fact, index) => (fact?.state === 'absent' && !missing.has(names[index] ?? '') ? undefined : fact));
    },
  },
};

const NOT_FOUND = 'dpkg-query: no packages found matching ';

/** Names that dpkg-query says it does not know, when it says nothing else, and that the status file does not hold either. */
function notThere({ status, complaints }: Spoken): ReadonlySet<string> {
  const mark = complaints.findLastIndex((line) => !line.startsWith('Package: ') && !/^=[01]$/.test(line)) + 1;
  const unknown = complaints.slice(0, mark);
  const isSearched = status === 1 && /^=[01]$/.test(complaints.at(-1) ?? '');
  if (!isSearched || !unknown.every((line) => line.startsWith(NOT_FOUND))) return new Set();
  const known = new Set(complaints.slice(mark).map((line) => line.slice('Package: '.length)));
  return new Set(unknown.map((line) => line.slice(NOT_FOUND.length)).filter((name) => !known.has(name)));
}

/** A package of dpkg: installed, in a version or a range, held back or not. */
export const packageType = resourceType<Package>({
  type: 'Runward.Linux/Package',
  version: '1.0.0',
  summary: 'A Debian package that is installed, in a version or a range',
  schema,
  keys: ['name', 'manager', '_exist'],
  cannotTell: ['altered files of a package', 'available updates', 'packages of rpm and apk: unsupported or noTool'],
  requests: (desired) => [query(desired)],
  judge: (desired, facts) => {
    const fact = installed(facts(query(desired)));
    const existence = compareExistence({ area: 'package', what: desired.name, exist: desired._exist }, fact);
    if (existence.done) return existence.outcomes;
    const head = { area: 'package', what: desired.name };
    const version = (value: JsonValue): JsonValue | undefined => (value as JsonObject)['version'] || undefined;
    const equal = (actual: JsonValue): boolean => typeof actual === 'string' && versionFits(actual, desired.version ?? '');
    const held = (value: JsonValue): boolean => (value as JsonObject)['wanted'] === 'h';
    return [
      ...existence.outcomes,
      ...(desired.version === undefined
        ? []
        : [compareValue({ ...head, property: 'version', desired: desired.version }, fact, { read: version, equal })]),
      ...(desired.held === undefined ? [] : [compareValue({ ...head, property: 'held', desired: desired.held }, fact, { read: held })]),
    ];
  },
  sets: 'apt-get and apt-mark; nothing that removes another package is done, and a range takes what the sources offer',
  setting: packageSetting,
  exporting: {
    isName: (text) => schema.shape.name.safeParse(text).success,
    requests: (name) => [{ kind: DPKG, args: [name] }],
    read: (name, facts) =>
      exported(installed(facts({ kind: DPKG, args: [name] })), { name }, ({ version, wanted }) => ({
        version: version ?? '',
        ...(wanted === 'h' ? { held: true } : {}),
      })),
  },
});

function query(desired: Package): ProbeRequest {
  return { kind: DPKG, args: [desired.name] };
}

/** Only state `i` is installed; `c` (configuration left) and `n` are absent, half-done states are neither. */
function installed(fact: Fact): Fact {
  if (fact.state !== 'value') return fact;
  const { state } = fact.value as JsonObject;
  if (state === 'i') return fact;
  return state === 'c' || state === 'n' ? { state: 'absent' } : { state: 'unknown', reason: 'unsupported' };
}
