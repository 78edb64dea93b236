import { GAP } from './gap.ts';

/** Scripts run as the owner of the machine's files, which the machine itself takes for root. */
export const id = `#!/bin/sh
${GAP}
case "$#:$1" in
  0:) echo 'uid=0(root) gid=0(root) groups=0(root)' ;;
  1:-u|1:-g|1:-G) echo 0 ;;
  1:-un|1:-gn|1:-Gn) echo root ;;
  2:-Gn|3:-Gn)
    [ "$#" = 2 ] || [ "$2" = -- ] || gap id "$@"
    for name in "$@"; do :; done
    awk -F: -v n="$name" '
      FNR == NR { if ($1 == n) { gid = $3 == "" ? "" : $4; found = 1 } next }
      found && $3 == gid { first = $1 }
      found && $3 != gid { split($4, members, ","); for (i in members) if (members[i] == n) others = others " " $1 }
      END { if (!found) exit 1; print first others }' /etc/passwd /etc/group || { echo "id: '$name': no such user" >&2; exit 1; } ;;
  *) gap id "$@" ;;
esac
`;
