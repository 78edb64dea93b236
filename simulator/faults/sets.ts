import { armFault } from './faults.ts';
import type { World } from '../world.ts';
import type { Fault } from './faults.ts';

const ALL = { operation: '*' };

/** Faults that come together, for demonstrations and soaks; `region` is filled in from the estate. */
export const FAULT_SETS: Readonly<
  Record<string, { readonly says: string; readonly faults: readonly Readonly<Record<string, unknown>>[] }>
> = {
  'black-friday': {
    says: 'Everybody wants machines: requests are throttled, capacity is short, jobs take three times as long.',
    faults: [
      { match: ALL, when: 'before', do: { status: 429, retryAfter: 2 }, probability: 0.08 },
      { match: ALL, when: 'before', do: { status: 503 }, probability: 0.03 },
      { match: { operation: '*TestFailover' }, when: 'duringJob', do: { slowJob: 3 }, probability: 0.5 },
      { match: { operation: '*UnplannedFailover' }, when: 'duringJob', do: { slowJob: 3 }, probability: 0.5 },
      { match: { operation: 'VirtualMachines_Start' }, when: 'duringJob', do: { failJob: { code: 'AllocationFailed' } }, probability: 0.2 },
      { do: { listLag: 30 } },
    ],
  },
  'region-down': {
    says: 'The primary region is gone: its machines are dead, its compute answers 503, replication stands still.',
    faults: [{ do: { regionDown: 'primary' } }],
  },
  'flaky-network': {
    says: 'Connections break before and after the effect, answers are cut off, slow, or from a proxy.',
    faults: [
      { match: ALL, when: 'before', do: { reset: true }, probability: 0.03 },
      { match: ALL, when: 'after', do: { reset: true }, probability: 0.02 },
      { match: ALL, when: 'after', do: { truncate: true }, probability: 0.01 },
      { match: ALL, when: 'before', do: { status: 502, html: true }, probability: 0.02 },
      { match: ALL, when: 'before', do: { hang: 2000 }, probability: 0.01 },
    ],
  },
};

/** Arms a set. Its faults are called NAME/1, NAME/2 and so on; disarming NAME takes them all back. Throws when there is no such set. */
export function armSet(world: World, name: string, operations: readonly string[]): readonly Fault[] {
  const set = FAULT_SETS[name];
  if (set === undefined) throw new Error(`there is no set ${name}; there are ${Object.keys(FAULT_SETS).join(', ')}`);
  return set.faults.map((fault, place) => {
    const deed = fault['do'] as Readonly<Record<string, unknown>>;
    const meant = deed['regionDown'] === 'primary' ? { regionDown: world.estate.regions.primary } : deed;
    return armFault(world, { ...fault, do: meant, id: `${name}/${place + 1}` }, operations);
  });
}
