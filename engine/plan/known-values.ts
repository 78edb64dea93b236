import { readConfiguration } from '../dsc/document.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { quoted } from '../language/diagnostics.ts';
import { envText, envTotalProblem } from '../language/env-text.ts';
import { type FreeNames, renderTemplate, type Scope, templateNames } from '../language/expression.ts';
import { itemKey } from '../language/item-key.ts';
import type { LateFinding } from '../language/late-finding.ts';
import type { Runbook, Step } from '../language/runbook.ts';
import { parameterProblems } from './known-parameters.ts';

const DOCUMENT_ACTIONS = /^dsc\.(test|set|compare)@/;
const KNOWN: ReadonlySet<string> = new Set(['inputs', 'vars', 'targets']);

/** What is known when a plan is made. */
interface Known {
  readonly scope: Scope;
  readonly nowMs: number;
  /** The texts of the configuration documents of the plan, by path. */
  readonly configurations: Readonly<Record<string, string>>;
}

/**
 * What steps that run in any case would fail on: variables of scripts and lists that depend on nothing later are tried when the plan is
 * made, so that a null is found before the first change and not in the middle.
 */
export function knownValueProblems(runbook: Runbook, known: Known): readonly LateFinding[] {
  const lists = [
    { steps: runbook.readiness?.checks ?? [], path: ['readiness', 'checks'] },
    { steps: runbook.steps, path: ['steps'] },
    { steps: runbook.finally, path: ['finally'] },
  ];
  return lists
    .flatMap(({ steps, path }) => certainSteps(steps, path))
    .flatMap(({ step, path }) => [
      ...listProblems(step, path, known),
      ...envProblems(step, path, known),
      ...documentProblems(step, path, known),
    ]);
}

interface Placed {
  readonly step: Step;
  readonly path: readonly (string | number)[];
}

function certainSteps(steps: readonly Step[], path: readonly (string | number)[]): readonly Placed[] {
  return steps.flatMap((step, index) => {
    if (step.if !== undefined || step.needs.length > 0) return [];
    const own = [...path, index];
    const { body } = step;
    if (body.kind === 'parallel') return [{ step, path: own }, ...certainSteps(body.steps, [...own, 'parallel'])];
    if (body.kind !== 'steps') return [{ step, path: own }];
    return [{ step, path: own }, ...certainSteps(body.steps, [...own, 'steps']), ...certainSteps(body.finally, [...own, 'finally'])];
  });
}

function listProblems({ forEach }: Step, path: Placed['path'], known: Known): readonly LateFinding[] {
  if (forEach === undefined || !isKnown(templateNames(forEach))) return [];
  const outcome = renderTemplate(forEach, known.scope, known.nowMs);
  const at = [...path, 'for_each'];
  if (!outcome.ok) return [{ code: 'RW312', path: at, marks: { message: outcome.message } }];
  const keys = Array.isArray(outcome.value) ? (outcome.value as readonly JsonValue[]).map(itemKey) : [];
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  return twice === undefined ? [] : [{ code: 'RW416', path: at, marks: { key: quoted(twice) } }];
}

function envProblems({ body }: Step, path: Placed['path'], known: Known): readonly LateFinding[] {
  if (body.kind !== 'run') return [];
  const texts: string[] = [];
  const problems = Object.entries(body.env).flatMap(([name, value]): readonly LateFinding[] => {
    if (!isKnown(templateNames(value))) return [];
    const at = [...path, 'env', name];
    const rendered = renderTemplate(value, known.scope, known.nowMs);
    if (!rendered.ok) return [{ code: 'RW312', path: at, marks: { message: rendered.message } }];
    const text = envText(rendered.value);
    if (text.ok) texts.push(text.value);
    return text.ok ? [] : [{ code: 'RW313', path: at, marks: { name: quoted(name), problem: text.message } }];
  });
  const total = envTotalProblem(texts);
  return total === undefined
    ? problems
    : [...problems, { code: 'RW313', path: [...path, 'env'], atKey: true, marks: { name: 'env', problem: total } }];
}

function documentProblems({ body }: Step, path: Placed['path'], { scope, nowMs, configurations }: Known): readonly LateFinding[] {
  if (body.kind !== 'uses' || !DOCUMENT_ACTIONS.test(body.action)) return [];
  const { document, parameters = {} } = body.with as JsonObject;
  if (!isKnown(templateNames([document ?? null, parameters]))) return [];
  const name = renderTemplate(document ?? null, scope, nowMs);
  const values = renderTemplate(parameters, scope, nowMs);
  if (!values.ok) return [{ code: 'RW312', path: [...path, 'with', 'parameters'], marks: { message: values.message } }];
  const file = name.ok && typeof name.value === 'string' ? name.value : '';
  const text = configurations[file];
  const template = text === undefined ? undefined : readConfiguration({ path: file, text }, []);
  return template === undefined ? [] : parameterProblems(template, values.value as JsonObject, [...path, 'with']);
}

function isKnown({ names, functions }: FreeNames): boolean {
  return [...names].every((name) => KNOWN.has(name)) && !functions.has('now');
}
