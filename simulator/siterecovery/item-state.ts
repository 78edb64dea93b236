import type { Table } from '../transition.ts';

export type ItemPhase =
  | 'protected'
  | 'testing'
  | 'tested'
  | 'cleaning'
  | 'failingOver'
  | 'failedOver'
  | 'changingPoint'
  | 'committing'
  | 'committed'
  | 'switching'
  | 'enabling'
  | 'seeding'
  | 'waiting'
  | 'unprotected'
  | 'disabling';
export type ItemEvent =
  | 'test'
  | 'tested'
  | 'testFailed'
  | 'testStopped'
  | 'clean'
  | 'cleaned'
  | 'cleanFailed'
  | 'failover'
  | 'failedOver'
  | 'failoverFailed'
  | 'changePoint'
  | 'pointChanged'
  | 'changeFailed'
  | 'commit'
  | 'committed'
  | 'commitFailed'
  | 'switch'
  | 'switchFailed'
  | 'switchUndone'
  | 'enable'
  | 'enabled'
  | 'enableFailed'
  | 'seeded'
  | 'firstPoint'
  | 'disable'
  | 'purge'
  | 'disableFailed';

/**
 * Edges of a protected item. A switched item ends: another one is made under the other fabric, and begins with its initial replication. So
 * does an item whose protection was disabled, and nothing follows it.
 */
export const ITEM: Table<ItemPhase, ItemEvent> = {
  protected: { test: 'testing', failover: 'failingOver', disable: 'disabling', purge: 'disabling' },
  testing: { tested: 'tested', testStopped: 'tested', testFailed: 'protected' },
  tested: { clean: 'cleaning', purge: 'disabling' },
  cleaning: { cleaned: 'protected', cleanFailed: 'tested' },
  failingOver: { failedOver: 'failedOver', failoverFailed: 'protected' },
  failedOver: { commit: 'committing', switch: 'switching', changePoint: 'changingPoint', disable: 'disabling', purge: 'disabling' },
  changingPoint: { pointChanged: 'failedOver', changeFailed: 'failedOver' },
  committing: { committed: 'committed', commitFailed: 'failedOver' },
  committed: { switch: 'switching', disable: 'disabling', purge: 'disabling' },
  switching: { switchFailed: 'committed', switchUndone: 'failedOver' },
  enabling: { enabled: 'seeding', enableFailed: 'unprotected' },
  seeding: { seeded: 'waiting', enableFailed: 'unprotected', disable: 'disabling', purge: 'disabling' },
  waiting: { firstPoint: 'protected', disable: 'disabling', purge: 'disabling' },
  unprotected: { enable: 'enabling', disable: 'disabling', purge: 'disabling' },
  disabling: { disableFailed: 'unprotected' },
};

/** What Azure shows of an item in each phase. */
interface ItemView {
  readonly protection: string;
  readonly description: string;
  /** Without it the item is active wherever its machine is. */
  readonly location?: 'Primary' | 'Recovery';
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
// How an item looks whose protection could not be enabled, or is being disabled, is not in any recording.
const UNPROTECTED = { ...UNTESTED, protection: 'UnprotectedStatesBegin' } as const;

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
  changingPoint: {
    ...AWAY,
    protection: PENDING,
    description: 'Changing the recovery point',
    vm: [PENDING, 'Failover completed'],
    allowed: [],
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
  enabling: { ...ENABLING, protection: 'UnprotectedStatesBegin', description: 'Enabling protection', allowed: [] },
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
  unprotected: {
    ...UNPROTECTED,
    description: 'Protection is not complete',
    vm: ['UnprotectedStatesBegin', 'Protection is not complete'],
    allowed: ['DisableProtection'],
  },
  disabling: { ...UNPROTECTED, description: 'Disabling protection', vm: ['UnprotectedStatesBegin', 'Disabling protection'], allowed: [] },
};
