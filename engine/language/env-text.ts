import type { JsonValue } from '../json.ts';
import { asText } from './expression.ts';
import type { Outcome } from './expression-values.ts';

const VALUE_MAX_BYTES = 32_768;
const TOTAL_MAX_BYTES = 131_072;

/** The text that a script's variable gets for a value, or why it cannot be passed: null, NUL, more than 32 KiB (RW313). */
export function envText(value: JsonValue): Outcome<string> {
  const text = asText(value);
  if (!text.ok) return text;
  if (text.value.includes('\0')) return { ok: false, message: 'the value holds a NUL character' };
  const bytes = bytesOf(text.value);
  return bytes <= VALUE_MAX_BYTES ? text : { ok: false, message: `the value has ${bytes} bytes, at most ${VALUE_MAX_BYTES} are passed` };
}

/** Why the variables of one script cannot be passed together; undefined when they can. */
export function envTotalProblem(texts: readonly string[]): string | undefined {
  const bytes = texts.reduce((sum, text) => sum + bytesOf(text), 0);
  return bytes <= TOTAL_MAX_BYTES ? undefined : `all variables together have ${bytes} bytes, at most ${TOTAL_MAX_BYTES} are passed`;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
