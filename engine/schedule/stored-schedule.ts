import type { RunId } from '../ids.ts';
import type { JsonValue } from '../json.ts';
import type { Principal } from '../run/record.ts';
import type { ScheduleState } from './schedule-state.ts';
import type { SlotRule } from './slots.ts';

/** What fires when and under which policies; `id` is `<runbook>.<schedule id>`. Its digest tells whether a document changed it. */
export interface ScheduleRule extends SlotRule {
  readonly runbook: string;
  readonly environment: string;
  readonly inputs: Readonly<Record<string, JsonValue>>;
  readonly overlap: 'skip' | 'queue' | 'allow';
  readonly missed: { readonly run: 'none' | 'latest' | 'all'; readonly withinMs: number; readonly max: number };
  readonly enabled: boolean;
  /** Channels that are told of a missed slot, and what the message calls the runbook. */
  readonly tells?: { readonly title: string; readonly missed: readonly string[] };
  /** It makes the readiness checks of the runbook alone, and never runs its steps. */
  readonly checks?: true;
  readonly pauseAfterFailures?: number;
}

/** The stored truth about a schedule. Times are milliseconds since 1970 of the store's clock. */
export interface StoredSchedule {
  readonly id: string;
  /** Rises by one with every change: only who has seen the last one may make the next. */
  readonly rev: number;
  readonly digest: string;
  readonly rule: ScheduleRule;
  /** Who published it: runs act within the rights of this principal, which counts as their requester. */
  readonly writer: Principal;
  readonly state: ScheduleState;
  /** The first slot about which nothing was decided; absent when there is none. */
  readonly nextSlotMs?: number;
  /** Slots whose runs are not known to have ended, oldest first. */
  readonly open: readonly number[];
  /** Failed runs since the last good one. */
  readonly failures: number;
  readonly pause?: SchedulePause;
  /** Who turned on a schedule that its document leaves off; a changed document turns it off again. */
  readonly enabled?: { readonly by: string; readonly reason?: string; readonly atMs: number };
}

/** Why a schedule does not fire, by whom and until when. */
export interface SchedulePause {
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
  readonly untilMs?: number;
}

/** What became of a slot. A slot has one record at most. */
export interface SlotRecord {
  readonly slotMs: number;
  readonly outcome: 'run' | 'skipped' | 'missed';
  readonly reason?: string;
  readonly runId?: RunId;
  readonly atMs: number;
}

/** A slot that is to run and whose run does not exist yet. */
export interface PendingSlot {
  readonly id: string;
  readonly slotMs: number;
  /** Waits until the run of this earlier slot has ended. */
  readonly afterMs?: number;
  /** True once somebody was about to create its run: it can no longer be skipped. */
  readonly begun: boolean;
  /** Why its run does not come to be, and since when. */
  readonly trouble?: SlotTrouble;
}

/** What keeps a slot from its run; `sinceMs` is when it was first seen. */
export interface SlotTrouble {
  readonly reason: string;
  readonly sinceMs: number;
}

/** A message about slots of a schedule that people are still to get: one for each channel. `slotMs` is the first slot that it is about. */
export interface SlotNotice {
  readonly id: string;
  readonly slotMs: number;
  readonly to: string;
  readonly text: string;
  /** When a worker took it to send it. */
  readonly takenAtMs?: number;
}

/** One decision about a schedule, applied whole or not at all. */
export interface ScheduleChange {
  readonly id: string;
  /** The revision that the decision was made from; 0: there was none. */
  readonly expectedRev: number;
  /** Absent: the schedule is removed; records of its slots stay. */
  readonly schedule?: StoredSchedule;
  /** When the schedule must be looked at; absent: not before somebody changes it. */
  readonly dueAtMs?: number;
  readonly run: readonly PendingSlot[];
  readonly records: readonly SlotRecord[];
  /** What people are to be told of it. */
  readonly notices?: readonly SlotNotice[];
}

/** What the store keeps of schedules. */
export interface ScheduleStore {
  readonly readSchedule: (id: string) => Promise<StoredSchedule | undefined>;
  readonly listSchedules: () => Promise<readonly StoredSchedule[]>;
  readonly writeSchedule: (change: ScheduleChange) => Promise<'written' | 'stale'>;
  /** Schedules that are due by the clock of the store, the longest overdue first, and that clock. */
  readonly dueSchedules: (limit: number) => Promise<{ readonly nowMs: number; readonly ids: readonly string[] }>;
  /** Slots that are to run, in no order. */
  readonly pendingSlots: () => Promise<readonly PendingSlot[]>;
  /** Marks a slot before its run is created; false when it is not to run any more. */
  readonly beginSlot: (id: string, slotMs: number) => Promise<boolean>;
  /** Remembers why a slot that is to run has no run yet; the time at which it was first seen stays. */
  readonly noteSlot: (id: string, slotMs: number, trouble: SlotTrouble) => Promise<void>;
  /** Replaces a slot that is to run by its record. `begun`: it is skipped no more, because its run may exist, unless the caller knows better. */
  readonly endSlot: (id: string, record: SlotRecord, knows?: { readonly begun: boolean }) => Promise<'ended' | 'gone' | 'begun'>;
  /** Messages that were not sent yet, or that a worker is sending. */
  readonly slotNotices: () => Promise<readonly SlotNotice[]>;
  /** Lets one caller send a message; false for everybody after it. */
  readonly takeSlotNotice: (notice: SlotNotice, atMs: number) => Promise<boolean>;
  /** Forgets a message; false when it was forgotten already. */
  readonly endSlotNotice: (notice: SlotNotice) => Promise<boolean>;
  /** Newest first; `beforeMs` is the last slot of the page before. */
  readonly listSlots: (id: string, query: { readonly limit: number; readonly beforeMs?: number }) => Promise<readonly SlotRecord[]>;
}
