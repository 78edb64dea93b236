import type { World } from './world.ts';

/**
 * Wrong behaviours that can be planted on purpose. Each is one that a stand-in for Azure easily has, and that hides mistakes of its
 * clients; a test that means to catch such a mistake must fail when it is planted.
 */
export const PLANTS = {
  E1: 'operations are over when their request is answered',
  E2: 'the URLs of operations are short',
  E3: 'the operation of a backup ends when the backup does',
  E4: 'a switched item keeps its ARM id',
  E5: 'Reprotect is offered',
  E6: 'lists are as rich as a GET',
  E7: 'ids are always written alike',
  E8: 'nulls and sentinels are left out',
  E9: 'a second test failover is started',
  E10: 'a failure inside a job is an HTTP error at once',
  E11: 'a client request id that was seen before starts nothing',
  E12: 'a late effect comes at once',
  E13: 'a plan has one job',
  E14: 'what is detached is deleted too',
  E15: 'replication is always healthy and always has an RPO',
  E16: 'an enabled item is protected',
  E17: 'replicas hold what the source holds now',
  E18: 'machines of an isolated network can be reached',
  E19: 'run commands return all output, and their result as provisioning state',
  E20: 'the URL of an operation may be read by whoever may start it',
  E21: 'lists show a change at once',
  E22: 'what was just put can be read at once',
} as const;

export type Plant = keyof typeof PLANTS;

/** Whether a wrong behaviour is planted. */
export function planted(world: Pick<World, 'plants'>, plant: Plant): boolean {
  return world.plants.has(plant);
}

/** Checks the name of a plant. Throws an error that lists them. */
export function plantNamed(text: string): Plant {
  if (Object.hasOwn(PLANTS, text)) return text as Plant;
  throw new Error(`"${text}" is no planted behaviour; there are ${Object.keys(PLANTS).join(', ')}`);
}

/** A body without nulls, and without what stands for "no time" or "no scenario": the wrong behaviour E8. */
export function withoutUnset(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(withoutUnset);
  if (typeof body !== 'object' || body === null) return body;
  const isUnset = (value: unknown): boolean => value === null || (typeof value === 'string' && /^(0001|1753)-01-01T/.test(value));
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) => (isUnset(value) ? [] : [[name, withoutUnset(value)] as const])),
  );
}
