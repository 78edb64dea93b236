import { z } from 'zod';
import type { JsonValue } from '../../json.ts';
import { compareValue, type Outcome } from '../compare.ts';
import type { ProbeKind } from '../fact.ts';
import { resourceType } from '../resource.ts';
import { oneLine, onlyLine } from './one-line.ts';

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
};

// sysctl.d(5): files in the order of their names, of two with one name that of the first folder; a written key beats a pattern.
const FILES: ProbeKind = {
  name: 'sysctl.files',
  body: `need awk; need sort; s=/; l=
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
printf '%s\\n%s\\n' "$t" "$o" | awk -v k="$1" 'function n(x) { gsub("/", ".", x); return x }
/^[ \\t]*[#;]/ { next }
{ i = index($0, "="); if (!i) next; a = substr($0, 1, i - 1); v = substr($0, i + 1)
gsub(/^[ \\t]*-?[ \\t]*|[ \\t]+$/, "", a); gsub(/^[ \\t]+|[ \\t]+$/, "", v); a = n(a)
if (a == n(k)) { h = 1; r = v } else if (p = index(a, "*")) { if (index(n(k), substr(a, 1, p - 1)) == 1) g = 1 } }
END { if (h) print "value " r; else if (g) exit 13; else print "none" }'`,
  decode: (output) => {
    const line = onlyLine(output);
    if (line === 'none') return null;
    return line?.startsWith('value ') === true ? line.slice('value '.length) : undefined;
  },
};

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
});

function words(value: JsonValue): string {
  return (typeof value === 'string' ? value : '').trim().split(/\s+/).join(' ');
}
