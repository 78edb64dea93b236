import type { JsonObject } from '../json.ts';
import { quoted } from '../language/diagnostics.ts';
import type { LateFinding } from '../language/late-finding.ts';
import type { Runbook } from '../language/runbook.ts';
import { allSteps } from '../run/step-path.ts';
import type { Project } from './project.ts';

/** The texts of configuration documents that a run may use, by path, and what names one that the project does not have. */
export interface PinnedConfigurations {
  readonly texts: Readonly<Record<string, string>>;
  readonly missing: readonly LateFinding[];
}

/** Pins the documents that inputs of type file and steps name: what a run tests is what was planned, whatever is published later. */
export function pinnedConfigurations(project: Project, runbook: Runbook, inputs: readonly JsonObject[]): PinnedConfigurations {
  const steps = [...allSteps([...(runbook.readiness?.checks ?? []), ...runbook.steps, ...runbook.finally])];
  const named = steps.flatMap(({ body }) => (body.kind === 'uses' && body.action.startsWith('dsc.') ? [documentOf(body.with)] : []));
  const given = Object.entries(runbook.inputs).flatMap(([name, { type, default: fallback }]) =>
    type === 'file' ? inputs.map((values) => ({ name, path: values[name] ?? fallback })) : [],
  );
  const wanted = [...named.map((path) => ({ at: ['steps'], path })), ...given.map(({ name, path }) => ({ at: ['inputs', name], path }))];
  const texts: Record<string, string> = {};
  const missing = new Map<string, LateFinding>();
  for (const { at, path } of wanted) {
    if (typeof path !== 'string' || !/^configurations\/[^$]+$/.test(path)) continue;
    const found = project.configurations?.get(path);
    if (found !== undefined) texts[path] = found.text;
    else if (!missing.has(path)) missing.set(path, missingDocument(at, path));
  }
  return { texts, missing: [...missing.values()] };
}

function missingDocument(at: readonly string[], path: string): LateFinding {
  return { code: 'RW410', path: at, atKey: true, marks: { path: quoted(path), reason: 'missing, or it has errors' } };
}

function documentOf(given: unknown): unknown {
  return given !== null && typeof given === 'object' && 'document' in given ? given.document : undefined;
}
