import { absoluteText, relativeText } from '../time.ts';

/** An instant as a distance from now; the absolute time and the zone stand in its title. */
export function Time({ at, nowMs }: { readonly at: string; readonly nowMs: number }) {
  return (
    <time dateTime={at} title={absoluteText(at)}>
      {relativeText(at, nowMs)}
    </time>
  );
}
