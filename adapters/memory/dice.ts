/** All choice of a simulated world: the same seed gives the same world. */
export interface Dice {
  /** In [0, 1). */
  readonly random: () => number;
  readonly chance: (probability: number) => boolean;
  /** An integer from `min` to `max`, both included. */
  readonly between: (min: number, max: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
  readonly hex: (digits: number) => string;
}

/** A seeded generator (mulberry32, public domain, Tommy Ettinger 2017). */
export function makeDice(seed: number): Dice {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1));
  return {
    random,
    between,
    chance: (probability) => random() < probability,
    pick: (list) => list[between(0, list.length - 1)] as (typeof list)[number],
    hex: (digits) => {
      let text = '';
      while (text.length < digits) text += between(0, 15).toString(16);
      return text;
    },
  };
}
