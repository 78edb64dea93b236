import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeMemoryStore } from '../../adapters/memory/store.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { EMPTY_HEAD } from '../../engine/audit/chain.ts';
import type { AuditEntry } from '../../engine/audit/chain.ts';
import type { RunId } from '../../engine/ids.ts';
import type { RunState } from '../../engine/run/run-state.ts';
import { RUN_EDGES } from '../../engine/run/run-state.ts';
import type { StepState } from '../../engine/run/step-state.ts';
import { STEP_EDGES } from '../../engine/run/step-state.ts';
import type { Fence, StepPatch, Store, StoredRun, TransitionRequest } from '../../engine/store.ts';
import { lacks } from '../support/lacks.ts';
import type { TestRedis } from '../support/redis.ts';
import { startTestRedis } from '../support/redis.ts';
import { silentLog } from '../support/silent-log.ts';
import { makeClaim, makeCommand, makeCreate, makeStep, makeTransition, newHex, newRunId, nextAudit } from './store-requests.ts';

const SEQUENCES = 400;
const CALLS_MAX = 60;
const FAR_MS = 4_000_000_000_000;

/** One call, drawn without knowing what is stored; `run`, `claim` and the like are small numbers that are mapped to real ids. */
const call = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('create'), run: fc.nat(2), plan: fc.constantFrom('plan-1', 'plan-1', 'plan-2') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('claim'),
      run: fc.nat(2),
      claim: fc.nat(3),
      leaseMs: fc.constantFrom(0, 600_000),
      schemaMax: fc.constantFrom(1, 1, 1, 1, 1, 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew'), run: fc.nat(2), stale: rarely(), leaseMs: fc.constantFrom(0, 600_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('release'), run: fc.nat(2), stale: rarely(), wakeAtMs: fc.constantFrom(0, FAR_MS) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('command'), run: fc.nat(2), id: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('nudge'), run: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('lock', 'unlock'), run: fc.nat(2), ids: fc.uniqueArray(fc.nat(4), { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('due', 'sweep', 'list', 'repeat') }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('transition'),
      run: fc.nat(2),
      stale: rarely(),
      version: rarely(),
      head: rarely(),
      gap: rarely(),
      from: rarely(),
      rev: rarely(),
      writesIntent: rarely(),
      anyEdge: rarely(),
      events: fc.nat(2),
      audit: fc.nat(2),
      to: fc.nat(20),
      steps: fc.array(fc.record({ path: fc.nat(3), to: fc.nat(20), stamp: fc.boolean() }), { maxLength: 2 }),
      field: fc.option(fc.option(fc.json({ maxDepth: 3 }), { nil: null }), { nil: undefined }),
      leaseFloorMs: fc.constantFrom(0, 900_000),
      inboxPosition: fc.nat(3),
      wakeAtMs: fc.constantFrom(0, FAR_MS),
    }),
  },
);

type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;
type TransitionCall = Extract<Call, { readonly steps: unknown }>;

function rarely(): fc.Arbitrary<boolean> {
  return fc.nat(9).map((number) => number === 0);
}

describe.skipIf(lacks('redis-server'))('the memory store and the Redis store', () => {
  let redis: TestRedis;
  let real: Store;
  beforeAll(async () => {
    redis = await startTestRedis(['--appendfsync', 'no']);
    real = await openRedisStore({ url: redis.url, log: silentLog });
  });
  afterAll(async () => {
    await real.close();
    await redis.stop();
  });

  it('give the same answers to the same calls', async () => {
    const seed = Number(process.env['RUNWARD_SEED'] ?? Date.now() % 2_147_483_647);
    console.log(`store twins: RUNWARD_SEED=${seed}`);
    const seen = new Map<string, number>();
    const property = fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: CALLS_MAX, size: 'max' }), async (calls) => {
      await redis.clear();
      const memory = makeMemoryStore({ nowMs: () => Date.now(), tier: 'none' });
      await compare({ memory, real }, calls, seen);
    });
    await fc.assert(property, { seed, numRuns: SEQUENCES });
    // A comparison that never met a rejection would prove little.
    const kinds = ['claimed', 'held', 'early', 'ended', 'unsupported', 'applied', 'stale', 'late', 'version', 'step', 'edge', 'audit'];
    for (const kind of [...kinds, 'conflict', 'exists', 'accepted', 'locked', 'released', 'renewed']) {
      expect(seen.get(kind) ?? 0, `"${kind}" was answered`).toBeGreaterThan(0);
    }
  });
});

interface Twins {
  readonly memory: Store;
  readonly real: Store;
}

/** What one side has been told: fences differ between the two, because epochs are times. */
interface Side {
  readonly store: Store;
  readonly fences: Map<RunId, Fence>;
  readonly last: { transition?: TransitionRequest };
}

async function compare(twins: Twins, calls: readonly Call[], seen: Map<string, number>): Promise<void> {
  const runIds = [newRunId(), newRunId(), newRunId()];
  const tokens = [newHex(), newHex(), newHex(), newHex()];
  const [left, right] = [twins.memory, twins.real].map((store): Side => ({ store, fences: new Map(), last: {} }));
  if (left === undefined || right === undefined) throw new Error('two sides');
  for (const each of calls) {
    const txId = newHex();
    const answers = [await perform(left, each, { runIds, tokens, txId }), await perform(right, each, { runIds, tokens, txId })];
    expect(masked(answers[1]), JSON.stringify(each)).toEqual(masked(answers[0]));
    const { kind = '' } = (answers[0] ?? {}) as { readonly kind?: string };
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    expect(await everything(right.store, runIds), JSON.stringify(each)).toEqual(await everything(left.store, runIds));
  }
}

async function everything(store: Store, runIds: readonly RunId[]): Promise<unknown> {
  const views = runIds.map(async (runId) => ({
    run: await store.readRun(runId),
    inbox: await store.readInbox(runId, 0),
    audit: await store.readAudit(runId),
    events: await store.readEvents(runId, 0, 1_000),
  }));
  return masked(await Promise.all(views));
}

interface Names {
  readonly runIds: readonly RunId[];
  readonly tokens: readonly string[];
  readonly txId: string;
}

async function perform(side: Side, each: Call, names: Names): Promise<unknown> {
  const { store } = side;
  const runId = names.runIds['run' in each ? each.run : 0] ?? newRunId();
  if ('plan' in each) return store.create(makeCreate(runId, { planHash: each.plan }));
  if ('schemaMax' in each) {
    const { leaseMs, schemaMax } = each;
    const answer = await store.claim(makeClaim(runId, { claim: names.tokens[each.claim] ?? '', leaseMs, schemaMin: 0, schemaMax }));
    if (answer.kind === 'claimed') side.fences.set(runId, answer.fence);
    return answer;
  }
  if ('id' in each) return store.command(runId, makeCommand(`c${each.id}`));
  if ('ids' in each) {
    const ids = each.ids.map((id) => `vm-${id}`);
    return each.do === 'lock' ? store.lock(ids, runId) : store.unlock(ids, runId);
  }
  if ('steps' in each) return performTransition(side, each, { runId, txId: names.txId });
  if ('stale' in each) {
    const fence = fenceOf(side, runId, each.stale);
    return 'wakeAtMs' in each ? store.release(runId, fence, each.wakeAtMs) : store.renew(runId, fence, each.leaseMs);
  }
  if (each.do === 'nudge') return store.nudge(runId);
  if (each.do === 'due') return (await store.due(10)).toSorted();
  if (each.do === 'sweep') return store.sweep();
  if (each.do === 'list') return store.listRuns({ limit: 2, states: ['queued', 'running', 'waiting'] });
  return side.last.transition === undefined ? undefined : store.transition(side.last.transition);
}

function fenceOf(side: Side, runId: RunId, stale: boolean): Fence {
  const fence = side.fences.get(runId) ?? { epoch: '1', claim: 'none' };
  return stale ? { ...fence, claim: 'another' } : fence;
}

async function performTransition(
  side: Side,
  each: TransitionCall,
  names: { readonly runId: RunId; readonly txId: string },
): Promise<unknown> {
  const stored = await side.store.readRun(names.runId);
  if (stored === undefined) return 'no run';
  const { run } = stored;
  const field = each.field === undefined ? {} : { outputs: each.field === null ? null : { value: JSON.parse(each.field) as null } };
  const request = makeTransition(stored, fenceOf(side, names.runId, each.stale), {
    txId: names.txId,
    version: run.version + (each.version ? 1 : 0),
    state: { from: each.from ? 'paused' : run.state, to: pickRunState(run.state, each) },
    fields: field,
    stampFields: each.to % 5 === 0 ? ['startedAtMs'] : [],
    steps: uniquePaths(each.steps).map((step) => makePatch(stored, step, each)),
    audit: auditEntries(stored, each),
    auditHead: each.head ? EMPTY_HEAD : run.auditHead,
    events: Array.from({ length: each.events }, (_, n) => ({ type: 'note', data: { n } })),
    leaseFloorMs: each.leaseFloorMs,
    writesIntent: each.writesIntent,
    inboxPosition: each.inboxPosition,
    wakeAtMs: each.wakeAtMs,
  });
  side.last.transition = request;
  return side.store.transition(request);
}

function pickRunState(from: RunState, each: TransitionCall): RunState {
  const all = Object.keys(RUN_EDGES) as RunState[];
  // Ends are left out half of the time, or every run would end at once.
  const allowed = each.to % 2 === 0 ? [from] : [from, ...Object.values(RUN_EDGES[from])];
  return pick(each.anyEdge ? all : allowed, each.to);
}

function makePatch(stored: StoredRun, step: TransitionCall['steps'][number], each: TransitionCall): StepPatch {
  const path = ['a', 'b', 'b[web-01]', 'c.“d”'][step.path] ?? 'a';
  const current = stored.steps.find((record) => record.path === path);
  const all = Object.keys(STEP_EDGES) as StepState[];
  const stamp = step.stamp ? (['intentAtMs', 'createdAtMs'] as const) : [];
  if (current === undefined)
    return { from: undefined, fromRev: 0, record: makeStep(path, pick<StepState>(['pending', 'ready'], step.to)), stamp };
  const fromRev = current.rev + (each.rev ? 1 : 0);
  const to = pick<StepState>(each.anyEdge ? all : [...Object.values(STEP_EDGES[current.state]), 'ready'], step.to);
  return { from: current.state, fromRev, record: { ...makeStep(path, to, fromRev + 1), message: `"@${step.to}" ☁` }, stamp };
}

function auditEntries(stored: StoredRun, each: TransitionCall): readonly AuditEntry[] {
  const { auditSeq, auditHead } = stored.run;
  const names = Array.from({ length: each.audit }, (_, n) => `entry ${n}`);
  return nextAudit({ seq: auditSeq + (each.gap ? 1 : 0), hash: auditHead }, ...names);
}

function uniquePaths<T extends { readonly path: number }>(steps: readonly T[]): readonly T[] {
  return [...new Map(steps.map((step) => [step.path, step])).values()];
}

function pick<T>(choices: readonly T[], number: number): T {
  const choice = choices[number % choices.length];
  if (choice === undefined) throw new Error('nothing to pick from');
  return choice;
}

/** The two stores live at slightly different times: every time is reduced to "none", "past" or "future", every epoch to "some". */
function masked(value: unknown): unknown {
  const nowMs = Date.now();
  const text = JSON.stringify(value ?? null, (name, inner: unknown) => {
    if (name === 'epoch') return inner === '0' ? '0' : 'some';
    if (typeof inner !== 'number' || !/(Ms|^nowMs)$/.test(name)) return inner;
    if (inner === 0) return 'none';
    return inner > nowMs + 60_000 ? 'future' : 'past';
  });
  return JSON.parse(text) as unknown;
}
