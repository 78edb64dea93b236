import type { JsonObject } from '../json.ts';
import type { Runbook } from '../language/runbook.ts';
import { allSteps } from '../run/step-path.ts';
import type { Project } from './project.ts';

/** The texts of configuration documents that a run may use, by path, and the paths that the project does not have. */
export interface PinnedConfigurations {
  readonly texts: Readonly<Record<string, string>>;
  readonly missing: readonly string[];
}

/** Pins the documents that inputs of type file and steps name: what a run tests is what was planned, whatever is published later. */
export function pinnedConfigurations(project: Project, runbook: Runbook, inputs: JsonObject): PinnedConfigurations {
  const steps = [...allSteps([...(runbook.readiness?.checks ?? []), ...runbook.steps, ...runbook.finally])];
  const named = steps.flatMap(({ body }) => (body.kind === 'uses' && body.action.startsWith('dsc.') ? [documentOf(body.with)] : []));
  const given = Object.entries(runbook.inputs).flatMap(([name, { type }]) => (type === 'file' ? [inputs[name]] : []));
  const paths = [...named, ...given].filter((path): path is string => typeof path === 'string' && /^configurations\/[^$]+$/.test(path));
  const texts: Record<string, string> = {};
  const missing: string[] = [];
  for (const path of new Set(paths)) {
    const found = project.configurations?.get(path);
    if (found === undefined) missing.push(path);
    else texts[path] = found.text;
  }
  return { texts, missing };
}

function documentOf(given: unknown): unknown {
  return given !== null && typeof given === 'object' && 'document' in given ? given.document : undefined;
}
