import { expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';
import { runTest } from '../../../runbook-test/run-test.ts';

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: switch, title: Switch the web tier over, owner: team-web }
purpose: operations
environment: test
timeout: 6h
inputs:
  machines: { type: integer, default: 1 }
  port: { type: string, default: "80" }
steps:
  - id: agree
    if: inputs.machines > 3
    approval: { by: [group:leads], need: 1, message: Many machines }
  - id: change
    on_failure: rollback
    steps:
      - { id: drain, uses: http.check@1, with: { url: "http://lb.example.com/drain" }, rollback: [{ id: undrain, uses: http.check@1, with: { url: "http://lb.example.com/fill" } }] }
      - { id: look, uses: tcp.check@1, with: { host: web.example.com, port: "\${{ int(inputs.port) }}" } }
`;

const differencesOf = (cases: string) =>
  differencesIn({ path: 'switch.yaml', text: RUNBOOK }, `apiVersion: runward/v1\nkind: RunbookTest\nrunbook: switch\ncases:\n${cases}`);

async function differencesIn(
  runbook: { readonly path: string; readonly text: string },
  text: string,
): Promise<readonly (readonly string[])[]> {
  const loaded = loadDocuments([runbook, { path: 'the.test.yaml', text }], { actions });
  expect(loaded.findings).toEqual([]);
  const [test] = loaded.tests;
  if (test === undefined) throw new Error('there is no test');
  const { cases: reports } = await runTest(loaded, test, { seed: 1, wants: () => true });
  return reports.map(({ differences }) => differences.map(({ message }) => message));
}

it('a gate needs words of people where it asks, and none where its condition is false', async () => {
  const found = await differencesOf(`  - name: few
    expect: { status: succeeded, steps: { agree: skipped } }
  - name: many
    inputs: { machines: 9 }
    expect: { status: timed_out }
  - name: many and agreed
    inputs: { machines: 9 }
    mocks: { agree: { approve: { by: ann, groups: [leads] } } }
    expect: { status: succeeded }
`);
  expect(found).toEqual([[], ['step "agree" asked a person, and no mock answers: say approve, deny, done or no_answer'], []]);
});

it('a person answers about a failed rollback step by its id', async () => {
  const back = 'mocks: { look: { result: { open: false } }, undrain: [{ fail: { message: no } }, {}] }';
  const found = await differencesOf(`  - name: tried again
    ${back}
    events: [{ when: { step: undrain, is: failed }, do: resolve, step: undrain, as: again }]
    expect: { status: failed, steps: { change: rolled_back }, rolled_back: [drain] }
  - name: left as it is
    ${back}
    events: [{ when: { step: undrain, is: failed }, do: resolve, step: undrain, as: failed }]
    expect: { status: failed, steps: { change: rollback_failed } }
`);
  expect(found).toEqual([[], []]);
});

it('arguments that only the run can compute are held against the action, as on a worker', async () => {
  const found = await differencesOf(`  - name: no such port
    inputs: { port: "99999" }
    expect: { status: succeeded }
`);
  expect(found.flat().join()).toContain('the run is failed (step change: look: arguments do not fit: port');
});

it('a person asked about a fan-out can have what was done undone', async () => {
  const runbook = `apiVersion: runward/v1
kind: Runbook
metadata: { name: drain, title: Drain, owner: team-web }
purpose: operations
environment: test
timeout: 2h
steps:
  - id: each
    for_each: '\${{ ["a", "b"] }}'
    effect: named
    run: "drain"
    rollback: [{ id: fill, effect: named, run: "fill" }]
    rollout: { max_parallel: 2 }
    on_failure: pause
`;
  const text = `apiVersion: runward/v1
kind: RunbookTest
runbook: drain
cases:
  - name: undone
    mocks: { each: { items: { b: { fail: { message: no } } } } }
    events: [{ when: { step: each, is: failed }, after: 5m, do: resolve, step: each, as: rollback }]
    expect: { status: failed, steps: { each: rolled_back }, rolled_back: ["each[a]"] }
`;
  expect(await differencesIn({ path: 'drain.yaml', text: runbook }, text)).toEqual([[]]);
});
