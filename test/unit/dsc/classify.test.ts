import { describe, expect, it } from 'vitest';
import { advanceDrift, openDrift } from '../../../engine/dsc/classify.ts';
import type { Outcome } from '../../../engine/dsc/compare.ts';
import type { DriftRecord } from '../../../engine/dsc/drift-record.ts';
import type { Verdict } from '../../../engine/dsc/verdict.ts';
import type { JsonValue } from '../../../engine/json.ts';

const ID = 'Runward.Linux/Sysctl:k';

interface Seen {
  readonly desired: JsonValue;
  /** undefined: not observed. */
  readonly actual?: JsonValue;
  readonly engine?: string;
  readonly gone?: boolean;
}

function verdictOf({ desired, actual, engine = '1.0.0', gone = false }: Seen): Verdict {
  const kind: Outcome['kind'] = actual === undefined ? 'unknown' : actual === desired ? 'equal' : 'changed';
  const outcome: Outcome = { path: '/value', kind, desired, ...(actual === undefined ? {} : { actual }), code: 'c', phrase: 'p' };
  const status = kind === 'unknown' ? 'unknown' : kind === 'equal' ? 'compliant' : 'drifted';
  const source = { file: 'x', line: 1, column: 1 };
  return {
    apiVersion: 'runward/v1',
    kind: 'Verdict',
    target: 'web-01',
    assignment: 'x',
    evaluatedAt: '2026-11-24T10:00:00Z',
    status,
    sealed: true,
    inputs: { document: 'd', evidence: 'e', engine },
    counts: { drifted: 0, unknown: 0, compliant: 0, notApplicable: 0 },
    drifted: status === 'drifted' ? 1 : 0,
    unknown: status === 'unknown' ? 1 : 0,
    maxSeverity: 'medium',
    resources: gone ? [] : [{ id: ID, status, severity: 'medium', source, outcomes: [outcome] }],
  };
}

/** The record after some checks, a minute apart; `null` is a machine that could not be reached. */
function after(...checks: readonly (Seen | null)[]): DriftRecord {
  let record: DriftRecord | undefined;
  checks.forEach((seen, index) => {
    const verdict = seen === null ? undefined : verdictOf(seen);
    const entry = {
      check: `step.${index}`,
      runId: 'run',
      runbook: 'drift-check',
      stepPath: 'check',
      atMs: index * 60_000,
      status: verdict?.status ?? ('unknown' as const),
      drifted: verdict?.drifted ?? 0,
      unknown: verdict?.unknown ?? 0,
      severity: 'medium' as const,
    };
    const target = { name: 'web-01', id: 'web-01', environment: 'production' };
    record = advanceDrift(record, { key: 'k', document: 'x', target, entry, ...(verdict === undefined ? {} : { verdict }) });
  });
  if (record === undefined) throw new Error('no check');
  return record;
}

const drift = (...checks: readonly (Seen | null)[]) => {
  const [found] = openDrift(after(...checks));
  return found === undefined ? undefined : { class: found.class, ...pick(found) };
};
const pick = (found: DriftRecord['known'][number]) =>
  Object.fromEntries(
    (['cause', 'documentChanged', 'persisting', 'firstSeenMs'] as const).flatMap((name) =>
      found[name] === undefined ? [] : [[name, found[name]]],
    ),
  );

const good = { desired: '0', actual: '0' };
const bad = { desired: '0', actual: '1' };

describe('the class of a difference', () => {
  it.each<[string, readonly (Seen | null)[], object | undefined]>([
    ['the first check', [bad], { class: 'initial', firstSeenMs: 0 }],
    ['the machine changed', [good, bad], { class: 'unauthorised', firstSeenMs: 60_000 }],
    ['the document changed', [good, { desired: '1', actual: '0' }], { class: 'intentional', cause: 'document', firstSeenMs: 60_000 }],
    ['both changed', [good, { desired: '2', actual: '1' }], { class: 'unauthorised', documentChanged: true, firstSeenMs: 60_000 }],
    [
      'another engine',
      [
        { ...good, engine: '1.0.0' },
        { desired: '0', actual: '0', engine: '2.0.0' },
      ],
      undefined,
    ],
    ['nothing changed', [bad, bad], { class: 'initial', persisting: true, firstSeenMs: 0 }],
    ['it changed again', [good, bad, { desired: '0', actual: '2' }], { class: 'unauthorised', firstSeenMs: 60_000 }],
    [
      'it drifted and then the document changed',
      [good, bad, { desired: '2', actual: '1' }],
      { class: 'intentional', cause: 'document', firstSeenMs: 60_000 },
    ],
    ['an unknown in between is stepped over', [good, { desired: '0' }, bad], { class: 'unauthorised', firstSeenMs: 120_000 }],
    ['an unreachable machine in between is stepped over', [bad, null, bad], { class: 'initial', persisting: true, firstSeenMs: 0 }],
    ['an unknown does not end a drift', [bad, { desired: '0' }], { class: 'initial', firstSeenMs: 0 }],
    ['as desired again', [bad, good], undefined],
  ])('%s', (_name, checks, expected) => {
    expect(drift(...checks)).toEqual(expected);
  });

  it('ends by the machine or by the document, and says which', () => {
    expect(after(bad, good).resolved).toEqual([
      expect.objectContaining({ id: ID, path: '/value', class: 'initial', by: 'elsewhere', atMs: 60_000 }),
    ]);
    expect(after(bad, { desired: '1', actual: '1' }).resolved).toEqual([expect.objectContaining({ by: 'document' })]);
    expect(after(bad, { desired: '0', gone: true }).resolved).toEqual([expect.objectContaining({ by: 'document' })]);
    expect(after(bad, null).resolved).toEqual([]);
  });

  it('is worst first in the list of checks, and a machine that cannot be reached is unknown whatever was known', () => {
    expect(after(good, bad).checks.at(-1)).toMatchObject({ status: 'drifted', class: 'unauthorised' });
    const lost = after(good, null);
    expect(lost).toMatchObject({ status: 'unknown', sinceMs: 60_000, lastCompliantAtMs: 0 });
    expect(lost.checks.at(-1)?.class).toBeUndefined();
  });

  it('keeps a check that is recorded twice as one', () => {
    const first = after(good);
    const entry = { ...(first.checks[0] as (typeof first.checks)[number]), status: 'drifted' as const };
    const again = advanceDrift(first, { key: 'k', document: 'x', target: first.target, entry, verdict: verdictOf(bad) });
    expect(again.checks).toHaveLength(1);
    expect(again).toMatchObject({ status: 'drifted', rev: 2 });
  });
});
