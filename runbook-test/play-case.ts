import { makeVirtualTime } from '../adapters/memory/virtual-time.ts';
import type { Freeze } from '../engine/gates/stops.ts';
import type { RunId } from '../engine/ids.ts';
import type { Finding } from '../engine/language/diagnostics.ts';
import type { TestCase } from '../engine/language/runbook-test.ts';
import { type Plan } from '../engine/plan/plan-record.ts';
import { makePlan } from '../engine/plan/plan.ts';
import type { Project } from '../engine/plan/project.ts';
import { hasEnded } from '../engine/run/run-state.ts';
import type { RunRecord } from '../engine/run/record.ts';
import { startRun } from '../engine/run/start.ts';
import { stepsById } from '../engine/run/waiting.ts';
import { casePorts } from './case-world.ts';
import { type Journal, keepJournal } from './journal.ts';
import { setsOf } from './machines.ts';
import { mockBook } from './mock-book.ts';
import { mockedActions } from './mocked-actions.ts';
import { type Happenings, stagePeople, STARTER, type UnplayedEvent } from './people.ts';
import { startWorkers, type Workers } from './workers.ts';

const BEYOND_MS = 40 * 86_400_000;
const STEPS_OF_TIME_MAX = 500_000;

/** What a case led to: findings instead of a plan, or a plan and the run of it. */
export type Played =
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }
  | {
      readonly kind: 'ran';
      readonly plan: Plan;
      readonly run: RunRecord;
      readonly journal: Journal;
      readonly unplayed: readonly UnplayedEvent[];
      /** Ids of steps that asked a person of whom the case says nothing. */
      readonly unmocked: readonly string[];
      /** From the start of the run to its last change, in milliseconds of virtual time. */
      readonly virtualMs: number;
      readonly endedAtMs: number;
    };

/** A case of a test, with what it is played in. The seed decides all choice, such as the jitter of retries. */
export interface CaseToPlay {
  readonly project: Project;
  readonly runbook: string;
  readonly one: TestCase;
  readonly seed: number;
}

/**
 * Plans and runs a runbook with the product's own planner and engine, in memory and in virtual time, its actions mocked. Throws
 * NOT_FOUND_RUNBOOK, and INTERNAL_INVARIANT when something asks for a network or the run comes to no end.
 */
export async function playCase(play: CaseToPlay): Promise<Played> {
  const { one, project } = play;
  const time = makeVirtualTime(one.nowMs);
  const world = casePorts(time, play.seed);
  const planned = await makePlan(world, {
    project,
    runbook: play.runbook,
    inputs: one.inputs,
    ...(one.purpose === undefined ? {} : { purpose: one.purpose }),
    seed: String(play.seed),
    givenMembers: (runbook) => setsOf(project, runbook, one),
    signal: new AbortController().signal,
  });
  if (planned.kind === 'refused') return planned;

  const runId = world.ids.uuid5('runbook test', planned.hash) as RunId;
  const definitions = [planned.plan.definition, ...Object.values(planned.plan.calls ?? {}).map(({ definition }) => definition)];
  const manual = new Set(
    definitions.flatMap((definition) =>
      [...stepsById(definition).values()].flatMap(({ id, body }) => (body.kind === 'manual' ? [id] : [])),
    ),
  );
  const people: Happenings = stagePeople({
    one,
    time,
    runId,
    isManual: (stepId) => manual.has(stepId),
    workers: () => workers,
    journal: () => journal,
  });
  const journal = keepJournal({ runId, planHash: planned.hash }, time.clock.nowMs, people.onChange);
  const actions = mockedActions(mockBook(one, journal, planned.plan.environment));
  const workers: Workers = startWorkers(
    time,
    { ...world, store: journal.watched(world.store) },
    { ...actions, freezes: freezesOf(project) },
  );
  await startRun(workers.ports, { plan: planned, runId, requester: STARTER, trigger: 'manual' });

  let turns = 0;
  await time.run(BEYOND_MS, () => (turns += 1) > STEPS_OF_TIME_MAX || isOver(journal, people, workers));
  const stored = await world.store.readRun(runId);
  if (stored === undefined || turns > STEPS_OF_TIME_MAX) throw new Error(`the run came to no end: it is ${journal.state()}`);
  return {
    kind: 'ran',
    plan: planned.plan,
    run: stored.run,
    journal,
    unplayed: people.unplayed(),
    unmocked: people.unmocked(),
    virtualMs: journal.lastChangeMs() - one.nowMs,
    endedAtMs: journal.lastChangeMs(),
  };
}

/** A run is over when it has ended, or when it stands still for a person of whom the case tells nothing more. */
function isOver(journal: Journal, people: Happenings, workers: Workers): boolean {
  const state = journal.state();
  if (hasEnded(state)) return true;
  const standsStill = state === 'paused' || state === 'unknown';
  return standsStill && workers.idle() && people.toCome() === 0 && journal.inboxPosition() >= people.said();
}

function freezesOf({ calendars }: Project): readonly Freeze[] {
  return [...(calendars?.values() ?? [])].flatMap(({ calendar }) =>
    calendar.freezes.map((freeze, index) => ({ ...freeze, id: `${calendar.name}.${index}`, by: `calendar ${calendar.name}` })),
  );
}
