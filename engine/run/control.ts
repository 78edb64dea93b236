import type { RunChange } from './change.ts';
import type { Command } from './command.ts';
import { resumeChange } from './interruption.ts';
import type { RunRecord } from './record.ts';
import type { Situation } from './walk.ts';

/** The words by which a person holds a run, lets it go on or ends it. */
export type ControlWord = Extract<Command, { readonly kind: 'cancel' | 'pause' | 'resume' }>;

type Asked = Pick<ControlWord, 'kind'> & { readonly rollback?: boolean | undefined; readonly force?: boolean | undefined };

/**
 * Why a run cannot be cancelled, paused or resumed now, and what can be done instead; undefined when it can. Asked by the server before it
 * takes the word and by the worker before it applies it, because the run may have moved in between.
 */
export function controlRefusal(run: Pick<RunRecord, 'state' | 'phase' | 'pause' | 'cancel' | 'cleanup'>, asked: Asked): string | undefined {
  switch (asked.kind) {
    case 'cancel': {
      if (asked.force === true && asked.rollback === true) return 'a forced cancel gives up the rollback: ask for one of the two';
      if (asked.force === true) return run.cleanup === 'incomplete' ? 'the run was told to give up its cleanup already' : undefined;
      if (run.phase !== 'main' && run.phase !== 'readiness')
        return 'the run is cleaning up already; cancel with force gives up what is left of its cleanup';
      return undefined;
    }
    case 'pause':
      if (run.state === 'cancelling') return 'the run is being cancelled: nothing new starts, what was sent is followed to its end';
      return run.pause === undefined ? undefined : 'the run is paused already';
    case 'resume':
      return run.pause === undefined && run.state !== 'paused' ? 'the run is not paused' : undefined;
  }
}

/** The change that a word makes which was not refused. A queued run is cancelled at once; everything else is brought about by `nextMoves`. */
export function controlChange(at: Pick<Situation, 'plan' | 'view' | 'nowMs'>, word: ControlWord): RunChange {
  const { run } = at.view;
  const said = { by: word.by.name, atMs: word.atMs, ...(word.reason === undefined ? {} : { reason: word.reason }) };
  switch (word.kind) {
    case 'cancel': {
      const cancel = { ...run.cancel, ...said, ...flag('rollback', word.rollback), ...flag('force', word.force) };
      if (run.state !== 'queued') return { fields: { cancel } };
      const ended = { outcome: 'cancelled', reason: `cancelled by ${word.by.name}` } as const;
      return { event: 'cancel_asked', fields: { cancel, ...ended }, stampFields: ['endedAtMs'] };
    }
    case 'pause':
      return { fields: { pause: { cause: 'person', ...said } } };
    case 'resume':
      return resumeChange(at);
  }
}

function flag<Name extends string>(name: Name, on: boolean | undefined): { readonly [key in Name]?: true } {
  return (on === true ? { [name]: true } : {}) as { readonly [key in Name]?: true };
}
