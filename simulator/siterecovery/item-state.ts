import type { Table } from '../transition.ts';

export type ItemPhase = 'protected' | 'testing' | 'tested' | 'cleaning';
export type ItemEvent = 'test' | 'tested' | 'testFailed' | 'clean' | 'cleaned' | 'cleanFailed';

/** Edges of a protected item. */
export const ITEM: Table<ItemPhase, ItemEvent> = {
  protected: { test: 'testing' },
  testing: { tested: 'tested', testFailed: 'protected' },
  tested: { clean: 'cleaning' },
  cleaning: { cleaned: 'protected', cleanFailed: 'tested' },
};

/** What Azure shows of an item in each phase. */
export const ITEM_VIEW: Readonly<
  Record<
    ItemPhase,
    { readonly description: string; readonly test: string; readonly testDescription: string; readonly allowed: readonly string[] }
  >
> = {
  protected: {
    description: 'Protected',
    test: 'None',
    testDescription: 'None',
    allowed: ['UnplannedFailover', 'DisableProtection', 'TestFailover'],
  },
  testing: { description: 'Protected', test: 'None', testDescription: 'None', allowed: [] },
  tested: {
    description: 'Cleanup test failover pending',
    test: 'WaitingForCompletion',
    testDescription: 'Cleanup test failover pending',
    allowed: ['TestFailoverCleanup'],
  },
  cleaning: { description: 'Protected', test: 'MarkedForDeletion', testDescription: 'Cleaning up the test failover', allowed: [] },
};
