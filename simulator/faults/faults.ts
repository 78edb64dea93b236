import { z } from 'zod';
import { readDeed, WHENS } from './deeds.ts';
import { standInRegion } from './region.ts';
import type { World } from '../world.ts';
import type { Deed, DeedKind, When } from './deeds.ts';

const shape = z.strictObject({
  id: z.string().min(1).optional(),
  match: z
    .strictObject({
      /** Name of an operation; `*` stands for any number of letters. */
      operation: z.string().min(1).optional(),
      /** Part of the path or of the name of what is struck. */
      resource: z.string().min(1).optional(),
      principal: z.string().min(1).optional(),
      nth: z.int().positive().optional(),
    })
    .default({}),
  when: z.enum(WHENS).optional(),
  do: z.unknown(),
  times: z.int().positive().optional(),
  probability: z.number().gt(0).max(1).optional(),
  /** The instant on the simulator's clock from which the fault strikes no more. */
  until: z.iso.datetime().optional(),
});

/** A fault as it was ordered. */
export type Fault = Omit<z.infer<typeof shape>, 'do' | 'id'> & { readonly id: string; readonly do: Deed };

/** A fault with how often it was looked at and how often it struck. */
export interface ArmedFault {
  readonly fault: Fault;
  seen: number;
  struck: number;
}

/** Checks and arms a fault. `operations` are those that are served. Throws an error that says what is wrong with it. */
export function armFault(world: World, given: unknown, operations: readonly string[]): Fault {
  const parsed = shape.safeParse(given);
  if (!parsed.success) throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  const { match, when } = parsed.data;
  const meant = operations.filter((operation) => match.operation !== undefined && names(match.operation, operation));
  if (when !== undefined && meant.length === 0)
    throw new Error(`match.operation: no operation that is served is called ${match.operation ?? '(missing)'}`);
  const deed = readDeed(parsed.data.do, { when, operations: meant });
  const fault = { ...parsed.data, do: deed, id: parsed.data.id ?? world.draws.nextUuid('fault') };
  if (world.faults.some((armed) => armed.fault.id === fault.id)) throw new Error(`a fault with the id ${fault.id} is armed already`);
  world.faults.push({ fault, seen: 0, struck: 0 });
  stand(world);
  return fault;
}

/** Disarms one fault, or all of a set, or (without an id) every one. Returns how many there were. */
export function disarmFaults(world: World, id?: string): number {
  const kept = id === undefined ? [] : world.faults.filter(({ fault }) => fault.id !== id && !fault.id.startsWith(`${id}/`));
  const count = world.faults.length - kept.length;
  world.faults.splice(0, world.faults.length, ...kept);
  stand(world);
  return count;
}

/** Faults that are a state of the world take hold when they are armed and let go when they are disarmed. */
function stand(world: World): void {
  const skewed = standing(world, 'skew', '');
  world.clock.skew(skewed === undefined ? 0 : skewed.skew * 1000);
  standInRegion(world, standing(world, 'regionDown', '')?.regionDown);
}

/** A request, job or poll that a fault may strike. */
export interface Suspect {
  readonly operation: string;
  readonly resource: string;
  readonly principal: string;
  readonly when: When;
}

/** The fault that strikes now, if any; counts it. Those in `but` have had their turn. */
export function strike(world: World, suspect: Suspect, but: ReadonlySet<string> = new Set()): Fault | undefined {
  for (const armed of world.faults) {
    const { match, when, times, probability, id } = armed.fault;
    if (but.has(id)) continue;
    if (when !== suspect.when || !names(match.operation ?? '*', suspect.operation)) continue;
    if (!touches(armed.fault, suspect.resource) || isOver(world, armed.fault)) continue;
    if (match.principal !== undefined && match.principal !== suspect.principal) continue;
    armed.seen += 1;
    if (match.nth !== undefined && armed.seen !== match.nth) continue;
    const bound = times ?? (match.nth === undefined && probability === undefined ? 1 : Infinity);
    if (armed.struck >= bound) continue;
    if (probability !== undefined && world.draws.next(`fault:${id}`) >= probability) continue;
    armed.struck += 1;
    return armed.fault;
  }
  return undefined;
}

/** The deed of a fault of this kind that stands over something, if there is one. */
export function standing<Kind extends DeedKind>(
  world: World,
  kind: Kind,
  resource: string,
): Extract<Deed, Record<Kind, unknown>> | undefined {
  for (const armed of world.faults) {
    const deed: Deed = armed.fault.do;
    if (!isKind(deed, kind) || armed.fault.when !== undefined) continue;
    if (!touches(armed.fault, resource) || isOver(world, armed.fault)) continue;
    armed.struck += 1;
    return deed;
  }
  return undefined;
}

function isKind<Kind extends DeedKind>(deed: Deed, kind: Kind): deed is Extract<Deed, Record<Kind, unknown>> {
  return kind in deed;
}

function touches(fault: Fault, resource: string): boolean {
  return fault.match.resource === undefined || resource.toLowerCase().includes(fault.match.resource.toLowerCase());
}

function isOver(world: World, fault: Fault): boolean {
  return fault.until !== undefined && Date.parse(fault.until) <= world.clock.nowMs();
}

function names(pattern: string, operation: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === operation;
  const last = rest.pop() ?? '';
  if (!operation.startsWith(first) || !operation.slice(first.length).endsWith(last)) return false;
  let place = first.length;
  for (const part of rest) {
    const found = operation.indexOf(part, place);
    if (found < 0) return false;
    place = found + part.length;
  }
  return place <= operation.length - last.length;
}
