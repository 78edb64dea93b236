/** What every shim does with a call it does not know: a silent guess would make checks lie. */
export const GAP = `gap() {
  echo "not simulated: $*" >&2
  echo "$*" >> /run/sim/unmatched
  exit 64
}
`;
