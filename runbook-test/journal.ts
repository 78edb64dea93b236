import type { RunId } from '../engine/ids.ts';
import type { JsonObject } from '../engine/json.ts';
import type { RunState } from '../engine/run/run-state.ts';
import type { StepRecord } from '../engine/run/record.ts';
import type { Store, TransitionRequest } from '../engine/store.ts';

/** A step that began, in the order in which steps began. */
export interface Begun {
  readonly stepId: string;
  readonly path: string;
}

/** What happened in a case, as the stored transitions tell it. */
export interface Journal {
  readonly begun: readonly Begun[];
  /** Every change of a step's record, in order. */
  readonly changes: readonly StepRecord[];
  /** The last stored record of every step, by path. */
  readonly records: ReadonlyMap<string, StepRecord>;
  /** Commands of people that the engine refused, with its reason. */
  readonly refused: readonly string[];
  readonly state: () => RunState;
  readonly inboxPosition: () => number;
  readonly lastChangeMs: () => number;
  /** The store, with every applied transition of the run written down here. */
  readonly watched: (store: Store) => Store;
  /** A mocked action was asked for the first time at this path. */
  readonly actionBegan: (path: string) => void;
  /** The keys of the items that a step stands in, its own first. */
  readonly keysOf: (path: string) => readonly string[];
}

/** Keeps the journal of one run; `onChange` hears every changed step record. */
export function keepJournal(runId: RunId, nowMs: () => number, onChange: (record: StepRecord) => void): Journal {
  const begun: Begun[] = [];
  const began = new Set<string>();
  const changes: StepRecord[] = [];
  const records = new Map<string, StepRecord>();
  const refused: string[] = [];
  let state: RunState = 'queued';
  let inboxPosition = 0;
  let lastChangeMs = nowMs();

  const begin = (record: Pick<StepRecord, 'stepId' | 'path'>): void => {
    if (began.has(record.path)) return;
    began.add(record.path);
    begun.push({ stepId: record.stepId, path: record.path });
  };
  const note = (request: TransitionRequest): void => {
    state = request.state.to;
    inboxPosition = Math.max(inboxPosition, request.inboxPosition);
    lastChangeMs = nowMs();
    refused.push(...request.events.flatMap(({ type, data }) => (type === 'runward.command.refused' ? [refusalText(data)] : [])));
    for (const patch of request.steps) {
      const record = { ...patch.record, ...Object.fromEntries(patch.stamp.map((name) => [name, lastChangeMs])) };
      changes.push(record);
      records.set(record.path, record);
      if (record.state === 'ready' && record.node !== 'leaf' && record.node !== 'fan_out') begin(record);
      onChange(record);
    }
  };

  return {
    begun,
    changes,
    records,
    refused,
    state: () => state,
    inboxPosition: () => inboxPosition,
    lastChangeMs: () => lastChangeMs,
    watched: (store) => ({
      ...store,
      transition: async (request) => {
        const answer = await store.transition(request);
        if (answer.kind === 'applied' && request.runId === runId) note(request);
        return answer;
      },
    }),
    actionBegan: (path) => begin({ path, stepId: records.get(path)?.stepId ?? path }),
    keysOf: (path) => {
      const around = [...records.values()].filter(
        (one) => one.itemKey !== undefined && (one.path === path || path.startsWith(`${one.path}/`)),
      );
      return around.toSorted((left, right) => right.path.length - left.path.length).flatMap(({ itemKey }) => itemKey ?? []);
    },
  };
}

function refusalText(data: JsonObject): string {
  const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  return `${text('command')} of ${text('by')} does not count: ${text('why')}`;
}
