import { createHash } from 'node:crypto';
import { actions } from '../engine/actions/registry.ts';
import type { Azure } from '../engine/azure-calls.ts';
import { RunwardError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { loadDocuments } from '../engine/language/load.ts';
import type { Purpose, Runbook } from '../engine/language/runbook.ts';
import { makePlan } from '../engine/plan/plan.ts';
import { countRows } from '../engine/plan/plan-record.ts';
import type { Plan } from '../engine/plan/plan-record.ts';
import type { PlanView } from './plan-text.ts';
import { readDocuments } from './project-documents.ts';

/** A runbook of the project in this folder, by its name or its file. */
export interface DraftRequest {
  readonly project: string;
  readonly runbook: string;
  readonly purpose?: string;
  readonly inputs: (runbook: Runbook) => Promise<JsonObject>;
  /** Reads the sets that only Azure can tell; they stay open without. */
  readonly azure?: Pick<Azure, 'read'>;
}

/** A plan that no run can start from, and the sets that it leaves open. */
export interface Draft {
  readonly plan: Plan;
  readonly open: readonly string[];
}

/**
 * A draft of a plan without any server: target sets that need Azure stay open and say so, and no run can start from it.
 * Throws USAGE_DOCUMENT with the findings when the document or the inputs do not hold.
 */
export async function draftPlan(request: DraftRequest): Promise<PlanView> {
  return draftView(await makeDraft(request));
}

/** The draft itself. Throws as `draftPlan` does, and ARM_REFUSED when Azure is there and does not tell the members of a set. */
export async function makeDraft(request: DraftRequest): Promise<Draft> {
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
  const { name } = found.runbook;
  const answer = await makePlan(
    { azure: request.azure, ids: IDS, clock: CLOCK },
    {
      project: loaded,
      runbook: name,
      inputs: await request.inputs(found.runbook),
      seed: 'draft',
      signal: new AbortController().signal,
      ...(request.purpose === undefined ? {} : { purpose: request.purpose as Purpose }),
    },
  );
  if (answer.kind === 'refused') throw refused(name, answer.findings);
  return answer;
}

/** A draft as it is shown. */
export function draftView({ plan, open }: Draft): PlanView {
  const asked = Object.entries(plan.sets).flatMap(([name, { targets }]) => {
    const count = targets.filter(({ kind }) => kind === 'azure_vm').length;
    return count === 0
      ? []
      : [`region, state and tags of ${count} ${count === 1 ? 'machine' : 'machines'} of ${name} stand in Azure and were not read`];
  });
  const drawn = Object.entries(plan.sets).flatMap(([name, { sample }]) =>
    sample === undefined ? [] : [`the sample of ${name} is drawn by chance here: a real plan draws its own`],
  );
  return {
    planHash: '',
    runbook: plan.definition.name,
    purpose: plan.purpose,
    environment: plan.environment,
    runbookDigest: plan.runbookDigest,
    severity: plan.severity,
    counts: countRows(plan.rows),
    steps: plan.rows,
    ...(plan.definition.objectives?.rtoMs === undefined ? {} : { rtoMs: plan.definition.objectives.rtoMs }),
    notes: [
      ...open.map((set) => `target set ${set} is not resolved: it comes from Azure, which only a server can read`),
      ...asked,
      ...drawn,
      ...plan.notes,
    ],
  };
}

const CLOCK = { nowMs: () => Date.now(), monotonicMs: () => performance.now(), sleep: async () => undefined };

// A draft starts nothing, so nothing gets an id, and its samples are drawn by a fixed seed.
const IDS = {
  newToken: () => 'draft',
  sha256: (text: string): string => createHash('sha256').update(text).digest('hex'),
};

function refused(what: string, findings: readonly unknown[]): RunwardError {
  return new RunwardError(
    'USAGE_DOCUMENT',
    `no plan of ${what} can be made: ${findings.length} ${findings.length === 1 ? 'error' : 'errors'}`,
    { problem: { findings } },
  );
}
