import { createHash } from 'node:crypto';
import type { RunId } from '../../engine/ids.ts';

/** Names of keys that belong to no single run. BullMQ keeps its own under `{runward}`. */
export const STORE_KEYS = {
  due: 'runward:due',
  locks: 'runward:locks',
  systemAudit: 'runward:audit',
  systemAuditHead: 'runward:audit:head',
  runs: 'runward:runs',
  checkRuns: 'runward:runs:checks',
  otherRuns: 'runward:runs:other',
  removed: 'runward:removed',
  removedIds: 'runward:removed:ids',
  ids: 'runward:ids',
  number: 'runward:number',
  documents: 'runward:documents',
  kill: 'runward:kill',
  freezes: 'runward:freeze',
  tokens: 'runward:tokens',
  limits: 'runward:limits',
  drift: 'runward:drift',
  driftRevisions: 'runward:drift:revisions',
  workers: 'runward:workers',
  workerUntil: 'runward:workers:until',
  schedules: 'runward:schedules',
  schedulesDue: 'runward:schedules:due',
  slotsPending: 'runward:slots:pending',
  slotsTrouble: 'runward:slots:trouble',
  slotNotices: 'runward:slots:notices',
} as const;

/** The channel on which every transition with events tells `<runId> <eventSeq>`. */
export const EVENT_CHANNEL = 'runward:events';

/** Names of a run's keys. They share a hash tag, so that every change of a run touches one slot. */
export function runKeys(
  runId: RunId,
): Readonly<Record<'run' | 'plan' | 'steps' | 'inbox' | 'words' | 'audit' | 'events' | 'log' | 'logState' | 'wake', string>> {
  const key = (name: string): string => `runward:{r:${runId}}:${name}`;
  return {
    run: key('run'),
    plan: key('plan'),
    steps: key('steps'),
    inbox: key('inbox'),
    words: key('words'),
    audit: key('audit'),
    events: key('events'),
    log: key('log'),
    logState: key('log:state'),
    wake: key('wake'),
  };
}

/** The key of the lock on a target: a digest, because target ids hold any character and are long. */
export function lockKey(lockId: string): string {
  return `runward:lock:{${createHash('sha256').update(lockId).digest('hex')}}`;
}

/** The key of the runs that have a place in a group. */
export function groupKey(group: string): string {
  return `runward:group:${group}`;
}

/** The key of a plan that waits to be started. */
export function planKey(planHash: string): string {
  return `runward:plan:${planHash}`;
}

/** The key of the answer to a request. */
export function answerKey(id: string): string {
  return `runward:answer:${id}`;
}

/** The key of the records of a schedule's slots. */
export function slotsKey(scheduleId: string): string {
  return `runward:slots:of:${scheduleId}`;
}

/** The key of a verdict or evidence by the digest of its text. */
export function driftTextKey(digest: string): string {
  return `runward:drift:text:${digest}`;
}
