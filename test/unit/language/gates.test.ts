import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';

const CALENDAR = `apiVersion: runward/v1
kind: Calendar
metadata: { name: nights, title: Nights, owner: team-shop }
windows:
  - { cron: "0 22 * * 6,0", duration: 8h, timezone: Europe/Berlin }
freezes:
  - { from: "2026-12-18T18:00:00+01:00", to: "2027-01-04T06:00:00+01:00", reason: Year end, environments: [production] }
`;
const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: patch, title: Patch, owner: team-shop }
purpose: [operations, failover]
environment: production
timeout: 1h
concurrency: { group: shop }
locks: [fleet-change]
windows: [nights]
freeze: exempt
on_failure: stop
steps:
  - id: go
    approval: { by: [group:leads], need: 1, timeout: 2h, remind_before: 30m, escalate: { after: 1h, to: [pager:on-call] }, message: Go? }
  - id: block
    locks: [front-door]
    windows: [nights]
    at_window_close: finish
    steps: [{ id: pause, wait: 1m }]
`;

describe('gates in documents', () => {
  const loaded = loadDocuments(
    [
      { path: 'runbooks/calendars/nights.yaml', text: CALENDAR },
      { path: 'runbooks/patch.yaml', text: RUNBOOK },
    ],
    { actions },
  );

  it('a calendar holds windows by elapsed time and freezes as instants', () => {
    expect(loaded.findings).toEqual([]);
    expect(loaded.calendars.get('nights')?.calendar).toEqual({
      name: 'nights',
      title: 'Nights',
      windows: [{ cron: '0 22 * * 6,0', timezone: 'Europe/Berlin', dayMatch: 'or', durationMs: 28_800_000 }],
      freezes: [
        {
          fromMs: Date.UTC(2026, 11, 18, 17),
          toMs: Date.UTC(2027, 0, 4, 5),
          reason: 'Year end',
          environments: ['production'],
        },
      ],
    });
  });

  it('a runbook and its steps say what holds them; a group has one place and a queue unless more is written', () => {
    const runbook = loaded.runbooks.get('patch')?.runbook;
    expect(runbook).toMatchObject({
      concurrency: { group: 'shop', limit: 1, onConflict: 'queue' },
      locks: ['fleet-change'],
      windows: ['nights'],
      freeze: 'exempt',
    });
    expect(runbook?.atWindowClose).toBeUndefined();
    expect(runbook?.steps[1]).toMatchObject({ locks: ['front-door'], windows: ['nights'], atWindowClose: 'finish' });
    expect(runbook?.steps[0]?.body).toMatchObject({
      remindBeforeMs: 1_800_000,
      escalate: { afterMs: 3_600_000, to: ['pager:on-call'] },
    });
  });
});
