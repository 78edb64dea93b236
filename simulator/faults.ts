import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { armError } from './arm-errors.ts';
import type { Answer } from './route.ts';
import type { World } from './world.ts';

const STATUSES = [408, 429, 500, 502, 503, 504] as const;

const deed = z.union([
  z.strictObject({ status: z.literal(STATUSES), code: z.string().optional(), retryAfter: z.int().nonnegative().optional() }),
  z.strictObject({ reset: z.literal(true) }),
  z.strictObject({ hang: z.int().positive().max(600_000) }),
  z.strictObject({
    failJob: z.strictObject({
      code: z.string(),
      message: z.string().optional(),
      /** Of the failover of a plan: so many machines fail, and the others go on. */
      machines: z.int().positive().optional(),
    }),
  }),
]);

const fault = z
  .strictObject({
    id: z.string().min(1).optional(),
    match: z.strictObject({
      operation: z.string().min(1),
      resource: z.string().min(1).optional(),
      principal: z.string().min(1).optional(),
      nth: z.int().positive().optional(),
    }),
    when: z.enum(['before', 'after', 'duringJob']),
    do: deed,
    times: z.int().positive().optional(),
    probability: z.number().gt(0).max(1).optional(),
  })
  .refine((given) => 'failJob' in given.do === (given.when === 'duringJob'), 'failJob goes with when: duringJob, and nothing else does');

/** A fault as it was ordered. */
export type Fault = z.infer<typeof fault> & { readonly id: string };
export type Deed = Fault['do'];

/** A fault with how often it was looked at and how often it struck. */
export interface ArmedFault {
  readonly fault: Fault;
  seen: number;
  struck: number;
}

/** What the control API says about each kind of fault. */
export const CATALOGUE = [
  { do: 'status', parameters: { status: STATUSES, code: 'text?', retryAfter: 'seconds?' }, when: ['before', 'after'] },
  { do: 'reset', parameters: { reset: true }, when: ['before', 'after'] },
  { do: 'hang', parameters: { hang: 'ms, then the connection is reset' }, when: ['before', 'after'] },
  { do: 'failJob', parameters: { failJob: { code: 'text', message: 'text?', machines: 'number?' } }, when: ['duringJob'] },
] as const;

/** Checks and arms a fault. Throws a zod error when it is none that the catalogue knows. */
export function armFault(world: World, given: unknown): Fault {
  const parsed = fault.parse(given);
  const made = { ...parsed, id: parsed.id ?? randomUUID() };
  if (world.faults.some((armed) => armed.fault.id === made.id)) throw new Error(`a fault with the id ${made.id} is armed already`);
  world.faults.push({ fault: made, seen: 0, struck: 0 });
  return made;
}

/** A request that a fault may strike. */
export interface Suspect {
  readonly operation: string;
  readonly resource: string;
  readonly principal: string;
  readonly when: Fault['when'];
}

/** The fault that strikes this request now, if any; counts it. */
export function strike(world: World, suspect: Suspect): Fault | undefined {
  for (const armed of world.faults) {
    const { match, when, times, probability, id } = armed.fault;
    if (when !== suspect.when || match.operation !== suspect.operation) continue;
    if (match.resource !== undefined && !suspect.resource.toLowerCase().includes(match.resource.toLowerCase())) continue;
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

const TEXTS: Readonly<Record<number, readonly [string, string]>> = {
  408: ['RequestTimeout', 'The request timed out.'],
  429: ['TooManyRequests', 'The request is being throttled as the limit has been reached for operation type. Please try again later.'],
  500: ['InternalServerError', 'Encountered internal server error. Please try again later.'],
  502: ['BadGateway', 'The gateway did not receive a response from the service.'],
  503: ['ServerUnavailable', 'The server is currently unavailable. Please try again later.'],
  504: ['GatewayTimeout', "The gateway did not receive a response from 'Microsoft.RecoveryServices' within the specified time period."],
};

/** The answer of a status fault. */
export function faultAnswer(given: {
  readonly status: number;
  readonly code?: string | undefined;
  readonly retryAfter?: number | undefined;
}): Answer {
  const [code, message] = TEXTS[given.status] ?? ['InternalServerError', 'Encountered internal server error.'];
  const answer = armError(given.status, given.code ?? code, message);
  const wait = given.retryAfter ?? (given.status === 429 ? 1 : undefined);
  return wait === undefined ? answer : { ...answer, headers: { 'Retry-After': String(wait) } };
}
