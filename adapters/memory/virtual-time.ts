import type { Clock } from '../../engine/ports.ts';

/** A clock that jumps from one due time to the next; ties are broken by insertion number. */
export interface VirtualTime {
  readonly clock: Clock;
  readonly at: (afterMs: number, act: () => void) => void;
  /** Runs until nothing is due, or until the virtual clock has passed `untilMs`; returns how many timers fired. */
  readonly run: (untilMs: number, done: () => boolean) => Promise<number>;
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly act: () => void;
  /** Nobody waits for it any more: it is dropped, and time does not pass for it. */
  dropped: boolean;
}

/** A virtual clock that starts at the given wall time (milliseconds since 1970). */
export function makeVirtualTime(startMs: number): VirtualTime {
  const timers: Timer[] = [];
  let nowMs = startMs;
  let order = 0;

  const add = (afterMs: number, act: () => void): Timer => {
    order += 1;
    const timer = { dueMs: nowMs + Math.max(0, afterMs), order, act, dropped: false };
    push(timers, timer);
    return timer;
  };
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      let timer: Timer | undefined;
      const done = (): void => {
        signal?.removeEventListener('abort', done);
        if (timer !== undefined) timer.dropped = true;
        resolve();
      };
      signal?.addEventListener('abort', done);
      if (Number.isFinite(ms)) timer = add(ms, done);
    });

  return {
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs - startMs, sleep },
    at: (afterMs, act) => void add(afterMs, act),
    async run(untilMs, done) {
      let fired = 0;
      for (;;) {
        await barrier();
        let next = done() ? undefined : pop(timers);
        while (next?.dropped === true) next = pop(timers);
        if (next === undefined) return fired;
        if (next.dueMs > startMs + untilMs) {
          // It is due when somebody lets more time pass.
          push(timers, next);
          return fired;
        }
        nowMs = Math.max(nowMs, next.dueMs);
        next.act();
        fired += 1;
      }
    },
  };
}

/** Lets every promise that can go on do so before time moves. */
function barrier(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function before(left: Timer, right: Timer): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);
}

function push(heap: Timer[], timer: Timer): void {
  heap.push(timer);
  for (let child = heap.length - 1; child > 0;) {
    const parent = (child - 1) >> 1;
    const [a, b] = [heap[child], heap[parent]];
    if (a === undefined || b === undefined || !before(a, b)) return;
    heap[child] = b;
    heap[parent] = a;
    child = parent;
  }
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  heap[0] = last;
  for (let parent = 0; ;) {
    const [left, right] = [2 * parent + 1, 2 * parent + 2];
    let least = parent;
    for (const child of [left, right]) {
      const [a, b] = [heap[child], heap[least]];
      if (a !== undefined && b !== undefined && before(a, b)) least = child;
    }
    if (least === parent) return first;
    const [a, b] = [heap[parent], heap[least]];
    if (a === undefined || b === undefined) return first;
    heap[parent] = b;
    heap[least] = a;
    parent = least;
  }
}
