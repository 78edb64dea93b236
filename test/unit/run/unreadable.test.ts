import { expect, test } from 'vitest';
import type { PollOutcome } from '../../../engine/actions/action.ts';
import { leaf, makeRunWorld } from '../../support/run-world.ts';

const MINUTE_MS = 60_000;
const unreadable = async (): Promise<PollOutcome> => ({
  kind: 'unreadable',
  message: 'the job cannot be read (no right)',
  retryAfterMs: 30_000,
});

/** A step whose work nothing tells of; its target shows the end after some time, or never. */
async function worldShowing(afterMs: number) {
  let startMs: number | undefined;
  return makeRunWorld(
    { steps: [leaf('work', 'guarded', { timeoutMs: 60 * MINUTE_MS }), leaf('after', 'read')] },
    {
      poll: unreadable,
      verify: async ({ clock }) => {
        startMs ??= clock.nowMs();
        if (clock.nowMs() - startMs >= afterMs) return { kind: 'succeeded', result: {} };
        return { kind: 'not_yet', message: 'the target does not show it', retryAfterMs: 1000 };
      },
    },
  );
}

test('AZ-33: work that nothing tells of is done when its target shows it, also long after five minutes', async () => {
  const world = await worldShowing(40 * MINUTE_MS);
  expect((await world.go()).state).toBe('succeeded');
  expect(world.calls.filter((call) => call === 'work:submit')).toHaveLength(1);
});

test('AZ-33: work that nothing tells of never fails by itself: when its time is over a person is asked, who hears why', async () => {
  const world = await worldShowing(Infinity);
  expect((await world.go()).state).toBe('unknown');
  expect(await world.step('work')).toMatchObject({ state: 'unknown' });
  expect(world.calls.filter((call) => call === 'work:submit')).toHaveLength(1);
  expect(world.calls).not.toContain('after:read');
});
