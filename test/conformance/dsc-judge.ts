import { platform } from 'node:os';
import { parseStatement } from '../../engine/dsc/expression/parse.ts';
import { treeText } from '../../engine/dsc/expression/tree-text.ts';
import { readTemplate } from '../../engine/dsc/template.ts';
import { unfold } from '../../engine/dsc/unfold.ts';
import type { JsonValue } from '../../engine/json.ts';
import { type Finding, reportInto } from '../../engine/language/diagnostics.ts';
import { holds, isLoosely, isNothing, isSame, valueAt, wildcard } from './dsc-assertions.ts';
import type { DscCase, Expected, Operation, Ran } from './dsc-case.ts';
import { runDocument } from './dsc-run.ts';
import { settled } from './dsc-document.ts';
import { differingProperties } from './reference-diff.ts';

/** What became of a case. `worded` is false when the engine failed as expected with other words. */
export type CaseResult =
  | { readonly kind: 'passed'; readonly worded?: boolean; readonly said?: string }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'skipped' };

const SUBJECT = 'results[0].result.actualState.output';

/** Holds the engine to one case. */
export function judgeCase(each: DscCase): CaseResult {
  if (each.platform !== undefined && !['linux', 'unix'].includes(each.platform)) return { kind: 'skipped' };
  if (platform() === 'win32') return { kind: 'skipped' };
  switch (each.kind) {
    case 'parse':
      return judgeParse(each);
    case 'diff':
      return judgeDiff(each);
    case 'order':
      return judgeOrder(each);
    case 'expression':
    case 'document':
      return judgeRun(each, runDocument(each.document ?? '', each.operation as Operation, each));
  }
}

function judgeParse({ expression = '', expected }: DscCase): CaseResult {
  const parsed = parseStatement(expression);
  if ('problem' in parsed) return expected.error === true ? PASSED : failed(parsed.problem.reason);
  if (expected.error === true) return failed('it was taken');
  const kind = { literal: 'literal', escaped: 'escapedLiteral', expression: 'expression' }[parsed.statement.kind];
  const tree = treeText(parsed.statement);
  return kind === expected.parsesAs && (expected.tree === undefined || tree === expected.tree) ? PASSED : failed(`${kind} ${tree}`);
}

function judgeDiff({ desired = {}, actual = {}, schema, expected }: DscCase): CaseResult {
  const differing = differingProperties(desired, actual, schema);
  const isRight =
    isSame(differing.toSorted(), (expected.differingProperties ?? []).toSorted()) && (differing.length === 0) === expected.inDesiredState;
  return isRight ? PASSED : failed(JSON.stringify(differing));
}

function judgeOrder({ document = '', expected }: DscCase): CaseResult {
  const order = orderOf(document);
  if (order === undefined) return expected.error === true ? PASSED : failed('it has no order');
  return expected.error !== true && isSame(order, expected.order ?? []) ? PASSED : failed(order.join(', '));
}

function orderOf(text: string): readonly string[] | undefined {
  const findings: Finding[] = [];
  const template = readTemplate({ path: 'case.dsc.yaml', text }, findings);
  if (template === undefined) return undefined;
  const report = reportInto(findings, template.source);
  const { scope } = settled(template, new Map(), { findings, report });
  const order = unfold(template.resources, { scope, report, isAwaited: () => false });
  return findings.some(({ severity }) => severity === 'error') ? undefined : order.map(({ name }) => name);
}

function judgeRun({ expected, quirk }: DscCase, ran: Ran): CaseResult {
  if (!ran.ok) {
    if (quirk !== undefined && ran.isSyntax) return PASSED;
    const isCodeOnly = expected.exitCode !== undefined && expected.exitCode > 0 && expected.assertions === undefined;
    if (expected.error !== true && !isCodeOnly) return failed(ran.message);
    if (expected.exitCode !== undefined && expected.exitCode !== ran.exitCode) return failed(`exit ${ran.exitCode}: ${ran.message}`);
    return { kind: 'passed', worded: isWorded(expected, ran.message), said: ran.message };
  }
  if (expected.error === true) return failed(`it gave ${JSON.stringify(valueAt(ran.result, SUBJECT))}`);
  const wrong = (expected.assertions ?? []).find((assertion) => !holds(ran.result, assertion));
  if (wrong !== undefined)
    return failed(`${wrong.path} ${wrong.op} ${JSON.stringify(wrong.value)}: ${JSON.stringify(valueAt(ran.result, wrong.path))}`);
  const subject = valueAt(ran.result, SUBJECT);
  if (!isExpectedValue(expected, subject)) return failed(`it gave ${JSON.stringify(subject)}`);
  return { kind: 'passed', worded: isWorded(expected, ran.messages.join('\n')), said: ran.messages.join('; ') };
}

function isExpectedValue(expected: Expected, subject: JsonValue): boolean {
  const { value, compare, properties = {}, length, items = {} } = expected;
  if (value !== undefined && !isCompared(subject, value, compare)) return false;
  if (!Object.entries(properties).every(([key, wanted]) => isSame(valueAt(subject, `['${key}']`), wanted ?? null))) return false;
  if (length !== undefined && !(Array.isArray(subject) && subject.length === length)) return false;
  return Object.entries(items).every(([index, wanted]) => isSame(valueAt(subject, `[${index}]`), wanted ?? null));
}

function isCompared(subject: JsonValue, value: JsonValue, compare: string | undefined): boolean {
  if (compare === 'loose') return isLoosely(subject, value);
  return compare === 'nullOrEmpty' ? isNothing(subject) : isSame(subject, value);
}

function isWorded({ contains = [], regex = [], like = [], stderr = [] }: Expected, message: string): boolean {
  return (
    contains.every((part) => message.includes(part)) &&
    regex.every((pattern) => new RegExp(pattern, 'i').test(message)) &&
    [...like, ...stderr.map((each) => each.like)].every((pattern) => wildcard(pattern).test(message))
  );
}

const PASSED: CaseResult = { kind: 'passed' };

function failed(why: string): CaseResult {
  return { kind: 'failed', why: why.slice(0, 300) };
}
