/** A time, if it is set: year 1 and 1753 stand for "never" in answers of Site Recovery. */
export function timeOf(time: Date | null | undefined): number | undefined {
  const ms = time?.getTime();
  return ms === undefined || Number.isNaN(ms) || ms < Date.UTC(1970, 0, 1) ? undefined : ms;
}
