import type { Table } from '../transition.ts';

export type ItemPhase =
  | 'protected'
  | 'testing'
  | 'tested'
  | 'cleaning'
  | 'failingOver'
  | 'failedOver'
  | 'committing'
  | 'committed'
  | 'switching'
  | 'seeding'
  | 'waiting';
export type ItemEvent =
  | 'test'
  | 'tested'
  | 'testFailed'
  | 'clean'
  | 'cleaned'
  | 'cleanFailed'
  | 'failover'
  | 'failedOver'
  | 'failoverFailed'
  | 'commit'
  | 'committed'
  | 'commitFailed'
  | 'switch'
  | 'switchFailed'
  | 'seeded'
  | 'firstPoint';

/** Edges of a protected item. A switched item ends: another one is made under the other fabric, and begins with its initial replication. */
export const ITEM: Table<ItemPhase, ItemEvent> = {
  protected: { test: 'testing', failover: 'failingOver' },
  testing: { tested: 'tested', testFailed: 'protected' },
  tested: { clean: 'cleaning' },
  cleaning: { cleaned: 'protected', cleanFailed: 'tested' },
  failingOver: { failedOver: 'failedOver', failoverFailed: 'protected' },
  failedOver: { commit: 'committing', switch: 'switching' },
  committing: { committed: 'committed', commitFailed: 'failedOver' },
  committed: { switch: 'switching' },
  switching: { switchFailed: 'committed' },
  seeding: { seeded: 'waiting' },
  waiting: { firstPoint: 'protected' },
};

/** What Azure shows of an item in each phase. */
interface ItemView {
  readonly protection: string;
  readonly description: string;
  readonly location: 'Primary' | 'Recovery';
  readonly test: string;
  readonly testDescription: string;
  readonly vm: readonly [state: string, description: string];
  readonly allowed: readonly string[];
}

const UNTESTED = { test: 'None', testDescription: 'None' } as const;
const AT_HOME = { ...UNTESTED, protection: 'Protected', location: 'Primary', vm: ['Protected', 'Protected'] } as const;
const AWAY = { ...UNTESTED, location: 'Recovery' } as const;
const PENDING = 'UnplannedFailoverCommitPendingStatesBegin';
const COMMITTED = ['UnplannedFailoverCommitted', 'Failover committed'] as const;
const ENABLING = { ...UNTESTED, location: 'Primary', vm: ['UnprotectedStatesBegin', 'Enabling protection'] } as const;

export const ITEM_VIEW: Readonly<Record<ItemPhase, ItemView>> = {
  protected: { ...AT_HOME, description: 'Protected', allowed: ['UnplannedFailover', 'DisableProtection', 'TestFailover'] },
  testing: { ...AT_HOME, description: 'Protected', allowed: [] },
  tested: {
    ...AT_HOME,
    description: 'Cleanup test failover pending',
    test: 'WaitingForCompletion',
    testDescription: 'Cleanup test failover pending',
    allowed: ['TestFailoverCleanup'],
  },
  cleaning: {
    ...AT_HOME,
    description: 'Protected',
    test: 'MarkedForDeletion',
    testDescription: 'Cleaning up the test failover',
    allowed: [],
  },
  failingOver: { ...AT_HOME, description: 'Failover in progress', allowed: [] },
  failedOver: {
    ...AWAY,
    protection: PENDING,
    description: 'Failover completed',
    vm: [PENDING, 'Failover completed'],
    allowed: ['CompleteMigration', 'Commit', 'DisableProtection', 'ChangePit'],
  },
  committing: { ...AWAY, protection: PENDING, description: 'Committing failover', vm: [PENDING, 'Failover completed'], allowed: [] },
  committed: {
    ...AWAY,
    protection: COMMITTED[0],
    description: COMMITTED[1],
    vm: COMMITTED,
    allowed: ['CompleteMigration', 'DisableProtection', 'SwitchProtection'],
  },
  switching: { ...AWAY, protection: COMMITTED[0], description: COMMITTED[1], vm: COMMITTED, allowed: [] },
  seeding: {
    ...ENABLING,
    protection: 'InitialReplicationInProgress',
    description: 'Initial replication is in progress',
    allowed: ['DisableProtection'],
  },
  waiting: {
    ...ENABLING,
    protection: 'InitialReplicationRecoveryCompletionPending',
    description: 'Waiting for first recovery point',
    allowed: ['DisableProtection'],
  },
};
