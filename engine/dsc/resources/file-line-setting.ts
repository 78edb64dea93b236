import { cannotSet, commands, type Differing, type SetKind, type Setting } from '../setting.ts';

interface FileLineWish {
  readonly path: string;
  readonly line?: string | undefined;
  readonly match?: string | undefined;
  readonly absent?: string | undefined;
  readonly caseSensitive: boolean;
  readonly _exist: boolean;
}

// grep says which lines an expression means, as it does for a check; awk only counts. A rename puts the new text in place at once.
const REWRITE = `need grep; need awk; need mktemp; need stat; p=$1; i=$5
[ -e "$p" ] || fail "$p is not there"
p=$(readlink -f -- "$p") && [ -f "$p" ] || fail "$1 is no file"
hits(){ [ -n "$2" ] || return 0; o=$(grep "-n$1$i" -e "$2" -- "$p"); [ $? -le 1 ] || fail "grep cannot read $p"
printf '%s\\n' "$o" | awk -F: '$0 == "" { next } $1 !~ /^[0-9]+$/ { exit 1 } { printf "%s ", $1 }' || fail "$p is no text"; }
replace(){ t=$(mktemp "\${p%/*}/.rw-XXXXXXXX") || exit 1; trap 'rm -f -- "$t"' EXIT
RW_L=$1 RW_M=$2 RW_D=$3 RW_I=$i awk "$4" < "$p" > "$t" || exit 1
o=$(stat -c %u:%g -- "$p") && m=$(stat -c %a -- "$p") || exit 1
[ "$(stat -c %u:%g -- "$t")" = "$o" ] || chown -- "$o" "$t" || exit 1
chmod -- "$m" "$t" && mv -f -- "$t" "$p"; }
`;

const LINES = `function same(a, b) { return ENVIRON["RW_I"] == "" ? a == b : tolower(a) == tolower(b) }
BEGIN { n = split(ENVIRON["RW_M"], x, " "); for (k = 1; k <= n; k++) m[x[k]] = 1
n = split(ENVIRON["RW_D"], x, " "); for (k = 1; k <= n; k++) d[x[k]] = 1; l = ENVIRON["RW_L"] }
NR in d { next }
same($0, l) { seen = 1 }
l != "" && NR in m && !same($0, l) { print l; seen = 1; next }
{ print }
END { if (l != "" && !seen) print l }`;

const PRESENT: SetKind = {
  name: 'file.line',
  seconds: 60,
  body: `${REWRITE}m=$(hits E "$3") && d=$(hits E "$4") || exit 1
replace "$2" "$m" "$d" '${LINES}'`,
};

const ABSENT: SetKind = {
  name: 'file.noLine',
  seconds: 60,
  body: `${REWRITE}d=$(hits xF "$2") && e=$(hits E "$3") || exit 1
replace '' '' "$d $e" '${LINES}'`,
};

/** How the lines of a file become as desired: what matches is replaced where it stands, a line that is missing comes last. */
export function fileLineSetting(desired: FileLineWish, differing: Differing): Setting {
  const { path, line = '', match = '', absent = '' } = desired;
  const args = [path, line, match, absent, desired.caseSensitive ? '' : 'i'];
  if (!desired._exist) return commands({ kind: ABSENT, args, summary: `remove lines of ${path}` });
  if (line === '' && differing.has('/match')) return cannotSet(['/match'], 'the document does not hold the line');
  return commands({ kind: PRESENT, args, summary: line === '' ? `remove lines of ${path}` : `write a line of ${path}` });
}
