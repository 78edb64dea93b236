import { cannotSet, commands, type Differing, type SetKind, type Setting, together } from '../setting.ts';

interface SysctlWish {
  readonly key: string;
  readonly value: string;
  readonly persisted?: boolean | undefined;
}

/** Where values are kept for the next boot: after the files of packages, before `99-` and /etc/sysctl.conf. */
const FILE = '/etc/sysctl.d/90-runward.conf';

const NOW: SetKind = { name: 'sysctl.now', seconds: 30, body: 'need sysctl; sysctl -w -- "$1=$2"' };

const KEEP: SetKind = {
  name: 'sysctl.keep',
  seconds: 30,
  body: `need awk; need mktemp; f=${FILE}; d=\${f%/*}; [ -d "$d" ] || mkdir -- "$d" || exit 1
t=$(mktemp "$d/.rw-XXXXXXXX") || exit 1; trap 'rm -f -- "$t"' EXIT
{ [ ! -f "$f" ] || awk -v k="$1" 'function n(x) { gsub("/", ".", x); return x }
{ a = substr($0, 1, index($0, "=") - 1); gsub(/[ \\t]/, "", a); if (n(a) != n(k)) print }' "$f" || exit 1
printf '%s = %s\\n' "$1" "$2"; } > "$t" && chmod 644 "$t" && mv -f -- "$t" "$f"`,
};

/** How a kernel parameter becomes as desired, now and for the next boot. */
export function sysctlSetting({ key, value, persisted }: SysctlWish, differing: Differing): Setting {
  const now = { kind: NOW, args: [key, value], summary: `sysctl -w ${key}=${value}` };
  const keep = { kind: KEEP, args: [key, value], summary: `keep ${key}=${value} in ${FILE}` };
  const keeps = differing.has('/persisted');
  return together(
    commands(differing.has('/value') ? now : undefined, keeps && persisted === true ? keep : undefined),
    keeps && persisted === false ? cannotSet(['/persisted'], 'which file sets it, and why, is not known') : commands(),
  );
}
