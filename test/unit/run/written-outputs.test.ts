import { expect, test } from 'vitest';
import type { Step } from '../../../engine/language/runbook.ts';
import { makeRunWorld, step } from '../../support/run-world.ts';

const wait = (id: string, outputs: Readonly<Record<string, string>>): Step =>
  step(id, { kind: 'wait', wait: { duration: '1s' } }, { outputs });

test('a wait and an assert give the outputs that are written on them', async () => {
  const check = { that: 'steps.pause.outputs.twice == 4', message: 'not four' };
  const world = await makeRunWorld({
    steps: [
      wait('pause', { twice: '2 + 2' }),
      step('sure', { kind: 'assert', checks: [check] }, { outputs: { next: 'steps.pause.outputs.twice + 1' } }),
    ],
  });
  expect((await world.go()).state).toBe('succeeded');
  expect((await world.step('sure')).outputs).toEqual({ next: 5 });
});

test('expressions see what started the run: nothing but its kind when a person did', async () => {
  const world = await makeRunWorld({ steps: [wait('pause', { slot: 'trigger.slot', body: 'trigger.body' })] });
  await world.go();
  expect((await world.step('pause')).outputs).toEqual({ slot: null, body: null });
});

test('an output that cannot be computed fails its step and is never null', async () => {
  const world = await makeRunWorld({ steps: [wait('pause', { first: '[1][3]' })] });
  expect((await world.go()).state).toBe('failed');
  expect(await world.step('pause')).toMatchObject({
    state: 'failed',
    error: { kind: 'expression', message: expect.stringContaining('output "first"') },
  });
});

test('a manual step gives written outputs computed from its form', async () => {
  const body = {
    kind: 'manual',
    by: ['group:approvers'],
    instructions: 'Look.',
    timeoutMs: 60_000,
    form: { orders: { type: 'integer' } },
  } as const;
  const world = await makeRunWorld({
    steps: [step('look', body, { outputs: { enough: 'result.orders > 2', who: 'result.decided_by[0]' } })],
  });
  await world.go();
  await world.say({ kind: 'done', step: 'look', form: { orders: 3 } });
  expect((await world.go()).state).toBe('succeeded');
  expect((await world.step('look')).outputs).toEqual({ enough: true, who: 'dana' });
});
