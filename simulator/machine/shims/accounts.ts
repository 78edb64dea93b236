import { GAP } from './gap.ts';

// Files are written through, so that their mode and owner stay.
const EDIT = `${GAP}
edit() { file=$1; shift; awk -F: -v OFS=: "$@" "$file" > "$file.new" && cat "$file.new" > "$file"; rm -f "$file.new"; }
known() { awk -F: -v n="$1" '$1 == n { found = 1 } END { exit !found }' "$2"; }
gid_of() { awk -F: -v n="$1" '$1 == n || $3 == n { print $3; exit }' /etc/group; }
group_or_end() { [ -n "$(gid_of "$1")" ] || { echo "$2: group '$1' does not exist" >&2; exit 6; }; }
join() { for each in $(echo "$2" | tr , ' '); do edit /etc/group -v n="$each" -v u="$1" '
  $1 == n { count = split($4, have, ","); there = 0; for (i = 1; i <= count; i++) if (have[i] == u) there = 1; if (!there) $4 = $4 ($4 == "" ? "" : ",") u } { print }'; done; }
leave_all() { edit /etc/group -v u="$1" '
  { count = split($4, have, ","); left = ""; for (i = 1; i <= count; i++) if (have[i] != u) left = left (left == "" ? "" : ",") have[i]; $4 = left; print }'; }
set_field() { edit "$1" -v n="$2" -v f="$3" -v v="$4" '$1 == n { $f = v } { print }'; }
`;

/** useradd [-M] [-u UID] [-g GROUP] [-d HOME] [-s SHELL] [-c NAME] [-G GROUPS] [--] NAME over the files of accounts. */
export const useradd = `#!/bin/sh
${EDIT}
asked="$*" uid= group= home= shell=/bin/sh full= groups=
while [ "$#" -gt 0 ]; do
  case "$1" in
    -M) ;; --) ;;
    -u) uid=$2; shift ;; -g) group=$2; shift ;; -d) home=$2; shift ;; -s) shell=$2; shift ;; -c) full=$2; shift ;; -G) groups=$2; shift ;;
    -*) gap useradd "$asked" ;;
    *) name=$1 ;;
  esac
  shift
done
[ -n "$name" ] || gap useradd "$asked"
known "$name" /etc/passwd && { echo "useradd: user '$name' already exists" >&2; exit 9; }
for each in $group $(echo "$groups" | tr , ' '); do group_or_end "$each" useradd; done
[ -n "$uid" ] || uid=$(awk -F: '$3 >= 1000 && $3 < 60000 && $3 > most { most = $3 } END { print (most ? most : 999) + 1 }' /etc/passwd)
if [ -z "$group" ]; then echo "$name:x:$uid:" >> /etc/group; group=$uid; fi
echo "$name:x:$uid:$(gid_of "$group"):$full:\${home:-/home/$name}:$shell" >> /etc/passwd
echo "$name:!:19700:0:99999:7:::" >> /etc/shadow
join "$name" "$groups"
`;

/** usermod with the same options, and -a, -L and -U. */
export const usermod = `#!/bin/sh
${EDIT}
asked="$*" add= lock= groups=- changes=
for name; do :; done
known "$name" /etc/passwd || { echo "usermod: user '$name' does not exist" >&2; exit 6; }
while [ "$#" -gt 1 ]; do
  case "$1" in
    --) ;; -a) add=1 ;; -L|-U) lock=$1 ;;
    -u) set_field /etc/passwd "$name" 3 "$2"; shift ;;
    -g) group_or_end "$2" usermod; set_field /etc/passwd "$name" 4 "$(gid_of "$2")"; shift ;;
    -c) set_field /etc/passwd "$name" 5 "$2"; shift ;;
    -d) set_field /etc/passwd "$name" 6 "$2"; shift ;;
    -s) set_field /etc/passwd "$name" 7 "$2"; shift ;;
    -G) groups=$2; shift; for each in $(echo "$groups" | tr , ' '); do group_or_end "$each" usermod; done ;;
    *) gap usermod "$asked" ;;
  esac
  shift
done
if [ "$groups" != - ]; then [ -n "$add" ] || leave_all "$name"; join "$name" "$groups"; fi
case "$lock" in
  -L) edit /etc/shadow -v n="$name" '$1 == n && $2 !~ /^!/ { $2 = "!" $2 } { print }' ;;
  -U) edit /etc/shadow -v n="$name" '$1 == n { sub(/^!/, "", $2); if ($2 == "") $2 = "!" } { print }' ;;
esac
`;

/** userdel [--] NAME; the home stays. */
export const userdel = `#!/bin/sh
${EDIT}
[ "$1" = -- ] && shift
case "$#:$1" in 1:-*|0:*) gap userdel "$@" ;; esac
known "$1" /etc/passwd || { echo "userdel: user '$1' does not exist" >&2; exit 6; }
leave_all "$1"
for file in /etc/passwd /etc/shadow; do edit "$file" -v n="$1" '$1 != n { print }'; done
edit /etc/group -v n="$1" '$1 != n || $4 != "" { print }'
`;

/** chage -M DAYS [--] NAME. */
export const chage = `#!/bin/sh
${EDIT}
[ "$1" = -M ] || gap chage "$@"
for name; do :; done
known "$name" /etc/shadow || { echo "chage: user '$name' does not exist in /etc/shadow" >&2; exit 1; }
set_field /etc/shadow "$name" 5 "$2"
`;
