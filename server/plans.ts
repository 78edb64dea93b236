import { RunwardError } from '../engine/errors.ts';
import { canonicalJson } from '../engine/json.ts';
import { PLAN_AGE_MAX_MS, PLAN_AGE_SEVERE_MS } from '../engine/limits.ts';
import { type Estimate, estimateOf } from '../engine/plan/estimate.ts';
import type { Plan } from '../engine/plan/plan-record.ts';
import { countRows } from '../engine/plan/plan-record.ts';
import type { Ports } from '../engine/ports.ts';
import type { RunRecord } from '../engine/run/record.ts';
import { timeText } from '../engine/run/summary.ts';
import type { StoredPlan } from '../engine/store.ts';

const CACHE_MAX = 100;
/** Runs that are looked at for an estimate: some of them may be of another estate. */
const RUNS_LOOKED_AT = 50;

/** A plan with the text that was hashed. */
export interface HashedPlan {
  readonly plan: Plan;
  readonly text: string;
  readonly hash: string;
}

/** A plan that was shown and can be started. Its age counts from when it was made: what it saw of the machines is as old as that. */
export interface KeptPlan extends HashedPlan {
  readonly plannedAtMs: number;
}

/** Reads plans; a text that does not give its hash, or that this installation did not sign, is no plan. */
export interface Plans {
  /** Keeps a plan so that a run can start from its hash: severe ones for an hour, others for a day. Answers the time it ends (milliseconds). */
  readonly keep: (made: HashedPlan) => Promise<number>;
  /** The plan and when it was made, milliseconds since 1970. Throws NOT_FOUND_PLAN when it was never made here or is too old. */
  readonly kept: (hash: string) => Promise<KeptPlan>;
  /** The plan of a run. Throws NOT_FOUND_PLAN when the store has it no more, CONFLICT_STALE_PLAN when it is not the one that was hashed. */
  readonly ofRun: (run: Pick<RunRecord, 'runId' | 'planHash'>) => Promise<HashedPlan>;
}

/** Plans over the store, with the last parsed ones in memory: they never change. */
export function makePlans(ports: Pick<Ports, 'store' | 'ids' | 'signer'>): Plans {
  const cache = new Map<string, HashedPlan>();

  const parse = ({ text, hash }: StoredPlan): HashedPlan => {
    const known = cache.get(hash);
    if (known !== undefined) return known;
    if (ports.ids.sha256(text) !== hash) {
      throw new RunwardError(
        'CONFLICT_STALE_PLAN',
        'the stored plan is not the one that was hashed; make it again and tell who looks after the store',
      );
    }
    const parsed = { plan: JSON.parse(text) as Plan, text, hash };
    if (cache.size >= CACHE_MAX) cache.delete([...cache.keys()][0] ?? '');
    cache.set(hash, parsed);
    return parsed;
  };

  return {
    async ofRun({ runId, planHash }) {
      const known = cache.get(planHash);
      if (known !== undefined) return known;
      const stored = await ports.store.readPlan(runId);
      if (stored?.hash !== planHash)
        throw new RunwardError('NOT_FOUND_PLAN', `the store has no plan ${planHash.slice(0, 8)} for run ${runId}`);
      return parse(stored);
    },
    async keep({ plan, text, hash }) {
      const keptAtMs = await ports.store.nowMs();
      const signature = ports.signer.sign(offerText(hash, keptAtMs));
      if (signature === undefined)
        throw new RunwardError('INTERNAL_INVARIANT', 'plans are signed by the server; this process has no signing key');
      const keepMs = keepMsOf(plan);
      await ports.store.putPlan(hash, { text, hash, signature, keptAtMs }, keepMs);
      return keptAtMs + keepMs;
    },
    async kept(hash) {
      const stored = await ports.store.getPlan(hash);
      const keptAtMs = stored?.keptAtMs;
      if (stored?.hash !== hash || keptAtMs === undefined || !ports.signer.verify(offerText(hash, keptAtMs), stored.signature))
        throw new RunwardError(
          'NOT_FOUND_PLAN',
          `no plan ${hash.slice(0, 8)}: it was never made here, or it is too old (RW516); plan again`,
        );
      return { ...parse(stored), plannedAtMs: keptAtMs };
    },
  };
}

/** How long runs of a plan took: the newest that ended well, for the same purpose and in the same kind of estate. Not part of the plan. */
export async function estimateFor({ store }: Pick<Ports, 'store'>, { plan }: Pick<HashedPlan, 'plan'>): Promise<Estimate | undefined> {
  const runs = await store.listRuns({
    limit: RUNS_LOOKED_AT,
    runbook: plan.definition.name,
    states: ['succeeded'],
    purposes: [plan.purpose],
  });
  return estimateOf(runs.filter((run) => run.simulatedScale === plan.simulatedScale));
}

/** A plan as the API shows it. What was not asked for, or is not known, is left out: a run's own plan does not expire. */
export function planView(
  { plan, text, hash }: HashedPlan,
  more: { readonly expiresAtMs?: number; readonly estimate?: Estimate | undefined } = {},
) {
  const { definition } = plan;
  const sets = Object.entries(plan.sets).map(
    ([name, set]) => [name, set.targets.map(({ key, name: machine, id, location }) => ({ key, name: machine, id, location }))] as const,
  );
  return {
    apiVersion: 'runward/v1' as const,
    kind: 'Plan' as const,
    planHash: hash,
    runbook: definition.name,
    title: definition.title,
    purpose: plan.purpose,
    environment: plan.environment,
    runbookDigest: plan.runbookDigest,
    severity: plan.severity,
    counts: countRows(plan.rows),
    steps: plan.rows,
    targets: Object.fromEntries(sets),
    inputs: plan.inputs,
    notes: plan.notes,
    ...(plan.simulatedScale === undefined ? {} : { simulatedScale: plan.simulatedScale }),
    ...(definition.objectives?.rtoMs === undefined ? {} : { rtoMs: definition.objectives.rtoMs }),
    ...(more.estimate === undefined ? {} : { estimate: more.estimate }),
    ...(more.expiresAtMs === undefined ? {} : { expiresAt: timeText(more.expiresAtMs) }),
    canonical: text,
  };
}

// A proposal is signed as such: it can never be taken for the signature that a run's plan needs.
function offerText(hash: string, keptAtMs: number): string {
  return canonicalJson({ kind: 'plan-offer', planHash: hash, keptAt: timeText(keptAtMs) });
}

function keepMsOf(plan: Plan): number {
  return plan.severity === 'severe' ? PLAN_AGE_SEVERE_MS : PLAN_AGE_MAX_MS;
}
