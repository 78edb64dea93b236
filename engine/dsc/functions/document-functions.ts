import { fail } from '../expression/problem.ts';
import type { Scope } from '../expression/scope.ts';
import type { Value } from '../expression/value.ts';
import { type DscFunction, integerArgument, STRING, textArgument } from './function.ts';
import { uriComponent } from './encodings.ts';
import { timeText } from './time-text.ts';

/** Functions that read the document around the expression. */
export const DOCUMENT_FUNCTIONS: readonly DscFunction[] = [
  {
    name: 'parameters',
    syntax: "parameters('name')",
    summary: 'The value of a parameter; inside a function of the document, of its own',
    args: [STRING],
    call: ([name], scope) => {
      if (scope.place === 'default') return fail('parameters() cannot be used in the default of a parameter');
      return scope.parameters.get(textArgument(name)) ?? missing(scope.parameters, 'parameter', textArgument(name));
    },
  },
  {
    name: 'variables',
    syntax: "variables('name')",
    summary: 'The value of a variable; a variable can use those before it',
    args: [STRING],
    call: ([name], scope) => {
      if (scope.place === 'default' || scope.place === 'function') return fail(`variables() cannot be used ${WHERE[scope.place]}`);
      return scope.variables.get(textArgument(name)) ?? missing(scope.variables, 'variable', textArgument(name));
    },
  },
  {
    name: 'copyIndex',
    syntax: "copyIndex([offset]) or copyIndex('loop'[, offset])",
    summary: 'The number of the copy, from 0; only where there is a copy',
    args: [],
    optional: [['integer', 'string'], ['integer']],
    call: copyIndex,
  },
  {
    name: 'resourceId',
    syntax: "resourceId('Owner/Type', 'name')",
    summary: 'The id of an instance, as dependsOn takes it',
    args: [STRING, STRING],
    call: ([type, name]) => {
      const owner = textArgument(type);
      if (owner.split('/').length !== 2) return fail('a resource type has one "/"');
      return `${owner}:${uriComponent(textArgument(name))}`;
    },
  },
  {
    name: 'utcNow',
    syntax: "utcNow(['yyyy-MM-dd'])",
    summary: 'The time in UTC; only in the default of a parameter',
    args: [],
    optional: [STRING],
    call: ([format], { place, nowMs }) => {
      if (place !== 'default') return fail('utcNow() can only be used in the default of a parameter');
      if (nowMs === undefined) return fail('utcNow() is not available: what a machine must look like would depend on when it is checked');
      return timeText(nowMs, format === undefined ? undefined : textArgument(format));
    },
  },
];

/** How places are named in messages. */
export const WHERE: Readonly<Record<Scope['place'], string>> = {
  default: 'in the default of a parameter',
  variable: 'in a variable',
  function: 'in a function of the document',
  name: 'in the name of an instance',
  resource: 'here',
  output: 'in an output',
};

function missing(known: ReadonlyMap<string, Value>, what: string, name: string): Value {
  return known.has(name) ? null : fail(`there is no ${what} '${name}' with a value`, { missing: name });
}

function copyIndex([first, second]: readonly Value[], { loop }: Scope): Value {
  if (loop === undefined) return fail('copyIndex() can only be used where there is a copy');
  if (typeof first === 'string') {
    if (first !== loop.name) return fail(`there is no copy '${first}' around this`);
    return loop.index + (second === undefined ? 0n : integerArgument(second));
  }
  if (second !== undefined) return fail('the first of two arguments of copyIndex() is the name of the copy');
  const offset = first === undefined ? 0n : integerArgument(first);
  return offset < 0n ? fail('the offset of copyIndex() cannot be negative') : loop.index + offset;
}
