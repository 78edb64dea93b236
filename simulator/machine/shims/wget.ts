import { GAP } from './gap.ts';

/** The options of wget that scripts use to ask a service, on top of curl. */
export const wget = `#!/bin/sh
${GAP}
asked="$*" url= target= spider= wait=30 quiet=
while [ "$#" -gt 0 ]; do
  case "$1" in
    -q|--quiet|-nv) quiet=-s; shift ;;
    -qO-) quiet=-s; target=-; shift ;;
    -O) target=$2; shift 2 ;;
    -O*) target=\${1#-O}; shift ;;
    --output-document=*) target=\${1#*=}; shift ;;
    --spider) spider=1; shift ;;
    -T) wait=$2; shift 2 ;;
    --timeout=*) wait=\${1#*=}; shift ;;
    -t) shift 2 ;;
    --tries=*) shift ;;
    -*) gap wget "$asked" ;;
    *) url=$1; shift ;;
  esac
done
[ -n "$url" ] || gap wget "$asked"
[ -n "$target" ] || target=$(basename "$url")
[ -n "$spider" ] && target=/dev/null
curl -s -f -L --max-time "$wait" -o "$target" "$url"
case "$?" in
  0) exit 0 ;;
  22) [ -n "$quiet" ] || echo "wget: server returned error" >&2; exit 8 ;;
  127) exit 127 ;;
  *) exit 4 ;;
esac
`;
