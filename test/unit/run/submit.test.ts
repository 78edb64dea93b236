import { expect, test } from 'vitest';
import type { SubmitOutcome } from '../../../engine/actions/action.ts';
import { leaf, makeRunWorld } from '../../support/run-world.ts';

const ACCEPTED = { kind: 'accepted', handle: { jobId: 'job' } } as const;

/** Answers the first send with `first` and accepts every further one. */
function firstThenAccepted(first: SubmitOutcome): () => Promise<SubmitOutcome> {
  let sends = 0;
  return async () => ((sends += 1) === 1 ? first : ACCEPTED);
}

test('the intent is stored before the request leaves, the acceptance after it', async () => {
  let stored: string | undefined;
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded')] },
    {
      submit: async () => {
        stored = (await world.step('one')).state;
        return ACCEPTED;
      },
    },
  );
  await world.go();
  expect(stored).toBe('intent');
});

test('an answer that was lost is never answered by a second request before the quiet time is over', async () => {
  const sentAt: number[] = [];
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded')] },
    {
      submit: async () => {
        sentAt.push(world.time.clock.monotonicMs());
        return sentAt.length === 1 ? { kind: 'ambiguous', message: 'connection reset' } : ACCEPTED;
      },
    },
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(sentAt).toHaveLength(2);
  expect((sentAt[1] ?? 0) - (sentAt[0] ?? 0)).toBeGreaterThanOrEqual(120_000);
  expect(await world.step('one')).toMatchObject({ attempt: 1, send: 2 });
});

test('found work is adopted at once and nothing is sent again', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded')] },
    {
      submit: firstThenAccepted({ kind: 'ambiguous', message: 'reset' }),
      find: async () => ({ kind: 'found', handle: { jobId: 'theirs' } }),
    },
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.step('one')).toMatchObject({ adopted: true, handle: { jobId: 'theirs' }, send: 1 });
  expect(world.calls.filter((call) => call === 'one:submit')).toHaveLength(1);
});

test('a target that cannot be read clearly leaves the step unknown, parks the run and names the candidates', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded'), leaf('two', 'read')], finally: [leaf('tidy', 'guarded')] },
    {
      submit: async () => ({ kind: 'ambiguous', message: 'reset' }),
      find: async () => ({ kind: 'unclear', message: 'two jobs could be ours', candidates: ['a', 'b'] }),
    },
  );
  expect(await world.go()).toMatchObject({ state: 'unknown' });
  expect(await world.steps()).toEqual({ one: 'unknown' });
});

test('a blind step whose answer was lost becomes unknown and is never sent again', async () => {
  const world = await makeRunWorld({ steps: [leaf('one', 'blind')] }, { submit: async () => ({ kind: 'ambiguous', message: 'reset' }) });
  expect((await world.go()).state).toBe('unknown');
  expect(world.calls.filter((call) => call === 'one:submit')).toHaveLength(1);
});

test.each(['succeeded', 'failed', 'again'] as const)('a person resolves an unknown step as %s', async (as) => {
  const submit = firstThenAccepted({ kind: 'ambiguous', message: 'reset' });
  const world = await makeRunWorld({ steps: [leaf('one', 'blind'), leaf('two', 'read')] }, { submit });
  await world.go();
  const before = await world.step('one');
  await world.say({ kind: 'resolve', step: 'one', as, reason: 'looked at the machine' });
  const run = await world.go();
  expect(run.state).toBe(as === 'failed' ? 'failed' : 'succeeded');
  const after = await world.step('one');
  expect(after.generation).toBe(as === 'again' ? 1 : 0);
  expect(after.key === before.key).toBe(as !== 'again');
});

test('a request that provably never left is sent again under the next send number, in the same attempt', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded')] },
    { submit: firstThenAccepted({ kind: 'not_sent', message: 'refused', retryAfterMs: 5_000 }) },
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.step('one')).toMatchObject({ attempt: 1, send: 2 });
});

test('throttling waits for the time that Azure names', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded')] },
    { submit: firstThenAccepted({ kind: 'throttled', message: '429', retryAfterMs: 90_000 }) },
  );
  const run = await world.go();
  expect((run.endedAtMs ?? 0) - (run.startedAtMs ?? 0)).toBeGreaterThanOrEqual(90_000);
});

test('a refusal without effect fails the step at once', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded')] },
    { submit: async () => ({ kind: 'refused', failure: { kind: 'denied', message: 'no right' } }) },
  );
  expect((await world.go()).state).toBe('failed');
  expect(await world.step('one')).toMatchObject({ state: 'failed', error: { kind: 'denied' } });
});

test('done is believed only when the target shows it: five minutes of contradiction fail with kind verify', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded')] },
    { verify: async () => ({ kind: 'not_yet', message: 'the machine is off', retryAfterMs: 10_000 }) },
  );
  expect((await world.go()).state).toBe('failed');
  expect(await world.step('one')).toMatchObject({ error: { kind: 'verify', message: 'the machine is off' } });
});

test('an action of several requests: each has its own ticket and request id, and what is known is carried on', async () => {
  const sent: { readonly send: number; readonly requestId: string; readonly before: unknown }[] = [];
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded')] },
    {
      precheck: async (_ports, { before }) => ({ kind: 'proceed', before: { part: Number(before?.['part'] ?? 0) + 1 } }),
      submit: async (_ports, { send, requestId, before }) => {
        sent.push({ send, requestId, before });
        return { kind: 'accepted', handle: {} };
      },
      verify: async (_ports, { before }) =>
        before?.['part'] === 3
          ? { kind: 'succeeded', result: { ok: true, changed: true } }
          : { kind: 'next', message: 'the next part', before: { ...before, changed: true } },
    },
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(sent.map(({ send, before }) => [send, before])).toEqual([
    [1, { part: 1 }],
    [2, { part: 2 }],
    [3, { part: 3 }],
  ]);
  expect(new Set(sent.map(({ requestId }) => requestId)).size).toBe(3);
  expect(await world.step('one')).toMatchObject({ state: 'succeeded', attempt: 1, send: 3, changed: true });
});

test('an operation that outlives its step by ten minutes is unknown, not failed', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded', { timeoutMs: 60_000 })] },
    { poll: async () => ({ kind: 'running', retryAfterMs: 30_000 }) },
  );
  expect((await world.go()).state).toBe('unknown');
});

test('a step whose target already is as wanted changes nothing', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded')] },
    { precheck: async () => ({ kind: 'succeeded', result: { ok: true, changed: false } }) },
  );
  expect((await world.go()).state).toBe('succeeded');
  expect(await world.step('one')).toMatchObject({ changed: false });
  expect(world.calls).not.toContain('one:submit');
});

test('a read that gets no answer is asked again until the time of its step is over', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'read', { timeoutMs: 60_000 })] },
    { read: async () => ({ kind: 'unanswered', message: 'throttled', retryAfterMs: 20_000 }) },
  );
  expect((await world.go()).state).toBe('failed');
  expect(await world.step('one')).toMatchObject({ verdict: 'timed_out' });
  expect(world.calls).toHaveLength(3);
});

test('a request that never gets out ends with the time of its step, as a definite failure', async () => {
  const world = await makeRunWorld(
    { steps: [leaf('one', 'guarded', { timeoutMs: 60_000 })] },
    { submit: async () => ({ kind: 'not_sent', message: 'connection refused', retryAfterMs: 10_000 }) },
  );
  expect((await world.go()).state).toBe('failed');
  expect(await world.step('one')).toMatchObject({ verdict: 'timed_out', error: { message: 'connection refused' } });
});
