import { assert } from '../../errors.ts';
import { fail } from '../expression/problem.ts';
import type { LambdaValue, Value } from '../expression/value.ts';
import { ARRAY, type DscFunction, listArgument, STRING, textArgument } from './function.ts';

/** Functions that apply an expression to each element. `lambda` itself is part of the language: its body is not evaluated before. */
export const LAMBDA_FUNCTIONS: readonly DscFunction[] = [
  {
    name: 'map',
    syntax: "map(array, lambda('x'[, 'i'], body))",
    summary: 'What a lambda makes of each element',
    args: [ARRAY, ['lambda']],
    call: ([values, lambda]) => listArgument(values).map((value, index) => lambdaArgument(lambda).apply(value, BigInt(index))),
  },
  {
    name: 'filter',
    syntax: "filter(array, lambda('x'[, 'i'], body))",
    summary: 'The elements for which a lambda says true',
    args: [ARRAY, ['lambda']],
    call: ([values, lambda]) => listArgument(values).filter((value, index) => isKept(lambdaArgument(lambda).apply(value, BigInt(index)))),
  },
  {
    name: 'lambdaVariables',
    syntax: "lambdaVariables('x')",
    summary: 'The element, or its place, that a lambda is applied to',
    args: [STRING],
    call: ([name], { lambda }) => {
      const wanted = textArgument(name);
      return lambda?.get(wanted) ?? (lambda?.has(wanted) === true ? null : fail(`no lambda around this has the parameter '${wanted}'`));
    },
  },
];

function lambdaArgument(value: Value | undefined): LambdaValue {
  assert(value !== null && typeof value === 'object' && 'kind' in value && value.kind === 'lambda', 'the argument is a lambda');
  return value;
}

function isKept(value: Value): boolean {
  return typeof value === 'boolean' ? value : fail('the lambda of filter() must say true or false');
}
