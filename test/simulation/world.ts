import { createHash } from 'node:crypto';
import { makeMemoryStore } from '../../adapters/memory/store.ts';
import { makeMemoryTickets } from '../../adapters/memory/tickets.ts';
import type { EffectAction } from '../../engine/actions/action.ts';
import type { RunId } from '../../engine/ids.ts';
import { canonicalJson } from '../../engine/json.ts';
import type { Ids, Log, Ports, Signer } from '../../engine/ports.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import { startRun } from '../../engine/run/start.ts';
import type { Store } from '../../engine/store.ts';
import { type Dice, makeDice } from '../../adapters/memory/dice.ts';
import { makeOracle, type Oracle, type Violation } from './oracle.ts';
import { makeTargets } from './targets.ts';
import { makeVirtualTime, type VirtualTime } from '../../adapters/memory/virtual-time.ts';
import { worldActions } from './world-actions.ts';
import type { RunRecord } from '../../engine/run/record.ts';
import { gatedPlan, makeGates, people } from './world-gates.ts';
import { randomPlan } from './world-runbook.ts';
import { type Bug, deliver, type World } from './world-parts.ts';
import { startRetention } from './world-retention.ts';
import { startWorker } from './world-worker.ts';

/** What one seed showed. `trace` is a digest of every event: the same seed must give the same trace. */
export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly states: readonly string[];
  readonly crashes: number;
  readonly effects: number;
  readonly edges: ReadonlySet<string>;
  readonly trace: string;
  readonly virtualMs: number;
  /** Readiness checks that were removed because newer ones tell what they told. */
  readonly removed: number;
}

const START_MS = Date.UTC(2026, 0, 5, 9);
const END_MS = 48 * 3_600_000;
/** In one world of so many readiness checks are made and removed: they cost time and add nothing to what the others show. */
const RETENTION_EVERY = 4;

/** Plays one world to its end: 1 to 3 random runs, 1 to 3 workers that crash, targets that lose requests and answers. */
export async function playSeed(seed: number, bug?: Bug): Promise<SeedReport> {
  const world = makeWorld(seed, bug);
  const { time, store, dice, oracle } = world;
  const runIds: RunId[] = [];
  const runs = dice.between(1, 3);
  for (let count = 0; count < runs; count += 1) runIds.push(await acceptRun(world));
  const workers = dice.between(1, 3);
  for (let count = 0; count < workers; count += 1) startWorker(world, `w${count}`);
  if (bug !== 'queueIsTruth') scanner(world);
  people(world, runIds);
  const retention = bug === undefined && seed % RETENTION_EVERY === 0 ? startRetention(world, seed) : undefined;

  let allEnded = false;
  const look = (): void => {
    void Promise.all(runIds.map((runId) => store.readRun(runId))).then((stored) => {
      allEnded = stored.every((found) => found !== undefined && (hasEnded(found.run.state) || isParked(found.run)));
    });
    time.at(60_000, look);
  };
  look();
  await time.run(END_MS, () => allEnded);
  await oracle.judgeEnd(store, runIds);
  await retention?.judge();
  const stored = await Promise.all(
    runIds.map(async (runId) => ({ run: await store.readRun(runId), events: await store.readEvents(runId, 0, 100_000) })),
  );
  return {
    seed,
    violations: oracle.violations,
    states: stored.map(({ run }) => run?.run.state ?? 'gone'),
    crashes: world.crashes,
    effects: world.targets.ledger.length,
    edges: oracle.edgesSeen,
    trace: createHash('sha256')
      .update(canonicalJson(stored.map(({ events }) => events)))
      .digest('hex'),
    virtualMs: time.clock.monotonicMs(),
    removed: await countRemoved(store, retention?.checks ?? []),
  };
}

async function countRemoved(store: Store, checks: readonly RunId[]): Promise<number> {
  const left = await Promise.all(checks.map((runId) => store.readRun(runId)));
  return left.filter((stored) => stored === undefined).length;
}

function makeWorld(seed: number, bug: Bug | undefined): World {
  const dice = makeDice(seed);
  const time = makeVirtualTime(START_MS);
  const store = makeMemoryStore({ nowMs: () => time.clock.nowMs() });
  const targets = makeTargets(time, dice, { faultRate: dice.pick([0, 0.1, 0.3]) });
  const gates = makeGates(time, dice);
  const oracle = makeOracle(targets, gates, () => time.clock.nowMs());
  const bend = (action: EffectAction<{ readonly target: string }>): EffectAction<{ readonly target: string }> => bent(action, bug);
  return {
    time,
    dice,
    store,
    targets,
    oracle,
    actions: worldActions(targets, dice, (action) => seen(bend(action), oracle)),
    gates,
    bug,
    crashRate: dice.pick([0, 0.002, 0.01]),
    consumers: new Map(),
    crashes: 0,
    ports: portsOf(time, dice, store),
  };
}

/** Waits for a person who does not come into this world: nobody resolves, and only what the kill switch stopped is let go on. */
function isParked(run: RunRecord): boolean {
  return run.state === 'unknown' || (run.state === 'paused' && run.pause?.cause !== 'killed');
}

/** The oracle sees each request leave. */
function seen<I>(action: EffectAction<I>, oracle: Oracle): EffectAction<I> {
  return {
    ...action,
    submit: (ports, context) => {
      oracle.sawSend(context.stepKey);
      return action.submit(ports, context);
    },
  };
}

/** Planted bugs that sit in an action's answers. */
function bent<I>(action: EffectAction<I>, bug: Bug | undefined): EffectAction<I> {
  if (bug === 'resubmitAtOnce') return { ...action, quietMs: 0 };
  if (bug !== 'httpRetries') return action;
  return {
    ...action,
    submit: async (ports, context) => {
      const first = await action.submit(ports, context);
      if (first.kind !== 'ambiguous' && first.kind !== 'accepted') return first;
      // An HTTP client that repeats a POST on its own sends it under a new request id when the caller does not pin it.
      return action.submit(ports, { ...context, requestId: `${context.requestId}-again` });
    },
  };
}

function portsOf(time: VirtualTime, dice: Dice, store: Store): Omit<Ports, 'queue'> {
  const none = { read: never, submit: never, poll: never } as unknown as Ports['azure'];
  return {
    clock: time.clock,
    random: dice.random,
    ids: idsOf(dice),
    store,
    azure: none,
    shell: {} as Ports['shell'],
    http: {} as Ports['http'],
    tls: {} as Ports['tls'],
    dns: {} as Ports['dns'],
    channels: { has: () => false, send: async () => ({ kind: 'refused', message: 'there are no channels' }) },
    secrets: { resolve: async () => ({ kind: 'unavailable', message: 'there are no secrets in this world' }) },
    tickets: makeMemoryTickets(),
    signer: SIGNER,
    log: SILENT,
  };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

function idsOf(dice: Dice): Ids {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const uuid = (hex: string): string =>
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return {
    newRunId: () => uuid(dice.hex(32)) as RunId,
    newToken: () => dice.hex(32),
    uuid5: (...parts) => uuid(sha256(parts.join('\n'))),
    sha256,
  };
}

const SIGNER: Signer = {
  sign: (text) => ({ keyId: 'world', value: createHash('sha256').update(`key${text}`).digest('hex') }),
  verify: (text, signature) => signature.value === createHash('sha256').update(`key${text}`).digest('hex'),
};

const SILENT: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

async function acceptRun(world: World): Promise<RunId> {
  const { ports, dice, actions } = world;
  const classes = Object.fromEntries([...actions.values()].map(({ name, effect }) => [name, effect]));
  const plan = gatedPlan(dice, randomPlan(dice, classes));
  const text = canonicalJson(plan);
  const runId = ports.ids.newRunId();
  world.oracle.accepted(runId, plan);
  const requester = { id: 'test', name: 'test', kind: 'token', groups: [] } as const;
  const queue = { wake: async (id: RunId) => deliver(world, id, 0) };
  await startRun({ ...ports, queue }, { plan: { plan, text, hash: ports.ids.sha256(text) }, runId, requester, trigger: 'test' });
  return runId;
}

function scanner(world: World): void {
  world.time.at(15_000, () => {
    void world.store.due(100).then((due) => {
      for (const runId of due) deliver(world, runId, 0);
    });
    scanner(world);
  });
}
