import type { Failure } from '../actions/action.ts';
import { envText, envTotalProblem } from '../language/env-text.ts';
import { renderTemplate } from '../language/expression.ts';
import type { Step } from '../language/runbook.ts';
import { soleExpression, splitTemplate } from '../language/template.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { RUN_TIMEOUT_MS } from '../limits.ts';
import type { Target } from '../target.ts';
import { callChanges } from './effects.ts';
import { expressionFailure } from './expression-failure.ts';
import { sameArguments, undoneScope } from './own-undo.ts';
import type { StepRecord } from './record.ts';
import { type ScopeAt, scopeAt } from './scope.ts';

type LeafOpening = { readonly ok: true; readonly patch: Partial<StepRecord> } | { readonly ok: false; readonly failure: Failure };

/** The arguments of a leaf, evaluated once when its turn comes, so that each attempt does the same. Secrets stay references. */
export function leafInput(step: Step, leaf: { readonly at: ScopeAt; readonly target: Target | undefined }): LeafOpening {
  const target = leaf.target ?? leaf.at.bindings.findLast(({ item }) => item.target !== undefined)?.item.target;
  const input = step.body.kind === 'run' ? scriptInput(step, leaf.at, target?.os ?? null) : actionInput(step, leaf.at);
  if ('kind' in input) return { ok: false, failure: input as Failure };
  const effect = effectOf(step, leaf.at);
  const until = step.until === undefined ? {} : { untilAtMs: leaf.at.nowMs + step.until.timeoutMs };
  return {
    ok: true,
    patch: {
      input: input as JsonObject,
      ...(effect === undefined ? {} : { effect }),
      ...until,
      ...(target === undefined ? {} : { target }),
    },
  };
}

/** The effect class of a leaf, as the plan has fixed it. */
export function effectOf(step: Step, at: Pick<ScopeAt, 'plan'>): StepRecord['effect'] {
  if (step.body.kind === 'run') return step.body.effect;
  if (step.body.kind === 'call') return callChanges(at.plan, step.body.runbook) ? 'named' : 'read';
  return step.body.kind === 'uses' ? at.plan.actions[step.body.action] : undefined;
}

function actionInput(step: Step, at: ScopeAt): JsonObject | Failure {
  if (step.body.kind !== 'uses' && step.body.kind !== 'call') return {};
  const undone = step.ownUndo === undefined ? undefined : at.view.steps.get(at.about ?? '');
  const taken = undone === undefined ? {} : sameArguments(step.ownUndo?.same ?? [], undone);
  const written = Object.fromEntries(Object.entries(step.body.with).filter(([name]) => !(name in taken)));
  const outcome = renderTemplate(written, scopeAt(at, undone === undefined ? {} : undoneScope(undone)), at.nowMs);
  return outcome.ok ? { ...taken, ...(outcome.value as JsonObject) } : expressionFailure('with', outcome.message);
}

function scriptInput(step: Step, at: ScopeAt, os: Target['os']): JsonObject | Failure {
  if (step.body.kind !== 'run') return {};
  const { script, shell, env, effect, doneWhen } = step.body;
  const plain: Record<string, string> = {};
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const rendered = renderTemplate(value, scopeAt(at), at.nowMs);
    if (!rendered.ok) return expressionFailure(`env ${name}`, rendered.message);
    const text = envText(rendered.value);
    if (!text.ok) return { kind: 'expression', code: 'RW313', message: `env "${name}" cannot be passed: ${text.message}` };
    if (isSecret(value, at)) secrets[name] = text.value;
    else plain[name] = text.value;
  }
  const total = envTotalProblem([...Object.values(plain), ...Object.values(secrets)]);
  if (total !== undefined) return { kind: 'expression', code: 'RW313', message: `env cannot be passed: ${total}` };
  return {
    shell: shell ?? (os === 'windows' ? 'powershell' : 'sh'),
    script,
    env: plain,
    secrets,
    timeoutMs: step.timeoutMs ?? RUN_TIMEOUT_MS,
    effect,
    ...(doneWhen === undefined ? {} : { doneWhen }),
  };
}

/** True when a value is nothing but a secret input: its text is then a reference that only the worker resolves, at the moment of use. */
function isSecret(value: JsonValue, at: ScopeAt): boolean {
  if (typeof value !== 'string') return false;
  const input = /^inputs\.([a-z][a-z0-9_]*)$/.exec(soleExpression(splitTemplate(value))?.text.trim() ?? '')?.[1];
  return input !== undefined && at.plan.definition.inputs[input]?.type === 'secret';
}
