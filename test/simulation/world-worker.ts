import type { RunId } from '../../engine/ids.ts';
import type { Ports } from '../../engine/ports.ts';
import { advance } from '../../engine/run/advance.ts';
import { LEASE_TIMES } from '../../engine/run/holder.ts';
import type { Store, TransitionRequest } from '../../engine/store.ts';
import { deliver, type World } from './world-parts.ts';

interface Life {
  dead: boolean;
  pausedUntilMs: number;
}

/** Starts a worker that consumes wake-ups until it dies at a random call of a port; another one takes its place a little later. */
export function startWorker(world: World, name: string): void {
  const life: Life = { dead: false, pausedUntilMs: 0 };
  const ports = mortal(world, name, life);
  const engine = {
    ports,
    actions: world.actions,
    script: () => {
      throw new Error('there are no scripts in this world');
    },
    times: LEASE_TIMES,
    stops: { now: world.gates.facts },
    timeScale: 1,
    worker: name,
  };
  const active = new Set<RunId>();
  world.consumers.set(name, (runId) => {
    if (life.dead || active.has(runId)) return;
    active.add(runId);
    void advance(engine, runId, new AbortController().signal).finally(() => active.delete(runId));
  });
}

/** The worker's view of the world: each call may be its last, before or after it had its effect. A dead worker's calls never return. */
function mortal(world: World, name: string, life: Life): Ports {
  const fragile = <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) => {
    return async (...args) => {
      await pause(world, life);
      if (life.dead || maybeDie(world, name, life)) return never();
      const answer = await call(...args);
      await pause(world, life);
      return life.dead || maybeDie(world, name, life) ? never() : answer;
    };
  };
  const lasting = <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) => {
    return async (...args) => {
      const answer = await call(...args);
      await pause(world, life);
      return life.dead ? never() : answer;
    };
  };
  const { ports, oracle } = world;
  const store = oracle.watched(bent(world));
  const calls = Object.entries(store).map(([method, call]) => [method, fragile(call as (...args: readonly unknown[]) => Promise<unknown>)]);
  return {
    ...ports,
    clock: { ...ports.clock, sleep: lasting(ports.clock.sleep) },
    // What a process knows by itself is no call.
    store: { ...(Object.fromEntries(calls) as unknown as Store), tier: store.tier },
    tickets: { create: fragile(ports.tickets.create) },
    queue: { wake: fragile(async (runId: RunId, afterMs?: number) => deliver(world, runId, afterMs ?? 0)) },
  };
}

function maybeDie(world: World, name: string, life: Life): boolean {
  if (!world.dice.chance(world.crashRate)) return false;
  life.dead = true;
  world.crashes += 1;
  world.consumers.delete(name);
  world.time.at(world.dice.between(500, 60_000), () => startWorker(world, `${name}+`));
  return true;
}

/** A stopped process: everything in it stands still for up to five minutes and then goes on as if nothing had happened. */
async function pause(world: World, life: Life): Promise<void> {
  if (world.dice.chance(world.crashRate / 4)) life.pausedUntilMs = world.time.clock.nowMs() + world.dice.between(1_000, 300_000);
  const leftMs = life.pausedUntilMs - world.time.clock.nowMs();
  if (leftMs > 0) await world.time.clock.sleep(leftMs);
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** The planted bug that sits in the store: a change is applied whoever sends it, whatever has happened since. */
function bent(world: World): Store {
  const { store } = world;
  if (world.bug === 'lockByTime') return forgetful(world);
  if (world.bug === 'approvalForever') return flattering(world);
  if (world.bug !== 'noCompareAndSet') return store;
  const asIfCurrent = async (request: TransitionRequest): Promise<TransitionRequest> => {
    const stored = await store.readRun(request.runId);
    if (stored === undefined) return request;
    const { run, steps } = stored;
    const known = new Map(steps.map((step) => [step.path, step]));
    return {
      ...request,
      fence: { epoch: run.epoch, claim: run.claim },
      version: run.version,
      auditHead: run.auditHead,
      audit: [],
      state: { ...request.state, from: run.state },
      steps: request.steps.map((patch) => ({
        ...patch,
        from: known.get(patch.record.path)?.state,
        fromRev: known.get(patch.record.path)?.rev ?? 0,
      })),
    };
  };
  return { ...store, transition: async (request) => store.transition(await asIfCurrent(request)) };
}

const LOCK_MS = 60_000;

/** The planted bug of locks that end by themselves: whoever has held one for a minute holds it no more. */
function forgetful(world: World): Store {
  const { store, time } = world;
  return {
    ...store,
    lock: async (lockIds, runId) => {
      const answer = await store.lock(lockIds, runId);
      if (answer.kind === 'locked' || time.clock.nowMs() - answer.sinceMs < LOCK_MS) return answer;
      await store.unlock([answer.lockId], answer.by);
      return store.lock(lockIds, runId);
    },
  };
}

/** The planted bug of approvals that never end: each looks as if it had been given a moment ago. */
function flattering(world: World): Store {
  const { store, time } = world;
  return {
    ...store,
    claim: async (request) => {
      const answer = await store.claim(request);
      if (answer.kind !== 'claimed') return answer;
      const steps = answer.stored.steps.map((step) =>
        step.node === 'person' && step.state === 'succeeded' ? { ...step, endedAtMs: time.clock.nowMs() } : step,
      );
      return { ...answer, stored: { ...answer.stored, steps } };
    },
  };
}
