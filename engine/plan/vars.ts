import type { JsonObject, JsonValue } from '../json.ts';
import { renderTemplate } from '../language/expression.ts';

/** Computed variables, and those that could not be computed with the reason. */
export interface Vars {
  readonly vars: Readonly<Record<string, JsonValue>>;
  readonly failed: Readonly<Record<string, string>>;
}

/** Computes variables from inputs, targets and each other; written order does not matter. */
export function computeVars(definitions: Readonly<Record<string, JsonValue>>, scope: JsonObject, nowMs: number): Vars {
  const vars: Record<string, JsonValue> = {};
  let open = Object.entries(definitions);
  for (;;) {
    const failed: Record<string, string> = {};
    const left: [string, JsonValue][] = [];
    for (const [name, value] of open) {
      const outcome = renderTemplate(value, { ...(scope as Record<string, JsonValue>), vars }, nowMs);
      if (outcome.ok) vars[name] = outcome.value;
      else {
        failed[name] = outcome.message;
        left.push([name, value]);
      }
    }
    if (left.length === 0 || left.length === open.length) return { vars, failed };
    open = left;
  }
}
