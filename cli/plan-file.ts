import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { RunwardError } from '../engine/errors.ts';
import type { JsonObject } from '../engine/json.ts';
import { givenForm } from '../engine/language/input-values.ts';
import { planDifferences } from '../engine/plan/differences.ts';
import type { Plan } from '../engine/plan/plan-record.ts';
import type { ApiClient } from './api-client.ts';
import type { PlanView } from './plan-text.ts';

/** Keeps a plan in a file, for `run start --plan`. */
export async function writePlan(file: string, plan: PlanView): Promise<void> {
  await writeFile(file, `${JSON.stringify(plan, undefined, 2)}\n`).catch((cause: unknown) => {
    throw new RunwardError('USAGE_FLAG', `--out: ${file} cannot be written`, {}, cause);
  });
}

/** True when what was given to `--plan` is a file and not a hash. */
export function isPlanFile(given: string): boolean {
  return !/^[0-9a-f]{64}$/.test(given);
}

/**
 * The plan of a file, as the server has it. When the server has it no longer, it is made again from the same inputs, and what was shown must
 * come out: throws CONFLICT_STALE_PLAN naming what differs. Throws USAGE_FLAG for a file that is no plan or was changed.
 */
export async function planOfFile(client: ApiClient, file: string): Promise<PlanView> {
  const { hash, plan } = await readPlan(file);
  const kept = await client.get<PlanView>(`/plans/${hash}`).catch((error: unknown) => {
    if (error instanceof RunwardError && error.code === 'NOT_FOUND_PLAN') return undefined;
    throw error;
  });
  if (kept !== undefined) return kept;
  const inputs = givenForm(plan.inputs) as JsonObject;
  const made = await client.post<PlanView>('/plans', { runbook: plan.definition.name, inputs, as: plan.purpose });
  if (made.planHash === hash) return made;
  const differing = planDifferences(plan, JSON.parse(made.canonical ?? '{}') as Plan);
  const what = differing.length === 0 ? 'what its steps would do' : differing.join('; ');
  throw new RunwardError(
    'CONFLICT_STALE_PLAN',
    `the plan of ${file} is not what a run would do now: ${what}. Nothing was started, and approvals of it are void: plan again and read it`,
    { planned: hash, now: made.planHash, differences: differing },
  );
}

async function readPlan(file: string): Promise<{ readonly hash: string; readonly plan: Plan }> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RunwardError(
      'USAGE_FLAG',
      `--plan: ${file} is neither the hash of a plan (64 characters) nor a file that can be read`,
      {},
      cause,
    );
  });
  try {
    const { kind, planHash, canonical } = JSON.parse(text) as Partial<Record<'kind' | 'planHash' | 'canonical', unknown>>;
    if (kind === 'Plan' && typeof planHash === 'string' && typeof canonical === 'string') {
      if (createHash('sha256').update(canonical).digest('hex') !== planHash)
        throw new RunwardError('USAGE_FLAG', `--plan: ${file} was changed after it was written: its text does not have its hash`);
      return { hash: planHash, plan: JSON.parse(canonical) as Plan };
    }
  } catch (cause) {
    if (cause instanceof RunwardError) throw cause;
  }
  throw new RunwardError('USAGE_FLAG', `--plan: ${file} holds no plan; write one with runward plan <runbook> --out ${file}`);
}
