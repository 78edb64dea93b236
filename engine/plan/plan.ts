import { actions } from '../actions/registry.ts';
import { RunwardError } from '../errors.ts';
import { canonicalJson, type JsonObject } from '../json.ts';
import { type Finding, inOrder } from '../language/diagnostics.ts';
import { checkInputs } from '../language/inputs.ts';
import { pathOfStep, placeLateFindings } from '../language/late-finding.ts';
import type { Purpose, Runbook } from '../language/runbook.ts';
import type { Ports } from '../ports.ts';
import { assemblePlan, type PlanProblem } from './assemble.ts';
import { pinRunbooks } from './pins.ts';
import type { PinnedRunbook, Plan } from './plan-record.ts';
import type { Project } from './project.ts';

/** What to plan: a runbook of a checked project with its inputs. `purpose` chooses one where the runbook lists several. */
export interface PlanRequest {
  readonly project: Project;
  readonly runbook: string;
  readonly purpose?: Purpose;
  readonly inputs: JsonObject;
  readonly simulatedScale?: number;
  /** Seed of samples that have none of their own; without one each plan draws anew. */
  readonly seed?: string;
  /** When the machines of a runbook were last restored and proved (milliseconds since 1970), by id in lower case. */
  readonly testedAtMs?: (runbook: Runbook) => Promise<Readonly<Record<string, number>>>;
  /** The members of every set of a runbook as a test gives them: nobody is asked. */
  readonly givenMembers?: (runbook: Runbook) => PinnedRunbook['members'];
  readonly signal: AbortSignal;
}

/**
 * A plan with its canonical text and the SHA-256 of that text, or the findings that stand against one. `open` are target sets that were not
 * resolved, because there was no Azure to ask: such a plan is a draft.
 */
export type PlanAnswer =
  | { readonly kind: 'planned'; readonly plan: Plan; readonly text: string; readonly hash: string; readonly open: readonly string[] }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] };

/** What planning touches. Without Azure it makes a draft. */
export type PlanPorts = Pick<Ports, 'clock'> & {
  readonly azure: Pick<Ports['azure'], 'read'> | undefined;
  readonly ids: Pick<Ports['ids'], 'sha256' | 'newToken'>;
};

/**
 * Turns a runbook and inputs into an immutable, hashed plan. Reads Azure for target sets and calls nothing else. Throws NOT_FOUND_RUNBOOK,
 * USAGE_FLAG when a purpose must be chosen, ARM_REFUSED when a target set cannot be read.
 */
export async function makePlan(ports: PlanPorts, request: PlanRequest): Promise<PlanAnswer> {
  const { project, signal } = request;
  const loaded = project.runbooks.get(request.runbook);
  if (loaded === undefined)
    throw new RunwardError('NOT_FOUND_RUNBOOK', `there is no runbook "${request.runbook}" without errors in this project`);
  const checked = checkInputs(loaded, request.inputs);
  if (!checked.ok) return { kind: 'refused', findings: checked.findings };
  const { inputs } = checked;
  const purpose = purposeOf(loaded.runbook, request.purpose);
  const nowMs = ports.clock.nowMs();
  const { sha256 } = ports.ids;
  const history = {
    ...(request.testedAtMs === undefined ? {} : { testedAtMs: request.testedAtMs }),
    ...(request.givenMembers === undefined ? {} : { givenMembers: request.givenMembers }),
  };
  const pins = await pinRunbooks({ azure: ports.azure, sha256, project, loaded, inputs, nowMs, signal, ...history });
  if (pins.lacking.length > 0) return { kind: 'refused', findings: findingsOf(project, pins.lacking) };
  const made = assemblePlan({
    pinned: pins.root,
    calls: pins.calls,
    purpose,
    inputs,
    seed: request.seed ?? seedOf(ports, [loaded.runbook, ...Object.values(pins.calls).map(({ definition }) => definition)]),
    nowMs,
    sha256,
    actions,
    ...(request.simulatedScale === undefined ? {} : { simulatedScale: request.simulatedScale }),
  });
  if (made.kind === 'refused') return { kind: 'refused', findings: findingsOf(project, made.problems) };
  const text = canonicalJson(made.plan);
  return { kind: 'planned', plan: made.plan, text, hash: sha256(text), open: made.open };
}

// A plan that draws nothing has no chance in it: it is the same each time it is made.
function seedOf({ ids }: PlanPorts, runbooks: readonly Runbook[]): string {
  const draws = runbooks.some(({ targets }) =>
    Object.values(targets).some(({ sample }) => sample !== undefined && sample.seed === undefined),
  );
  return draws ? ids.newToken() : '';
}

function purposeOf(runbook: Runbook, chosen: Purpose | undefined): Purpose {
  const [first, ...others] = runbook.purposes;
  if (chosen === undefined && first !== undefined && others.length === 0) return first;
  if (chosen !== undefined && runbook.purposes.includes(chosen)) return chosen;
  throw new RunwardError('USAGE_FLAG', `${runbook.name} is for ${runbook.purposes.join(', ')}: choose one with --as`, {
    purposes: runbook.purposes,
  });
}

function findingsOf(project: Project, problems: readonly PlanProblem[]): readonly Finding[] {
  const names = [...new Set(problems.map(({ runbook }) => runbook))];
  return names.flatMap((name) => {
    const loaded = project.runbooks.get(name);
    if (loaded === undefined) return [];
    const own = problems.filter(({ runbook }) => runbook === name);
    const late = own.map(({ step, late: each }) =>
      step === undefined ? each : { ...each, path: [...pathOfStep(loaded, step), ...each.path] },
    );
    return inOrder(placeLateFindings(loaded, late));
  });
}
