import { GAP } from './gap.ts';

/** dpkg-query -W [-f FORMAT] [--] NAME... over /var/lib/dpkg/status. Exit code 1 says that a name matches no package. */
export const dpkgQuery = `#!/bin/sh
${GAP}
asked="$*" format='\${Package}\\t\${Version}\\n' names= show=
while [ "$#" -gt 0 ]; do
  case "$1" in
    -W|--show) show=1 ;;
    -f) format=$2; shift ;;
    -f=*|--showformat=*) format=\${1#*=} ;;
    --) ;;
    -*|*'*'*|*'?'*) gap dpkg-query "$asked" ;;
    *) names="$names $1" ;;
  esac
  shift
done
[ -n "$show" ] && [ -n "$names" ] || gap dpkg-query "$asked"
code=0
for name in $names; do
out=$(awk -v n="$name" -v RS= -F '\\n' '
  { delete field; for (i = 1; i <= NF; i++) { at = index($i, ": "); field[substr($i, 1, at - 1)] = substr($i, at + 2) } }
  field["Package"] == n {
    split(field["Status"], word, " ")
    want = word[1] == "hold" ? "h" : substr(word[1], 1, 1); if (word[1] == "deinstall") want = "r"
    state = word[3] == "installed" ? "i" : word[3] == "config-files" ? "c" : word[3] == "not-installed" ? "n" : "H"
    print want state " "; print field["Package"]; print field["Version"]; print field["Architecture"]; exit
  }' /var/lib/dpkg/status)
[ -n "$out" ] || { echo "dpkg-query: no packages found matching $name" >&2; code=1; continue; }
text=$(printf '%s\\n' "$out" | awk -v f="$format" '
  { value[NR] = $0 }
  END {
    split("db:Status-Abbrev Package Version Architecture", names, " ")
    for (i = 1; i <= 4; i++) while ((at = index(f, "\${" names[i] "}")) > 0) f = substr(f, 1, at - 1) value[i] substr(f, at + length(names[i]) + 3)
    printf "%s", f
  }')
case "$text" in *'\${'*) gap dpkg-query "$asked" ;; esac
printf '%s\\n' "$text"
done
exit "$code"
`;
