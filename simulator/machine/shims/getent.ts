import { GAP } from './gap.ts';

/** The name service over /etc/passwd and /etc/group: getent passwd|group [NAME...]. Exit code 2 says that a name is not there. */
export const getent = `#!/bin/sh
${GAP}
case "$1" in passwd|group) ;; *) gap getent "$@" ;; esac
file=/etc/$1 code=0
[ "$#" -gt 1 ] || { cat "$file"; exit; }
shift
for name; do
  awk -F: -v n="$name" '$1 == n || ($3 == n && n ~ /^[0-9]+$/) { print; found = 1; exit } END { exit found ? 0 : 2 }' "$file" || code=2
done
exit "$code"
`;
