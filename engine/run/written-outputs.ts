import type { Failure } from '../actions/action.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { evaluate, type Scope } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import { expressionFailure } from './expression-failure.ts';
import { scopeAt } from './scope.ts';
import type { Level, Walk } from './walk.ts';

/** What a step's own `outputs` come to: fields for its record, or why one of them cannot be computed. */
export type WrittenOutputs =
  | { readonly ok: true; readonly kept: { readonly outputs?: JsonObject } }
  | { readonly ok: false; readonly error: Failure };

/** Computes the `outputs` that a step without a target writes. `extra` are further names; an output that cannot be computed is never null. */
export function writtenOutputs(walk: Walk, step: Step, level: Level, extra: Scope = {}): WrittenOutputs {
  if (step.outputs === undefined) return { ok: true, kept: {} };
  const outputs: Record<string, JsonValue> = {};
  const scope = scopeAt({ ...walk, ...level }, extra);
  for (const [name, text] of Object.entries(step.outputs)) {
    const outcome = evaluate(text, scope, walk.nowMs);
    if (!outcome.ok) return { ok: false, error: expressionFailure(`output "${name}"`, outcome.message) };
    outputs[name] = outcome.value;
  }
  return { ok: true, kept: { outputs } };
}
