import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** What the language leaves to a decision, and the tests that would fail under another answer: file below test/, then how the title begins. */
const DECIDED: readonly (readonly [question: string, ...tests: (readonly [file: string, title: string])[]])[] = [
  [
    '1 cancel and running work',
    ['unit/run/decided.test.ts', 'decided 1:'],
    ['unit/run/people.test.ts', 'cancel before any step has started ends the run without finally; cancel after one follows'],
    ['unit/run/on-failure.test.ts', 'cancel rolls back only when it is asked to'],
    ['integration/shell-local.test.ts', 'kills what ignores TERM'],
  ],
  [
    '2 cancel inside rollback or finally',
    ['unit/run/control.test.ts', 'cancel inside finally is refused with a message; a forced one'],
    ['unit/run/control.test.ts', 'a forced cancel does not end a run whose step is unknown'],
  ],
  ['3 retry of one item', ['unit/run/retry.test.ts', 'one item alone begins with the first step of its block']],
  [
    '4 outputs of steps that did not succeed',
    ['unit/run/decided.test.ts', 'decided 4:'],
    ['unit/run/decided.test.ts', 'a skipped step does not skip what comes later'],
    ['unit/run/fan-out.test.ts', 'are targets of later steps, also when their step failed'],
  ],
  ['5 a failing condition', ['unit/run/flow.test.ts', 'a false if skips, an if that fails is a failure of kind expression']],
  [
    '6 retry after finally',
    ['unit/run/decided.test.ts', 'decided 6:'],
    ['unit/run/retry.test.ts', 'an approval is void: the new run asks again'],
    ['unit/run/retry.test.ts', 'a step whose machines are gone runs again'],
  ],
  [
    '7 a retry hides no failure',
    ['unit/run/retry.test.ts', 'what succeeded keeps its result and its key'],
    ['unit/run/retry.test.ts', 'only one step: what failed beside it stays out'],
    ['unit/run/on-failure.test.ts', 'a handler sees the error of its step, and recover makes the step recovered'],
  ],
  [
    '8 approvals and windows',
    ['unit/run/people.test.ts', 'an approval that was not used within an hour is spent'],
    ['unit/run/people.test.ts', 'for steps with a window an approval lasts until the first window'],
    ['unit/run/people.test.ts', 'readiness is checked again when the approval comes'],
    ['unit/run/gates.test.ts', 'a freeze that begins during a run holds the next change'],
  ],
  [
    '9 two runs, one target',
    ['unit/run/decided.test.ts', 'decided 9:'],
    ['unit/run/locks.test.ts', 'targets are locked together before the first change'],
    ['unit/run/locks.test.ts', 'a run that waits at its approval holds no target, and reads take none'],
  ],
  [
    '10 slot while the previous run waits for a person',
    ['unit/schedule/fire.test.ts', 'counts a run that waits for a person as running'],
    ['unit/schedule/fire.test.ts', 'lets one slot wait where it queues'],
  ],
  [
    '11 rollback of a half-done step',
    ['unit/run/rollback.test.ts', 'a failed step is undone when its request was sent'],
    ['unit/run/rollback.test.ts', 'nothing is rolled back while a step is unknown'],
  ],
  [
    '12 recovery time and point',
    ['unit/run/people.test.ts', 'the clock runs from the first attempt of its start'],
    ['unit/run/decided.test.ts', 'the active time leaves out only what every open branch waited for a person'],
    ['unit/evidence/bundle.test.ts', 'what was not measured is never met'],
    ['unit/evidence/bundle.test.ts', 'recovery point: the oldest machine counts'],
  ],
  [
    '13 targets that change after the plan',
    ['unit/run/decided.test.ts', 'decided 13:'],
    ['unit/run/fan-out.test.ts', 'that are gone fail their item'],
    ['unit/run/fan-out.test.ts', 'that are others under the same name stop the run'],
  ],
  [
    '14 continue',
    ['unit/run/flow.test.ts', 'on_failure: continue makes the run partially failed'],
    ['unit/run/on-failure.test.ts', 'needs on a sibling that failed with continue is satisfied'],
  ],
  [
    '15 secrets, stored time, version of actions',
    ['unit/run/decided.test.ts', 'decided 15:'],
    ['unit/run/decided.test.ts', 'a run whose actions a worker does not have'],
    ['unit/actions-script/script-run.test.ts', 'is sent with its env, resolved secrets'],
  ],
];

test.each(DECIDED.map(([question, ...tests]) => [question, tests] as const))('%s: its tests are there', (_, tests) => {
  for (const [file, title] of tests) {
    const text = readFileSync(join(ROOT, 'test', file), 'utf8');
    expect(text.includes(`test('${title}`) || text.includes(`it('${title}`), `${file}: ${title}`).toBe(true);
  }
});
