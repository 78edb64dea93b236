import type { EffectClass } from '../actions/action.ts';
import { actions } from '../actions/registry.ts';
import { RunwardError } from '../errors.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../json.ts';
import { type Finding, inOrder } from '../language/diagnostics.ts';
import { checkInputs } from '../language/inputs.ts';
import { type LateFinding, placeLateFindings } from '../language/late-finding.ts';
import type { LoadedRunbook } from '../language/load.ts';
import type { Purpose, Runbook, Step } from '../language/runbook.ts';
import type { Ports } from '../ports.ts';
import { targetScope } from '../run/scope.ts';
import { allSteps } from '../run/step-path.ts';
import { VERSION } from '../version.ts';
import { calendarsOf, pinnedWindows } from './calendars.ts';
import { pinnedConfigurations } from './configurations.ts';
import { withGateTimes } from './gate-times.ts';
import type { Plan, PlannedSet } from './plan-record.ts';
import type { Project } from './project.ts';
import { planRows, worstOf } from './rows.ts';
import { resolveSets } from './targets.ts';
import { computeVars } from './vars.ts';

/** What to plan: a runbook of a checked project with its inputs. `purpose` chooses one where the runbook lists several. */
export interface PlanRequest {
  readonly project: Project;
  readonly runbook: string;
  readonly purpose?: Purpose;
  readonly inputs: JsonObject;
  readonly simulatedScale?: number;
  readonly signal: AbortSignal;
}

/** A plan with its canonical text and the SHA-256 of that text, or the findings that stand against one. */
export type PlanAnswer =
  | { readonly kind: 'planned'; readonly plan: Plan; readonly text: string; readonly hash: string }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] };

/**
 * Turns a runbook and inputs into an immutable, hashed plan. Reads Azure for target sets and calls nothing else. Throws NOT_FOUND_RUNBOOK,
 * USAGE_FLAG when a purpose must be chosen, ARM_REFUSED when a target set cannot be read.
 */
export async function makePlan(ports: Pick<Ports, 'azure' | 'ids' | 'clock'>, request: PlanRequest): Promise<PlanAnswer> {
  const loaded = request.project.runbooks.get(request.runbook);
  if (loaded === undefined)
    throw new RunwardError('NOT_FOUND_RUNBOOK', `there is no runbook "${request.runbook}" without errors in this project`);
  const checked = checkInputs(loaded, request.inputs);
  if (!checked.ok) return { kind: 'refused', findings: checked.findings };
  const { runbook } = loaded;
  const purpose = purposeOf(runbook, request.purpose);
  const nowMs = ports.clock.nowMs();
  const early = computeVars(runbook.vars, { inputs: checked.inputs }, nowMs);
  const resolved = await resolveSets(ports, {
    ...request,
    runbook,
    scope: { inputs: checked.inputs, vars: early.vars as JsonObject },
    nowMs,
  });
  const scope: JsonObject = { inputs: checked.inputs, targets: targetsScope(resolved.sets) };
  const { vars, failed } = computeVars(runbook.vars, scope, nowMs);
  const pinned = pinnedConfigurations(request.project, runbook, checked.inputs);
  const findings: readonly LateFinding[] = [
    ...pinned.missing,
    ...resolved.problems,
    ...Object.entries(failed).map(([name, message]) => varFinding(name, message)),
  ];
  if (findings.length > 0) return { kind: 'refused', findings: inOrder(placeLateFindings(loaded, findings)) };
  const plan = planOf(ports, request, { loaded, inputs: checked.inputs, vars, sets: resolved.sets, purpose, nowMs, pinned: pinned.texts });
  const text = canonicalJson(plan);
  return { kind: 'planned', plan, text, hash: ports.ids.sha256(text) };
}

interface Parts {
  readonly loaded: LoadedRunbook;
  readonly inputs: JsonObject;
  readonly vars: Readonly<Record<string, JsonValue>>;
  readonly sets: Readonly<Record<string, PlannedSet>>;
  readonly purpose: Purpose;
  readonly nowMs: number;
  readonly pinned: Readonly<Record<string, string>>;
}

function planOf(ports: Pick<Ports, 'ids'>, request: PlanRequest, parts: Parts): Plan {
  const { runbook } = parts.loaded;
  const known = {
    scope: { inputs: parts.inputs, vars: parts.vars as JsonObject, targets: targetsScope(parts.sets) },
    sets: parts.sets,
    actions,
    nowMs: parts.nowMs,
  };
  const rows = [
    ...planRows(runbook.readiness?.checks ?? [], 'readiness', known),
    ...planRows(runbook.steps, 'steps', known),
    ...planRows(runbook.finally, 'finally', known),
  ];
  const all = [...allSteps([...(runbook.readiness?.checks ?? []), ...runbook.steps, ...runbook.finally])];
  const changes = rows.some(({ kind }) => kind === 'MUTATES' || kind === 'UNKNOWN');
  const severePurpose = parts.purpose === 'failover' || parts.purpose === 'failback';
  const severity = severePurpose
    ? 'severe'
    : worstOf([...rows.flatMap((row) => row.severity ?? []), ...(changes ? (['moderate'] as const) : [])]);
  const windows = pinnedWindows(request.project, runbook);
  return {
    schema: 1,
    engine: VERSION,
    runbookDigest: ports.ids.sha256(parts.loaded.text),
    runbookPath: parts.loaded.path,
    definition: withGateTimes(runbook, severity),
    purpose: parts.purpose,
    environment: runbook.environment,
    inputs: parts.inputs,
    vars: parts.vars,
    sets: parts.sets,
    rows,
    severity,
    actions: actionsOf(all),
    documents: { ...documentsOf(ports, request.project, runbook), ...digestsOf(ports, parts.pinned) },
    ...(Object.keys(windows).length === 0 ? {} : { calendars: windows }),
    ...(Object.keys(parts.pinned).length === 0 ? {} : { configurations: parts.pinned }),
    notes: notesOf(runbook),
    ...(request.simulatedScale === undefined ? {} : { simulatedScale: request.simulatedScale }),
  };
}

function purposeOf(runbook: Runbook, chosen: Purpose | undefined): Purpose {
  const [first, ...others] = runbook.purposes;
  if (chosen === undefined && first !== undefined && others.length === 0) return first;
  if (chosen !== undefined && runbook.purposes.includes(chosen)) return chosen;
  throw new RunwardError('USAGE_FLAG', `${runbook.name} is for ${runbook.purposes.join(', ')}: choose one with --as`, {
    purposes: runbook.purposes,
  });
}

function targetsScope(sets: Readonly<Record<string, PlannedSet>>): JsonObject {
  return Object.fromEntries(Object.entries(sets).map(([name, set]) => [name, set.targets.map(targetScope)]));
}

function actionsOf(steps: readonly Step[]): Readonly<Record<string, EffectClass>> {
  const used = steps.flatMap(({ body }) => (body.kind === 'uses' ? [body.action] : []));
  return Object.fromEntries(
    [...new Set(used)].toSorted().flatMap((name) => (actions.has(name) ? [[name, actions.get(name)?.effect ?? 'blind']] : [])),
  );
}

function documentsOf(ports: Pick<Ports, 'ids'>, project: Project, runbook: Runbook): Readonly<Record<string, string>> {
  const names = Object.values(runbook.targets).flatMap(({ source }) => (source.kind === 'inventory' ? [source.name] : []));
  const used = [...names.flatMap((name) => project.inventories.get(name) ?? []), ...calendarsOf(project, runbook)];
  return Object.fromEntries(used.map(({ path, text }) => [path, ports.ids.sha256(text)]));
}

function digestsOf(ports: Pick<Ports, 'ids'>, texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, ports.ids.sha256(text)]));
}

function notesOf(runbook: Runbook): readonly string[] {
  return runbook.notify.length > 0 ? ['notices are written to the log of the worker: this release has no other channel'] : [];
}

function varFinding(name: string, message: string): LateFinding {
  return { code: 'RW312', path: ['vars', name], marks: { message } };
}
