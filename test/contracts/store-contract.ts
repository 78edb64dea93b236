import { describe } from 'vitest';
import type { Store } from '../../engine/store.ts';
import { exerciseAsides } from './store-asides-contract.ts';
import { exerciseDrift } from './store-drift-contract.ts';
import { exerciseGates } from './store-gates-contract.ts';
import { exerciseReads } from './store-reads-contract.ts';
import { exerciseRemovals } from './store-removals-contract.ts';
import { exerciseSchedules } from './store-schedules-contract.ts';
import { exerciseSystemAudit } from './store-system-audit-contract.ts';
import { exerciseTokens } from './store-tokens-contract.ts';
import { exerciseTransitions } from './store-transition-contract.ts';
import { exerciseWrites } from './store-writes-contract.ts';

/** The contract of a store. `store()` answers the same empty store for the whole suite; every test makes runs of its own. */
export function exerciseStore(name: string, store: () => Store): void {
  describe(`${name} keeps the contract of a store`, () => {
    exerciseWrites(store);
    exerciseTransitions(store);
    exerciseReads(store);
    exerciseAsides(store);
    exerciseTokens(store);
    exerciseSystemAudit(store);
    exerciseDrift(store);
    exerciseSchedules(store);
    exerciseGates(store);
    exerciseRemovals(store);
  });
}
