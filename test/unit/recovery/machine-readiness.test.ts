import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../engine/json.ts';
import { judgeMachine, type ReadinessRead } from '../../../engine/recovery/machine-readiness.ts';
import { judgePlan, type PlanFacts } from '../../../engine/recovery/plan-readiness.ts';
import type { MachineFact } from '../../../engine/recovery/recovery-state.ts';
import { durationValue, timeValue } from '../../../engine/values.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const READ_MS = Date.UTC(2026, 10, 24, 9);
const PROMISES = { rpoMs: 15 * MINUTE_MS, drillEveryMs: 90 * DAY_MS, points: ['latest-processed'] } as const;
const ago = (ms: number): JsonObject => timeValue(READ_MS - ms);

const GOOD: JsonObject = {
  protection_state: 'Protected',
  replication_health: 'Normal',
  failover_health: 'Normal',
  health_errors: [],
  rpo: durationValue(4 * MINUTE_MS),
  latest_recovery_point_time: ago(3 * MINUTE_MS),
  recovery_point_times: { CrashConsistent: ago(3 * MINUTE_MS), ApplicationConsistent: ago(40 * MINUTE_MS) },
  allowed_operations: ['UnplannedFailover', 'TestFailover'],
  agent_update_required: false,
  agent_expiry_time: null,
  unprotected_disks: [],
  resync_disks: [],
  last_test_failover_time: ago(9 * DAY_MS),
  read_time: timeValue(READ_MS),
};

function read(changes: JsonObject = {}, more: Partial<ReadinessRead> = {}): ReadinessRead {
  return { result: { ...GOOD, ...changes }, atMs: READ_MS, run: 7, periodMs: 60 * MINUTE_MS, ...more };
}

function judge(changes: JsonObject = {}, promises: Parameters<typeof judgeMachine>[2]['promises'] = PROMISES) {
  return judgeMachine('web-01', read(changes), { promises, nowMs: READ_MS + MINUTE_MS });
}

describe('a machine of a recovery plan', () => {
  it('is ready when every row is, each with its figure and its limit', () => {
    const { ready, facts } = judge();
    expect(ready).toBe('ready');
    expect(facts.map(({ fact, is, limit }) => [fact, is, limit])).toEqual([
      ['protection', 'Protected', 'Protected'],
      ['health', 'Normal', 'Normal'],
      ['rpo', '4m', '15m'],
      ['recovery_point', '3m old', '25m'],
      ['test_leftover', 'none', undefined],
      ['agent', 'current', undefined],
      ['disks', 'all protected', undefined],
      ['test_failover', '9d ago', '90d'],
    ]);
  });

  const RPO = (minutes: number): JsonObject => ({ rpo: durationValue(minutes * MINUTE_MS) });
  const POINT = (minutes: number): JsonObject => ({ latest_recovery_point_time: ago(minutes * MINUTE_MS) });
  const NEVER = { last_test_failover_time: null };
  it.each<[MachineFact, JsonObject, string]>([
    ['protection', { protection_state: 'UnplannedFailoverCommitted' }, 'not_ready'],
    ['protection', { protection_state: null }, 'unknown'],
    ['health', { replication_health: 'Warning', health_errors: ['153006'] }, 'at_risk'],
    ['health', { replication_health: 'Critical' }, 'not_ready'],
    ['health', { replication_health: null }, 'not_ready'],
    ['health', { replication_health: 'Fabulous' }, 'unknown'],
    ['health', { failover_health: 'Warning', health_errors: ['161011'] }, 'at_risk'],
    ['health', { failover_health: 'Critical', health_errors: ['150205'] }, 'not_ready'],
    ['health', { failover_health: null }, 'unknown'],
    ['health', { replication_health: 'Critical', failover_health: null }, 'not_ready'],
    ['rpo', RPO(15), 'ready'],
    ['rpo', RPO(16), 'at_risk'],
    ['rpo', RPO(30), 'at_risk'],
    ['rpo', RPO(31), 'not_ready'],
    ['rpo', { rpo: null }, 'not_ready'],
    ['recovery_point', POINT(25), 'ready'],
    ['recovery_point', POINT(26), 'at_risk'],
    ['recovery_point', POINT(60), 'at_risk'],
    ['recovery_point', POINT(61), 'not_ready'],
    ['recovery_point', { latest_recovery_point_time: null }, 'not_ready'],
    ['test_leftover', { allowed_operations: ['TestFailoverCleanup'] }, 'not_ready'],
    ['agent', { agent_update_required: true }, 'at_risk'],
    ['agent', { agent_expiry_time: timeValue(READ_MS + 29 * DAY_MS) }, 'at_risk'],
    ['agent', { agent_expiry_time: timeValue(READ_MS + 31 * DAY_MS) }, 'ready'],
    ['agent', { agent_expiry_time: timeValue(READ_MS - 1) }, 'not_ready'],
    ['agent', { agent_update_required: null }, 'unknown'],
    ['disks', { unprotected_disks: ['disk at LUN 2'] }, 'not_ready'],
    ['disks', { resync_disks: ['data-0'] }, 'not_ready'],
    ['disks', { unprotected_disks: null }, 'unknown'],
    ['test_failover', { last_test_failover_time: ago(90 * DAY_MS) }, 'at_risk'],
    ['test_failover', NEVER, 'not_ready'],
    ['test_failover', { ...NEVER, health_errors: ['161011'] }, 'at_risk'],
    ['test_failover', { ...NEVER, health_errors: ['161011', '153006'] }, 'not_ready'],
  ])('%s: %j is %s, and the machine is no better', (fact, changes, state) => {
    const { ready, facts } = judge(changes);
    expect(facts.find((each) => each.fact === fact)?.state).toBe(state);
    expect(facts.filter((each) => each.state !== 'ready').map((each) => each.fact)).toEqual(
      state === 'ready' ? [] : expect.arrayContaining([fact]),
    );
    expect(ready).toBe(state);
  });

  it('is held against the kind of point that its failovers start from, the worst of several', () => {
    const { facts } = judge({}, { ...PROMISES, points: ['latest', 'latest-application-consistent'] });
    expect(facts[3]).toMatchObject({ state: 'at_risk', is: '40m old application-consistent' });
    const none = judge({ recovery_point_times: {} }, { ...PROMISES, points: ['latest-crash-consistent'] });
    expect(none.facts[3]).toMatchObject({ state: 'not_ready', is: 'no crash-consistent point' });
  });

  it('is unknown where nothing was promised that its figures could be held against', () => {
    const { ready, facts } = judge({}, { rpoMs: undefined, drillEveryMs: undefined, points: [] });
    expect(ready).toBe('unknown');
    expect(facts.filter(({ state }) => state === 'unknown').map(({ fact, is }) => [fact, is])).toEqual([
      ['rpo', '4m'],
      ['recovery_point', '3m old'],
      ['test_failover', '9d ago'],
    ]);
  });

  it('is unknown, never ready, where nobody read it, it could not be read, or the answer is older than twice its period', () => {
    const at = { promises: PROMISES, nowMs: READ_MS + MINUTE_MS };
    expect(judgeMachine('web-01', undefined, at)).toMatchObject({ ready: 'unknown', message: expect.stringContaining('asr.item.get@1') });
    expect(judgeMachine('web-01', read({}, { result: undefined, message: 'throttled' }), at)).toMatchObject({
      ready: 'unknown',
      message: 'throttled',
      facts: [],
    });
    const late = { ...at, nowMs: READ_MS + 120 * MINUTE_MS };
    expect(judgeMachine('web-01', read(), late).ready).toBe('ready');
    expect(judgeMachine('web-01', read(), { ...late, nowMs: late.nowMs + 1 })).toMatchObject({
      ready: 'unknown',
      message: 'the last answer is too old: older than twice its period of 1h',
    });
  });
});

describe('a recovery plan', () => {
  const machines = ['web-01', 'web-02'].map((name) => ({ id: name, lockId: name, name }));
  const facts: PlanFacts = {
    planId: '/x/rp-shop',
    machines,
    reads: new Map([
      ['web-01', read()],
      ['web-02', read()],
    ]),
    planRead: read({ allowed_operations: ['UnplannedFailover'], current_scenario: 'None' }),
    words: ['UnplannedFailover'],
    promises: PROMISES,
    nowMs: READ_MS,
  };

  it('is ready with all machines, the wanted word, and nothing under way', () => {
    expect(judgePlan(facts)).toMatchObject({
      plan: 'rp-shop',
      ready: 'ready',
      facts: [
        { fact: 'allowed', is: 'UnplannedFailover', limit: 'UnplannedFailover' },
        { fact: 'scenario', is: 'none' },
        { fact: 'protected', is: '2 of 2', limit: 'all' },
      ],
    });
  });

  it.each([
    ['its worst machine', { reads: new Map([...facts.reads, ['web-02', read({ replication_health: 'Critical' })]]) }, 'not_ready'],
    ['a machine that nobody read', { reads: new Map([['web-01', read()]]) }, 'unknown'],
    ['a machine that is not protected', { reads: new Map([...facts.reads, ['web-02', read({ protection_state: 'X' })]]) }, 'not_ready'],
    ['a word that is lacking', { planRead: read({ allowed_operations: ['Commit'], current_scenario: 'None' }) }, 'not_ready'],
    ['work under way', { planRead: read({ current_scenario: 'TestFailover' }) }, 'not_ready'],
    ['a plan that nobody read', { planRead: undefined }, 'unknown'],
    ['a plan that could not be read', { planRead: { ...read(), result: undefined, message: 'throttled' } }, 'unknown'],
    ['an answer that is too old', { planRead: { ...read({ current_scenario: 'None' }), periodMs: 1, atMs: READ_MS - 3 } }, 'unknown'],
    ['no machines', { machines: [] }, 'not_ready'],
  ] as const)('is no better than %s', (_what, changes, word) => {
    expect(judgePlan({ ...facts, ...changes }).ready).toBe(word);
  });

  it('is told by its machines alone where nothing is asked of it as a whole', () => {
    expect(judgePlan({ ...facts, planRead: undefined, words: [] })).toMatchObject({ ready: 'ready', facts: [{ fact: 'protected' }] });
  });
});
