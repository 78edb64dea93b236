/**
 * The host's curl, or what stands in for it. Addresses and names of machines in sight are led to where those machines really listen; every other
 * host leads nowhere, so that no script of a machine can make a request that leaves this computer. By the address it binds, a machine says who it is.
 */
export const curl = `#!/bin/sh
set -- --connect-to ::127.255.255.254:9 "$@"
while read -r address name real; do
  [ "$name" != localhost ] || set -- --interface "$real" "$@"
  set -- --connect-to "$address::$real:" --connect-to "$name::$real:" "$@"
done < /run/sim/hosts
[ -x /usr/lib/sim/curl ] && exec /usr/lib/sim/curl --noproxy '*' "$@"
exec /usr/lib/sim/node /usr/lib/sim/curl.mjs "$@"
`;
