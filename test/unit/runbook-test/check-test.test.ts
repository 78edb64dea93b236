import { describe, expect, it } from 'vitest';
import { actions } from '../../../engine/actions/registry.ts';
import { loadDocuments } from '../../../engine/language/load.ts';

const RUNBOOK = `apiVersion: runward/v1
kind: Runbook
metadata: { name: tidy, title: Tidy up, owner: team-web }
purpose: [operations, drill]
environment: test
timeout: 1h
inputs:
  note: { type: string, default: none }
targets:
  fleet:
    azure: { subscriptions: [sub-1], type: Microsoft.Compute/virtualMachines }
    max: 5
steps:
  - id: agree
    approval: { by: [group:leads], need: 1, message: "Tidy \${{ inputs.note }}?", form: { how: { type: string, enum: [soft, hard] }, notes: { type: string } } }
  - { id: power, uses: azure.vm.get@1, target: fleet }
  - { id: start, uses: azure.vm.start@1, target: fleet }
  - { id: pause, wait: 10s }
  - { id: clean, target: fleet, effect: named, run: "rm -f /tmp/old" }
outputs:
  done: steps.clean.status
`;

const GOOD = `apiVersion: runward/v1
kind: RunbookTest
runbook: tidy
defaults:
  purpose: operations
  targets: { fleet: [{ name: vm-1 }] }
  mocks: { agree: { approve: { by: dana, groups: [leads], form: { how: soft } } } }
cases:
  - name: good
    expect: { status: succeeded }
`;

function findingsOf(text: string): readonly string[] {
  const files = [
    { path: 'tidy.yaml', text: RUNBOOK },
    { path: 'tidy.test.yaml', text },
  ];
  const { findings } = loadDocuments(files, { actions });
  return findings.map(({ code, line, column, message, hint }) => `${line}:${column} ${code} ${message} → ${hint}`);
}

/** Findings of a case with these lines instead of those of the good one. */
function ofCase(lines: string): readonly string[] {
  return findingsOf(GOOD.replace('    expect: { status: succeeded }\n', `${lines}\n`));
}

function ofMock(mock: string): readonly string[] {
  return ofCase(`    mocks: ${mock}\n    expect: { status: succeeded }`);
}

describe('a test is checked against its runbook', () => {
  it('a good one has no finding', () => {
    expect(findingsOf(GOOD)).toEqual([]);
  });

  it.each([
    [
      'a runbook that is not there',
      GOOD.replace('runbook: tidy', 'runbook: tiddy'),
      '3:10 RW409 unknown runbook "tiddy" → did you mean "tidy"?',
    ],
    [
      'a gate that nobody answers',
      GOOD.replace(/ {2}mocks: .*\n/, ''),
      '8:11 RW601 case "good": step "agree" asks a person, and nobody answers',
    ],
    [
      'machines of Azure that are not given',
      GOOD.replace(/ {2}targets: .*\n/, ''),
      '8:11 RW603 case "good": the machines of "fleet" are found in Azure',
    ],
    [
      'a purpose that is not chosen',
      GOOD.replace('  purpose: operations\n', ''),
      '8:11 RW603 case "good": the runbook has several purposes',
    ],
    [
      'a purpose of another runbook',
      GOOD.replace('purpose: operations', 'purpose: backup'),
      '5:12 RW603 case "good": the runbook is not for backup',
    ],
    ['a set that is not there', GOOD.replace('fleet:', 'fleets:'), '6:14 RW402 unknown target set "fleets" → did you mean "fleet"?'],
  ])('%s', (_what, text, expected) => {
    expect(findingsOf(text).join('\n')).toContain(expected);
  });

  it.each([
    ['an unknown step', '{ claen: {} }', '10:14 RW401 unknown step "claen" → did you mean "clean"?'],
    [
      'an unknown field of a result',
      '{ power: { result: { powerstate: running } } }',
      'RW602 mock of "power": there is no field "powerstate" in its result',
    ],
    ['a value of another type', '{ clean: { result: { exit_code: none } } }', '10:44 RW602 mock of "clean": "none" is not a whole number'],
    ['a read that is unknown', '{ power: { unknown: true } }', '10:23 RW602 mock of "power": it only reads, so it is never unknown'],
    [
      'a script that cannot look',
      '{ clean: { already_done: true } }',
      'RW602 mock of "clean": only effect guarded looks whether the work is done',
    ],
    ['two endings', '{ start: { unknown: true, unreachable: true } }', 'RW602 mock of "start": unknown and unreachable exclude each other'],
    [
      'an approval of a step that asks nobody',
      '{ start: { approve: { by: dana } } }',
      'RW602 mock of "start": it asks nobody, so approve says nothing',
    ],
    ['a wait', '{ pause: { duration: 1s } }', 'RW602 mock of "pause": a wait is carried out as it is'],
    ['a gate with a result', '{ agree: { result: {} } }', 'RW602 mock of "agree": it is an approval step → say approve, deny or no_answer'],
    ['a yes without its form', '{ agree: { approve: { by: dana } } }', 'RW602 mock of "agree": form /how is missing'],
    ['machines of a step that makes none', '{ start: { produced: [{ name: x }] } }', 'RW602 mock of "start": it produces no machines'],
  ])('mocks: %s', (_what, mock, expected) => {
    const found = ofMock(mock);
    expect(found.join('\n')).toContain(expected);
    expect(found).toHaveLength(1);
  });

  it.each([
    ['nothing', '    mocks: {}', 'RW603 case "good": it expects nothing'],
    ['an unknown step', '    expect: { steps: { strat: failed } }', '10:24 RW401 unknown step "strat" → did you mean "start"?'],
    ['an unknown output', '    expect: { outputs: { dune: yes } }', '10:26 RW402 unknown output "dune" → did you mean "done"?'],
    ['a broken expression', '    expect: { assert: ["1 +"] }', 'RW301 expression:'],
    ['an unknown step that was undone', '    expect: { rolled_back: [strat] }', '10:29 RW401 unknown step "strat" → did you mean "start"?'],
  ])('expectations: %s', (_what, lines, expected) => {
    expect(ofCase(lines).join('\n')).toContain(expected);
  });

  it.each([
    ['neither a time nor a step', '[{ do: cancel }]', 'RW603 case "good": an event has at or when'],
    ['a decision about no step', '[{ at: 5m, do: resolve }]', 'RW603 case "good": resolve needs step and as'],
    ['an unknown step', '[{ when: { step: cleen, is: running }, do: cancel }]', '10:30 RW401 unknown step "cleen" → did you mean "clean"?'],
    ['a rollback of a pause', '[{ at: 5m, do: pause, rollback: true }]', 'RW603 case "good": rollback goes with cancel'],
    ['a step of a cancel', '[{ at: 5m, do: cancel, step: clean }]', 'RW603 case "good": step and as go with resolve'],
  ])('events: %s', (_what, events, expected) => {
    expect(ofCase(`    events: ${events}\n    expect: { status: succeeded }`).join('\n')).toContain(expected);
  });

  it('two cases of one name', () => {
    expect(findingsOf(`${GOOD}  - name: good\n    expect: { status: failed }\n`)).toEqual([
      expect.stringContaining('11:11 RW603 case "good": another case has this name'),
    ]);
  });
});
