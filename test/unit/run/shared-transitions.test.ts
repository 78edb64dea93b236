import { expect, test } from 'vitest';
import type { StepState } from '../../../engine/run/step-state.ts';
import type { TransitionRequest } from '../../../engine/store.ts';
import { leaf, makeRunWorld, type RunWorld } from '../../support/run-world.ts';

const FIFTY = { waves: [{ percent: 100 }], maxParallel: 50, maxFailures: { count: 0 } };
const ITEMS = Array.from({ length: 50 }, (_, index) => index);

/** Everything that the run's holder stores from now on. */
function watchTransitions(world: RunWorld): readonly TransitionRequest[] {
  const { store } = world.ports;
  const { transition } = store;
  const seen: TransitionRequest[] = [];
  Object.assign(store, {
    transition: (request: TransitionRequest) => {
      seen.push(request);
      return transition(request);
    },
  });
  return seen;
}

const reached = ({ steps }: TransitionRequest): ReadonlySet<StepState> => new Set(steps.map(({ record }) => record.state));

test('what the items of a fan-out have to say at the same time is stored at once: the cost does not grow with their number', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('each', 'guarded', { forEach: '${{ inputs.items }}', rollout: FIFTY })] },
    {},
    { inputs: { items: ITEMS } },
  );
  const stored = watchTransitions(world);
  expect((await world.go()).state).toBe('succeeded');
  expect(stored.length).toBeLessThan(20);
  expect(Math.max(...stored.map(({ steps }) => steps.length))).toBeGreaterThanOrEqual(50);
});

test('intents share a transition with intents only', async () => {
  const steps = [leaf('each', 'guarded', { forEach: '${{ inputs.items }}', rollout: { ...FIFTY, maxParallel: 7 } })];
  const world = await makeRunWorld({ steps }, {}, { inputs: { items: ITEMS } });
  const stored = watchTransitions(world);
  await world.go();
  const intents = stored.filter((request) => reached(request).has('intent'));
  expect(intents.length).toBeGreaterThan(0);
  for (const request of intents) {
    expect([...reached(request)]).toEqual(['intent']);
    expect(request.writesIntent).toBe(true);
  }
});

test('a step that opens because another one has ended is stored with its end', async () => {
  const world = await makeRunWorld({ steps: [leaf('first', 'read'), leaf('second', 'read')] });
  const stored = watchTransitions(world);
  await world.go();
  const moves = stored.map(({ steps }) => steps.map(({ record }) => `${record.path} ${record.state}`));
  expect(moves).toContainEqual(['first succeeded', 'second ready']);
});

test('a word of a person that arrives with the end of a step is heard before the next one begins', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('first', 'read'), leaf('second', 'read')] },
    {
      read: async () => {
        await world.say({ kind: 'cancel', reason: 'enough' });
        return { kind: 'succeeded', result: { ok: true } };
      },
    },
  );
  expect((await world.go()).state).toBe('cancelled');
  expect(await world.steps()).toEqual({ first: 'succeeded', second: 'cancelled' });
  expect(world.calls).toEqual(['first:read']);
});

test('a record moves once in a transition, and the audit chain has every move in its order', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('each', 'named', { forEach: '${{ inputs.items }}', rollout: FIFTY })] },
    {},
    { inputs: { items: ITEMS } },
  );
  const stored = watchTransitions(world);
  await world.go();
  for (const { steps } of stored) expect(new Set(steps.map(({ record }) => record.path)).size).toBe(steps.length);
  const opened = stored.flatMap(({ audit }) => audit.filter(({ data }) => data['path'] === 'each[7]').map(({ event }) => event));
  expect(opened).toEqual(['step.opened', 'step.intent_written', 'step.accepted', 'step.still_running', 'step.ended_well']);
});
