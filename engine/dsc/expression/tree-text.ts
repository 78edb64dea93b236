import type { Accessor, Argument, Expression, Statement } from './parse.ts';

/** The syntax tree of a statement as an s-expression: the names of its nodes and nothing of their text. */
export function treeText(statement: Statement): string {
  if (statement.kind === 'expression') return node('statement', [expressionText(statement.expression)]);
  return node('statement', [node(statement.kind === 'literal' ? 'stringLiteral' : 'escapedStringLiteral', [])]);
}

function expressionText({ args, accessors }: Expression): string {
  const call = node('function', [node('functionName', []), ...(args.length === 0 ? [] : [node('arguments', args.map(argumentText))])]);
  return node('expression', [call, ...(accessors.length === 0 ? [] : [node('accessor', accessors.map(accessorText))])]);
}

function argumentText(argument: Argument): string {
  return argument.kind === 'expression' ? expressionText(argument) : node(argument.kind, []);
}

function accessorText(accessor: Accessor): string {
  if (accessor.kind === 'member') return node('memberAccess', [node('memberName', [])]);
  const { index } = accessor;
  return node('index', [index.kind === 'string' ? node('propertyName', [node('string', [])]) : argumentText(index)]);
}

function node(name: string, children: readonly string[]): string {
  return `(${[name, ...children].join(' ')})`;
}
