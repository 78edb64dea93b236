import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { playCase } from '../../../runbook-test/play-case.ts';
import { type CaseReport, runTest, type TestReport } from '../../../runbook-test/run-test.ts';

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: restart, title: Restart the web tier, owner: team-web }
purpose: operations
environment: test
timeout: 6h
inputs:
  unit: { type: string, default: shop-web }
targets:
  web:
    hosts: [{ name: web-01, os: linux, user: ops }, { name: web-02, os: linux, user: ops }]
    max: 2
objectives: { rto: 10m, clock: { start: restart, stop: answers } }
steps:
  - id: go
    approval: { by: [group:leads, group:business], need: 2, need_from: [group:business], timeout: 1h, message: "Restart \${{ inputs.unit }}?" }
  - id: restart
    target: web
    effect: guarded
    env: { UNIT: "\${{ inputs.unit }}" }
    run: |
      systemctl restart "$UNIT"
    done_when: { run: "test -e /run/restarted" }
  - id: answers
    uses: http.check@1
    with: { url: "http://web.example.com/" }
    until: { condition: result.ok, every: 10s, timeout: 2m }
  - id: report
    if: steps.answers.attempts > 1
    target: web
    effect: read
    run: |
      uptime
    retry: { attempts: 1, delay: 5s }
    outputs: { text: result.stdout.trim() }
finally:
  - { id: look, uses: tcp.check@1, with: { host: web.example.com, port: 80 } }
outputs:
  tries: steps.answers.attempts
`;

const HEAD = `apiVersion: runward/v1
kind: RunbookTest
runbook: restart
defaults:
  mocks:
    go: { approve: [{ by: ann, groups: [leads] }, { by: bo, groups: [business], after: 2m }] }
cases:
`;

async function play(cases: string, seed = 1): Promise<TestReport> {
  const { loaded, test } = loadedTest(cases);
  return runTest(loaded, test, { seed, wants: () => true });
}

function loadedTest(cases: string) {
  const loaded = loadDocuments(
    [
      { path: 'restart.yaml', text: RUNBOOK },
      { path: 'restart.test.yaml', text: HEAD + cases },
    ],
    { actions },
  );
  expect(loaded.findings).toEqual([]);
  const [test] = loaded.tests;
  if (test === undefined) throw new Error('there is no test');
  return { loaded, test };
}

async function only(cases: string): Promise<CaseReport> {
  const [report] = (await play(cases)).cases;
  if (report === undefined) throw new Error('there is no case');
  return report;
}

function texts(report: CaseReport): readonly string[] {
  return report.differences.map(({ at, message }) => `${at.line}:${at.column} ${message}`);
}

describe('what mocks do to a run', () => {
  it('a step that is not mocked succeeds at once, and a gate takes the words of two people', async () => {
    const report = await only(`  - name: good
    expect:
      status: succeeded
      steps: { go: succeeded, restart: succeeded, answers: succeeded, report: skipped, look: succeeded }
      order: [go, restart, answers, look]
      objectives: { rto: met }
      outputs: { tries: 1 }
      plan: { read: 3, mutates: 1, gate: 1, unknown: 0 }
      assert: ['steps.go.outputs.decided_by == ["ann", "bo"]']
`);
    expect(texts(report)).toEqual([]);
    expect(report.virtualMs).toBe(120_000);
  });

  it('one mock for each attempt, the last repeats; a duration passes in virtual time', async () => {
    const report = await only(`  - name: attempts
    mocks:
      answers: [{ result: { ok: false } }, { fail: { message: refused } }, { result: { ok: true }, duration: 2m }]
      report:
        items:
          web-01: [{ fail: {} }, { result: { stdout: "up 3 days\\n" } }]
    expect:
      status: succeeded
      items: { report: { web-01: succeeded, web-02: succeeded } }
      outputs: { tries: 3 }
      assert:
        - steps.report.by_key["web-01"].outputs.text == "up 3 days"
        - steps.report.by_key["web-02"].outputs.text == ""
        - steps.answers.duration > duration("2m")
`);
    expect(texts(report)).toEqual([]);
  });

  it('unreachable, unknown and already done are three different things', async () => {
    const { cases } = await play(`  - name: unreachable
    mocks: { restart: { items: { web-02: { unreachable: true } } } }
    expect:
      status: failed
      items: { restart: { web-01: succeeded, web-02: failed } }
      assert: ['steps.restart.by_key["web-02"].error.kind == "unreachable"']
      not_started: [answers]
  - name: unknown
    mocks: { restart: { unknown: true } }
    expect:
      status: unknown
      items: { restart: { web-01: unknown } }
      not_started: [look]
  - name: already done
    mocks: { restart: { already_done: true } }
    expect:
      status: succeeded
      items: { restart: { web-01: succeeded, web-02: succeeded } }
`);
    expect(cases.map(texts)).toEqual([[], [], []]);
  });

  it('an answer that takes longer than its action may take is late, however good it is', async () => {
    const report = await only(`  - name: late
    mocks: { look: { duration: 10m } }
    expect: { status: partially_failed, steps: { look: timed_out } }
`);
    expect(texts(report)).toEqual([]);
  });

  it('words that do not count leave the gate open, and the report says why', async () => {
    const report = await only(`  - name: not the business
    mocks: { go: { approve: [{ by: ann, groups: [leads] }, { by: cy, groups: [leads] }, { by: starter, groups: [business] }] } }
    expect: { status: succeeded }
`);
    expect(texts(report)[0]).toMatch(
      /^10:23 the run is timed_out \(.*; approve of starter does not count: starter asked for this run.*\), expected succeeded$/,
    );
  });
});

describe('what happens to a run', () => {
  it('a cancel, a dead worker, a lost store and a decision come when they are due', async () => {
    const { cases } = await play(`  - name: cancelled
    mocks: { restart: { duration: 2m } }
    events: [{ when: { step: restart, is: running }, after: 30s, do: cancel }]
    expect: { status: cancelled, items: { restart: { web-01: failed, web-02: cancelled } }, not_started: [answers], steps: { look: succeeded } }
  - name: cancelled before the gate
    events: [{ at: 5s, do: cancel }]
    expect: { status: cancelled, not_started: [restart] }
  - name: worker dies
    mocks: { restart: { duration: 2m } }
    events: [{ when: { step: restart, item: web-02, is: running }, after: 30s, do: worker_crash }]
    expect: { status: succeeded, items: { restart: { web-01: succeeded, web-02: succeeded } } }
  - name: store lost
    mocks: { restart: { duration: 2m } }
    events: [{ when: { step: restart, is: running }, after: 30s, do: store_loss, for: 50s }]
    expect: { status: succeeded }
  - name: decided
    mocks: { restart: { items: { web-01: { unknown: true } } } }
    events: [{ when: { step: restart, item: web-01, is: unknown }, after: 1h, do: resolve, step: "restart[web-01]", as: succeeded }]
    expect: { status: succeeded }
`);
    expect(cases.map(texts)).toEqual([[], [], [], [], []]);
  });

  it('a pause holds until somebody resumes; the kill switch holds changes while it is on', async () => {
    const { cases } = await play(`  - name: paused for good
    events: [{ when: { step: go, is: waiting }, after: 10s, do: pause }]
    expect: { status: paused, not_started: [restart] }
  - name: paused and resumed
    mocks: { restart: { duration: 2m } }
    events: [{ when: { step: restart, is: running }, after: 10s, do: pause }, { at: 1h, do: resume }]
    expect: { status: succeeded, items: { restart: { web-02: succeeded } }, assert: ['run.rto.elapsed > duration("50m")'] }
  - name: killed for an hour
    events: [{ at: 30s, do: kill_switch, for: 1h }]
    expect: { status: paused, reason: killed, not_started: [restart] }
  - name: killed for an hour, resumed after two
    events: [{ at: 30s, do: kill_switch, for: 1h }, { at: 2h, do: resume }]
    expect: { status: succeeded, assert: ['steps.restart.ended_at - run.started_at >= duration("2h")'] }
`);
    expect(cases.map(texts)).toEqual([[], [], [], []]);
  });

  it('a script that only reads goes on while the kill switch is on', async () => {
    const report = await only(`  - name: reads go on
    mocks: { answers: [{ result: { ok: false } }, { result: { ok: true } }] }
    events: [{ when: { step: answers, is: running }, do: kill_switch }]
    expect: { status: succeeded, items: { report: { web-01: succeeded, web-02: succeeded } } }
`);
    expect(texts(report)).toEqual([]);
  });

  it('an event that never comes is a difference of its own', async () => {
    const report = await only(`  - name: never
    events:
      - { when: { step: report, is: failed }, do: cancel }
      - { when: { step: restart, is: running }, after: 1h, do: cancel }
    expect: { status: succeeded }
`);
    expect(texts(report)).toEqual([
      '10:9 this event never came: report was never failed',
      '11:9 this event never came: restart was running, and the run ended before it; give the step a mock with a duration',
    ]);
  });
});

describe('what a report says', () => {
  it('names every expectation that does not hold, with the line that it is written in, first of all the first', async () => {
    const report = await only(`  - name: all wrong
    expect:
      status: failed
      phase: main
      reason: no reason
      steps: { go: failed, restart: succeeded }
      items: { restart: { web-02: failed } }
      order: [answers, restart]
      not_started: [go]
      outputs: { tries: 7 }
      objectives: { rto: breached }
      duration: { max: 1m }
      plan: { mutates: 4 }
      diagnostics: [RW508]
      assert:
        - run.purpose == "drill"
`);
    expect(report.status).toBe('failed');
    expect(texts(report)).toEqual([
      '10:15 the run is succeeded, expected failed',
      '11:14 the run is in phase finally, expected main',
      '12:15 the reason is "", expected to hold "no reason"',
      '13:20 go is succeeded, expected failed',
      '14:35 restart[web-02] is succeeded, expected failed',
      '15:24 restart did not begin after answers; steps began as go, restart[web-01], restart[web-02], answers, finally/look',
      '16:21 go began',
      '17:25 output tries is 1, expected 7',
      '18:26 rto is met, expected breached',
      '19:24 the run took 2m, expected at most 1m',
      '20:24 the plan has 1 of mutates, expected 4',
      '21:21 RW508 was not found: the plan was made',
      '23:11 run.purpose == "drill" is false',
    ]);
  });

  it('a plan that is refused is told with its findings, and can be what the case expects', async () => {
    const { cases } = await play(`  - name: refused
    inputs: { unit: 7 }
    expect: { status: succeeded }
  - name: expected
    inputs: { unit: 7 }
    expect: { diagnostics: [RW517] }
`);
    expect(cases.map(texts)).toEqual([[expect.stringMatching(/^10:13 no plan was made.*RW517 input \/unit: must be text/)], []]);
  });

  it('an expectation of the defaults is found where it is written', async () => {
    const text = (HEAD + '  - name: one\n').replace('cases:', '  expect: { status: failed }\ncases:');
    const loaded = loadDocuments(
      [
        { path: 'restart.yaml', text: RUNBOOK },
        { path: 'restart.test.yaml', text },
      ],
      { actions },
    );
    const [test] = loaded.tests;
    if (test === undefined) throw new Error('there is no test');
    const report = await runTest(loaded, test, { seed: 1, wants: () => true });
    expect(report.cases.map(texts)).toEqual([['7:21 the run is succeeded, expected failed']]);
  });

  it('the same seed gives the same run', async () => {
    const cases = `  - name: retried
    mocks: { answers: [{ result: { ok: false } }, { result: { ok: true } }], report: [{ fail: {} }, {}] }
    expect: { status: succeeded }
`;
    const runs = await Promise.all([play(cases, 7), play(cases, 7)]);
    expect(runs[0]?.cases[0]?.status).toBe('passed');
    expect(runs[0]?.cases).toEqual(runs[1]?.cases);
    const { loaded, test } = loadedTest(cases);
    const [one] = test.cases;
    if (one === undefined) throw new Error('there is no case');
    const changes = async () => {
      const played = await playCase({ project: loaded, runbook: test.runbook, one, seed: 7 });
      return played.kind === 'ran' ? played.journal.changes : [];
    };
    const first = await changes();
    expect(first.length).toBeGreaterThan(0);
    expect(await changes()).toEqual(first);
  });
});

describe('a runbook that calls another', () => {
  const CALLER = `apiVersion: runward/v1
kind: Runbook
metadata: { name: caller, title: Calls the restart, owner: team-web }
purpose: operations
environment: test
timeout: 8h
steps:
  - { id: again, call: restart, with: { unit: shop-app } }
outputs:
  tries: steps.again.outputs.tries
`;

  it('plays the called run as well: its mocks, its gates and its steps go by their ids', async () => {
    const text = `apiVersion: runward/v1
kind: RunbookTest
runbook: caller
defaults:
  mocks:
    go: { approve: [{ by: ann, groups: [leads] }, { by: bo, groups: [business] }] }
cases:
  - name: good
    mocks: { answers: [{ result: { ok: false } }, {}] }
    expect: { status: succeeded, outputs: { tries: 2 }, order: [again, "again/go", "again/restart", "again/finally/look"] }
  - name: denied
    mocks: { go: { deny: { by: ann, groups: [leads] } } }
    expect: { status: failed, steps: { again: failed }, not_started: [restart] }
`;
    const files = [
      { path: 'restart.yaml', text: RUNBOOK },
      { path: 'caller.yaml', text: CALLER },
      { path: 'caller.test.yaml', text },
    ];
    const loaded = loadDocuments(files, { actions });
    expect(loaded.findings).toEqual([]);
    const [test] = loaded.tests;
    if (test === undefined) throw new Error('there is no test');
    const report = await runTest(loaded, test, { seed: 1, wants: () => true });
    expect(report.cases.map(texts)).toEqual([[], []]);
  });
});
