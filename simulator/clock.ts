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
  /** Moves a manual clock; throws on a wall clock. Returns the number of entries that ran. */
  readonly advance: (advanceMs: number) => number;
  /** Time of the next entry in ms since the epoch, undefined when nothing waits. */
  readonly nextMs: () => number | undefined;
  readonly manual: boolean;
  /** While it rushes, what is due within an hour happens at once: a wrong behaviour that can be planted. Periods go on as ever. */
  readonly rush: (on: boolean) => void;
  /** Sets how far the clock is ahead of the client's (ms). What waits goes on waiting for as long as before. */
  readonly skew: (aheadMs: number) => void;
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

/** Makes a clock; `startMs` makes it a manual one that stands at that instant. */
export function makeClock(pace: Pace, startMs?: number): Clock {
  const manual = startMs !== undefined;
  let aheadMs = 0;
  let rushing = false;
  const line = makeTimeline(startMs);
  const paced = (durationMs: number): number => (pace.kind === 'fixed' ? pace.stageMs : durationMs / pace.scale);
  const pacedPeriod = (periodMs: number): number => periodMs / (pace.kind === 'fixed' ? FIXED_PERIOD_SCALE : pace.scale);
  return {
    nowMs: () => line.nowMs() + aheadMs,
    paced,
    pacedPeriod,
    manual,
    after: (durationMs, run) => {
      if (!rushing) return line.enter(paced(durationMs), run);
      run();
      return () => undefined;
    },
    afterPaced: line.enter,
    afterPeriod: (periodMs, run) => line.enter(pacedPeriod(periodMs), run),
    advance: (advanceMs) => {
      if (!manual) throw new Error('the clock is the wall clock; it cannot be moved');
      return line.advance(advanceMs);
    },
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
    stop: line.stop,
  };
}

/** Time as it passes for what waits: a skew of the clock shortens or lengthens no wait. */
interface Timeline {
  readonly nowMs: () => number;
  readonly enter: (delayMs: number, run: () => void) => () => void;
  readonly advance: (advanceMs: number) => number;
  readonly nextMs: () => number | undefined;
  readonly stop: () => void;
}

function makeTimeline(startMs: number | undefined): Timeline {
  const queue = makeQueue();
  const manual = startMs !== undefined;
  let manualMs = startMs ?? 0;
  let timer: NodeJS.Timeout | undefined;
  const nowMs = (): number => (manual ? manualMs : Date.now());

  const runUntil = (endMs: number): number => {
    let count = 0;
    for (let head = queue.head(); head !== undefined && head.atMs <= endMs; head = queue.head()) {
      queue.takeHead();
      if (manual) manualMs = Math.max(manualMs, head.atMs);
      head.run();
      count += 1;
    }
    return count;
  };

  const wait = (): void => {
    clearTimeout(timer);
    const head = queue.head();
    if (manual || head === undefined) return;
    const due = (): void => {
      runUntil(Date.now());
      wait();
    };
    timer = setTimeout(due, Math.min(TIMER_MAX_MS, Math.max(0, head.atMs - Date.now())));
  };

  return {
    nowMs,
    enter: (delayMs, run) => {
      const entry = queue.insert(nowMs() + delayMs, run);
      if (queue.head() === entry) wait();
      return () => queue.remove(entry);
    },
    advance: (advanceMs) => {
      const endMs = manualMs + advanceMs;
      const count = runUntil(endMs);
      manualMs = endMs;
      return count;
    },
    nextMs: () => queue.head()?.atMs,
    stop: () => {
      clearTimeout(timer);
      queue.clear();
    },
  };
}
