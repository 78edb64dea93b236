import { GAP } from './gap.ts';

/** The name service over /etc/passwd and /etc/group: getent passwd|group NAME. Exit code 2 says that there is no such name. */
export const getent = `#!/bin/sh
${GAP}
case "$#:$1" in
  2:passwd|2:group) awk -F: -v n="$2" '$1 == n || ($3 == n && n ~ /^[0-9]+$/) { print; found = 1; exit } END { exit found ? 0 : 2 }' "/etc/$1" ;;
  *) gap getent "$@" ;;
esac
`;
