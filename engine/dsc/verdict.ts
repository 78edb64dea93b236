import { canonicalJson, type JsonObject } from '../json.ts';
import type { Outcome } from './compare.ts';
import type { Facts } from './fact.ts';
import type { Configuration, SkippedInstance } from './document.ts';
import { type DriftSeverity, type Instance, SEVERITIES } from './instance.ts';

/** How a machine or one instance stands to its document, worst first. */
export type DriftStatus = 'drifted' | 'unknown' | 'compliant' | 'notApplicable';

/** One instance of a verdict: `outcomes` holds every wanted property, the equal ones too. */
export interface ResourceVerdict {
  readonly id: string;
  readonly status: DriftStatus;
  readonly severity: DriftSeverity;
  readonly source: { readonly file: string; readonly line: number; readonly column: number };
  readonly outcomes: readonly Outcome[];
}

/** What one check of one machine says. A pure function of document, facts and engine. */
export interface Verdict {
  readonly apiVersion: 'runward/v1';
  readonly kind: 'Verdict';
  readonly target: string;
  readonly assignment: string;
  /** When the facts were collected, RFC 3339 UTC. */
  readonly evaluatedAt: string;
  readonly status: DriftStatus;
  readonly sealed: boolean;
  /** `parameters` is the digest of the values that the document was given and has by itself; absent for a document without. */
  readonly inputs: { readonly document: string; readonly evidence: string; readonly engine: string; readonly parameters?: string };
  readonly counts: Readonly<Record<DriftStatus, number>>;
  /** Differences and unobserved properties. */
  readonly drifted: number;
  readonly unknown: number;
  readonly maxSeverity: DriftSeverity | 'none';
  readonly resources: readonly ResourceVerdict[];
}

/** What a verdict is made from. */
export interface VerdictInput {
  readonly configuration: Configuration;
  readonly facts: Facts;
  readonly sealed: boolean;
  readonly target: string;
  readonly evaluatedAt: string;
  readonly inputs: Verdict['inputs'];
  readonly sha256: (text: string) => string;
}

/** Judges every instance of a document. What was not observed, or came through a broken stream, is never compliant. */
export function makeVerdict(input: VerdictInput): Verdict {
  const { instances, skipped, path } = input.configuration;
  const resources = [...instances.map((instance) => judgeInstance(instance, input)), ...skipped.map((instance) => leftOut(instance, path))];
  const counts = { drifted: 0, unknown: 0, compliant: 0, notApplicable: 0 };
  for (const resource of resources) counts[resource.status] += 1;
  const outcomes = resources.flatMap((resource) => resource.outcomes);
  const bad = resources.filter((resource) => resource.status === 'drifted' || resource.status === 'unknown');
  return {
    apiVersion: 'runward/v1',
    kind: 'Verdict',
    target: input.target,
    assignment: input.configuration.path,
    evaluatedAt: input.evaluatedAt,
    status: worst(resources.map((resource) => resource.status)),
    sealed: input.sealed,
    inputs: input.inputs,
    counts,
    drifted: outcomes.filter(isDifference).length,
    unknown: outcomes.filter(({ kind }) => kind === 'unknown').length,
    maxSeverity: SEVERITIES.find((severity) => bad.some((resource) => resource.severity === severity)) ?? 'none',
    resources,
  };
}

/** The name of a verdict: the digest of everything in it but the time of collection. */
export function verdictId(verdict: Verdict, sha256: (text: string) => string): string {
  const { evaluatedAt: _, ...rest } = verdict;
  return sha256(canonicalJson(rest));
}

/** True for outcomes that are differences. */
export function isDifference({ kind }: Pick<Outcome, 'kind'>): boolean {
  return kind === 'changed' || kind === 'missing' || kind === 'unexpected';
}

function judgeInstance(instance: Instance, input: VerdictInput): ResourceVerdict {
  const properties = instance.properties as never;
  const seen = [...instance.type.judge(properties, input.facts, input.sha256)];
  const outcomes = [...seen, ...notObserved(instance, seen, input.sealed)];
  const status = outcomes.some(isDifference) ? 'drifted' : outcomes.every(({ kind }) => kind === 'equal') ? 'compliant' : 'unknown';
  const { line, column } = instance.at;
  return { id: instance.id, status, severity: instance.severity, source: { file: input.configuration.path, line, column }, outcomes };
}

/** What a condition leaves out was not looked at, and is neither compliant nor anything else. */
function leftOut({ id, severity, at }: SkippedInstance, file: string): ResourceVerdict {
  return { id, status: 'notApplicable', severity, source: { file, line: at.line, column: at.column }, outcomes: [] };
}

/** Compliant means that every wanted property was observed: a property without an outcome, or a broken stream, is unknown. */
function notObserved(instance: Instance, seen: readonly Outcome[], sealed: boolean): readonly Outcome[] {
  if (!seen.every(({ kind }) => kind === 'equal')) return [];
  const unseen = (property: string, cause: string): Outcome => ({
    path: property === '' ? '' : `/${property}`,
    kind: 'unknown',
    desired: instance.properties[property] ?? null,
    code: `probe:${property === '' ? 'stream' : property}:${cause}`,
    phrase: property === '' ? 'the answer of the machine was not complete' : `${property} was not observed`,
  });
  if (!sealed || seen.length === 0) return [unseen('', 'truncated')];
  if (instance.properties['_exist'] === false) return [];
  const wanted = Object.keys(instance.properties).filter((key) => !instance.type.keys.includes(key));
  return wanted.filter((key) => !seen.some(({ path }) => path === `/${key}`)).map((key) => unseen(key, 'uncovered'));
}

function worst(statuses: readonly DriftStatus[]): DriftStatus {
  return (['drifted', 'unknown', 'compliant'] as const).find((status) => statuses.includes(status)) ?? 'notApplicable';
}

/** The verdict as stored and served. */
export function verdictJson(verdict: Verdict, id: string): JsonObject {
  return { id: `sha256:${id}`, ...(verdict as unknown as JsonObject) };
}
