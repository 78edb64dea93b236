import { GAP } from './gap.ts';

/** Kernel parameters: what -w wrote since the boot, else what /etc/sysctl.d sets at a boot, else the kernel's own value. */
export const sysctl = `#!/bin/sh
${GAP}
asked="$*" bare= write=
while [ "$#" -gt 0 ]; do
  case "$1" in
    -n) bare=1; shift ;;
    -w) write=1; shift ;;
    --) shift; break ;;
    -*) gap sysctl "$asked" ;;
    *) break ;;
  esac
done
[ "$#" -ge 1 ] || gap sysctl "$asked"
[ "$#" -eq 1 ] || [ -z "$write" ] || gap sysctl "$asked"
code=0
while [ "$#" -gt 0 ]; do
key=$(echo "\${1%%=*}" | tr / .)
if [ -n "$write" ]; then
  echo "$key = \${1#*=}" >> /run/sim/sysctl
  echo "$key = \${1#*=}"
  exit 0
fi
value=$(cat /usr/local/lib/sim/kernel /etc/sysctl.d/*.conf /run/sim/sysctl 2> /dev/null | awk -v k="$key" '
  { at = index($0, "="); if (!at) next; name = substr($0, 1, at - 1); gsub(/[ \\t]/, "", name); gsub("/", ".", name) }
  name == k { value = substr($0, at + 1); gsub(/^[ \\t]+|[ \\t]+$/, "", value); found = 1 }
  END { if (found) print "=" value }')
[ -n "$value" ] || { echo "sysctl: cannot stat /proc/sys/$(echo "$key" | tr . /): No such file or directory" >&2; code=$((code + 1)); shift; continue; }
if [ -n "$bare" ]; then echo "\${value#=}"; else echo "$key = \${value#=}"; fi
shift
done
exit "$code"
`;
