import type { Tone } from '../words.ts';

/** The shared time axis: begin and end in milliseconds since 1970. */
export interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
}

interface Props {
  readonly axis: Axis;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
  readonly tone: Tone;
}

const WIDTH = 1000;
// Six pixels of a bar that is some 300 pixels wide.
const WIDTH_MIN = 20;

/** When a step ran, drawn on the axis of the whole run. The row tells the same in words. */
export function TimeBar({ axis, startedAt, endedAt, tone }: Props) {
  const scale = WIDTH / Math.max(1, axis.toMs - axis.fromMs);
  const from = startedAt === undefined ? undefined : (Date.parse(startedAt) - axis.fromMs) * scale;
  const to = endedAt === undefined ? WIDTH : (Date.parse(endedAt) - axis.fromMs) * scale;
  return (
    <svg class="bar" viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
      <rect class="axis" x="0" y="4" width={WIDTH} height="2" />
      {from !== undefined && (
        <rect
          class={tone}
          x={Math.min(from, WIDTH - WIDTH_MIN)}
          y="0"
          width={Math.max(WIDTH_MIN, Math.min(to, WIDTH) - from)}
          height="10"
        />
      )}
    </svg>
  );
}
