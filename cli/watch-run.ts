import { RunwardError } from '../engine/errors.ts';
import { formatDuration } from '../engine/language/duration.ts';
import { hasEnded, RUN_WORDS } from '../engine/run/run-state.ts';
import type { ApiClient, ApiEvent } from './api-client.ts';
import { EVENT_WORDS } from './event-words.ts';
import { followRun } from './follow-run.ts';
import { liveScreen } from './live-screen.ts';
import { OUTCOMES } from './output.ts';
import type { Session } from './program-options.ts';
import type { RunModel } from './run-model.ts';
import { statusAfter } from './run-model.ts';
import { renderRunTree } from './run-tree.ts';
import { clockText, needsAscii, plainText } from './terminal.ts';

/** How a run is watched. */
export interface WatchOptions {
  /** Stop with exit code 6 as soon as the run waits for a person. */
  readonly stopWhenWaiting: boolean;
}

type Stop = 'ended' | 'needs_person' | 'detached' | 'timed_out';

const REPAINT_MS = 1000;

/** Shows a run until it ends and returns the exit code: that of the run, 6 when it needs a person, 7 after --timeout, 130 after Ctrl-C. */
export async function watchRun(session: Session, client: ApiClient, reference: string, options: WatchOptions): Promise<number> {
  const detach = new AbortController();
  const onInterrupt = (): void => (detach.signal.aborted ? process.exit(130) : detach.abort());
  process.on('SIGINT', onInterrupt);
  const timeout = session.timeoutMs === undefined ? undefined : AbortSignal.timeout(session.timeoutMs);
  const signal = timeout === undefined ? detach.signal : AbortSignal.any([detach.signal, timeout]);
  const view = viewer(session);
  let model: RunModel | undefined;
  try {
    for await (const followed of followRun(client, reference, signal)) {
      model = followed.model;
      view.show(followed.model, followed.event);
      if (needsPerson(model, options)) break;
    }
  } finally {
    view.end();
    process.off('SIGINT', onInterrupt);
  }
  if (model === undefined) throw new RunwardError('SERVER_UNREACHABLE', 'the run could not be read');
  const stop: Stop = hasEnded(model.run.status)
    ? 'ended'
    : detach.signal.aborted
      ? 'detached'
      : timeout?.aborted === true
        ? 'timed_out'
        : 'needs_person';
  return conclude(session, model, stop);
}

/** One event as one line without colour: for pipes, files and logs. */
export function eventLine(run: number, event: ApiEvent): string {
  const step = event.item === undefined ? event.step : event.step?.slice(0, event.step.lastIndexOf('['));
  const status = event.step === undefined ? event.data['state'] : statusAfter(event.data);
  const fields = [
    `run=${run}`,
    `seq=${event.seq}`,
    ...(step === undefined ? [] : [`step=${step}`]),
    ...(event.item === undefined ? [] : [`item=${event.item}`]),
    ...(typeof status === 'string' ? [`status=${status}`] : []),
    `detail=${JSON.stringify(plainText(detailOf(event)))}`,
  ];
  return `${event.at} ${fields.map(plainText).join(' ')}`;
}

/** True for an event that only says that nothing has changed: one more look at work that goes on. */
export function isQuiet(event: ApiEvent): boolean {
  return event.type === 'runward.step.still_running' && event.data['percent'] === undefined;
}

function detailOf(event: ApiEvent): string {
  const { percent, reason, error } = event.data;
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') return error.message;
  const word = event.type.replace(/^runward\.(step|run)\./, '');
  if (word === 'still_running' && typeof percent === 'number') return `operation ${percent}%`;
  if (typeof reason === 'string') return reason;
  return EVENT_WORDS[word] ?? word.replaceAll('_', ' ');
}

interface Viewer {
  readonly show: (model: RunModel, event: ApiEvent | undefined) => void;
  readonly end: () => void;
}

function viewer(session: Session): Viewer {
  const { output } = session;
  if (output.format === 'jsonl') return eachEvent((event) => output.stdout.write(`${JSON.stringify(event)}\n`));
  if (output.format === 'table' || output.format === 'wide') {
    if (output.stdout.isTTY === true && process.env['TERM'] !== 'dumb') return painter(session);
    return eachEvent((event, model) => {
      if (!isQuiet(event)) output.stdout.write(`${eventLine(model.run.number, event)}\n`);
    });
  }
  return { show: () => undefined, end: () => undefined };
}

function eachEvent(print: (event: ApiEvent, model: RunModel) => unknown): Viewer {
  return { show: (model, event) => void (event === undefined ? undefined : print(event, model)), end: () => undefined };
}

function painter({ output }: Session): Viewer {
  const screen = liveScreen(output.stdout);
  let last: RunModel | undefined;
  const paint = (rows: number | undefined): void => {
    if (last === undefined) return;
    const view = {
      nowMs: Date.now(),
      columns: Math.min(120, output.stdout.columns ?? 100),
      colour: output.colour,
      ascii: needsAscii(process.env),
    };
    screen.paint(renderRunTree(last, { ...view, ...(rows === undefined ? {} : { rows }) }));
  };
  const rowsNow = (): number => Math.max(6, (process.stdout.rows ?? 40) - 2);
  const timer = setInterval(() => paint(rowsNow()), REPAINT_MS);
  return {
    show: (model) => {
      last = model;
      paint(rowsNow());
    },
    end: () => {
      clearInterval(timer);
      paint(rowsNow());
      screen.end();
    },
  };
}

function needsPerson({ run }: RunModel, options: WatchOptions): boolean {
  if (run.status === 'unknown' || run.status === 'paused') return true;
  return options.stopWhenWaiting && run.waitingFor.some((wait) => wait.kind === 'approval' || wait.kind === 'manual');
}

function conclude(session: Session, { run }: RunModel, stop: Stop): number {
  const { output } = session;
  const exit = { ended: RUN_WORDS[run.status].exit, needs_person: 6, detached: 130, timed_out: 7 }[stop];
  if (output.format === 'json') output.stdout.write(`${JSON.stringify({ ...run, outcome: OUTCOMES[exit] }, null, 2)}\n`);
  if (output.format === 'name') output.stdout.write(`${run.number}\n`);
  switch (stop) {
    case 'ended': {
      const took =
        run.endedAt === undefined || run.startedAt === undefined
          ? ''
          : ` after ${clockText(Date.parse(run.endedAt) - Date.parse(run.startedAt))}`;
      output.say(`run ${run.number} ${RUN_WORDS[run.status].word}${took} · ${run.url}`);
      output.say(`next: runward evidence export ${run.number}`);
      return exit;
    }
    case 'needs_person':
      output.say(`run ${run.number} is ${RUN_WORDS[run.status].word} and needs a person · ${run.url}`);
      output.say(
        run.waitingFor.some((wait) => wait.kind === 'approval') ? 'next: runward approval list' : `next: runward run show ${run.number}`,
      );
      return exit;
    case 'detached':
      output.say(
        `detached: run ${run.number} goes on. Watch it: runward run watch ${run.number} · stop it: runward run cancel ${run.number}`,
      );
      return exit;
    case 'timed_out':
      output.say(
        `gave up watching after ${formatDuration(session.timeoutMs ?? 0)}: run ${run.number} goes on. Watch it: runward run watch ${run.number}`,
      );
      return exit;
  }
}
