import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { coverageOf } from '../../../runbook-test/coverage.ts';
import { type CaseReport, runTest, type TestReport } from '../../../runbook-test/run-test.ts';

function texts(report: CaseReport): readonly string[] {
  return report.differences.map(({ at, message }) => `${at.line}:${at.column} ${message}`);
}

describe('the way back', () => {
  const SWITCH = `apiVersion: runward/v1
kind: Runbook
metadata: { name: switch, title: Switch the web tier over, owner: team-web }
purpose: operations
environment: test
timeout: 6h
steps:
  - id: change
    on_failure: rollback
    steps:
      - { id: drain, uses: http.check@1, with: { url: "http://lb.example.com/drain" }, rollback: [{ id: undrain, uses: http.check@1, with: { url: "http://lb.example.com/fill" } }] }
      - id: look
        uses: tcp.check@1
        with: { host: web.example.com, port: 80 }
        on_failure: { do: [{ id: warm_up, uses: tcp.check@1, with: { host: web.example.com, port: 81 } }], then: retry }
  - { id: fill, undo: change }
  - { id: after, uses: tcp.check@1, with: { host: web.example.com, port: 82 } }
`;

  async function switched(cases: string): Promise<TestReport> {
    const test = `apiVersion: runward/v1\nkind: RunbookTest\nrunbook: switch\ncases:\n${cases}`;
    const files = [
      { path: 'switch.yaml', text: SWITCH },
      { path: 'switch.test.yaml', text: test },
    ];
    const loaded = loadDocuments(files, { actions });
    expect(loaded.findings).toEqual([]);
    const [one] = loaded.tests;
    if (one === undefined) throw new Error('there is no test');
    return runTest(loaded, one, { seed: 1, wants: () => true });
  }

  it('handlers, rollbacks, undo and a cancel with rollback are played and can be expected', async () => {
    const { cases, reached } = await switched(`  - name: good
    expect: { status: succeeded, rolled_back: [drain], order: [drain, look, undrain, after], not_started: [warm_up] }
  - name: handled
    mocks: { look: [{ result: { open: false } }, { result: { open: true } }] }
    expect: { status: succeeded, order: [look, warm_up, undrain] }
  - name: back
    mocks: { look: { result: { open: false } } }
    expect: { status: failed, steps: { change: rolled_back }, rolled_back: [change, drain], order: [drain, warm_up, undrain], not_started: [after] }
  - name: cancelled
    mocks: { after: { duration: 1m } }
    events: [{ when: { step: look, is: running }, do: cancel, rollback: true }]
    expect: { status: cancelled }
`);
    expect(cases.map(texts)).toEqual([[], [], [], []]);
    const runbook = loadDocuments([{ path: 'switch.yaml', text: SWITCH }], { actions }).runbooks.get('switch')?.runbook;
    if (runbook === undefined) throw new Error('there is no runbook');
    const only = coverageOf(runbook, reached.slice(0, 1));
    expect(only.missed.map(({ kind, text }) => `${kind} ${text}`)).toEqual(['handler warm_up']);
    expect(only.points.filter(({ kind }) => kind === 'rollback').map(({ step }) => step)).toEqual(['undrain']);
    expect(coverageOf(runbook, reached).missed).toEqual([]);
  });

  it('a way back that was not gone is told with what was undone', async () => {
    const { cases } = await switched(`  - name: wrong
    expect: { rolled_back: [look] }
`);
    expect(cases.map(texts)).toEqual([['6:29 look was not undone; undone: change/drain']]);
  });
});
