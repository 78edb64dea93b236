import { nearest } from '../../language/near.ts';
import { dscFunctions, LAMBDA } from '../functions/catalogue.ts';
import { checkArity } from '../functions/function.ts';
import type { Argument, Expression } from './parse.ts';
import { caught, type ExpressionProblem } from './problem.ts';

/** What a document defines: the names that its expressions can use. */
export interface KnownNames {
  readonly parameters: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
}

/** What can be told to be wrong with an expression before it is evaluated: names and numbers of arguments, all of them at once. */
export function expressionProblems(expression: Expression, known: KnownNames): readonly ExpressionProblem[] {
  const nested = [...expression.args, ...expression.accessors.flatMap((each) => (each.kind === 'index' ? [each.index] : []))];
  return [
    ...callProblems(expression, known),
    ...nested.flatMap((each) => (each.kind === 'expression' ? expressionProblems(each, known) : [])),
  ];
}

function callProblems(expression: Expression, known: KnownNames): readonly ExpressionProblem[] {
  const { name, args, start, nameEnd } = expression;
  if (name === LAMBDA) return [];
  const each = dscFunctions.get(name);
  if (each === undefined) {
    if (known.functions.has(name)) return [];
    return [named(`there is no function ${name}`, name, [...dscFunctions.keys(), LAMBDA, ...known.functions], { start, end: nameEnd })];
  }
  const arity = caught(() => checkArity(each, args.length));
  if ('problem' in arity) return [{ ...arity.problem, start, end: nameEnd }];
  const [first] = args;
  if (name === 'parameters') return nameProblems('parameter', first, known.parameters);
  return name === 'variables' ? nameProblems('variable', first, known.variables) : [];
}

function nameProblems(what: string, argument: Argument | undefined, names: ReadonlySet<string>): readonly ExpressionProblem[] {
  if (argument?.kind !== 'string' || names.has(argument.value)) return [];
  const { value, start, end } = argument;
  return [named(`there is no ${what} '${value}'`, value, [...names], { start, end })];
}

function named(
  reason: string,
  name: string,
  names: readonly string[],
  at: { readonly start: number; readonly end: number },
): ExpressionProblem {
  const near = nearest(name, names);
  return { reason, ...at, ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) };
}
