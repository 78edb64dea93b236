import { RunwardError } from '../engine/errors.ts';
import { parseDurationMs } from '../engine/language/duration.ts';
import { PURPOSES } from '../engine/language/schema-v1.ts';
import type { RunRecord, StepRecord } from '../engine/run/record.ts';
import { hasEnded } from '../engine/run/run-state.ts';
import type { RunSummary } from '../engine/run/summary.ts';
import { runRow, summarize } from '../engine/run/summary.ts';
import type { HeldLock, RunListQuery, StoredRun } from '../engine/store.ts';
import type { ServerContext } from './context.ts';
import type { Caller } from './identify.ts';
import { sees } from './identify.ts';
import type { HashedPlan } from './plans.ts';
import { missingRun } from './removed-run.ts';
import { runCursor } from './schemas/run.ts';

const WAIT_MAX_MS = 60_000;

/** A run with its plan, as read at one moment. */
export interface RunView extends HashedPlan {
  readonly stored: StoredRun;
  /** The locks of a run that stands still or has left its cleanup undone: then a person asks what is held. */
  readonly locks?: readonly HeldLock[];
}

/** The run behind a number, an id or the beginning of one. Throws NOT_FOUND_RUN, also for what the caller may not see, and NOT_FOUND_REMOVED_RUN. */
export async function readRun(context: ServerContext, caller: Caller, reference: string): Promise<RunView> {
  const { store } = context.ports;
  const runId = await store.findRun(reference);
  const stored = runId === undefined ? undefined : await store.readRun(runId);
  if (stored === undefined) throw await missingRun(context, caller, reference);
  if (!sees(caller, resourceOf(stored.run))) throw new RunwardError('NOT_FOUND_RUN', `no run ${reference}`);
  const held = await locksOf(context, stored.run);
  return { stored, ...(await context.plans.ofRun(stored.run)), ...(held === undefined ? {} : { locks: held }) };
}

async function locksOf({ ports }: ServerContext, { runId, state, cleanup }: RunRecord): Promise<readonly HeldLock[] | undefined> {
  if (state !== 'paused' && state !== 'unknown' && cleanup === undefined) return undefined;
  return (await ports.store.listLocks()).filter((lock) => lock.runId === runId);
}

/** A run as access is decided about it. */
export function resourceOf({ runbook, environment }: Pick<RunRecord, 'runbook' | 'environment'>) {
  return { runbook, environment };
}

/** The record of the step with a key. Throws NOT_FOUND_STEP. */
export function stepWithKey({ stored }: RunView, stepKey: string): StepRecord {
  const found = stored.steps.find((record) => record.key === stepKey);
  if (found === undefined) throw new RunwardError('NOT_FOUND_STEP', `run ${stored.run.number} has no step with the key ${stepKey}`);
  return found;
}

/** What is shown of a run. */
export function runView(context: ServerContext, { stored, plan, locks }: RunView): RunSummary {
  const pendingCommands = stored.inbox.filter((entry) => entry.position > stored.run.inboxPosition).length;
  const facts = { run: stored.run, steps: stored.steps, plan, pendingCommands, nowMs: stored.nowMs, baseUrl: context.baseUrl() };
  return summarize({ ...facts, ...(locks === undefined ? {} : { locks }) });
}

/** A run, after its next change when `wait` (a duration of at most 60 s) is given and it has not ended. */
export async function awaitRun(
  context: ServerContext,
  caller: Caller,
  request: { reference: string; wait: string | undefined; signal: AbortSignal },
) {
  const view = await readRun(context, caller, request.reference);
  const { runId, state, eventSeq } = view.stored.run;
  if (request.wait === undefined || hasEnded(state)) return runView(context, view);
  const waitMs = parseDurationMs(request.wait);
  if (waitMs === undefined || waitMs > WAIT_MAX_MS) throw new RunwardError('USAGE_QUERY', 'wait is a duration of at most 60s, such as 30s');
  await context.ports.store.awaitEvents(runId, eventSeq, waitMs, AbortSignal.any([request.signal, context.closing]));
  return runView(context, await readRun(context, caller, runId));
}

/** What a list of runs was asked for. */
export interface RunListRequest {
  readonly status?: RunListQuery['states'] | undefined;
  readonly runbook?: string | undefined;
  readonly as?: RunListQuery['purposes'] | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** One page of runs, newest first. The cursor carries the filters, so that every page belongs to the same list. */
export async function listRuns(context: ServerContext, caller: Caller, request: RunListRequest) {
  const from = request.after === undefined ? firstPage(request) : readCursor(request.after);
  const runs = await context.ports.store.listRuns({ ...from, limit: request.limit });
  const last = runs.at(-1);
  const items = runs.filter((run) => sees(caller, resourceOf(run))).map((run) => runRow(run, context.baseUrl()));
  return { items, ...(last === undefined || runs.length < request.limit ? {} : { next: writeCursor({ ...from, before: last.number }) }) };
}

type ListStart = Omit<RunListQuery, 'limit'>;

// Readiness checks come by themselves, many times a day: who looks for runs must not have to look for them among these.
function firstPage({ status, runbook, as }: RunListRequest): ListStart {
  return { purposes: as ?? PURPOSES, ...(status === undefined ? {} : { states: status }), ...(runbook === undefined ? {} : { runbook }) };
}

function writeCursor(start: ListStart): string {
  return Buffer.from(JSON.stringify(start)).toString('base64url');
}

function readCursor(text: string): ListStart {
  const start = runCursor.safeParse(parsedJson(Buffer.from(text, 'base64url').toString('utf8')));
  if (!start.success) throw new RunwardError('USAGE_QUERY', 'after is not a cursor of this list; start again without it');
  const { before, states, runbook, purposes } = start.data;
  return {
    before,
    purposes: purposes ?? PURPOSES,
    ...(states === undefined ? {} : { states }),
    ...(runbook === undefined ? {} : { runbook }),
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
