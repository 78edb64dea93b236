import { didYouMean, quoted, type Report } from '../language/diagnostics.ts';
import { nearest } from '../language/near.ts';
import { pointerOf, type TreeNode } from '../language/tree.ts';
import { DOCUMENT_CALLS_MAX, evaluateText } from './expression/evaluate.ts';
import type { Scope } from './expression/scope.ts';
import type { Value, ValueMap } from './expression/value.ts';
import { type ParameterProblem, settleParameters } from './parameters.ts';
import { reportNoValue } from './problem-place.ts';
import type { Template } from './template.ts';
import { valueOf } from './tree-value.ts';

/** What a document is evaluated with. */
export interface Given {
  /** Values of parameters by name, as they came in. */
  readonly inputs: ValueMap;
  readonly answers: Scope['answers'];
  readonly nowMs?: number;
}

/** The scope of the resources of a document, and the inputs that it could not take. */
export interface Settled {
  readonly scope: Scope;
  readonly refused: readonly Extract<ParameterProblem, { readonly kind: 'input' }>[];
  /** Variables without a value because a parameter has none. */
  readonly waiting: ReadonlySet<string>;
}

/** Gives parameters and variables their values. What the document itself has wrong is reported; inputs are the caller's to report. */
export function settle(template: Template, { inputs, ...rest }: Given, report: Report): Settled {
  const limited = { ...rest, work: { left: DOCUMENT_CALLS_MAX } };
  const settled = settleParameters(template.parameters, inputs, limited);
  for (const problem of settled.problems) reportDefault(problem, report);
  const refused = settled.problems.filter((problem) => problem.kind === 'input');
  const variables = new Map<string, Value>();
  const waiting = new Set<string>();
  const scope: Scope = { place: 'variable', parameters: settled.values, variables, functions: new Map(), ...limited };
  for (const { key, value } of template.variables) {
    const made = variableValue(value, scope);
    if ('value' in made) variables.set(key, made.value);
    else if (made.problem.missing === undefined || !isAwaited(made.problem.missing, template, waiting)) {
      if (value.kind === 'scalar') reportNoValue(report, { node: value, path: ['variables', key] }, made.problem);
    } else waiting.add(key);
  }
  return { scope: { ...scope, place: 'resource', functions: template.functions }, refused, waiting };
}

/** True for a parameter that the document has and nobody has given a value, and for variables that wait for one. */
export function isAwaited(name: string, template: Template, waiting: ReadonlySet<string>): boolean {
  return template.parameters.has(name) || waiting.has(name);
}

/** Only a value that is itself a text is evaluated; texts inside it stay as they are. */
function variableValue(node: TreeNode, scope: Scope): ReturnType<typeof evaluateText> {
  const value = valueOf(node);
  return typeof value === 'string' ? evaluateText(value, scope) : { value };
}

function reportDefault(problem: ParameterProblem, report: Report): void {
  if (problem.kind === 'input') return;
  const { definition } = problem;
  const path = ['parameters', definition.name, 'defaultValue'];
  if (problem.kind === 'expression') reportNoValue(report, { node: problem.node, path }, problem.problem);
  else {
    const span = definition.defaultValue?.span ?? definition.node.span;
    const place = { span, pointer: pointerOf(path), hint: 'change the default or the limit' };
    report('RW-DSC-113', place, { name: quoted(definition.name), reason: problem.reason });
  }
}

/** The one sentence and the hint about an input that a document cannot take. */
export function refusedInput({ name, reason, known }: Settled['refused'][number]): {
  readonly reason: string;
  readonly hint?: string;
  readonly isUnknown?: boolean;
} {
  if (known === undefined) return { reason };
  const near = nearest(name, known);
  if (near !== undefined) return { reason, hint: didYouMean(near), isUnknown: true };
  return { reason, hint: known.length === 0 ? 'it has no parameters' : `it has ${known.join(', ')}`, isUnknown: true };
}
