import type { RunChange } from './change.ts';
import type { RunView } from './record.ts';
import { type Preview, previewOf } from './transition-of.ts';

/** Builds a change from the run at its turn; undefined changes nothing. */
export type Build = (view: RunView, nowMs: number) => RunChange | undefined;

/**
 * What a change may be stored with: alone, or with others of its kind. Moves of leaves share a transition, so that fifty of them wait for the
 * disk once. Intents share with intents only: a store that does not answer ends the hope of an intent, while other answers are kept until they are stored.
 */
export type Company = 'alone' | 'moves' | 'intents';

/** Somebody who waits for a change to be stored. */
export interface Waiting {
  readonly build: Build;
  readonly company: Company;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Those whose changes the next transition stores, and the run as it will be. */
export interface Batch {
  readonly members: readonly Waiting[];
  readonly changes: readonly RunChange[];
  readonly preview: Preview;
}

/** The store's time, and how builders are shown the run that they are asked about. */
export interface Asking {
  readonly nowMs: number;
  readonly show: (view: RunView) => void;
}

/** More than this in one script would hold up every other run. */
const BATCH_MAX = 64;
const FOLDS_MAX = 8;

/**
 * Takes the next ones out of the queue: the first, and those of its company behind it until one wants to be alone. Each change is built from
 * the run as those before it leave it; a builder that cannot join now is asked again next time. What changes nothing is answered at once.
 */
export function nextBatch(queue: Waiting[], stored: RunView, at: Asking): Batch {
  const members: Waiting[] = [];
  const changes: RunChange[] = [];
  const preview = previewOf(stored, at.nowMs);
  for (let index = 0; index < queue.length && members.length < BATCH_MAX;) {
    const each = queue[index];
    const lead = members[0];
    if (each === undefined || (lead !== undefined && (lead.company === 'alone' || each.company === 'alone'))) break;
    if (lead !== undefined && each.company !== lead.company) {
      index += 1;
      continue;
    }
    at.show(preview.view());
    const change = asked(each, preview.view(), at.nowMs);
    if (change !== undefined && !fits(change, changes)) {
      index += 1;
      continue;
    }
    queue.splice(index, 1);
    if (change === undefined) continue;
    members.push(each);
    changes.push(change);
    preview.add(change);
  }
  return { members, changes, preview };
}

/** Adds what follows from the changes of a batch and may be stored with them: steps that open. */
export function withFollowing(batch: Batch, following: Build | undefined, at: Asking): Batch {
  const changes = [...batch.changes];
  const { members, preview } = batch;
  for (let folds = 0; folds < FOLDS_MAX; folds += 1) {
    at.show(preview.view());
    const next = following?.(preview.view(), at.nowMs);
    if (next === undefined || !onlyOpens(next) || !fits(next, changes)) break;
    changes.push(next);
    preview.add(next);
  }
  return { members, changes, preview };
}

/** The change of one who waits; who errs hears of it alone. */
function asked(waiting: Waiting, view: RunView, nowMs: number): RunChange | undefined {
  try {
    const change = waiting.build(view, nowMs);
    if (change === undefined) waiting.resolve();
    return change;
  } catch (error) {
    waiting.reject(error);
    return undefined;
  }
}

/** A record moves once in a transition: the store checks one edge for each. */
function fits({ steps = [], event }: RunChange, before: readonly RunChange[]): boolean {
  if (before.length === 0) return true;
  const moved = new Set(before.flatMap((change) => (change.steps ?? []).map(({ to }) => to.path)));
  return event === undefined && !steps.some(({ to }) => moved.has(to.path));
}

function onlyOpens({ event, fields = {}, steps = [], audit = [], events = [] }: RunChange): boolean {
  const alone = event === undefined && Object.keys(fields).length + audit.length + events.length === 0;
  return alone && steps.length > 0 && steps.every((step) => step.event === 'opened');
}
