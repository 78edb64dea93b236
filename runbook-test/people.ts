import type { VirtualTime } from '../adapters/memory/virtual-time.ts';
import type { RunId } from '../engine/ids.ts';
import type { TestCase, TestEvent } from '../engine/language/runbook-test.ts';
import { type Command, sendCommand } from '../engine/run/command.ts';
import { isPaused } from '../engine/run/paused-step.ts';
import { statusOf } from '../engine/run/verdict.ts';
import type { Journal, Seen } from './journal.ts';
import { mockAt } from './mock-book.ts';
import type { Workers } from './workers.ts';

/** Who starts the run of a case; who says so in a mock approves an own request. */
export const STARTER = person('starter', []);
const STORE_LOSS_MS = 30_000;
const OPERATOR = person('operator', []);

/** What is still to come from people and events of a case. */
export interface Happenings {
  readonly onChange: (seen: Seen) => void;
  /** Words and events that have a time and are not there yet. */
  readonly toCome: () => number;
  readonly said: () => number;
  /** Ids of steps that asked a person of whom the case says nothing. */
  readonly unmocked: () => readonly string[];
  /** Events that never came: their step was never as they wait for, or the run ended before their time. */
  readonly unplayed: () => readonly UnplayedEvent[];
}

/** An event that did not come. `isLate`: its moment did, and the run ended before the event's own time. */
export interface UnplayedEvent {
  readonly event: TestEvent;
  readonly isLate: boolean;
}

interface Stage {
  readonly one: TestCase;
  readonly time: VirtualTime;
  readonly runId: RunId;
  readonly isManual: (stepId: string) => boolean;
  readonly workers: () => Workers;
  readonly journal: () => Journal;
}

/** Lets people answer when they are asked, and events happen when their time or their step comes. */
export function stagePeople(stage: Stage): Happenings {
  const { one, time } = stage;
  const asked = new Set<string>();
  const expected = new Set<TestEvent>();
  const played = new Set<TestEvent>();
  const rounds = new Map<string, number>();
  const unmocked = new Set<string>();
  let toCome = 0;
  let said = 0;

  const later = (afterMs: number, act: () => void): void => {
    toCome += 1;
    time.at(afterMs, () => {
      toCome -= 1;
      act();
    });
  };
  const say = (word: Command): void => {
    said += 1;
    void sendCommand(stage.workers().ports, `word-${said}`, word);
  };
  const play = (event: TestEvent): void => {
    played.add(event);
    if (event.do === 'worker_crash') return stage.workers().crash();
    if (event.do === 'store_loss') return stage.workers().loseStore(event.forMs ?? STORE_LOSS_MS);
    if (event.do === 'kill_switch') return stage.workers().kill(event.forMs);
    say(eventCommand(stage, event));
  };
  const answer = (seen: Seen): void => {
    const { record, path } = seen;
    const asking = `${record.key} ${record.attempt}`;
    if (record.node !== 'person' || record.state !== 'ready' || asked.has(asking)) return;
    asked.add(asking);
    const round = rounds.get(path) ?? 0;
    rounds.set(path, round + 1);
    const mock = mockAt(one.mocks[record.stepId], stage.journal().keysOf(path), round);
    if (mock === undefined) unmocked.add(record.stepId);
    if (mock?.kind !== 'people') return;
    for (const word of mock.words) later(word.afterMs, () => say(wordCommand(stage, seen, word)));
  };

  for (const event of one.events) {
    if (event.when.kind !== 'at') continue;
    expected.add(event);
    later(event.when.atMs, () => play(event));
  }
  return {
    onChange: (seen) => {
      answer(seen);
      for (const event of one.events) {
        if (expected.has(event) || !isMoment(event, seen)) continue;
        expected.add(event);
        later(event.when.kind === 'step' ? event.when.afterMs : 0, () => play(event));
      }
    },
    toCome: () => toCome,
    said: () => said,
    unmocked: () => [...unmocked],
    unplayed: () => one.events.filter((event) => !played.has(event)).map((event) => ({ event, isLate: expected.has(event) })),
  };
}

function isMoment({ when }: TestEvent, { record, path }: Seen): boolean {
  // A block or fan-out about which a person is asked has not ended, and has failed for who waits for it.
  if (when.kind === 'at' || (isPaused(record) ? 'failed' : statusOf(record)) !== when.is) return false;
  if (when.step !== record.stepId && when.step !== path) return false;
  return when.item === undefined ? record.itemKey === undefined || when.step === path : record.itemKey === when.item;
}

type Word = Extract<TestCase['mocks'][string][number], { readonly kind: 'people' }>['words'][number];

function wordCommand(stage: Stage, { runId, planHash, record }: Seen, word: Word): Command {
  const isManual = stage.isManual(record.stepId);
  const kinds = { approve: 'approve', done: 'done', deny: isManual ? 'not_done' : 'deny' } as const;
  return {
    kind: kinds[word.answer],
    runId,
    step: record.path,
    planHash,
    by: person(word.by, word.groups),
    atMs: stage.time.clock.nowMs(),
    reason: word.reason ?? 'said in a test',
    ...(word.form === undefined ? {} : { form: word.form as NonNullable<Extract<Command, { kind: 'done' }>['form']> }),
  };
}

function eventCommand(stage: Stage, event: TestEvent): Command {
  const head = { runId: stage.runId, by: OPERATOR, atMs: stage.time.clock.nowMs(), reason: 'an event of the test' };
  if (event.do === 'pause' || event.do === 'resume') return { ...head, kind: event.do };
  if (event.do !== 'resolve') return { ...head, kind: 'cancel', ...(event.rollback ? { rollback: true } : {}) };
  const named = event.step ?? '';
  const open = [...stage.journal().seen.values()].filter(({ record }) => record.state === 'unknown' || isPaused(record));
  const meant = open.find(({ record, path }) => record.stepId === named || path === named);
  return { ...head, kind: 'resolve', runId: meant?.runId ?? stage.runId, step: meant?.record.path ?? named, as: event.as ?? 'failed' };
}

function person(name: string, groups: readonly string[]): Command['by'] {
  return { id: name, name, kind: 'token', groups: [...groups] };
}
