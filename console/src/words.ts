import {
  CHECK_WORDS,
  FACT_WORDS,
  type CheckState,
  type MachineFact,
  type PlanFact,
  type Proof,
  PROOF_WORDS,
  READY_WORDS,
  type ReadyWord,
} from '../../engine/recovery/recovery-state.ts';
import { RUN_WORDS } from '../../engine/run/run-state.ts';
import { STEP_WORDS } from '../../engine/run/step-state.ts';
import { SCHEDULE_WORDS } from '../../engine/schedule/schedule-state.ts';
import type { DriftRow } from './api.ts';
import type { ScheduleState } from '../../engine/schedule/schedule-state.ts';
import type { RunState } from '../../engine/run/run-state.ts';
import type { StepStatus } from '../../engine/run/verdict.ts';

/** How a state is painted: its mark and word carry the meaning, the tone only helps. */
export interface Words {
  readonly mark: string;
  readonly word: string;
  readonly tone: Tone;
}

export type Tone = 'good' | 'bad' | 'open' | 'busy' | 'dim';

const TONES: Readonly<Record<RunState | StepStatus, Tone>> = {
  queued: 'dim',
  pending: 'dim',
  skipped: 'dim',
  cancelled: 'dim',
  running: 'busy',
  cancelling: 'busy',
  waiting: 'open',
  paused: 'open',
  retrying: 'open',
  unknown: 'open',
  succeeded: 'good',
  recovered: 'good',
  rolled_back: 'bad',
  rollback_failed: 'bad',
  partially_failed: 'bad',
  failed: 'bad',
  rejected: 'bad',
  timed_out: 'bad',
};

const STEPS = {
  ...RUN_WORDS,
  ...STEP_WORDS,
  retrying: { mark: '↻', word: 'retrying' },
  recovered: { mark: '✓', word: 'recovered' },
  rolled_back: { mark: '↩', word: 'rolled back' },
  rollback_failed: { mark: '✗', word: 'rollback failed' },
};

/** Mark, word and tone of a run. */
export function runWords(state: RunState): Words {
  return { mark: RUN_WORDS[state].mark, word: RUN_WORDS[state].word, tone: TONES[state] };
}

/** Mark, word and tone of a step or an item. */
export function stepWords(status: StepStatus): Words {
  return { mark: STEPS[status].mark, word: STEPS[status].word, tone: TONES[status] };
}

/** The states in which a run asks for a person. */
export const NEEDS_PERSON: readonly RunState[] = ['unknown', 'paused'];

/** The states in which a run is under way. */
export const UNDER_WAY: readonly RunState[] = ['queued', 'running', 'waiting', 'cancelling'];

const SCHEDULE_TONES: Readonly<Record<ScheduleState, Tone>> = {
  active: 'busy',
  paused: 'open',
  parked: 'open',
  disabled: 'dim',
  ended: 'dim',
};

/** Mark, word and tone of a schedule. */
export function scheduleWords(state: ScheduleState): Words {
  return { mark: SCHEDULE_WORDS[state].mark, word: SCHEDULE_WORDS[state].word, tone: SCHEDULE_TONES[state] };
}

export type SlotOutcome = 'run' | 'skipped' | 'missed';

/** What became of a slot. */
export const SLOT_WORDS: Readonly<Record<SlotOutcome, Words>> = {
  run: { mark: '●', word: 'run', tone: 'busy' },
  skipped: { mark: '–', word: 'skipped', tone: 'dim' },
  missed: { mark: '⧗', word: 'missed', tone: 'bad' },
};

export type DriftStatus = 'drifted' | 'unknown' | 'compliant' | 'notApplicable';

/** How a machine stands to its document; what was not observed is never compliant. */
export const DRIFT_WORDS: Readonly<Record<DriftStatus, Words>> = {
  compliant: { mark: '✓', word: 'compliant', tone: 'good' },
  drifted: { mark: '✗', word: 'drifted', tone: 'bad' },
  unknown: { mark: '?', word: 'unknown', tone: 'open' },
  notApplicable: { mark: '–', word: 'not applicable', tone: 'dim' },
};

const PROOF_TONES: Readonly<Record<Proof, Tone>> = { proven: 'good', changed: 'open', overdue: 'bad', failed: 'bad', never: 'open' };

/** What drills prove; only proven is good. */
export function proofWords(proof: Proof): Words {
  return { ...PROOF_WORDS[proof], tone: PROOF_TONES[proof] };
}

/** Whether an application is ready; what is not known is never good. */
export function readyWords(ready: ReadyWord): Words {
  return { ...READY_WORDS[ready], tone: ready === 'ready' ? 'good' : ready === 'not_ready' ? 'bad' : 'open' };
}

/** What a row of the readiness table looks at. */
export function factWord(fact: MachineFact | PlanFact): string {
  return FACT_WORDS[fact];
}

const CHECK_TONES: Readonly<Record<CheckState, Tone>> = { passed: 'good', failed: 'bad', unknown: 'open', skipped: 'dim' };

/** What a readiness check said. */
export function checkWords(state: CheckState): Words {
  return { ...CHECK_WORDS[state], tone: CHECK_TONES[state] };
}

/** A document, with the values that steps give it: another set of values is another question. */
export function documentText({ document, parameters = {} }: Pick<DriftRow, 'document' | 'parameters'>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? document : `${document} with ${pairs.join(' ')}`;
}
