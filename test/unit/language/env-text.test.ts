import { expect, it } from 'vitest';
import { envText, envTotalProblem } from '../../../engine/language/env-text.ts';

it('a variable of a script takes a text of at most 32 KiB, never null or NUL', () => {
  expect(envText(7)).toEqual({ ok: true, value: '7' });
  expect(envText('é'.repeat(16_384))).toMatchObject({ ok: true });
  expect(envText(`${'é'.repeat(16_384)}x`)).toEqual({ ok: false, message: 'the value has 32769 bytes, at most 32768 are passed' });
  expect(envText('a\0b')).toEqual({ ok: false, message: 'the value holds a NUL character' });
  expect(envText(null)).toMatchObject({ ok: false });
});

it('all variables of a script take at most 128 KiB together', () => {
  const full = 'x'.repeat(32_768);
  expect(envTotalProblem([full, full, full, full])).toBeUndefined();
  expect(envTotalProblem([full, full, full, full, 'x'])).toBe('all variables together have 131073 bytes, at most 131072 are passed');
});
