import { GAP } from './gap.ts';

export const pgIsready = `#!/bin/sh
${GAP}
asked="$*" host=127.0.0.1 port=5432 wait=3
while [ "$#" -gt 0 ]; do
  case "$1" in
    --host=*|--port=*|--timeout=*) value=\${1#*=} ;;
    -h|-p|-t) value=$2 ;;
    -d|-U) shift 2; continue ;;
    --dbname=*|--username=*) shift; continue ;;
    -q|--quiet) exec > /dev/null; shift; continue ;;
    *) gap pg_isready "$asked" ;;
  esac
  case "$1" in
    --host=*) host=$value; shift ;;
    --port=*) port=$value; shift ;;
    --timeout=*) wait=$value; shift ;;
    -h) host=$value; shift 2 ;;
    -p) port=$value; shift 2 ;;
    -t) wait=$value; shift 2 ;;
  esac
done
if nc -z -w "$wait" "$host" "$port"; then
  echo "$host:$port - accepting connections"
else
  echo "$host:$port - no response"
  exit 2
fi
`;
