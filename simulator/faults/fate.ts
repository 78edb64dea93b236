import { strike } from './faults.ts';
import type { Call } from '../route.ts';
import type { World } from '../world.ts';
import type { Fault } from './faults.ts';

/** What faults have ordered for a job or operation that begins. */
export interface Fate {
  readonly failure: Failure | undefined;
  /** It never comes to its end. */
  readonly stuck: boolean;
  /** It takes so many times as long. */
  readonly slow: number;
  /** It ends well with a warning. */
  readonly warned: boolean;
  /** It says that it ended well, and the resource is not what it should be. */
  readonly wrong: boolean;
  /** A cleanup leaves the interface behind. */
  readonly leftover: boolean;
  /** It begins so much later (real ms). */
  readonly lateMs: number;
  readonly scriptKilledMs: number | undefined;
  readonly outputLost: boolean;
}

/** How a job fails; without `machines` and `only` all of it does. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly machines: number | undefined;
  readonly only: readonly string[] | undefined;
}

export const UNTOUCHED: Fate = {
  failure: undefined,
  stuck: false,
  slow: 1,
  warned: false,
  wrong: false,
  leftover: false,
  lateMs: 0,
  scriptKilledMs: undefined,
  outputLost: false,
};

const FAULTS_MAX = 8;

/** The fate of the job that a request starts: each fault that strikes adds to it. */
export function fateOf(world: World, call: Call, operation: string): Fate {
  const suspect = { operation, resource: call.path, principal: call.caller.name, when: 'duringJob' } as const;
  let fate = UNTOUCHED;
  const struck = new Set<string>();
  for (let count = 0; count < FAULTS_MAX; count += 1) {
    const fault = strike(world, suspect, struck);
    if (fault === undefined) return fate;
    struck.add(fault.id);
    fate = { ...fate, ...decreed(fault) };
  }
  return fate;
}

function decreed({ do: deed }: Fault): Partial<Fate> {
  if ('failJob' in deed) {
    const { code, message, machines, only } = deed.failJob;
    return { failure: { code, message: message ?? FAILURES[code] ?? 'The job failed.', machines, only } };
  }
  if ('stuck' in deed) return { stuck: true };
  if ('slowJob' in deed) return { slow: deed.slowJob };
  if ('completedWithInformation' in deed) return { warned: true };
  if ('succeedWrong' in deed) return { wrong: true };
  if ('leftover' in deed) return { leftover: true };
  if ('lateEffect' in deed) return { lateMs: deed.lateEffect * 1000 };
  if ('scriptKilled' in deed) return { scriptKilledMs: deed.scriptKilled };
  if ('outputLost' in deed) return { outputLost: true };
  return {};
}

/** Texts of failures that operators know. */
const FAILURES: Readonly<Record<string, string>> = {
  '28031': 'The virtual machine could not be created: the subscription does not have the quota for it in the target region.',
  '28092': 'The virtual machine could not be created: an availability set or a zone of it does not exist in the target region.',
  AllocationFailed:
    'Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance',
  ZonalAllocationFailed:
    'Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance',
  SkuNotAvailable:
    'The requested VM size is currently not available in this location. Please try another size or deploy to a different location.',
  QuotaExceeded: 'Operation could not be completed as it results in exceeding approved Total Regional Cores quota.',
};

/** Whether a failure is meant for one machine of a plan. `place` is its place in the plan, from 0. */
export function dooms(failure: Failure | undefined, machine: { readonly name: string; readonly place: number }): boolean {
  if (failure === undefined || isWhole(failure)) return false;
  return failure.only === undefined ? machine.place < (failure.machines ?? 0) : failure.only.includes(machine.name);
}

/** Whether a failure is one of a whole job. */
export function isWhole(failure: Failure): boolean {
  return failure.machines === undefined && failure.only === undefined;
}
