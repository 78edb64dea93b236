import { createHash } from 'node:crypto';
import { actions } from '../engine/actions/registry.ts';
import type { Azure } from '../engine/azure-calls.ts';
import { RunwardError } from '../engine/errors.ts';
import type { Ids } from '../engine/ports.ts';
import type { JsonObject } from '../engine/json.ts';
import { loadDocuments } from '../engine/language/load.ts';
import type { LoadedRunbook } from '../engine/language/load.ts';
import type { Purpose, Runbook, TargetSet } from '../engine/language/runbook.ts';
import { makePlan } from '../engine/plan/plan.ts';
import { countRows } from '../engine/plan/plan-record.ts';
import type { Plan, PlanRow } from '../engine/plan/plan-record.ts';
import { allSteps } from '../engine/run/step-path.ts';
import type { PlanView } from './plan-text.ts';
import { readDocuments } from './project-documents.ts';

/** A runbook of the project in this folder, by its name or its file. */
export interface DraftRequest {
  readonly project: string;
  readonly runbook: string;
  readonly purpose?: string;
  readonly inputs: (runbook: Runbook) => Promise<JsonObject>;
}

/**
 * A draft of a plan without any server: target sets that need Azure stay open and say so, and no run can start from it.
 * Throws USAGE_DOCUMENT with the findings when the document or the inputs do not hold.
 */
export async function draftPlan(request: DraftRequest): Promise<PlanView> {
  const isFile = /\.ya?ml$/.test(request.runbook);
  const { asked, beside } = await readDocuments(isFile ? [request.runbook] : [], request.project);
  const loaded = loadDocuments([...asked, ...beside], { actions });
  const found = [...loaded.runbooks.values()].find(({ path, runbook }) =>
    isFile ? asked.some((file) => file.path === path) : runbook.name === request.runbook,
  );
  if (found === undefined) {
    const findings = loaded.findings.filter((finding) => finding.severity === 'error');
    if (findings.length > 0) throw refused(request.runbook, findings);
    throw new RunwardError('NOT_FOUND_RUNBOOK', `there is no runbook "${request.runbook}" in this project`, { next: 'runward validate' });
  }
  const open = openSets(found.runbook);
  const { name } = found.runbook;
  const answer = await makePlan(
    { azure: NO_AZURE, ids: IDS, clock: CLOCK },
    {
      project: { ...loaded, runbooks: new Map([[name, withoutAzure(found)]]) },
      runbook: name,
      inputs: await request.inputs(found.runbook),
      signal: new AbortController().signal,
      ...(request.purpose === undefined ? {} : { purpose: request.purpose as Purpose }),
    },
  );
  if (answer.kind === 'refused') throw refused(name, answer.findings);
  return view(answer.plan, open);
}

function view(plan: Plan, open: readonly string[]): PlanView {
  const setOf = new Map(
    [...allSteps([...(plan.definition.readiness?.checks ?? []), ...plan.definition.steps, ...plan.definition.finally])].map((step) => [
      step.id,
      step.target?.kind === 'set' ? step.target.set : undefined,
    ]),
  );
  const steps = plan.rows.map((row): PlanRow => {
    const set = setOf.get(row.path.slice(row.path.lastIndexOf('/') + 1));
    if (set === undefined || !open.includes(set)) return row;
    const { targets: _, ...rest } = row;
    return { ...rest, note: `targets of ${set} are not resolved` };
  });
  return {
    planHash: '',
    runbook: plan.definition.name,
    purpose: plan.purpose,
    environment: plan.environment,
    severity: plan.severity,
    counts: countRows(steps),
    steps,
    notes: [...open.map((set) => `target set ${set} is not resolved: it comes from Azure, which only a server can read`), ...plan.notes],
  };
}

function openSets(runbook: Runbook): readonly string[] {
  return Object.entries(runbook.targets).flatMap(([name, { source }]) => (isInAzure(source) ? [name] : []));
}

function withoutAzure(loaded: LoadedRunbook): LoadedRunbook {
  const targets = Object.fromEntries(Object.entries(loaded.runbook.targets).map(([name, set]) => [name, emptied(set)]));
  return { ...loaded, runbook: { ...loaded.runbook, targets } };
}

function emptied(set: TargetSet): TargetSet {
  return isInAzure(set.source) ? { ...set, source: { kind: 'hosts', hosts: [] }, onEmpty: 'skip' } : set;
}

const CLOCK = { nowMs: () => Date.now(), monotonicMs: () => performance.now(), sleep: async () => undefined };

// Only digests are asked for: a draft starts nothing, so nothing gets an id.
const IDS: Ids = {
  newRunId: () => unused('run ids'),
  newToken: () => unused('tokens'),
  uuid5: () => unused('step keys'),
  sha256: (text) => createHash('sha256').update(text).digest('hex'),
};

const NO_AZURE = new Proxy({}, { get: () => () => unused('Azure') }) as Azure;

function unused(what: string): never {
  throw new RunwardError('INTERNAL_INVARIANT', `a draft of a plan needs no ${what}`);
}

function refused(what: string, findings: readonly unknown[]): RunwardError {
  return new RunwardError(
    'USAGE_DOCUMENT',
    `no plan of ${what} can be made: ${findings.length} ${findings.length === 1 ? 'error' : 'errors'}`,
    { problem: { findings } },
  );
}

function isInAzure({ kind }: TargetSet['source']): boolean {
  return kind === 'recovery_plan' || kind === 'azure';
}
