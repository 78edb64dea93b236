import { expect, test } from 'vitest';
import { fenceReason } from '../../../worker/fence.ts';
import { createKnownSecrets } from '../../../worker/known-secrets.ts';

test('a secret that was read never stands in a log line afterwards, in any spelling', async () => {
  const known = createKnownSecrets();
  const secrets = known.watch({ resolve: async () => ({ kind: 'found', value: 'correct horse' }) });
  expect(known.redact('correct horse')).toBe('correct horse');
  await secrets.resolve('secret:x', new AbortController().signal);
  expect(known.redact('the word is correct horse')).toBe('the word is ***');
  expect(known.redact(Buffer.from('correct horse').toString('hex'))).toBe('***');
});

/** A clock whose sleeps pass the given wall and monotonic milliseconds. */
function clockThatPasses(steps: readonly (readonly [number, number])[]) {
  let [wall, monotonic, at] = [0, 0, 0];
  return {
    nowMs: () => wall,
    monotonicMs: () => monotonic,
    sleep: async () => {
      const [more, steady] = steps[at] ?? [1_000, 1_000];
      at += 1;
      wall += more;
      monotonic += steady;
    },
  };
}

test('a worker fences itself off when its event loop stood still or its clock jumped, and not otherwise', async () => {
  const signal = new AbortController().signal;
  expect(
    await fenceReason(
      clockThatPasses([
        [1_000, 1_000],
        [15_000, 15_000],
      ]),
      signal,
    ),
  ).toContain('event loop');
  expect(
    await fenceReason(
      clockThatPasses([
        [1_000, 1_000],
        [61_000, 1_000],
      ]),
      signal,
    ),
  ).toContain('clock jumped');
  const stop = new AbortController();
  stop.abort();
  expect(await fenceReason(clockThatPasses([]), stop.signal)).toBeUndefined();
});
