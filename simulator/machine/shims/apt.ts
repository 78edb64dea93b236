import { GAP } from './gap.ts';

/**
 * apt-get install|remove NAME[=VERSION] over /var/lib/dpkg/status. /usr/local/lib/sim/packages holds what the sources of the machine offer, as
 * lines `NAME VERSION [NEEDS]`; what needs a package goes with it.
 */
export const aptGet = `#!/bin/sh
${GAP}
asked="$*" only= verb= name= held= stay=
status=/var/lib/dpkg/status offers=/usr/local/lib/sim/packages
while [ "$#" -gt 0 ]; do
  case "$1" in
    -q|-y|--yes|--no-install-recommends) ;;
    --no-remove) stay=1 ;;
    --allow-change-held-packages) held=1 ;;
    -s) only=1 ;;
    -o) shift ;;
    -*) gap apt-get "$asked" ;;
    *) if [ -z "$verb" ]; then verb=$1; elif [ -z "$name" ]; then name=$1; else gap apt-get "$asked"; fi ;;
  esac
  shift
done
version=; case "$name" in *=*) version=\${name#*=}; name=\${name%%=*} ;; esac
state() { awk -v n="$1" '$1 == "Package:" { at = $2 } $1 == "Status:" && at == n { print $2, $4 } $1 == "Version:" && at == n { print $2 }' "$status" | tr '\\n' ' '; }
drop() { awk -v n="$1" 'BEGIN { RS = ""; ORS = "\\n\\n" } { split($0, line, "\\n"); if (line[1] != "Package: " n) print }' "$status" > "$status.new" && cat "$status.new" > "$status"; rm -f "$status.new"; }
case "$verb" in
  update) exit 0 ;;
  install)
    offer=$(awk -v n="$name" -v v="$version" '$1 == n && (v == "" || v == $2) { print $2; exit }' "$offers" 2> /dev/null)
    set -- $(state "$name")
    [ -n "$offer" ] || { [ -n "$version" ] && echo "E: Version '$version' for '$name' was not found" >&2 || echo "E: Unable to locate package $name" >&2; exit 100; }
    [ "$3" = "$offer" ] && { echo "$name is already the newest version ($offer)."; exit 0; }
    [ "$1" != hold ] || [ -n "$held" ] || { echo "E: Held packages were changed and -y was used without --allow-change-held-packages." >&2; exit 100; }
    echo "Inst $name ($offer)"
    [ -z "$only" ] || exit 0
    drop "$name"
    printf '\\nPackage: %s\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: %s\\n' "$name" "$offer" >> "$status" ;;
  remove)
    [ -z "$stay" ] || gap apt-get "$asked"
    set -- $(state "$name")
    [ "$2" = installed ] || { echo "Package '$name' is not installed, so not removed"; exit 0; }
    for each in "$name" $(awk -v n="$name" '$3 == n { print $1 }' "$offers" 2> /dev/null); do
      case "$(state "$each")" in *installed*) ;; *) continue ;; esac
      echo "Remv $each"
      [ -n "$only" ] || drop "$each"
    done ;;
  *) gap apt-get "$asked" ;;
esac
`;

/** apt-mark hold|unhold NAME. */
export const aptMark = `#!/bin/sh
${GAP}
case "$#:$1" in 2:hold) want=hold ;; 2:unhold) want=install ;; *) gap apt-mark "$@" ;; esac
awk -v n="$2" -v w="$want" '$1 == "Package:" { at = $2 } $1 == "Status:" && at == n { $2 = w; done = 1 } { print } END { exit !done }' /var/lib/dpkg/status > /var/lib/dpkg/status.new || {
  rm -f /var/lib/dpkg/status.new; echo "E: Unable to locate package $2" >&2; exit 100; }
cat /var/lib/dpkg/status.new > /var/lib/dpkg/status
rm -f /var/lib/dpkg/status.new
`;
