import { createHash } from 'node:crypto';

/** Seeded draws. Every draw is named, so that the order in which requests arrive does not change what other draws give. */
export interface Draws {
  /** A number in [0, 1) for this name; the n-th call with the same name gives the n-th number of that name. */
  readonly next: (name: string) => number;
  /** A number in [low, high] for this name. */
  readonly between: (name: string, low: number, high: number) => number;
  /** The same UUID for the same name, whenever it is asked. */
  readonly uuid: (name: string) => string;
  /** A fresh UUID: the n-th call with the same name gives the n-th UUID of that name. */
  readonly nextUuid: (name: string) => string;
  /** Hexadecimal text of the given length, the same for the same name. */
  readonly hex: (name: string, length: number) => string;
  /** Draws from another seed from now on; what is the same for the same name stays as it is. */
  readonly reseed: (seed: number) => void;
  /** The seed of what is drawn now. */
  readonly seed: () => number;
}

/** Makes the draws of one seed. */
export function makeDraws(seed: number): Draws {
  const counters = new Map<string, number>();

  let drawn = seed;

  const digest = (name: string, from = seed): Buffer => createHash('sha256').update(`${from}\n${name}`).digest();

  const counted = (name: string): string => {
    const count = counters.get(name) ?? 0;
    counters.set(name, count + 1);
    return `${name}#${count}`;
  };

  const next = (name: string): number => digest(counted(name), drawn).readUIntBE(0, 6) / 2 ** 48;

  const uuid = (name: string, from = seed): string => {
    const bytes = digest(`uuid:${name}`, from).subarray(0, 16);
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };

  const hex = (name: string, length: number): string => {
    let text = '';
    for (let part = 0; text.length < length; part += 1) text += digest(`hex:${name}:${part}`).toString('hex');
    return text.slice(0, length);
  };

  return {
    next,
    between: (name, low, high) => low + (high - low) * next(name),
    uuid: (name) => uuid(name),
    nextUuid: (name) => uuid(counted(`uuid:${name}`), drawn),
    hex,
    reseed: (wanted) => {
      drawn = wanted;
    },
    seed: () => drawn,
  };
}
