import { parseDocument } from 'yaml';
import type { Scope } from '../../engine/dsc/expression/scope.ts';
import { isMap, type Value, type ValueMap } from '../../engine/dsc/expression/value.ts';
import { readJson } from '../../engine/dsc/functions/json-text.ts';
import { caught } from '../../engine/dsc/expression/problem.ts';
import { parameterInputs } from '../../engine/dsc/parameters.ts';
import { settle } from '../../engine/dsc/settle.ts';
import { readTemplate, type Template } from '../../engine/dsc/template.ts';
import { valueFromJson } from '../../engine/dsc/tree-value.ts';
import type { JsonValue } from '../../engine/json.ts';
import { type Finding, type Report, reportInto } from '../../engine/language/diagnostics.ts';
import { child, textOf } from '../../engine/language/tree.ts';
import { LOCAL_ANSWERS, securityContext } from './dsc-answers.ts';
import type { DscCase } from './dsc-case.ts';

/** Ends the run of a document with the exit code of the reference. */
export class DscFailure extends Error {
  readonly exitCode: number;
  readonly isSyntax: boolean;

  constructor(exitCode: number, message: string, isSyntax = false) {
    super(message);
    this.exitCode = exitCode;
    this.isSyntax = isSyntax;
  }
}

/** A document that is ready to be carried out. */
export interface Ready {
  readonly template: Template;
  readonly scope: Scope;
  readonly report: Report;
  readonly findings: readonly Finding[];
}

const SET_UP = 4;
const RUNNING = 2;
const OF_DEFINITIONS = /^RW-DSC-11[23]$/;

/** Reads a document with its inputs. Throws DscFailure. */
export function readyDocument(text: string, given: Pick<DscCase, 'parameters' | 'parametersFile'>): Ready {
  const findings: Finding[] = [];
  const template = readTemplate({ path: 'case.dsc.yaml', text }, findings);
  if (template === undefined) return stop(findings);
  const report = reportInto(findings, template.source);
  checkSecurity(template);
  return { ...settled(template, inputsOf(template, given), { findings, report }), report, findings };
}

/** The rights that a document asks for, in its directives or, as it was done before, in its metadata. */
function checkSecurity({ root }: Template): void {
  const asked = [child(root, 'directives'), child(child(root, 'metadata'), 'Microsoft.DSC')].map((each) =>
    textOf(child(each, 'securityContext')),
  );
  const [wanted, ...others] = [...new Set(asked.filter((each) => each !== undefined))];
  if (others.length > 0) throw new DscFailure(RUNNING, 'the directive and the metadata ask for different security contexts');
  if (wanted !== undefined && wanted !== 'current' && wanted !== securityContext()) {
    throw new DscFailure(RUNNING, `${wanted} security context required`);
  }
}

/** Gives a template its scope. Throws DscFailure. */
export function settled(
  template: Template,
  inputs: ValueMap,
  { findings, report }: { readonly findings: readonly Finding[]; readonly report: Report },
): Pick<Ready, 'template' | 'scope'> {
  const { scope, refused, waiting } = settle(template, { inputs, answers: LOCAL_ANSWERS, nowMs: Date.now() }, report);
  const [first] = refused;
  if (first !== undefined) throw new DscFailure(SET_UP, `Parameter input failure: ${first.name} ${first.reason}`);
  if (waiting.size > 0) throw new DscFailure(SET_UP, `no value for ${[...waiting].join(', ')}`);
  if (findings.some(isError)) stop(findings, SET_UP);
  return { template, scope };
}

function inputsOf(template: Template, { parameters, parametersFile }: Pick<DscCase, 'parameters' | 'parametersFile'>): ValueMap {
  const given = [parametersFile, parameters].flatMap((input) => (input === undefined || input === null ? [] : [inputFrom(input)]));
  if (given.length > 0 && template.parameters.size === 0) throw new DscFailure(SET_UP, 'the document has no parameters');
  return new Map(given.flatMap((values) => [...values]));
}

function inputFrom(input: JsonValue): ValueMap {
  const value = typeof input === 'string' ? parsedText(input) : valueFromJson(input);
  const read = parameterInputs(value);
  if ('reason' in read) throw new DscFailure(SET_UP, `Failed to merge parameters: ${read.reason}`);
  return read.values;
}

function parsedText(text: string): Value {
  const json = caught(() => readJson(text));
  if ('value' in json) return json.value;
  const yaml = valueFromJson((parseDocument(text).toJS() ?? null) as JsonValue);
  return isMap(yaml) ? yaml : null;
}

/** Throws the first error of a document. */
export function stop(findings: readonly Finding[], exitCode = RUNNING): never {
  const errors = findings.filter(isError);
  const message = errors
    .map((finding) => `${finding.code} ${finding.file}:${finding.line}:${finding.column} ${finding.message}`)
    .join('; ');
  const isOfSetUp = errors.some(({ code }) => OF_DEFINITIONS.test(code));
  const isSyntax = errors.some(({ message: text }) => /expected|nothing may follow|has no meaning|not closed/.test(text));
  throw new DscFailure(isOfSetUp ? SET_UP : exitCode, `ERROR ${message}`, isSyntax);
}

export function isError({ severity }: Finding): boolean {
  return severity === 'error';
}
