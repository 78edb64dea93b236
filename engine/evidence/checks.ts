import { firstBreak } from '../audit/chain.ts';
import type { AuditEntry } from '../audit/chain.ts';
import { canonicalJson } from '../json.ts';
import { formatDuration } from '../language/duration.ts';
import { parseInstantMs } from '../language/instant.ts';
import type { Objectives } from '../language/runbook.ts';
import type { Plan } from '../plan/plan-record.ts';
import type { ObjectiveClock } from '../run/record.ts';
import type { Check } from './check.ts';
import { wrong } from './check.ts';
import type { Evidence, EvidenceObjective, EvidenceStep } from './document.ts';
import type { ObjectiveVerdict } from './objectives.ts';
import { azureAheadMs } from './azure-clock.ts';
import { judgeRpo, judgeRto, measuredText, type PointAge, type PointMoment, recoveryPointAge } from './objectives.ts';

type Sha256 = (text: string) => string;

// The clock is stamped in the same store call as the step or in the one after it.
const CLOCK_TOLERANCE_MS = 2000;

/** The hash of the plan text is the hash that was approved. */
export function planCheck(sha256: Sha256, evidence: Evidence): Check {
  const hash = sha256(evidence.plan.text);
  if (hash !== evidence.plan.hash) return wrong('plan', 'plan', `the plan text has hash ${short(hash)}, not ${short(evidence.plan.hash)}`);
  if (planOf(evidence) === undefined) return wrong('plan', 'plan', 'the plan text is not a plan in canonical form');
  return { name: 'plan', ok: true, detail: `plan ${short(hash)} is the text that was approved` };
}

/** The audit chain is whole from its first entry to the head that the run recorded. */
export function auditCheck(sha256: Sha256, evidence: Evidence): Check {
  const entries = evidence.audit.entries as readonly AuditEntry[];
  const broken = firstBreak(sha256, entries);
  if (broken !== undefined) return wrong('audit', `audit entry ${broken.seq}`, broken.why);
  if (entries.at(-1)?.hash !== evidence.audit.head) return wrong('audit', 'audit', 'the last entries of the chain are missing');
  return { name: 'audit', ok: true, detail: `${entries.length} audit entries chained, head ${short(evidence.audit.head)}` };
}

/** Every effect was announced in the audit before it was submitted. */
export function intentCheck(evidence: Evidence): Check {
  const sent = evidence.steps.filter(hadEffect);
  for (const step of sent) {
    const announcedMs = evidence.audit.entries.filter((entry) => announces(entry, step)).map((entry) => entry.at);
    const path = `steps[${step.path}]`;
    if (announcedMs.length === 0) return wrong('intents', path, `${step.path} had an effect that the audit does not announce`);
    const submittedMs = msOf(step.submittedAt);
    if (submittedMs !== undefined && Math.min(...announcedMs) > submittedMs) {
      return wrong('intents', path, `${step.path} was submitted before the audit announced it`);
    }
  }
  return { name: 'intents', ok: true, detail: `${sent.length} effects, each announced in the audit before it was submitted` };
}

/** Recovery time: recomputed from the clock, and the clock compared with the steps that start and stop it. */
export function rtoCheck(evidence: Evidence): Check {
  const objectives = objectivesOf(evidence);
  const clock = clockOf(evidence);
  const again = judgeRto(clock, objectives);
  const stray = strayMark(evidence, objectives, clock);
  if (stray !== undefined) return wrong('rto', 'run.clock', stray);
  return compare('rto', evidence.verdict.rto, again);
}

/** Recovery point: recomputed from the recovery points that the steps report. */
export function rpoCheck(evidence: Evidence): Check {
  const outageAtMs = msOf(evidence.run.outageAt);
  const told = evidence.audit.entries.find(({ event }) => event === 'run.created')?.data['outageAt'];
  if (told !== evidence.run.outageAt)
    return wrong('rpo', 'run.outageAt', 'the outage is not the one that the audit chain recorded at the start');
  const at = { outageAtMs, azureAheadMs: azureAheadMs(evidence.steps) };
  const ages = evidence.steps.map((step) => pointAge(step, at)).filter((age) => age !== undefined);
  return compare('rpo', evidence.verdict.rpo, judgeRpo(ages, objectivesOf(evidence), at));
}

/** The outcome fits the steps: no success with a failed, unknown or unfinished step that nothing tolerated, and cleanup as recorded. */
export function outcomeCheck(evidence: Evidence): Check {
  const { outcome, cleanup } = evidence.verdict;
  const unfine = unfineSteps(evidence);
  const bad = unfine.find((step) => !step.path.includes('['));
  if (outcome === 'succeeded' && bad !== undefined)
    return wrong('outcome', 'verdict', `the run counts as succeeded, yet ${bad.path} is ${bad.state}`);
  if (outcome === 'succeeded' && cleanup === 'failed')
    return wrong('outcome', 'verdict', 'the run counts as succeeded, yet its cleanup did not succeed');
  if (cleanup === 'verified' && unfine.some((step) => step.section === 'finally')) {
    return wrong('outcome', 'verdict', 'the cleanup counts as verified, yet one of its steps did not succeed');
  }
  const left = cleanup === 'verified' ? ' · cleanup verified' : cleanup === 'failed' ? ' · cleanup NOT verified' : '';
  return { name: 'outcome', ok: true, detail: `${outcome ?? `${evidence.verdict.state}, not ended`}${left}` };
}

const FINE: ReadonlySet<string> = new Set(['succeeded', 'skipped']);

/** Steps that did not succeed. One that failed may be recovered, by its handler or by a person; then so is what failed inside it. */
function unfineSteps({ steps }: Evidence): Evidence['steps'] {
  const recovered = steps.filter(({ verdict }) => verdict === 'recovered').map(({ path }) => path);
  const isRecovered = (path: string): boolean =>
    recovered.some((above) => path === above || path.startsWith(`${above}/`) || path.startsWith(`${above}[`));
  return steps.filter(({ item, path, state }) => item === undefined && !FINE.has(state) && !isRecovered(path));
}

function strayMark(evidence: Evidence, objectives: Objectives | undefined, clock: ObjectiveClock): string | undefined {
  const marks = objectives?.clock;
  if (marks === undefined) return undefined;
  const startMs = marks.start === 'run' ? msOf(evidence.run.startedAt) : earliest(evidence.steps.filter(isStep(marks.start)).map(beganAt));
  if (apart(clock.startedAtMs, startMs)) return 'the clock did not start with the step that starts it';
  const stops = evidence.steps.filter((step) => isStep(marks.stop ?? '')(step) && step.item === undefined && step.state === 'succeeded');
  if (clock.stoppedAtMs !== undefined && marks.stop !== undefined && stops.length === 0)
    return `the clock stopped, yet ${marks.stop} did not succeed`;
  return apart(clock.stoppedAtMs, earliest(stops.map((step) => step.endedAt)))
    ? 'the clock did not stop with the step that stops it'
    : undefined;
}

/** As the run stamps it: what a window, a person or the death of a worker held back had not begun, and a fan-out begins with its first item. */
function beganAt({ node, state, createdAt, firstAttemptAt }: EvidenceStep): string | undefined {
  if (state === 'skipped' || node === 'fan_out') return undefined;
  return node === 'leaf' ? firstAttemptAt : createdAt;
}

function compare(name: 'rto' | 'rpo', recorded: EvidenceObjective, again: ObjectiveVerdict): Check {
  const same = recorded.verdict === again.verdict && recorded.measuredMs === again.measuredMs && recorded.targetMs === again.targetMs;
  const word = again.verdict.replace('_', ' ');
  const measured =
    again.measuredMs === undefined
      ? word
      : `${measuredText(again.measuredMs)}${again.targetMs === undefined ? '' : ` of ${formatDuration(again.targetMs)}`} ${word}`;
  if (!same)
    return wrong(
      name,
      `verdict.${name}`,
      `recomputed: ${measured}; the verdict says ${recorded.measuredMs ?? '-'} ms, ${recorded.verdict.replace('_', ' ')}`,
    );
  return { name, ok: true, detail: `recomputed: ${measured}` };
}

// Work that was found at the target and adopted was announced by the run that sent it.
function hadEffect(step: EvidenceStep): boolean {
  if (step.effect === undefined || step.effect === 'read') return false;
  return step.intentAt !== undefined || (step.submittedAt !== undefined && step.adopted !== true);
}

function announces(entry: Evidence['audit']['entries'][number], step: EvidenceStep): boolean {
  return entry.event === 'step.intent_written' && entry.data['stepKey'] === step.stepKey;
}

function pointAge(step: EvidenceStep, at: PointMoment): PointAge | undefined {
  const firstIntentAtMs = msOf(step.firstIntentAt);
  const createdAtMs = msOf(step.createdAt);
  return recoveryPointAge(
    {
      ...(step.result === undefined ? {} : { result: step.result }),
      ...(step.produced === undefined ? {} : { produced: step.produced }),
      ...(firstIntentAtMs === undefined ? {} : { firstIntentAtMs }),
      ...(createdAtMs === undefined ? {} : { createdAtMs }),
    },
    at,
  );
}

function clockOf(evidence: Evidence): ObjectiveClock {
  const { startedAt, stoppedAt, waitedMs } = evidence.run.clock;
  const startedAtMs = msOf(startedAt);
  const stoppedAtMs = msOf(stoppedAt);
  return { waitedMs, ...(startedAtMs === undefined ? {} : { startedAtMs }), ...(stoppedAtMs === undefined ? {} : { stoppedAtMs }) };
}

function objectivesOf(evidence: Evidence): Objectives | undefined {
  return planOf(evidence)?.definition.objectives;
}

function planOf(evidence: Evidence): Plan | undefined {
  try {
    const plan = JSON.parse(evidence.plan.text) as Plan;
    return canonicalJson(plan) === evidence.plan.text && typeof plan.definition === 'object' ? plan : undefined;
  } catch {
    return undefined;
  }
}

function isStep(id: string): (step: EvidenceStep) => boolean {
  return (step) => step.stepId === id;
}

function earliest(instants: readonly (string | undefined)[]): number | undefined {
  const ms = instants.map(msOf).filter((instant) => instant !== undefined);
  return ms.length === 0 ? undefined : Math.min(...ms);
}

function apart(left: number | undefined, right: number | undefined): boolean {
  return left !== undefined && right !== undefined && Math.abs(left - right) > CLOCK_TOLERANCE_MS;
}

function msOf(instant: string | undefined): number | undefined {
  return instant === undefined ? undefined : parseInstantMs(instant);
}

function short(hash: string): string {
  return hash.slice(0, 8);
}
