import { type ASTNode, Environment, TypeError as CelTypeError } from '@marcbachmann/cel-js';
import { MACROS, type Meter, registerFunctions } from './expression-functions.ts';
import { parseExpression, type Range } from './expression-parse.ts';
import { comparedWords, type ComparedWord } from './expression-words.ts';

/** A type with named fields, as findings call it. */
export interface FieldType {
  readonly title: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The typed names of a place. Types are CEL type texts; `types` holds the ones with fields, each after those that it mentions. */
export interface TypeScope {
  readonly variables: ReadonlyMap<string, string>;
  readonly types: ReadonlyMap<string, FieldType>;
}

/** What is wrong with an expression's types, and where in its text. */
export type TypeIssue =
  | { readonly kind: 'field'; readonly field: string; readonly type: string; readonly known: readonly string[]; readonly range: Range }
  | { readonly kind: 'type'; readonly found: string; readonly expected: string; readonly range: Range }
  | { readonly kind: 'other'; readonly message: string; readonly range: Range; readonly hint?: string };

/** The type of an expression, the receivers of macros that turn out to be maps and the texts that are compared with statuses, or the first thing that does not fit. */
export type TypeAnswer =
  | { readonly ok: true; readonly type: string; readonly overMaps: readonly Range[]; readonly words: readonly ComparedWord[] }
  | { readonly ok: false; readonly issue: TypeIssue };

const METER: Meter = { nowMs: 0, cost: 0 };
const ERROR_TYPE: FieldType = { title: 'an error', fields: { kind: 'string', message: 'string', exit_code: 'int' } };

/** The type of a target and of an error: known at every place. */
export const SHARED_TYPES: ReadonlyMap<string, FieldType> = new Map([
  [
    'Target',
    {
      title: 'a target',
      fields: {
        ...Object.fromEntries(
          ['key', 'name', 'kind', 'id', 'os', 'address', 'via', 'location', 'resource_group'].map((name) => [name, 'string']),
        ),
        ...Object.fromEntries(['subscription', 'power_state', 'environment'].map((name) => [name, 'string'])),
        port: 'int',
        recovery_group: 'int',
        tags: 'map<string, string>',
      },
    },
  ],
  ['StepError', ERROR_TYPE],
]);

const CHECKING = withTypes(registerFunctions(new Environment({ homogeneousAggregateLiterals: false }), METER), SHARED_TYPES);

/** Checks a parsed expression against typed names. Names and functions must have been checked before. */
export function checkTypes(text: string, scope: TypeScope): TypeAnswer {
  const reached = mentioned(text, scope);
  const { environment, answers } = checkerOf(reached);
  const known = answers.get(text);
  if (known !== undefined) return known;
  const evaluated = parseExpression(text);
  const parsed = environment.parse(evaluated.ok ? evaluated.expression.text : text);
  const checked = parsed.check();
  const answer: TypeAnswer = checked.valid
    ? { ok: true, type: checked.type ?? 'dyn', overMaps: mapMacros(text, parsed.ast), words: comparedWords(parsed.ast) }
    : { ok: false, issue: issueOf(checked.error, parsed.ast, reached) };
  if (answers.size >= ANSWERS_KEPT_MAX) answers.clear();
  answers.set(text, answer);
  return answer;
}

interface Checker {
  readonly environment: Environment;
  readonly answers: Map<string, TypeAnswer>;
}

const CHECKERS_KEPT_MAX = 100;
const ANSWERS_KEPT_MAX = 100;
const checkers = new Map<string, Checker>();

// The expressions of one runbook see the same few types again and again, and the runbooks of one project say the same.
function checkerOf({ types, variables }: TypeScope): Checker {
  const key = JSON.stringify([[...types], [...variables]]);
  const kept = checkers.get(key);
  if (kept !== undefined) return kept;
  if (checkers.size >= CHECKERS_KEPT_MAX) checkers.clear();
  const environment = withTypes(CHECKING.clone(), types);
  for (const [name, type] of variables) environment.registerVariable(name, type);
  const made = { environment, answers: new Map<string, TypeAnswer>() };
  checkers.set(key, made);
  return made;
}

// Telling the library a type costs more than checking the expression: it learns those that the expression can reach.
function mentioned(text: string, scope: TypeScope): TypeScope {
  const variables = new Map([...scope.variables].filter(([name]) => text.includes(name)));
  const reached = new Set<string>();
  const reach = (typeText: string): void => {
    for (const name of typeText.match(/\w+/g) ?? []) {
      const type = scope.types.get(name);
      if (type === undefined || reached.has(name)) continue;
      reached.add(name);
      for (const field of Object.values(type.fields)) reach(field);
    }
  };
  for (const type of variables.values()) reach(type);
  // The order stays: a type comes after those that it mentions.
  return { variables, types: new Map([...scope.types].filter(([name]) => reached.has(name))) };
}

function withTypes(environment: Environment, types: ReadonlyMap<string, FieldType>): Environment {
  for (const [name, type] of types) {
    environment.registerType(name, { fields: { ...type.fields } });
    environment.registerOperator(`string in ${name}`, (field: unknown, value: unknown) => String(field) in Object(value));
    for (const other of ['null', name]) environment.registerOperator(`${name} == ${other}`, (a: unknown, b: unknown) => a === b);
  }
  return environment;
}

const UNTYPED_HINT = 'write the value out: nothing can be in [ ]';

function issueOf(error: unknown, ast: ASTNode, scope: TypeScope): TypeIssue {
  const whole = { start: ast.start, end: ast.end };
  if (error instanceof Error && /^Operator overload .* overlaps/.test(error.message))
    return { kind: 'other', message: 'what an empty list gives has no type that could be compared', range: whole, hint: UNTYPED_HINT };
  if (!(error instanceof CelTypeError)) return { kind: 'other', message: 'its types cannot be determined', range: whole };
  const range = error.range ?? whole;
  const node = error.node as (ASTNode & { readonly args: unknown }) | undefined;
  const summary = error.summary.replaceAll('google.protobuf.Duration', 'duration').replaceAll('google.protobuf.Timestamp', 'timestamp');
  const field = /^No such key: (.*)$/.exec(summary)?.[1];
  if (field !== undefined && node !== undefined && (node.op === '.' || node.op === '[]')) {
    const owner = checkedTypeName(node.args[0]);
    const type = scope.types.get(owner) ?? SHARED_TYPES.get(owner);
    return { kind: 'field', field, type: type?.title ?? owner, known: Object.keys(type?.fields ?? {}), range };
  }
  const operands = /^no such overload: (.+)$/.exec(summary)?.[1];
  if (operands !== undefined) return { kind: 'type', found: readable(operands, scope), expected: 'operands that fit', range };
  const iterated = /^Expression of type '(.+)' cannot be range of a comprehension/.exec(summary)?.[1];
  if (iterated !== undefined)
    return {
      kind: 'other',
      message: `a macro goes through a list, not through ${readable(iterated, scope)}`,
      range,
      hint: notAList(iterated, scope),
    };
  const fieldless = /^Cannot index type '(.+)'$/.exec(summary)?.[1];
  if (fieldless !== undefined) return { kind: 'other', message: `${readable(fieldless, scope)} has no fields`, range };
  if (summary === 'has() invalid argument')
    return { kind: 'other', message: 'has() asks for a field, as in has(steps.x.outputs.y)', range };
  const condition = /(?:must be bool|must return bool|requires bool operands), got '(.+)'$/.exec(summary)?.[1];
  if (condition !== undefined) return { kind: 'type', found: readable(condition, scope), expected: 'bool', range };
  const arguments_ = /^found no matching overload for '(.+)'$/.exec(summary)?.[1];
  if (arguments_ !== undefined) return { kind: 'other', message: `there is no ${readable(arguments_, scope)}`, range };
  return { kind: 'other', message: readable(summary.charAt(0).toLowerCase() + summary.slice(1), scope), range };
}

function notAList(type: string, scope: TypeScope): string {
  const fields = Object.keys((scope.types.get(type) ?? SHARED_TYPES.get(type))?.fields ?? {});
  return fields.length === 0 ? 'give it a list' : `name its fields: ${fields.slice(0, 8).join(', ')}${fields.length > 8 ? ', …' : ''}`;
}

/** A CEL type in words: durations and field types by the names that documents use. */
export function readable(text: string, scope: TypeScope): string {
  let result = text.replaceAll('google.protobuf.Duration', 'duration').replaceAll('google.protobuf.Timestamp', 'timestamp');
  for (const [name, type] of [...scope.types, ...SHARED_TYPES]) result = result.replaceAll(name, type.title);
  return result.replaceAll("'", '"');
}

// The library keeps the type that it found on each node.
function checkedTypeName(node: ASTNode): string {
  const { checkedType } = node as { readonly checkedType?: { readonly name?: string } };
  return checkedType?.name ?? '';
}

function mapMacros(text: string, ast: ASTNode): readonly Range[] {
  const typed = new Map<number, string>();
  collect(ast, typed);
  const parsed = parseExpression(text);
  if (!parsed.ok) return [];
  return parsed.expression.calls.flatMap(({ node }) => {
    if (node.op !== 'rcall' || !MACROS.has(node.args[0])) return [];
    const receiver = node.args[1];
    return (typed.get(receiver.end) ?? '').startsWith('map<') ? [{ start: receiver.start, end: receiver.end }] : [];
  });
}

// Types by the end of a node: the receiver of a macro is the widest node that ends where its dot stands.
function collect(node: unknown, typed: Map<number, string>): void {
  if (Array.isArray(node)) {
    for (const item of node) collect(item, typed);
    return;
  }
  if (node === null || typeof node !== 'object' || !('op' in node) || !('args' in node)) return;
  const known = node as ASTNode;
  if (!typed.has(known.end)) typed.set(known.end, checkedTypeName(known));
  collect(known.args, typed);
}
