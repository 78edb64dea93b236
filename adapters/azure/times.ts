/** A time, if it is set: year 1 and 1753 stand for "never" in answers of Site Recovery. SDKs leave times of types that they do not know as texts. */
export function timeOf(time: Date | string | null | undefined): number | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : time?.getTime();
  return ms === undefined || Number.isNaN(ms) || ms < Date.UTC(1970, 0, 1) ? undefined : ms;
}
