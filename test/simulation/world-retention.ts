import { makeDice } from '../../adapters/memory/dice.ts';
import { firstBreak } from '../../engine/audit/chain.ts';
import type { RunId } from '../../engine/ids.ts';
import { canonicalJson } from '../../engine/json.ts';
import { removedFacts } from '../../engine/retention/removed-run.ts';
import { retainOnce } from '../../engine/retention/retain.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import { startRun } from '../../engine/run/start.ts';
import type { Store } from '../../engine/store.ts';
import { step, testPlan } from '../support/plan.ts';
import { deliver, type World } from './world-parts.ts';

/** Readiness checks that are made beside the runs of a world, and what removes old ones. */
export interface Retention {
  readonly checks: readonly RunId[];
  /** Tells which promise was broken: a run that is gone without a word, or without a newer one that tells what it told. */
  readonly judge: () => Promise<void>;
}

const CHECKS_MAX = 8;

/**
 * Checks are made every few minutes; two servers remove at once, a minute after the end or at once, and one in three is confused: it takes
 * every run for old checks that have ended. Its own dice leave the other choices of the seed alone.
 */
export function startRetention(world: World, seed: number): Retention {
  const dice = makeDice(seed + 1_000_003);
  const checks: RunId[] = [];
  const make = (): void => {
    if (checks.length === CHECKS_MAX) return;
    const runId = world.ports.ids.newRunId();
    checks.push(runId);
    void acceptChecks(world, runId);
    world.time.at(dice.between(30_000, 600_000), make);
  };
  const keepMs = dice.pick([0, 60_000, 600_000]);
  const own = watched(world);
  const look = (): void => {
    for (const store of [own, dice.chance(0.3) ? confused(own) : own]) void retainOnce({ ...world.ports, store }, { keepMs, after: 0 });
    world.time.at(60_000, look);
  };
  make();
  look();
  return { checks, judge: () => judge(world, checks) };
}

async function acceptChecks({ ports, actions, store, ...world }: World, runId: RunId): Promise<void> {
  const classes = Object.fromEntries([...actions.values()].map(({ name, effect }) => [name, effect]));
  const check = (id: string) => step(id, { kind: 'uses', action: 'world.read@1', with: { target: id } });
  const readiness = { checks: [check('first'), check('second')] };
  const plan = { ...testPlan({ steps: [], readiness }, { actions: classes }), purpose: 'readiness' } as const;
  const text = canonicalJson(plan);
  const requester = { id: 'schedule', name: 'schedule', kind: 'engine', groups: [] } as const;
  const queue = { wake: async (id: RunId) => deliver({ ports, actions, store, ...world }, id, 0) };
  await startRun({ ...ports, queue }, { plan: { plan, text, hash: ports.ids.sha256(text) }, runId, requester, trigger: 'schedule' });
}

/** A run that is removed was one of checks, and had ended as whoever removed it saw it. */
function watched({ store, oracle }: World): Store {
  return {
    ...store,
    removeRuns: async (request) => {
      const before = await Promise.all(request.runs.map(({ runId }) => store.readRun(runId)));
      const answer = await store.removeRuns(request);
      for (const [index, { runId, version }] of request.runs.entries()) {
        const run = before[index]?.run;
        const isWrong = run?.purpose !== 'readiness' || (!hasEnded(run.state) && run.version === version);
        if (answer.kind === 'removed' && isWrong)
          oracle.violations.push({ invariant: 'retention', what: `run ${runId} (${run?.purpose}) was removed while it was ${run?.state}` });
      }
      return answer;
    },
  };
}

/** A store as a server sees it that takes everything for checks that ended long ago. */
function confused(store: Store): Store {
  return {
    ...store,
    endedChecks: async (_after, limit) => {
      const all = await store.listRuns({ limit });
      return all.toReversed().map((run) => ({ ...run, purpose: 'readiness', state: 'succeeded', createdAtMs: 0, endedAtMs: 0 }));
    },
    readRun: async (runId) => {
      const stored = await store.readRun(runId);
      return stored === undefined ? undefined : { ...stored, steps: [] };
    },
  };
}

async function judge({ store, ports, oracle }: World, checks: readonly RunId[]): Promise<void> {
  const broken = (what: string): void => void oracle.violations.push({ invariant: 'retention', what });
  const chain = await store.readSystemAudit(0, 100_000);
  if (firstBreak(ports.ids.sha256, chain) !== undefined) broken('the chain of the installation does not hold');
  const stored = await Promise.all(checks.map((runId) => store.readRun(runId)));
  for (const [index, runId] of checks.entries()) {
    if (stored[index] !== undefined) continue;
    const told = chain.flatMap((entry) => removedFacts(entry, runId) ?? []);
    if (told.length !== 1) broken(`checks ${runId} are gone, and ${told.length} entries say so`);
    const newer = stored.slice(index + 1).some((one) => one !== undefined && hasEnded(one.run.state));
    if (!newer) broken(`checks ${runId} were the newest`);
  }
}
