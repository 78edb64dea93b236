import { describe, expect, it } from 'vitest';
import type { Objectives } from '../../../engine/language/runbook.ts';
import { changesSince } from '../../../engine/recovery/drill-changes.ts';
import { type DrillFacts, proveByDrills } from '../../../engine/recovery/drill-proof.ts';
import type { RunRecord } from '../../../engine/run/record.ts';
import type { RunState } from '../../../engine/run/run-state.ts';
import type { Target } from '../../../engine/target.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const NOW = Date.UTC(2026, 10, 24);
const OBJECTIVES: Objectives = {
  rtoMs: 60 * MINUTE_MS,
  rpoMs: 15 * MINUTE_MS,
  drillEveryMs: 90 * DAY_MS,
  clock: { start: 'run', stop: 'works', count: 'wall' },
};

/** A drill that ended so many days ago. */
function drill(state: RunState, daysAgo: number, more: Partial<RunRecord> = {}): RunRecord {
  const endedAtMs = NOW - daysAgo * DAY_MS;
  const clock = { startedAtMs: endedAtMs - 41 * MINUTE_MS, stoppedAtMs: endedAtMs, waitedMs: 0 };
  return { number: 1, state, endedAtMs, clock, ...more } as RunRecord;
}

function prove(drills: readonly RunRecord[], more: Partial<DrillFacts> = {}) {
  return proveByDrills({ drills, objectives: OBJECTIVES, changes: [], nowMs: NOW, ...more });
}

describe('what drills prove', () => {
  it.each([
    ['a drill that succeeded in time', [drill('succeeded', 14)], [], 'proven'],
    ['one since which something changed', [drill('succeeded', 14)], ['the runbook was changed'], 'changed'],
    ['one that is longer ago than drill_every', [drill('succeeded', 91)], [], 'overdue'],
    ['one that is both', [drill('succeeded', 91)], ['the runbook was changed'], 'overdue'],
    ['one on the day it is due', [drill('succeeded', 90)], [], 'proven'],
    ['one whose cleanup failed', [drill('partially_failed', 1), drill('succeeded', 20)], [], 'failed'],
    ['one that failed after a good one', [drill('failed', 1), drill('succeeded', 20)], [], 'failed'],
    ['one that ran out of time', [drill('timed_out', 1)], [], 'failed'],
    ['a good one after a failed one', [drill('succeeded', 1), drill('failed', 2)], [], 'proven'],
    ['one that was refused after a good one', [drill('rejected', 1), drill('cancelled', 2), drill('succeeded', 3)], [], 'proven'],
    ['one that is under way', [drill('running', 0)], [], 'never'],
    ['no drill', [], [], 'never'],
  ] as const)('%s', (_, drills, changes, proof) => {
    expect(prove(drills, { changes }).proof).toBe(proof);
  });

  it('is due so long after the last one that succeeded, whatever came later', () => {
    const { dueAtMs, last } = prove([drill('failed', 1), drill('succeeded', 20)]);
    expect([dueAtMs, last?.state]).toEqual([NOW + 70 * DAY_MS, 'failed']);
    expect(prove([drill('failed', 1)]).dueAtMs).toBeUndefined();
    expect(prove([drill('succeeded', 500)], { objectives: { rtoMs: 1 } })).toMatchObject({ proof: 'proven' });
  });

  it('measures recovery time and point by the last one, and calls nothing met that was not measured', () => {
    expect(prove([drill('succeeded', 1, { rpoMs: 4 * MINUTE_MS })])).toMatchObject({
      rto: { measuredMs: 41 * MINUTE_MS, targetMs: 60 * MINUTE_MS, verdict: 'met' },
      rpo: { measuredMs: 4 * MINUTE_MS, verdict: 'met' },
    });
    expect(prove([drill('succeeded', 1, { clock: { waitedMs: 0 } })])).toMatchObject({
      rto: { verdict: 'not_measured' },
      rpo: { verdict: 'not_measured' },
    });
    expect(prove([])).toMatchObject({ rto: { verdict: 'not_measured', targetMs: 60 * MINUTE_MS }, rpo: { verdict: 'not_measured' } });
  });

  it.each([
    [15, 'met'],
    [16, 'exceeded'],
    [30, 'exceeded'],
    [31, 'severe'],
    [60, 'severe'],
    [61, 'critical'],
  ])('a recovery point %i minutes old, of 15 promised, is %s', (minutes, verdict) => {
    expect(prove([drill('succeeded', 1, { rpoMs: minutes * MINUTE_MS })]).rpo.verdict).toBe(verdict);
  });
});

describe('what changed since a drill', () => {
  const machine = (name: string): Target => ({ name, lockId: `vault/${name}` }) as Target;
  const set = (...names: readonly string[]) => ({ onEmpty: 'fail', onUnreachable: 'fail', targets: names.map(machine) }) as const;
  const drilled = { runbookDigest: 'a', documents: { 'runbooks/inventories/x.yaml': '1' }, sets: { shop: set('web-01', 'web-02') } };
  const same = { digest: 'a', documents: new Map([['runbooks/inventories/x.yaml', '1']]) };

  it('is nothing when text, documents and machines are the same', () => {
    expect(changesSince(drilled, { ...same, plan: { sets: { shop: set('web-02', 'web-01') } } })).toEqual([]);
  });

  it('names the runbook, each document, and each machine that came or went', () => {
    const now = {
      digest: 'b',
      documents: new Map([['runbooks/inventories/x.yaml', '2']]),
      plan: { sets: { shop: set('web-02', 'web-03') } },
    };
    expect(changesSince(drilled, now)).toEqual([
      'the runbook was changed',
      'runbooks/inventories/x.yaml was changed',
      'new in shop: web-03',
      'no more in shop: web-01',
    ]);
    expect(changesSince(drilled, { ...same, documents: new Map() })).toEqual(['runbooks/inventories/x.yaml is gone']);
  });

  it('is not that a sample has drawn other machines', () => {
    const drawn = { ...drilled, sets: { shop: { ...set('web-01'), sample: { of: 9, weight: 'none', seed: 's' } as const } } };
    expect(changesSince(drawn, { ...same, plan: { sets: { shop: set('web-07') } } })).toEqual([]);
  });
});
