import { RUN_WORDS } from '../../engine/run/run-state.ts';
import { STEP_WORDS } from '../../engine/run/step-state.ts';
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
  partially_failed: 'bad',
  failed: 'bad',
  rejected: 'bad',
  timed_out: 'bad',
};

const STEPS = { ...RUN_WORDS, ...STEP_WORDS, retrying: { mark: '↻', word: 'retrying' } };

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
