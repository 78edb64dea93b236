import { expect, test } from 'vitest';
import type { Runbook } from '../../../engine/language/runbook.ts';
import { summarize } from '../../../engine/run/summary.ts';
import { type Answers, leaf, makeRunWorld, step } from '../../support/run-world.ts';

const at = { line: 12, column: 5 };
const place = { file: 'test.yaml', ...at };
const ABSENT = 'steps.look.outputs.absent';
const look = leaf('look', 'read');

async function errorsOf(definition: Partial<Runbook> & Pick<Runbook, 'steps'>, answers: Answers = {}) {
  const { go, runId, ports, plan } = await makeRunWorld(definition, answers);
  await go();
  const stored = await ports.store.readRun(runId);
  if (stored === undefined) throw new Error('the run is gone');
  const { steps } = summarize({ ...stored, plan, pendingCommands: 0, nowMs: stored.nowMs, baseUrl: '' });
  return Object.fromEntries(
    steps.flatMap(({ path, error, items }) => [[path, error], ...items.map((item) => [`${path}[${item.key}]`, item.error])]),
  );
}

test('an expression that cannot be computed is RW312, wherever it stands, at the place of its step in the runbook', async () => {
  const broken = {
    if: leaf('bad', 'named', { at, if: `${ABSENT} == 1` }),
    with: step('bad', { kind: 'uses', action: 'test.named@1', with: { x: `\${{ ${ABSENT} }}` } }, { at }),
    until: leaf('bad', 'read', { at, until: { condition: 'result.absent', everyMs: 1000, timeoutMs: 60_000 } }),
    success_if: leaf('bad', 'named', { at, successIf: 'result.absent' }),
    'output "x"': leaf('bad', 'read', { at, outputs: { x: 'result.absent' } }),
    that: step('bad', { kind: 'assert', checks: [{ that: ABSENT, message: 'never' }] }, { at }),
    wait: step('bad', { kind: 'wait', wait: { duration: `\${{ ${ABSENT} }}` } }, { at }),
    for_each: leaf('bad', 'read', { at, forEach: `\${{ ${ABSENT} }}` }),
    target: leaf('bad', 'named', { at, target: { kind: 'produced', expression: ABSENT } }),
  };
  for (const [where, bad] of Object.entries(broken)) {
    const { bad: error } = await errorsOf({ steps: [look, bad] });
    expect(error, where).toMatchObject({ kind: 'expression', code: 'RW312', place });
    expect(error?.message, where).toMatch(new RegExp(`^${where}: .*absent`));
  }
});

test('the error of one item has the place of the step that fans out', async () => {
  const argument = '${{ item == "a" ? 1 : steps.look.outputs.absent }}';
  const each = step('each', { kind: 'uses', action: 'test.named@1', with: { argument } }, { at, forEach: '${{ ["a", "b"] }}' });
  const errors = await errorsOf({ steps: [look, each] });
  expect(errors['each[a]']).toBeUndefined();
  expect(errors['each[b]']).toMatchObject({ code: 'RW312', place });
});

test('a machine that is neither planned nor made by the run is RW510, and the same key twice RW416', async () => {
  const stranger = leaf('look', 'read', { outputs: { made: '[{"id": "ssh://stranger"}]' } });
  const touch = leaf('touch', 'named', { at, target: { kind: 'produced', expression: 'steps.look.outputs.made' } });
  expect(await errorsOf({ steps: [stranger, touch] })).toMatchObject({ touch: { kind: 'target_missing', code: 'RW510', place } });
  const twice = leaf('twice', 'read', { at, forEach: '${{ ["a", "a"] }}' });
  expect(await errorsOf({ steps: [twice] })).toMatchObject({ twice: { kind: 'expression', code: 'RW416', place } });
});

test('a readiness check that failed is RW519; a step that failed at its target has no code and no place', async () => {
  const answers: Answers = { read: async () => ({ kind: 'failed', failure: { kind: 'target', message: 'not healthy' } }) };
  const checks = [leaf('healthy', 'read', { at })];
  expect(await errorsOf({ readiness: { checks }, steps: [leaf('change', 'named')] }, answers)).toMatchObject({
    'readiness/healthy': { kind: 'target', message: 'not healthy', code: 'RW519', place },
  });
  expect((await errorsOf({ steps: [leaf('bad', 'read', { at })] }, answers))['bad']).toEqual({ kind: 'target', message: 'not healthy' });
});
