import { expect, test } from 'vitest';
import type { EffectAction } from '../../../engine/actions/action.ts';
import { type Part, partedQuestions, type PartState } from '../../../engine/actions/parts.ts';
import { storedText } from '../../../engine/values.ts';
import { type Answers, leaf, makeRunWorld } from '../../support/run-world.ts';

type Estate = Record<string, PartState['kind']>;

/** An action of three requests on an estate that the test holds; the answer to the request `lost` is lost, whatever it does. */
function threeRequests(estate: Estate, sends: string[], ids: string[]): Answers {
  const part = (name: string): Part<object> => ({
    name,
    look: async () => {
      if (estate[name] === 'running') return { kind: 'running', ours: true, handle: { name }, message: `${name} is under way` };
      if (estate[name] === 'failed') return { kind: 'failed', ours: true, failure: { kind: 'target', message: `${name} was cancelled` } };
      if (estate[name] === 'unclear') return { kind: 'unclear', message: `two of ${name} exist`, candidates: [] };
      return estate[name] === 'done' ? { kind: 'done' } : { kind: 'todo' };
    },
    operation: () => ({ kind: 'vm.start', vmId: name }),
  });
  const questions = partedQuestions<object>({
    verb: 'work',
    pollMs: 1_000,
    prepare: async () => ({ kind: 'prepared', known: {} }),
    parts: () => ['disk', 'swap', 'start'].map(part),
    finish: async () => ({ kind: 'succeeded', result: { ok: true } }),
  }) as unknown as EffectAction;
  return {
    ...questions,
    submit: async (_, { before, requestId }) => {
      ids.push(requestId);
      const name = storedText(before?.['part']);
      sends.push(name);
      if (name === 'swap') {
        estate[name] = 'unclear';
        return { kind: 'ambiguous', message: 'reset' };
      }
      estate[name] = 'done';
      return { kind: 'completed' };
    },
  };
}

async function unknownSwap() {
  const estate: Estate = {};
  const sends: string[] = [];
  const ids: string[] = [];
  const world = await makeRunWorld({ steps: [leaf('work', 'guarded'), leaf('after', 'read')] }, threeRequests(estate, sends, ids));
  expect((await world.go()).state).toBe('unknown');
  expect(sends).toEqual(['disk', 'swap']);
  const say = (as: 'succeeded' | 'failed' | 'again') => world.say({ kind: 'resolve', step: 'work', as, reason: 'I looked' });
  return { world, estate, sends, ids, say };
}

test('"succeeded" about one of several requests: the target shows it, and the step goes on with the next one', async () => {
  const { world, estate, sends, say } = await unknownSwap();
  estate['swap'] = 'done';
  await say('succeeded');
  expect((await world.go()).state).toBe('succeeded');
  expect(sends).toEqual(['disk', 'swap', 'start']);
  expect(await world.step('work')).toMatchObject({ state: 'succeeded', generation: 0, resolution: { as: 'succeeded', by: 'dana' } });
});

test('"succeeded" that the target does not show within five minutes is a failure of kind verify, and nothing more is sent', async () => {
  const { world, estate, sends, say } = await unknownSwap();
  await say('succeeded');
  estate['swap'] = 'todo';
  expect((await world.go()).state).toBe('failed');
  expect(await world.step('work')).toMatchObject({ state: 'failed', error: { kind: 'verify', message: 'swap is not done' } });
  expect(sends).toEqual(['disk', 'swap']);
});

test('"succeeded" about a request that is still under way waits for its end, longer than the five minutes', async () => {
  const { world, estate, sends, say } = await unknownSwap();
  estate['swap'] = 'running';
  await say('succeeded');
  world.time.at(8 * 60_000, () => (estate['swap'] = 'done'));
  expect((await world.go()).state).toBe('succeeded');
  expect(sends).toEqual(['disk', 'swap', 'start']);
});

test('"failed" ends the step without its later requests', async () => {
  const failed = await unknownSwap();
  await failed.say('failed');
  expect((await failed.world.go()).state).toBe('failed');
  expect(failed.sends).toEqual(['disk', 'swap']);
});

test.each(['todo', 'failed'] as const)(
  '"again" sends a request of which the target shows %s under its old names, and under a new request id',
  async (kind) => {
    const { world, estate, sends, ids, say } = await unknownSwap();
    estate['swap'] = kind;
    await say('again');
    expect((await world.go()).state).toBe('unknown');
    expect(sends).toEqual(['disk', 'swap', 'swap']);
    expect(await world.step('work')).toMatchObject({ generation: 0, send: 3, reason: 'two of swap exist' });
    expect(new Set(ids).size).toBe(3);
  },
);

test.each(['done', 'running'] as const)('"again" about a request that the target shows as %s sends it no second time', async (kind) => {
  const { world, estate, sends, say } = await unknownSwap();
  estate['swap'] = kind;
  await say('again');
  world.time.at(8 * 60_000, () => (estate['swap'] = 'done'));
  expect((await world.go()).state).toBe('succeeded');
  expect(sends).toEqual(['disk', 'swap', 'start']);
  expect(await world.step('work')).toMatchObject({ generation: 0, adopted: true, resolution: { as: 'again' } });
});

test('"again" about a request that can still not be told asks again and says what is there', async () => {
  const { world, sends, say } = await unknownSwap();
  await say('again');
  expect((await world.go()).state).toBe('unknown');
  expect(await world.step('work')).toMatchObject({ state: 'unknown', reason: 'two of swap exist' });
  expect(sends).toEqual(['disk', 'swap']);
});
