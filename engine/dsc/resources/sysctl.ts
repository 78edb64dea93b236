import { z } from 'zod';
import type { JsonValue } from '../../json.ts';
import { compareValue, type Outcome } from '../compare.ts';
import { exported } from '../exported.ts';
import type { ProbeKind } from '../fact.ts';
import { resourceType } from '../resource.ts';
import { oneLine, onlyLine } from './one-line.ts';
import { heard, spoken } from './spoken.ts';
import { sysctlSetting } from './sysctl-setting.ts';

const schema = z.strictObject({
  key: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}$/, 'must be the name of a kernel parameter, without wildcards'),
  value: oneLine,
  persisted: z.boolean().optional().describe('Whether the sysctl.d files agree with value'),
});

type Sysctl = z.infer<typeof schema>;

const LIVE: ProbeKind = {
  name: 'sysctl.live',
  body: `need sysctl; o=$(sysctl -n -- "$1" 2>/dev/null) && { printf '%s\\n' "$o"; exit 0; }
o=$(sysctl -n -- "$1" 2>&1); case $o in *"permission denied"*) exit 12;; esac; why "$o"`,
  decode: (output) => onlyLine(output.replace(/\n(?=.)/g, ' ')),
  many: {
    body: `need sysctl; many sysctl -- "$@"; exit 0`,
    // Keys with a slash come back spelt in another way.
    together: ([key = '']) => (key.includes('/') ? undefined : ''),
    decode: (output, asked) => {
      const said = spoken(output);
      if (said === undefined) return [];
      const names = asked.map(([key]) => key ?? '');
      const paths = new Map(names.map((name) => [name.replaceAll('.', '/'), name]));
      const complaints = said.complaints.map((line) =>
        line.replace(/(?<=^sysctl: cannot stat \/proc\/sys\/)[^:]+/, (path) => paths.get(path) ?? path),
      );
      const read = (line: string): { readonly name: string; readonly value: JsonValue | undefined } | undefined => {
        const at = line.indexOf(' = ');
        return at < 0 ? undefined : { name: line.slice(0, at), value: line.slice(at + 3) || undefined };
      };
      return heard({ lines: said.lines, complaints }, { names, read, complaints: [['sysctl: cannot stat /proc/sys/', '']] });
    },
  },
};

// sysctl.d(5): files in the order of their names, of two with one name that of the first folder; a written key beats a pattern.
const FILES_BODY = `need awk; need sort; s=/; l=
for d in /etc/sysctl.d /run/sysctl.d /usr/local/lib/sysctl.d /usr/lib/sysctl.d /lib/sysctl.d; do
o=$(ls -d -- "$d" 2>&1) || case $o in *": No such file or directory") continue;; *) why "$o";; esac
[ -r "$d" ] && [ -x "$d" ] || exit 12
for f in "$d"/*.conf; do
[ -e "$f" ] || [ -L "$f" ] || continue
b=\${f##*/}; case $s in */"$b"/*) continue;; esac
s=$s$b/; l="$l$b	$f
"
done
done
t=$(printf '%s' "$l" | sort | while IFS='	' read -r b f; do cat -- "$f" || exit 1; echo; done) || exit 70
o=$(cat -- /etc/sysctl.conf 2>&1) || case $o in *": No such file or directory") o=;; *) why "$o";; esac
printf '%s\\n%s\\n' "$t" "$o" | awk -v k="$*" 'function n(x) { gsub("/", ".", x); return x }
BEGIN { c = split(k, w, " "); for (j = 1; j <= c; j++) w[j] = n(w[j]) }
/^[ \\t]*[#;]/ { next }
{ i = index($0, "="); if (!i) next; a = substr($0, 1, i - 1); v = substr($0, i + 1)
gsub(/^[ \\t]*-?[ \\t]*|[ \\t]+$/, "", a); gsub(/^[ \\t]+|[ \\t]+$/, "", v); a = n(a)
p = index(a, "*")
for (j = 1; j <= c; j++) if (a == w[j]) { h[j] = 1; r[j] = v } else if (p && index(w[j], substr(a, 1, p - 1)) == 1) g[j] = 1 }
END { for (j = 1; j <= c; j++) if (h[j]) print "value " r[j]; else if (!g[j]) print "none"; else if (c == 1) exit 13; else print "pattern" }'`;

const FILES: ProbeKind = {
  name: 'sysctl.files',
  body: FILES_BODY,
  decode: (output) => written(onlyLine(output)),
  many: {
    body: FILES_BODY,
    decode: (output, asked) => {
      const lines = output.replace(/\n$/, '').split('\n');
      if (lines.length !== asked.length) return [];
      return lines.map((line) => {
        if (line === 'pattern') return { state: 'unknown', reason: 'unsupported' };
        const value = written(line);
        return value === undefined ? undefined : { state: 'value', value };
      });
    },
  },
};

/** What the files set; null when they do not speak of the key. */
function written(line: string | undefined): string | null | undefined {
  if (line === 'none') return null;
  return line?.startsWith('value ') === true ? line.slice('value '.length) : undefined;
}

/** A kernel parameter: its value now, and whether files set the same value at boot. */
export const sysctl = resourceType<Sysctl>({
  type: 'Runward.Linux/Sysctl',
  version: '1.0.0',
  summary: 'A kernel parameter, now and after the next boot',
  schema,
  keys: ['key'],
  cannotTell: ['values inside containers', 'programs that write the value later'],
  requests: ({ key, persisted }) => [{ kind: LIVE, args: [key] }, ...(persisted === undefined ? [] : [{ kind: FILES, args: [key] }])],
  judge: (desired, facts): readonly Outcome[] => {
    const { key, value, persisted } = desired;
    const head = { area: 'sysctl', what: key };
    const live = facts({ kind: LIVE, args: [key] });
    const equal = (actual: JsonValue, wanted: JsonValue): boolean => words(actual) === words(wanted);
    const first = compareValue({ ...head, property: 'value', desired: value }, live, { equal });
    if (persisted === undefined) return [first];
    const read = (written: JsonValue): boolean => written !== null && words(written) === words(value);
    return [first, compareValue({ ...head, property: 'persisted', desired: persisted }, facts({ kind: FILES, args: [key] }), { read })];
  },
  sets: 'sysctl -w, and /etc/sysctl.d/90-runward.conf for `persisted: true`; `persisted: false` is only checked',
  setting: sysctlSetting,
  exporting: {
    isName: (text) => schema.shape.key.safeParse(text).success,
    requests: (key) => [{ kind: LIVE, args: [key] }],
    read: (key, facts) => {
      const fact = facts({ kind: LIVE, args: [key] });
      if (fact.state === 'absent') return { kind: 'unknown', reason: 'absent' };
      return exported(fact, { key }, () => ({ value: fact.state === 'value' ? words(fact.value) : '' }));
    },
  },
});

function words(value: JsonValue): string {
  return (typeof value === 'string' ? value : '').trim().split(/\s+/).join(' ');
}
