/*
 * The certificate library reads class metadata through the Reflect API that TypeScript's old decorators were designed for and that
 * JavaScript never got. These are the four calls it makes, kept in a weak map; nothing else in the simulator uses them.
 */
const metadata = new WeakMap<object, Map<unknown, unknown>>();

function own(target: object): Map<unknown, unknown> {
  const known = metadata.get(target);
  if (known !== undefined) return known;
  const made = new Map<unknown, unknown>();
  metadata.set(target, made);
  return made;
}

function inherited(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = metadata.get(at)?.get(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Installs the calls, unless a polyfill is there already. */
export function installReflection(): void {
  if ('getMetadata' in Reflect) return;
  Object.assign(Reflect, {
    getMetadata: inherited,
    getOwnMetadata: (key: unknown, target: object) => metadata.get(target)?.get(key),
    defineMetadata: (key: unknown, value: unknown, target: object) => own(target).set(key, value),
    metadata: (key: unknown, value: unknown) => (target: object) => own(target).set(key, value),
  });
}
