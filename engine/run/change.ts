import type { StepEvent, StepState } from './step-state.ts';
import { STEP_EDGES } from './step-state.ts';
import { assert } from '../errors.ts';
import { follow } from '../edges.ts';
import type { AuditFact } from '../audit/chain.ts';
import type { JsonObject } from '../json.ts';
import type { EventDraft } from '../store.ts';
import type { RunFields, StepRecord } from './record.ts';
import type { RunEventName } from './run-state.ts';

type Stamped<T> = readonly (keyof T & `${string}AtMs`)[];

/** One step's move: the record as it shall be stored, and the event that brings it there. `from` undefined creates it. */
export interface StepChange {
  readonly from: StepRecord | undefined;
  readonly to: StepRecord;
  readonly event: StepEvent;
  readonly stamp: Stamped<StepRecord>;
  /** What a reader of the run's history sees besides the new state. */
  readonly data?: JsonObject;
}

/** Everything that one transition changes: applied whole or not at all. */
export interface RunChange {
  readonly event?: RunEventName;
  readonly fields?: { readonly [K in keyof RunFields]?: RunFields[K] | null };
  readonly stampFields?: Stamped<RunFields>;
  readonly steps?: readonly StepChange[];
  readonly audit?: readonly Omit<AuditFact, 'at'>[];
  readonly events?: readonly EventDraft[];
  readonly writesIntent?: boolean;
  readonly inboxPosition?: number;
}

/** Moves an existing record by an event of its table; throws RUN_BAD_EDGE when the table does not allow it. */
export function moveStep(
  from: StepRecord,
  event: StepEvent,
  patch: Partial<StepRecord> = {},
  extra: { readonly stamp?: Stamped<StepRecord>; readonly data?: JsonObject; readonly drop?: readonly (keyof StepRecord)[] } = {},
): StepChange {
  const state = follow(STEP_EDGES, from.state, event);
  const ends = ENDS.has(state) && !ENDS.has(from.state);
  const kept = Object.fromEntries(Object.entries(from).filter(([name]) => !extra.drop?.includes(name as keyof StepRecord)));
  return {
    from,
    to: { ...(kept as unknown as StepRecord), ...patch, state, rev: from.rev + 1 },
    event,
    stamp: [...(extra.stamp ?? []), ...(ends ? (['endedAtMs'] as const) : [])],
    ...(extra.data === undefined ? {} : { data: extra.data }),
  };
}

const ENDS: ReadonlySet<StepState> = new Set(['succeeded', 'failed', 'skipped', 'cancelled']);

/** Creates a record in the state that follows `pending` by the event; `from` is the one that was put back to `pending`, where there is one. */
export function openStep(
  record: Omit<StepRecord, 'state' | 'rev'>,
  event: 'opened' | 'left_out' | 'cancelled',
  from?: StepRecord,
): StepChange {
  const state = follow(STEP_EDGES, 'pending', event);
  assert(record.path.length > 0, 'a step record has a path');
  return {
    from,
    to: { ...record, state, rev: (from?.rev ?? 0) + 1 },
    event,
    stamp: event === 'opened' ? ['createdAtMs'] : ['createdAtMs', 'endedAtMs'],
  };
}
