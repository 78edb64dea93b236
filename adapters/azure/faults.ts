import type { RawAnswer } from './wire.ts';

/** An error of Azure for people: the code decides, the message explains. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

interface ErrorBody {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly possibleCauses?: unknown;
  readonly recommendedAction?: unknown;
  readonly details?: unknown;
}

/**
 * The innermost error of an answer: the outer one of Site Recovery is generic. Reads `{error: {…}}` as well as flat
 * `{code, message}`, which the SDKs lose. The code is the outermost one when it says more than "something failed".
 */
export function faultOf(answer: RawAnswer): Fault {
  const fallback = { code: `HTTP${answer.status}`, message: `HTTP ${answer.status} without an explanation` };
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    return fallback;
  }
  if (typeof body !== 'object' || body === null) return fallback;
  const outer = ((body as { error?: unknown }).error ?? body) as ErrorBody;
  const inner = innermost(outer, 0);
  const code = text(outer.code) ?? text(inner.code) ?? fallback.code;
  const innerCode = text(inner.code);
  const parts = [text(inner.message) ?? text(outer.message) ?? fallback.message, text(inner.possibleCauses), text(inner.recommendedAction)];
  const message = parts.filter((part) => part !== undefined).join(' ');
  return { code, message: innerCode !== undefined && innerCode !== code ? `${message} (${innerCode})` : message };
}

/** Errors nest two levels deep in practice; the bound keeps a strange body from holding us. */
function innermost(error: ErrorBody, depth: number): ErrorBody {
  const first: unknown = Array.isArray(error.details) ? error.details[0] : undefined;
  if (depth >= 3 || typeof first !== 'object' || first === null || text((first as ErrorBody).message) === undefined) return error;
  return innermost(first as ErrorBody, depth + 1);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
