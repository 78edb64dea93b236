import type { Report } from '../language/diagnostics.ts';
import { child, entriesOf, itemsOf, type Segment, type TreeNode } from '../language/tree.ts';
import { expressionProblems, type KnownNames } from './expression/check.ts';
import { parseStatement } from './expression/parse.ts';
import { reportSyntax, type TextPlace } from './problem-place.ts';
import type { Template } from './template.ts';

/** Reports what can be told to be wrong with the expressions of a document without evaluating them: all of it at once. True when nothing is. */
export function checkExpressions(template: Template, report: Report): boolean {
  const known: KnownNames = {
    parameters: new Set(template.parameters.keys()),
    variables: new Set(template.variables.map(({ key }) => key)),
    functions: new Set(template.functions.keys()),
  };
  const wrong = textsOf(template).filter((at) => reportText(at, known, report));
  return wrong.length === 0;
}

/** True when something was wrong with the text. */
function reportText({ own, ...at }: CheckedText, known: KnownNames, report: Report): boolean {
  if (typeof at.node.value !== 'string') return false;
  const parsed = parseStatement(at.node.value);
  if ('problem' in parsed) {
    reportSyntax(report, at, parsed.problem);
    return true;
  }
  if (parsed.statement.kind !== 'expression') return false;
  const names = own === undefined ? known : { ...known, parameters: own };
  const problems = expressionProblems(parsed.statement.expression, names);
  for (const problem of problems) reportSyntax(report, at, problem);
  return problems.length > 0;
}

/** A text that is evaluated; `own` are the only parameters that it can read. */
interface CheckedText extends TextPlace {
  readonly own?: ReadonlySet<string>;
}

function textsOf({ root, parameters, variables, resources }: Template): readonly CheckedText[] {
  const defaults = [...parameters.values()].flatMap(({ name, defaultValue }) => single(defaultValue, ['parameters', name, 'defaultValue']));
  const own = variables.flatMap(({ key, value }) => single(value, ['variables', key]));
  const entries = resources.flatMap(({ base, name, condition, dependsOn, copy, properties }) => [
    ...single(name, [...base, 'name']),
    ...single(condition, [...base, 'condition']),
    ...single(copy?.count, [...base, 'copy', 'count']),
    ...dependsOn.flatMap((node, index) => single(node, [...base, 'dependsOn', index])),
    ...everyText(properties, [...base, 'properties']),
  ]);
  return [...defaults, ...own, ...functionTexts(child(root, 'functions')), ...entries];
}

function functionTexts(functions: TreeNode | undefined): readonly CheckedText[] {
  return itemsOf(functions).flatMap((group, index) =>
    entriesOf(child(group, 'members')).flatMap(({ key, value }) => {
      const names = itemsOf(child(value, 'parameters')).flatMap((each) => single(child(each, 'name'), []));
      const own = new Set(names.map(({ node }) => String(node.value)));
      const path = ['functions', index, 'members', key, 'output', 'value'];
      return single(child(child(value, 'output'), 'value'), path).map((text) => ({ ...text, own }));
    }),
  );
}

function single(node: TreeNode | undefined, path: readonly Segment[]): readonly TextPlace[] {
  return node?.kind === 'scalar' ? [{ node, path }] : [];
}

function everyText(node: TreeNode | undefined, path: readonly Segment[]): readonly TextPlace[] {
  if (node === undefined) return [];
  if (node.kind === 'scalar') return [{ node, path }];
  if (node.kind === 'list') return node.items.flatMap((item, index) => everyText(item, [...path, index]));
  return node.entries.flatMap(({ key, value }) => everyText(value, [...path, key]));
}
