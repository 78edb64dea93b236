import { advanceDrift } from '../dsc/classify.ts';
import type { DriftCheckEntry } from '../dsc/drift-record.ts';
import { givenText } from '../dsc/parameter-digest.ts';
import type { Verdict } from '../dsc/verdict.ts';
import { RunwardError } from '../errors.ts';
import { canonicalJson, type JsonObject } from '../json.ts';
import { DRIFT_KEEP_MS } from '../limits.ts';
import type { ActionContext, Recorded, RecordPorts, RunNames } from './action.ts';
import type { DocumentChoice } from './dsc-observe.ts';

const TRIES_MAX = 10;

type Context = ActionContext<DocumentChoice> & RunNames;

/**
 * Adds one check to the history of its machine and document. A check without a verdict counts as unknown: a machine that could not be
 * reached must not keep an old green. Throws STORE_UNAVAILABLE, and STORE_BUSY when others kept writing; the attempt is then made again.
 */
export async function recordDrift(ports: RecordPorts, context: Context, outcome: Recorded): Promise<void> {
  const { target, input } = context;
  if (target === undefined) return;
  const kept = keptOf(outcome.check);
  if (kept !== undefined) {
    await ports.store.putDriftText(kept.evidenceId, kept.evidence, DRIFT_KEEP_MS);
    await ports.store.putDriftText(kept.verdictId, canonicalJson(kept.verdict), DRIFT_KEEP_MS);
  }
  // Other parameters are another question about the machine: an answer to one must not stand for the other.
  const given = givenText(input.parameters);
  const parts = [context.environment, target.id.toLowerCase(), input.document, ...(given === '' ? [] : [given])];
  const key = ports.ids.sha256(parts.join('\n'));
  const check = {
    key,
    document: input.document,
    ...(given === '' ? {} : { parameters: input.parameters }),
    target: { name: target.name, id: target.id, environment: context.environment },
    entry: entryOf(context, outcome, kept),
    ...(kept === undefined ? {} : { verdict: kept.verdict, set: new Set(kept.set ?? []) }),
  };
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    if (await ports.store.writeDrift(advanceDrift(await ports.store.readDrift(key), check))) return;
  }
  throw new RunwardError('STORE_BUSY', `the history of ${target.name} is being written by others`);
}

interface Kept {
  readonly verdict: Verdict;
  readonly verdictId: string;
  readonly evidence: string;
  readonly evidenceId: string;
  /** The look before a set, which has the attempt in common with the look after it. */
  readonly part?: 'before';
  readonly set?: readonly string[];
}

function keptOf(check: JsonObject | undefined): Kept | undefined {
  if (check === undefined) return undefined;
  const { verdict, ...rest } = check as unknown as Pick<Kept, 'evidence' | 'part' | 'set'> & {
    readonly verdict: Verdict & { readonly id: string };
  };
  return { ...rest, verdict, verdictId: digestOf(verdict.id), evidenceId: digestOf(verdict.inputs.evidence) };
}

function digestOf(id: string): string {
  return id.replace(/^sha256:/, '');
}

function entryOf(context: Context, outcome: Recorded, kept: Kept | undefined): Omit<DriftCheckEntry, 'class'> {
  const head = {
    check: `${context.stepKey}.${context.attempt}${kept?.part === 'before' ? '.before' : ''}`,
    runId: context.runId,
    runbook: context.runbook,
    stepPath: context.stepPath,
    atMs: context.nowMs,
  };
  if (kept === undefined) {
    const message = outcome.failure?.message ?? 'there is no verdict';
    return { ...head, status: 'unknown', drifted: 0, unknown: 0, severity: 'none', message };
  }
  const { status, drifted, unknown, maxSeverity } = kept.verdict;
  return { ...head, status, drifted, unknown, severity: maxSeverity, verdict: kept.verdictId, evidence: kept.evidenceId };
}
