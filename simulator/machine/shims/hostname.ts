import { GAP } from './gap.ts';

export const hostname = `#!/bin/sh
${GAP}
case "$#:$1" in
  0:|1:-s|1:-f) sed -n 's/^hostname //p' /run/sim/machine ;;
  1:-I|1:-i) sed -n "s/^\\([0-9.]*\\) $(sed -n 's/^hostname //p' /run/sim/machine) .*/\\1/p" /run/sim/hosts | head -n 1 ;;
  *) gap hostname "$@" ;;
esac
`;
