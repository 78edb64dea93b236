import type { JsonObject } from '../json.ts';
import { type Finding, type Report, reportInto } from '../language/diagnostics.ts';
import type { DocumentFile } from '../language/guard.ts';
import { checkExpressions } from './check-expressions.ts';
import { checkSupported } from './check-supported.ts';
import type { ValueMap } from './expression/value.ts';
import { type Instance, readInstance, severityOf } from './instance.ts';
import type { ParameterDefinition } from './parameters.ts';
import { isAwaited, refusedInput, settle } from './settle.ts';
import { readTemplate, type Template } from './template.ts';
import { valueFromJson } from './tree-value.ts';
import { isWanted, unfold, type Unfolding } from './unfold.ts';

/** A configuration document with a value for everything in it: its instances in the order of their dependencies. */
export interface Configuration {
  readonly path: string;
  readonly text: string;
  readonly instances: readonly Instance[];
  /** Instances that a condition leaves out: nothing is asked about them. */
  readonly skipped: readonly SkippedInstance[];
  /** The values of all parameters that have one; absent for a document without parameters. */
  readonly parameters?: ValueMap;
}

/** An instance that is not looked at. */
export type SkippedInstance = Pick<Instance, 'id' | 'severity' | 'at' | 'dependsOn'>;

/** True for paths of configuration documents. */
export function isConfigurationPath(path: string): boolean {
  return /\.dsc\.(ya?ml|json)$/.test(path);
}

/**
 * Reads a DSC v3 configuration document and checks everything that can be told without knowing its parameters: what needs one that has
 * no default waits. Adds its findings and answers undefined when one is an error; never throws for what a file holds.
 */
export function readConfiguration(file: DocumentFile, findings: Finding[]): Template | undefined {
  const before = findings.length;
  const template = readTemplate(file, findings);
  if (template === undefined) return undefined;
  const report = onceAtAPlace(reportInto(findings, template.source));
  checkSupported(template, report);
  // What cannot be read has no value either: told once.
  if (checkExpressions(template, report)) instancesOf(template, {}, report);
  return findings.slice(before).some(isError) ? undefined : template;
}

/** A value that a document does not take, by the name of its parameter. */
export interface RefusedInput {
  readonly name: string;
  readonly reason: string;
  readonly hint?: string;
  /** True when the document has no parameter of this name. */
  readonly isUnknown?: boolean;
}

/** A document with values for its parameters, or why it has none: values that it does not take, or that it has no value with. */
export type Configured =
  | { readonly kind: 'configured'; readonly configuration: Configuration }
  | { readonly kind: 'refused'; readonly inputs: readonly RefusedInput[] }
  | { readonly kind: 'failed'; readonly findings: readonly Finding[] };

/** Gives a document the values of its parameters. Pure: the same values give the same configuration at any time and place. */
export function configure(template: Template, parameters: JsonObject): Configured {
  const findings: Finding[] = [];
  const secret = Object.keys(parameters).filter((name) => template.parameters.get(name)?.type.startsWith('secure'));
  if (secret.length > 0) return { kind: 'refused', inputs: secret.map((name) => ({ name, ...NO_SECRETS })) };
  const made = instancesOf(template, parameters, onceAtAPlace(reportInto(findings, template.source)));
  if (made.refused.length > 0) return { kind: 'refused', inputs: made.refused };
  if (made.isWaiting) return { kind: 'refused', inputs: withoutValue(template, parameters) };
  if (findings.some(isError)) return { kind: 'failed', findings: findings.filter(isError) };
  const { instances, skipped, values } = made;
  const { path, text } = template;
  return { kind: 'configured', configuration: { path, text, instances, skipped, ...(values.size === 0 ? {} : { parameters: values }) } };
}

/** The values among some that a document does not take, whatever the others may be. */
export function refusedInputs(template: Template, some: JsonObject): readonly RefusedInput[] {
  const made = configure(template, some);
  return made.kind === 'refused' ? made.inputs.filter(({ name }) => Object.hasOwn(some, name)) : [];
}

const NO_SECRETS = {
  reason: 'is secure, and a value in a runbook would be readable in its plan',
  hint: 'set secrets with a `run` step and its secrets',
};

function withoutValue(template: Template, parameters: JsonObject): readonly RefusedInput[] {
  const names = [...template.parameters.values()].filter((each) => parameters[each.name] === undefined && !hasDefault(each));
  return names.map(({ name }) => ({ name, reason: 'has no default, and no value was given' }));
}

function hasDefault({ defaultValue }: ParameterDefinition): boolean {
  return defaultValue !== undefined && !(defaultValue.kind === 'scalar' && defaultValue.value === null);
}

interface Made {
  readonly instances: readonly Instance[];
  readonly skipped: readonly SkippedInstance[];
  readonly values: ValueMap;
  readonly refused: readonly RefusedInput[];
  /** True when something was left out because a parameter has no value. */
  readonly isWaiting: boolean;
}

function instancesOf(template: Template, parameters: JsonObject, report: Report): Made {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const inputs = new Map(given.map(([name, value]) => [name, valueFromJson(value ?? null)]));
  const { scope, refused, waiting } = settle(template, { inputs, answers: {} }, report);
  const values = scope.parameters;
  if (refused.length > 0) {
    const inWords = refused.map((each) => ({ name: each.name, ...refusedInput(each) }));
    return { instances: [], skipped: [], values, refused: inWords, isWaiting: false };
  }
  let isWaiting = waiting.size > 0;
  const unfolding: Unfolding = {
    scope,
    report,
    isAwaited: (name) => {
      const waits = isAwaited(name, template, waiting);
      isWaiting ||= waits;
      return waits;
    },
  };
  const instances: Instance[] = [];
  const skipped: SkippedInstance[] = [];
  for (const each of unfold(template.resources, unfolding)) {
    const wanted = isWanted(each, unfolding);
    const { id, dependsOn, entry } = each;
    if (wanted === false) skipped.push({ id, dependsOn, at: entry.at, severity: severityOf(entry, report) });
    const instance = wanted === true ? readInstance(each, unfolding) : undefined;
    if (instance !== undefined) instances.push(instance);
  }
  return { instances: instances.map((each) => passingOver(each, skipped)), skipped, values, refused: [], isWaiting };
}

/** What depended on an instance that is left out depends on what that one depended on. */
function passingOver(instance: Instance, skipped: readonly SkippedInstance[]): Instance {
  if (skipped.length === 0) return instance;
  const reached = new Set<string>();
  const open = [...instance.dependsOn];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const left = skipped.find((each) => each.id === id);
    if (left === undefined) reached.add(id);
    else open.push(...left.dependsOn);
  }
  return { ...instance, dependsOn: [...reached] };
}

function isError({ severity }: Finding): boolean {
  return severity === 'error';
}

/** Every turn of a copy would say the same again. */
function onceAtAPlace(report: Report): Report {
  const said = new Set<string>();
  return (code, place, marks) => {
    const key = `${code} ${place.span.start} ${place.pointer}`;
    if (!said.has(key)) report(code, place, marks);
    said.add(key);
  };
}
