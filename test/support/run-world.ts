import { z } from 'zod';
import { type Action, effectAction, type EffectAction, readAction, type ReadAction } from '../../engine/actions/action.ts';
import type { RunId } from '../../engine/ids.ts';
import { canonicalJson } from '../../engine/json.ts';
import type { Runbook, Step } from '../../engine/language/runbook.ts';
import type { StopFacts } from '../../engine/gates/stops.ts';
import type { Plan } from '../../engine/plan/plan-record.ts';
import type { Ports } from '../../engine/ports.ts';
import { advance } from '../../engine/run/advance.ts';
import { carryOver, type RetryAsked } from '../../engine/run/carry-over.ts';
import { type Command, sendCommand } from '../../engine/run/command.ts';
import { LEASE_TIMES } from '../../engine/run/holder.ts';
import { openRollbacks } from '../../engine/run/open-rollbacks.ts';
import type { Principal, RetryOf, RunRecord, StepRecord } from '../../engine/run/record.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import { startRun } from '../../engine/run/start.ts';
import type { Engine } from '../../engine/run/turn.ts';
import { makeVirtualTime, type VirtualTime } from '../../adapters/memory/virtual-time.ts';
import { memoryPorts } from './memory-ports.ts';
import { step, testPlan } from './plan.ts';

/** What a test's actions answer; by default a read succeeds and an effect is accepted, ends well and verifies. */
export type Answers = Partial<Pick<EffectAction, 'precheck' | 'submit' | 'find' | 'poll' | 'verify' | 'adopt' | 'stop'>> & {
  readonly read?: ReadAction['read'];
  /** What channels say to a message; by default they take every one. */
  readonly send?: Ports['channels']['send'];
  /** The value of every secret; by default none can be read. */
  readonly secret?: string;
  /** Channels that the worker has; by default every one. */
  readonly channels?: readonly string[];
};

/** One run on a virtual clock with memory adapters and one worker. */
export interface RunWorld {
  readonly time: VirtualTime;
  readonly ports: Ports;
  readonly engine: Engine;
  readonly runId: RunId;
  readonly plan: Plan;
  /** Lets the run go on until it has ended or waits for a person, at most `forMs`. */
  readonly go: (forMs?: number) => Promise<RunRecord>;
  readonly run: () => Promise<RunRecord>;
  readonly step: (path: string) => Promise<StepRecord>;
  readonly steps: () => Promise<Readonly<Record<string, string>>>;
  readonly say: (word: WordTo) => Promise<void>;
  /** Sets what stops changes from now on. */
  readonly stop: (facts: Partial<StopFacts>) => void;
  /** Calls in their order: `<step path>:<question>`. */
  readonly calls: string[];
  /** Messages that channels were given, in their order: `<channel>: <text>`. */
  readonly messages: string[];
}

type WordTo = Command extends infer One
  ? One extends Command
    ? Omit<One, 'runId' | 'atMs' | 'by' | 'planHash'> & { readonly by?: Principal; readonly planHash?: string }
    : never
  : never;

const START_MS = Date.UTC(2026, 0, 5, 9);
const STARTER: Principal = { id: 'alice', name: 'alice', kind: 'token', groups: [] };
const APPROVER: Principal = { id: 'dana', name: 'dana', kind: 'token', groups: ['approvers'] };

export { step };

/** The body of a step that asks one of the approvers, for four hours. */
export const GATE = {
  kind: 'approval',
  by: ['group:approvers'],
  need: 1,
  needFrom: [],
  self: false,
  timeoutMs: 4 * 3_600_000,
  onTimeout: 'stop',
  message: 'Go?',
  form: {},
} as const;

/** A leaf that uses one of the test's actions: `test.read@1`, `test.named@1`, `test.guarded@1` or `test.blind@1`. */
export function leaf(id: string, effect: 'read' | 'named' | 'guarded' | 'blind', more: Partial<Step> = {}): Step {
  return step(id, { kind: 'uses', action: `test.${effect}@1`, with: {} }, more);
}

/** Another run with whose clock and store a run begins; with `retry` it goes on from that run. */
export interface Beside extends RunWorld {
  readonly retry?: { readonly mode: RetryOf['mode']; readonly step?: string } & {
    readonly gone?: readonly string[];
    readonly edited?: readonly string[];
  };
}

/** Starts a run of these steps; `beside` another one it has the same clock and store. */
export async function makeRunWorld(
  definition: Partial<Runbook> & Pick<Runbook, 'steps'>,
  answers: Answers = {},
  given: Partial<Plan> = {},
  beside?: Beside,
): Promise<RunWorld> {
  const time = beside?.time ?? makeVirtualTime(START_MS);
  const calls: string[] = [];
  const messages: string[] = [];
  const own = {
    channels: testChannels(answers, messages),
    ...(answers.secret === undefined ? {} : { secrets: testSecrets(answers.secret) }),
  };
  const ports = beside?.ports ?? { ...memoryPorts(time.clock), ...own };
  const engine: Engine = {
    ports,
    actions: testActions(answers, calls),
    script: () => {
      throw new Error('this world has no scripts');
    },
    times: LEASE_TIMES,
    stops: { now: () => world.stops },
    timeScale: 1,
    worker: 'w1',
  };
  const world: { stops: StopFacts } = { stops: { freezes: [] } };
  const plan = testPlan(definition, given);
  const text = canonicalJson(plan);
  const hash = ports.ids.sha256(text);
  const runs = (await ports.store.listRuns({ limit: 100 })).length;
  const runId = `${runs + 1}1111111-1111-5111-8111-111111111111` as RunId;
  await startRun(ports, {
    plan: { plan, text, hash },
    runId,
    requester: STARTER,
    trigger: 'test',
    publicUrl: 'https://runward.example.com',
    freezeExempt: definition.freeze === 'exempt',
    ...(await carriedFrom(beside, { plan, runId })),
  });
  const stored = async () => {
    const found = await ports.store.readRun(runId);
    if (found === undefined) throw new Error('the run is gone');
    return found;
  };
  let said = 0;
  return {
    time,
    ports,
    engine,
    runId,
    plan,
    calls,
    messages,
    run: async () => (await stored()).run,
    async go(forMs = 24 * 3_600_000) {
      const end = time.clock.monotonicMs() + forMs;
      for (;;) {
        let visit: string | undefined;
        void advance(engine, runId, new AbortController().signal).then((how) => (visit = how));
        await time.run(end, () => visit !== undefined);
        const { run } = await stored();
        if (visit !== 'waits' && visit !== 'early') return run;
        if (await visitCalled(engine, runId, { time, end })) continue;
        const wakeAtMs = Math.min(...(await openRuns(ports)).map((open) => open.wakeAtMs));
        if (wakeAtMs > START_MS + end) return run;
        if (run.state === 'paused' || (run.state === 'waiting' && run.reason === 'approval')) return run;
        time.at(Math.max(0, wakeAtMs - time.clock.nowMs()), () => undefined);
        await time.run(end, () => time.clock.nowMs() >= wakeAtMs);
      }
    },
    stop: (facts) => void (world.stops = { freezes: [], ...facts }),
    async step(path) {
      const found = (await stored()).steps.find((record) => record.path === path);
      if (found === undefined) throw new Error(`there is no record of ${path}`);
      return found;
    },
    steps: async () => Object.fromEntries((await stored()).steps.map(({ path, state }) => [path, state])),
    async say(word) {
      said += 1;
      const by = word.by ?? APPROVER;
      await sendCommand(ports, `word-${said}`, {
        ...('step' in word && word.kind !== 'resolve' ? { planHash: hash } : {}),
        ...word,
        runId,
        by,
        atMs: time.clock.nowMs(),
      } as unknown as Command);
    },
  };
}

async function carriedFrom(beside: Beside | undefined, next: { readonly plan: Plan; readonly runId: RunId }) {
  const stored = beside === undefined ? undefined : await beside.ports.store.readRun(beside.runId);
  if (beside?.retry === undefined || stored === undefined) return {};
  const { gone = [], edited = [], ...asked } = beside.retry;
  const old = { run: stored.run, steps: new Map(stored.steps.map((record) => [record.path, record])) };
  const { uuid5 } = beside.ports.ids;
  const source = { old, plan: next.plan, newRunId: next.runId, nowMs: stored.nowMs, uuid5, gone: new Set(gone), edited: new Set(edited) };
  const answer = asked.mode === 'rollback' ? openRollbacks(next.plan, old) : carryOver(source, asked as RetryAsked);
  if (answer.kind === 'refused') throw new Error(answer.why);
  return { retryOf: { runId: old.run.runId, number: old.run.number, ...asked }, steps: answer.steps };
}

// Runs that others have called are visited as a second worker would.
async function visitCalled(engine: Engine, runId: RunId, at: { readonly time: VirtualTime; readonly end: number }): Promise<boolean> {
  const due = (await engine.ports.store.due(100)).filter((other) => other !== runId);
  for (const other of due) {
    let visit: string | undefined;
    void advance({ ...engine, worker: 'w2' }, other, new AbortController().signal).then((how) => (visit = how));
    await at.time.run(at.end, () => visit !== undefined);
  }
  return due.length > 0;
}

async function openRuns({ store }: Ports): Promise<readonly RunRecord[]> {
  return (await store.listRuns({ limit: 100 })).filter(({ state }) => !hasEnded(state));
}

function testSecrets(value: string): Ports['secrets'] {
  return { resolve: async () => ({ kind: 'found', value }) };
}

function testChannels({ send, channels }: Answers, messages: string[]): Ports['channels'] {
  return {
    has: (name) => channels === undefined || channels.includes(name),
    send: async (message, signal) => {
      messages.push(`${message.channel}: ${message.text}`);
      return send === undefined ? { kind: 'delivered', status: 200 } : send(message, signal);
    },
  };
}

function testActions(answers: Answers, calls: string[]): ReadonlyMap<string, Action> {
  const head = {
    summary: 'An action of a test.',
    severity: 'moderate',
    target: 'none',
    input: z.looseObject({}) as unknown as z.ZodType<never>,
    result: { ok: 'bool' },
    timeoutMs: 600_000,
    permissions: [],
  } as const;
  const effects = (['named', 'guarded', 'blind'] as const).map((effect) =>
    effectAction<never>({
      ...head,
      name: `test.${effect}@1`,
      effect,
      quietMs: 120_000,
      precheck: noted(calls, 'precheck', answers.precheck ?? (async () => ({ kind: 'proceed' }))),
      submit: noted(calls, 'submit', answers.submit ?? (async () => ({ kind: 'accepted', handle: { jobId: 'job' } }))),
      find: noted(calls, 'find', answers.find ?? (async () => ({ kind: 'absent' }))),
      poll: noted(calls, 'poll', answers.poll ?? (async () => ({ kind: 'ended_well' }))),
      verify: noted(calls, 'verify', answers.verify ?? (async () => ({ kind: 'succeeded', result: { ok: true, changed: true } }))),
      ...(answers.adopt === undefined ? {} : { adopt: noted(calls, 'adopt', answers.adopt) }),
      ...(answers.stop === undefined ? {} : { stop: noted(calls, 'stop', answers.stop) }),
    }),
  );
  const read = readAction<never>({
    ...head,
    name: 'test.read@1',
    effect: 'read',
    severity: 'mild',
    read: noted(calls, 'read', answers.read ?? (async () => ({ kind: 'succeeded', result: { ok: true } }))),
  });
  return new Map<string, Action>([read, ...effects].map((action) => [action.name, action]));
}

function noted<A extends readonly unknown[], R>(
  calls: string[],
  question: string,
  answer: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return (...args) => {
    calls.push(`${(args[1] as { readonly stepPath: string }).stepPath}:${question}`);
    return answer(...args);
  };
}
