import type { RunId } from '../engine/ids.ts';
import type { JsonObject } from '../engine/json.ts';
import type { RunState } from '../engine/run/run-state.ts';
import type { StepRecord } from '../engine/run/record.ts';
import type { CreateRequest, Store, TransitionRequest } from '../engine/store.ts';

/** A step that began, in the order in which steps began. `called`: it belongs to a run that the run under test called. */
export interface Begun {
  readonly stepId: string;
  readonly path: string;
  readonly called: boolean;
}

/** A step's record as it was just stored, and the run that it belongs to. The path goes on from the step that called that run. */
export interface Seen {
  readonly runId: RunId;
  readonly planHash: string;
  readonly path: string;
  readonly record: StepRecord;
}

/** What happened in a case, as the stored transitions tell it. */
export interface Journal {
  readonly begun: readonly Begun[];
  /** Every change of a record of the run under test, in order. */
  readonly changes: readonly StepRecord[];
  /** The last stored record of every step of the run under test, by path. */
  readonly records: ReadonlyMap<string, StepRecord>;
  /** The last stored record of every step, those of called runs among them, by path. */
  readonly seen: ReadonlyMap<string, Seen>;
  /** Commands of people that the engine refused, with its reason. */
  readonly refused: readonly string[];
  readonly state: () => RunState;
  readonly inboxPosition: () => number;
  readonly lastChangeMs: () => number;
  /** The store, with every applied transition of the run and of those that it calls written down here. */
  readonly watched: (store: Store) => Store;
  /** The path of a step of any run of the case. */
  readonly pathOf: (runId: RunId, path: string) => string;
  /** A mocked action was asked for the first time at this path. */
  readonly actionBegan: (path: string) => void;
  /** The keys of the items that a step stands in, its own first. */
  readonly keysOf: (path: string) => readonly string[];
}

interface KnownRun {
  readonly prefix: string;
  readonly planHash: string;
}

/** Keeps the journal of a run; `onChange` hears every changed step record. */
export function keepJournal(
  run: { readonly runId: RunId; readonly planHash: string },
  nowMs: () => number,
  onChange: (seen: Seen) => void,
): Journal {
  const runs = new Map<RunId, KnownRun>([[run.runId, { prefix: '', planHash: run.planHash }]]);
  const begun: Begun[] = [];
  const began = new Set<string>();
  const changes: StepRecord[] = [];
  const records = new Map<string, StepRecord>();
  const seen = new Map<string, Seen>();
  const refused: string[] = [];
  const now = { state: 'queued' as RunState, inboxPosition: 0, lastChangeMs: nowMs() };

  const begin = (path: string): void => {
    const found = seen.get(path);
    if (found === undefined || began.has(path)) return;
    began.add(path);
    begun.push({ stepId: found.record.stepId, path, called: found.runId !== run.runId });
  };
  const pathOf = (runId: RunId, path: string): string => `${runs.get(runId)?.prefix ?? ''}${path}`;
  const noteCall = ({ runId, fields, plan }: CreateRequest): void => {
    if (fields.parent === undefined || !runs.has(fields.parent.runId)) return;
    const caller = pathOf(fields.parent.runId, fields.parent.step);
    runs.set(runId, { prefix: `${caller}/`, planHash: plan.hash });
    begin(caller);
  };
  const note = (request: TransitionRequest): void => {
    const known = runs.get(request.runId);
    if (known === undefined) return;
    const own = request.runId === run.runId;
    if (own) {
      now.state = request.state.to;
      now.inboxPosition = Math.max(now.inboxPosition, request.inboxPosition);
      now.lastChangeMs = nowMs();
    }
    refused.push(...request.events.flatMap(({ type, data }) => (type === 'runward.command.refused' ? [refusalText(data)] : [])));
    for (const patch of request.steps) {
      const record = { ...patch.record, ...Object.fromEntries(patch.stamp.map((name) => [name, nowMs()])) };
      const path = pathOf(request.runId, record.path);
      const one = { runId: request.runId, planHash: known.planHash, path, record };
      seen.set(path, one);
      if (own) changes.push(record);
      if (own) records.set(path, record);
      if (record.state === 'ready' && record.node !== 'leaf' && record.node !== 'fan_out') begin(path);
      onChange(one);
    }
  };

  return {
    begun,
    changes,
    records,
    seen,
    refused,
    state: () => now.state,
    inboxPosition: () => now.inboxPosition,
    lastChangeMs: () => now.lastChangeMs,
    watched: (store) => watchedStore(store, { noteCall, note }),
    pathOf,
    actionBegan: begin,
    keysOf: (path) => keysAround(seen, path),
  };
}

interface Notes {
  readonly noteCall: (request: CreateRequest) => void;
  readonly note: (request: TransitionRequest) => void;
}

function watchedStore(store: Store, { noteCall, note }: Notes): Store {
  return {
    ...store,
    create: async (request) => {
      noteCall(request);
      return store.create(request);
    },
    transition: async (request) => {
      const answer = await store.transition(request);
      if (answer.kind === 'applied') note(request);
      return answer;
    },
  };
}

// A block that is tried again has its steps below `update[web-01]#2/`.
function keysAround(seen: ReadonlyMap<string, Seen>, path: string): readonly string[] {
  const around = [...seen.values()].filter(
    (one) => one.record.itemKey !== undefined && (one.path === path || path.startsWith(`${one.path}/`) || path.startsWith(`${one.path}#`)),
  );
  return around.toSorted((left, right) => right.path.length - left.path.length).flatMap(({ record }) => record.itemKey ?? []);
}

function refusalText(data: JsonObject): string {
  const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  return `${text('command')} of ${text('by')} does not count: ${text('why')}`;
}
