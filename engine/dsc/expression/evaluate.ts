import { checkArity, checkKinds } from '../functions/function.ts';
import { dscFunctions, LAMBDA } from '../functions/catalogue.ts';
import { WHERE } from '../functions/document-functions.ts';
import { type Accessor, type Argument, type Expression, parseStatement } from './parse.ts';
import { caught, type ExpressionProblem, fail, placed } from './problem.ts';
import { isOfType, kindWords, TYPE_WORDS } from './parameter-type.ts';
import type { Scope, UserFunction } from './scope.ts';
import { isList, isMap, isSecure, kindOf, secured, type Value, weightOf } from './value.ts';

const CALLS_MAX = 100_000;
/** How many calls all expressions of a document may make together. */
export const DOCUMENT_CALLS_MAX = 500_000;
const WEIGHT_MAX = 1_000_000;
const WEIGHT_OF_A_CALL = 25;
const OF_A_RUN: readonly (keyof Scope['answers'])[] = ['reference', 'stateChanged', 'restartRequired', 'stdout'];
const IN_A_RUN: readonly Scope['place'][] = ['resource', 'output'];

/** The value of one text of a document, or why it has none. Pure; ends after 100,000 calls and never makes more than a megabyte. */
export function evaluateText(text: string, scope: Scope): { readonly value: Value } | { readonly problem: ExpressionProblem } {
  return caught(() => {
    const value = statementValue(text, { scope, budget: { calls: CALLS_MAX } });
    return kindOf(value) === 'lambda' ? fail('a lambda is no value: it is given to map() or filter()') : value;
  });
}

/** What one statement may still do, shared by everything that it calls. */
export interface Evaluation {
  readonly scope: Scope;
  readonly budget: { calls: number };
}

/** As `evaluateText`, inside an evaluation. Throws DSC_EXPRESSION. */
export function statementValue(text: string, evaluation: Evaluation): Value {
  const parsed = parseStatement(text);
  if ('problem' in parsed) {
    const { reason, ...more } = parsed.problem;
    return fail(reason, more);
  }
  const { statement } = parsed;
  return statement.kind === 'expression' ? expressionValue(statement.expression, evaluation) : statement.text;
}

function expressionValue(expression: Expression, evaluation: Evaluation): Value {
  const { start, end } = expression;
  const called = placed({ start, end }, () => callValue(expression, evaluation));
  return expression.accessors.reduce((value, accessor) => {
    return placed({ start: accessor.start, end: accessor.end }, () => taken(value, accessor, evaluation));
  }, called);
}

function callValue({ name, args }: Expression, evaluation: Evaluation): Value {
  const { scope } = evaluation;
  spend(evaluation, 1);
  if (name === LAMBDA) return lambdaOf(args, evaluation);
  const each = dscFunctions.get(name);
  if (each === undefined) {
    const own = userFunction(name, scope);
    const values = args.map((argument) => argumentValue(argument, evaluation));
    return lightEnough(userFunctionValue(own, values, evaluation));
  }
  checkArity(each, args.length);
  const values = args.map((argument) => argumentValue(argument, evaluation));
  checkKinds(each, values);
  // What goes through many elements costs as many calls would.
  spend(
    evaluation,
    values.reduce<number>((sum, value) => sum + Math.floor(weightOf(value) / WEIGHT_OF_A_CALL), 0),
  );
  if (each.needs !== undefined) checkAnswered(each.needs, scope);
  return lightEnough(each.call(values, scope));
}

function checkAnswered(name: keyof Scope['answers'], { place, answers }: Scope): void {
  if (OF_A_RUN.includes(name) && !IN_A_RUN.includes(place)) fail(`${name}() cannot be used ${WHERE[place]}`);
  if (answers[name] === undefined) fail(`${name}() is not available here: nobody has asked the target`, { needs: name });
}

function spend({ scope: { work }, budget }: Evaluation, calls: number): void {
  budget.calls -= calls;
  if (budget.calls < 0) fail(`an expression makes at most ${CALLS_MAX} calls, and long values count as several`);
  if (work === undefined) return;
  work.left -= calls;
  if (work.left < 0) fail(`the expressions of a document make at most ${DOCUMENT_CALLS_MAX} calls together`);
}

function userFunction(name: string, { place, functions }: Scope): UserFunction {
  const found = functions.get(name);
  if (!name.includes('.')) return fail(`there is no function ${name}`);
  if (place === 'default' || place === 'variable' || place === 'function') return fail(`${name}() cannot be used ${WHERE[place]}`);
  return found ?? fail(`the document has no function ${name}`);
}

/** A function of the document sees its own parameters and nothing else. */
function userFunctionValue({ name, parameters, output }: UserFunction, values: readonly Value[], { scope, budget }: Evaluation): Value {
  if (values.length !== parameters.length) return fail(`${name}() takes ${parameters.length} arguments, not ${values.length}`);
  const own = parameters.map(({ name: parameter, type }, index): readonly [string, Value] => {
    const value = values[index] ?? null;
    return isOfType(value, type)
      ? [parameter, value]
      : fail(`${parameter} of ${name}() must be ${TYPE_WORDS[type]}, and is ${kindWords(value)}`);
  });
  const inside: Scope = {
    place: 'function',
    parameters: new Map(own),
    variables: new Map(),
    functions: new Map(),
    answers: scope.answers,
    ...(scope.work === undefined ? {} : { work: scope.work }),
  };
  const value = typeof output.value === 'string' ? statementValue(output.value, { scope: inside, budget }) : output.value;
  return isOfType(value, output.type) ? value : fail(`${name}() must give ${TYPE_WORDS[output.type]}, and gives ${kindWords(value)}`);
}

// Arrays can hold themselves many times over: what is cheap to build may be endless to write.
function lightEnough(value: Value): Value {
  return weightOf(value) > WEIGHT_MAX ? fail(`the value has more than ${WEIGHT_MAX} characters and elements`) : value;
}

function argumentValue(argument: Argument, evaluation: Evaluation): Value {
  return argument.kind === 'expression' ? expressionValue(argument, evaluation) : argument.value;
}

function lambdaOf(args: readonly Argument[], { scope, budget }: Evaluation): Value {
  const names = args
    .slice(0, -1)
    .map((each) => (each.kind === 'string' ? each.value : fail('a parameter of lambda() is a text in quotes')));
  const [element, index] = names;
  const body = args.at(-1);
  if (element === undefined || names.length > 2 || body?.kind !== 'expression') {
    return fail('lambda() takes the name of the element, perhaps one of its place, and a call', {
      hint: "lambda('x', mul(lambdaVariables('x'), 2))",
    });
  }
  if (element === index) return fail('the two parameters of lambda() need two names');
  return {
    kind: 'lambda',
    apply: (value, place) => {
      const own: [string, Value][] =
        index === undefined
          ? [[element, value]]
          : [
              [element, value],
              [index, place],
            ];
      return expressionValue(body, { scope: { ...scope, lambda: new Map([...(scope.lambda ?? []), ...own]) }, budget });
    },
  };
}

function taken(value: Value, accessor: Accessor, evaluation: Evaluation): Value {
  if (isSecure(value)) return secured(taken(value.reveal(), accessor, evaluation));
  const key = accessor.kind === 'member' ? accessor.name : argumentValue(accessor.index, evaluation);
  if (typeof key === 'bigint') {
    if (!isList(value)) return fail(`an index is for an array, not for ${kindWords(value)}`);
    if (key < 0n || key >= BigInt(value.length)) return fail(`there is no element ${key}: the array has ${value.length}`);
    return value[Number(key)] ?? null;
  }
  if (typeof key !== 'string') return fail(`an index is an integer or a text, not ${kindWords(key)}`);
  if (!isMap(value)) return fail(`.${key.slice(0, 40)} is for an object, not for ${kindWords(value)}`);
  return value.has(key) ? (value.get(key) ?? null) : fail(`the object has no "${key.slice(0, 40)}"`);
}
