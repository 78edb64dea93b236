import { GAP } from './gap.ts';

/** Only the question whether a port is open: nc -z [-w SECONDS] HOST PORT. */
export const nc = `#!/bin/sh
${GAP}
asked="$*" only= wait=5
while [ "$#" -gt 2 ]; do
  case "$1" in
    -z|-zv|-vz) only=1; shift ;;
    -v|-n) shift ;;
    -w) wait=$2; shift 2 ;;
    *) gap nc "$asked" ;;
  esac
done
[ -n "$only" ] && [ "$#" -eq 2 ] || gap nc "$asked"
curl -s -o /dev/null --connect-timeout "$wait" --max-time "$wait" "http://$1:$2/"
case "$?" in
  6|7|28|52|56) exit 1 ;;
  127) exit 127 ;;
  *) exit 0 ;;
esac
`;
