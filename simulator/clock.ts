/** How long things take: real durations are divided by the scale, or are all the same short time. */
export type Pace = { readonly kind: 'scaled'; readonly scale: number } | { readonly kind: 'fixed'; readonly stageMs: number };

/** The simulator's time: the wall clock, or a clock that moves only when it is told to. Every wait is one entry of one ordered queue. */
export interface Clock {
  readonly nowMs: () => number;
  /** Shortens a real duration (ms) by the pace. */
  readonly paced: (durationMs: number) => number;
  /** Shortens a real period, age or expiry (ms); a fixed pace treats these as 600 times faster, since a stage's length would let nothing live. */
  readonly pacedPeriod: (periodMs: number) => number;
  /** Runs `run` after a real duration (ms), shortened by the pace. Returns a function that cancels it. */
  readonly after: (durationMs: number, run: () => void) => () => void;
  /** Runs `run` after a delay (ms) that was shortened already. */
  readonly afterPaced: (delayMs: number, run: () => void) => () => void;
  /** The same for a period, age or expiry. */
  readonly afterPeriod: (periodMs: number, run: () => void) => () => void;
  /** Moves a manual clock; throws on a wall clock. */
  readonly advance: (advanceMs: number) => void;
  /** Time of the next entry in ms since the epoch, undefined when nothing waits. */
  readonly nextMs: () => number | undefined;
  readonly manual: boolean;
  /** While it rushes, what is due within an hour happens at once: a wrong behaviour that can be planted. Periods go on as ever. */
  readonly rush: (on: boolean) => void;
  /** Sets how far the clock is ahead of the client's (ms). What waits goes on waiting for as long as before. */
  readonly skew: (aheadMs: number) => void;
  /** Runs what is due, and gives the instant (without skew) at which whatever comes in now is handled. */
  readonly settle: () => number;
  /** Handles something at an instant: while it is handled the clock stands. */
  readonly at: <Result>(atMs: number, run: () => Result) => Result;
  /** Runs what was due until an instant that is past: time goes by as it did then. */
  readonly replayTo: (atMs: number) => void;
  /** Lets time pass. A wall clock is `offsetMs` off this computer's; `ticked` is told when entries ran although nothing had come in. */
  readonly play: (given: { readonly offsetMs: number; readonly ticked: (atMs: number) => void }) => void;
  readonly stop: () => void;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

const FIXED_PERIOD_SCALE = 600;
/** Longest delay that a timer of Node takes. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** A queue of waits, ordered by time and, at equal times, by when they were entered. */
interface Queue {
  readonly insert: (atMs: number, run: () => void) => Entry;
  readonly remove: (entry: Entry) => void;
  readonly head: () => Entry | undefined;
  readonly takeHead: () => void;
  readonly clear: () => void;
}

function makeQueue(): Queue {
  const entries: Entry[] = [];
  let order = 0;
  return {
    insert: (atMs, run) => {
      order += 1;
      const entry = { atMs, order, run };
      let place = entries.length;
      for (let before = entries[place - 1]; before !== undefined && before.atMs > atMs; before = entries[place - 1]) place -= 1;
      entries.splice(place, 0, entry);
      return entry;
    },
    remove: (entry) => {
      const place = entries.indexOf(entry);
      if (place >= 0) entries.splice(place, 1);
    },
    head: () => entries[0],
    takeHead: () => void entries.shift(),
    clear: () => entries.splice(0),
  };
}

/** Makes a clock that stands at `startMs` until it is let play; a manual one stands until it is told to move. */
export function makeClock(pace: Pace, start: { readonly startMs: number; readonly manual: boolean }): Clock {
  let aheadMs = 0;
  let rushing = false;
  const line = makeTimeline(start);
  const paced = (durationMs: number): number => (pace.kind === 'fixed' ? pace.stageMs : durationMs / pace.scale);
  const pacedPeriod = (periodMs: number): number => periodMs / (pace.kind === 'fixed' ? FIXED_PERIOD_SCALE : pace.scale);
  return {
    ...line,
    nowMs: () => line.nowMs() + aheadMs,
    paced,
    pacedPeriod,
    manual: start.manual,
    after: (durationMs, run) => {
      if (!rushing) return line.enter(paced(durationMs), run);
      run();
      return () => undefined;
    },
    advance: (advanceMs) => {
      if (!start.manual) throw new Error('the clock is the wall clock; it cannot be moved');
      line.replayTo(line.nowMs() + advanceMs);
    },
    afterPaced: line.enter,
    afterPeriod: (periodMs, run) => line.enter(pacedPeriod(periodMs), run),
    nextMs: () => {
      const atMs = line.nextMs();
      return atMs === undefined ? undefined : atMs + aheadMs;
    },
    rush: (on) => {
      rushing = on;
    },
    skew: (wantedMs) => {
      aheadMs = wantedMs;
    },
  };
}

/** Time as it passes for what waits: a skew of the clock shortens or lengthens no wait. */
interface Timeline extends Pick<Clock, 'nowMs' | 'nextMs' | 'settle' | 'at' | 'replayTo' | 'play' | 'stop'> {
  readonly enter: (delayMs: number, run: () => void) => () => void;
}

/*
 * Nothing of the world may depend on how fast this computer is. So an entry that is due runs at its own instant, however late the timer
 * was, and while something that came in is handled the time stands: the same inputs at the same instants give the same world.
 */
function makeTimeline({ startMs, manual }: { readonly startMs: number; readonly manual: boolean }): Timeline {
  const queue = makeQueue();
  let standingMs: number | undefined = startMs;
  let timer: NodeJS.Timeout | undefined;
  let played: Parameters<Clock['play']>[0] | undefined;
  const wallMs = (): number => Date.now() + (played?.offsetMs ?? 0);
  const nowMs = (): number => standingMs ?? wallMs();

  const standAt = <Result>(atMs: number, run: () => Result): Result => {
    const before = standingMs;
    standingMs = atMs;
    try {
      return run();
    } finally {
      standingMs = before;
    }
  };
  const runUntil = (endMs: number): number => {
    let count = 0;
    for (let head = queue.head(); head !== undefined && head.atMs <= endMs; head = queue.head()) {
      queue.takeHead();
      standAt(head.atMs, head.run);
      count += 1;
    }
    return count;
  };
  const replayTo = (atMs: number): void => {
    runUntil(atMs);
    standingMs = atMs;
  };
  const settle = (): number => {
    const atMs = nowMs();
    if (!manual && runUntil(atMs) > 0) played?.ticked(atMs);
    return atMs;
  };
  const wait = (): void => {
    clearTimeout(timer);
    const head = queue.head();
    if (manual || played === undefined || head === undefined) return;
    const due = (): void => {
      settle();
      wait();
    };
    timer = setTimeout(due, Math.min(TIMER_MAX_MS, Math.max(0, head.atMs - wallMs())));
  };
  return {
    nowMs,
    settle,
    // A manual clock stands anyway, and may be moved by what is handled.
    at: (atMs, run) => (manual ? run() : standAt(atMs, run)),
    enter: (delayMs, run) => {
      const entry = queue.insert(nowMs() + delayMs, run);
      if (queue.head() === entry) wait();
      return () => queue.remove(entry);
    },
    nextMs: () => queue.head()?.atMs,
    replayTo,
    play: (given) => {
      played = given;
      if (!manual) standingMs = undefined;
      wait();
    },
    stop: () => {
      clearTimeout(timer);
      queue.clear();
    },
  };
}
