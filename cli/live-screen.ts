import type { TextStream } from './terminal.ts';

/** A block of lines that is painted over in place, at the end of what a terminal shows. */
export interface LiveScreen {
  readonly paint: (lines: readonly string[]) => void;
  /** Takes the block away, so that a line can be printed where it stood; the next paint follows below that line. */
  readonly clear: () => void;
  /** Leaves the last block as it is and gives the cursor back. */
  readonly end: () => void;
}

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';

/** Paints blocks on a terminal. Only for terminals: elsewhere nothing may move the cursor. */
export function liveScreen(stream: TextStream): LiveScreen {
  let painted = 0;
  let last = '';
  return {
    paint: (lines) => {
      const text = lines.map((line) => `${line}\u001b[K\n`).join('');
      if (text === last) return;
      const back = painted === 0 ? HIDE : `\u001b[${painted}A`;
      stream.write(`${back}${text}\u001b[J`);
      painted = lines.length;
      last = text;
    },
    clear: () => {
      if (painted > 0) stream.write(`\u001b[${painted}A\u001b[J`);
      painted = 0;
      last = '';
    },
    end: () => {
      if (painted > 0) stream.write(SHOW);
      painted = 0;
      last = '';
    },
  };
}
