import { canonicalJson, type JsonObject, type JsonValue } from '../json.ts';
import { renderTemplate } from '../language/expression.ts';
import type { LoadedRunbook } from '../language/load.ts';
import type { Runbook } from '../language/runbook.ts';
import type { Ports } from '../ports.ts';
import { allSteps } from '../run/step-path.ts';
import type { PlanProblem } from './assemble.ts';
import { calendarsOf, pinnedWindows } from './calendars.ts';
import { pinnedConfigurations } from './configurations.ts';
import type { PinnedRunbook, SetMembers } from './plan-record.ts';
import type { Project } from './project.ts';
import { readMembers } from './targets.ts';
import { computeVars } from './vars.ts';

/** The planned runbook and all that it calls, by name, with what the project lacks for them. */
export interface Pins {
  readonly root: PinnedRunbook;
  readonly calls: Readonly<Record<string, PinnedRunbook>>;
  readonly lacking: readonly PlanProblem[];
}

/** What pinning needs. `azure` is undefined for a draft; `testedAtMs` tells when the machines of samples were last restored, by id. */
export interface Pinning {
  readonly azure: Pick<Ports['azure'], 'read'> | undefined;
  readonly sha256: (text: string) => string;
  readonly project: Project;
  readonly loaded: LoadedRunbook;
  readonly inputs: JsonObject;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly testedAtMs?: (runbook: Runbook) => Promise<Readonly<Record<string, number>>>;
  /** Members that a test of the runbook gives instead of those that would be read. */
  readonly givenMembers?: (runbook: Runbook) => PinnedRunbook['members'];
}

/** Pins a runbook and everything that it calls: text, machines, documents. Throws ARM_REFUSED when a target set cannot be read. */
export async function pinRunbooks(pinning: Pinning): Promise<Pins> {
  const { sites, lacking } = callSites(pinning);
  const root = await pinOne(pinning, pinning.loaded, [pinning.inputs]);
  const missing = [...root.missing];
  const calls: Record<string, PinnedRunbook> = {};
  for (const [name, { loaded, inputs }] of sites) {
    const one = await pinOne(pinning, loaded, inputs);
    missing.push(...one.missing);
    calls[name] = one.pinned;
  }
  return { root: root.pinned, calls, lacking: [...lacking, ...missing] };
}

interface Site {
  readonly loaded: LoadedRunbook;
  /** What is known of the inputs at each place that calls it. */
  readonly inputs: JsonObject[];
}

// Every call below a runbook, with the inputs that are known already: documents among them are pinned as well.
function callSites({ project, loaded, inputs, nowMs }: Pinning): {
  readonly sites: ReadonlyMap<string, Site>;
  readonly lacking: readonly PlanProblem[];
} {
  const sites = new Map<string, Site>();
  const lacking = new Map<string, PlanProblem>();
  const seen = new Set<string>();
  const open: { readonly runbook: Runbook; readonly inputs: JsonObject }[] = [{ runbook: loaded.runbook, inputs }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const vars = computeVars(next.runbook.vars, { inputs: next.inputs }, nowMs).vars as JsonObject;
    for (const { body, id } of allStepsOf(next.runbook)) {
      if (body.kind !== 'call') continue;
      const called = project.runbooks.get(body.runbook);
      if (called === undefined) {
        const problem = `runbook "${body.runbook}" has errors or is not published`;
        lacking.set(body.runbook, { runbook: next.runbook.name, step: id, late: { code: 'RW408', path: ['call'], marks: { problem } } });
        continue;
      }
      const known = knownInputs(body.with, { inputs: next.inputs, vars }, nowMs);
      const mark = `${body.runbook} ${canonicalJson(known)}`;
      if (seen.has(mark)) continue;
      seen.add(mark);
      const site = sites.get(body.runbook) ?? { loaded: called, inputs: [] };
      site.inputs.push(known);
      sites.set(body.runbook, site);
      open.push({ runbook: called.runbook, inputs: known });
    }
  }
  return { sites, lacking: [...lacking.values()] };
}

function knownInputs(given: Readonly<Record<string, JsonValue>>, scope: JsonObject, nowMs: number): JsonObject {
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      const rendered = renderTemplate(value, scope as Record<string, never>, nowMs);
      return rendered.ok ? [[name, rendered.value] as const] : [];
    }),
  );
}

async function pinOne(
  pinning: Pinning,
  { runbook, path, text }: LoadedRunbook,
  inputs: readonly JsonObject[],
): Promise<{ readonly pinned: PinnedRunbook; readonly missing: readonly PlanProblem[] }> {
  const { azure, project, signal, sha256 } = pinning;
  const members = pinning.givenMembers?.(runbook) ?? (await readMembers({ azure, project, runbook, signal }));
  const { texts, missing } = pinnedConfigurations(project, runbook, inputs);
  const digests = Object.fromEntries(Object.entries(texts).map(([name, content]) => [name, sha256(content)]));
  const pinned: PinnedRunbook = {
    path,
    digest: sha256(text),
    definition: runbook,
    members: await withTestAges(pinning, runbook, members),
    documents: { ...namedDocuments(pinning, runbook), ...digests },
    configurations: texts,
    calendars: pinnedWindows(project, runbook),
  };
  return { pinned, missing: missing.map((late) => ({ runbook: runbook.name, late })) };
}

// Only samples that are drawn by age ask for the history of tests.
async function withTestAges(
  { testedAtMs }: Pinning,
  runbook: Runbook,
  members: PinnedRunbook['members'],
): Promise<PinnedRunbook['members']> {
  const byAge = Object.entries(runbook.targets).filter(([, { sample }]) => sample?.weight === 'restore_test_age');
  if (testedAtMs === undefined || byAge.length === 0) return members;
  const ages = await testedAtMs(runbook);
  const aged = byAge.flatMap(([name]): readonly (readonly [string, SetMembers])[] => {
    const set = members[name];
    if (set === undefined) return [];
    const own = set.targets.flatMap(({ id }) => {
      const atMs = ages[id.toLowerCase()];
      return atMs === undefined ? [] : [[id.toLowerCase(), atMs] as const];
    });
    return [[name, { ...set, testedAtMs: Object.fromEntries(own) }]];
  });
  return { ...members, ...Object.fromEntries(aged) };
}

function namedDocuments({ project, sha256 }: Pinning, runbook: Runbook): Readonly<Record<string, string>> {
  const names = Object.values(runbook.targets).flatMap(({ source }) => (source.kind === 'inventory' ? [source.name] : []));
  const used = [...names.flatMap((name) => project.inventories.get(name) ?? []), ...calendarsOf(project, runbook)];
  return Object.fromEntries(used.map(({ path, text }) => [path, sha256(text)]));
}

function allStepsOf(runbook: Runbook) {
  return [...allSteps([...(runbook.readiness?.checks ?? []), ...runbook.steps, ...runbook.finally])];
}
