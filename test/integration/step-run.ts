import { randomUUID } from 'node:crypto';
import { createRunCommandShell } from '../../adapters/azure/run-command-shell.ts';
import { createShell } from '../../adapters/shell/router.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Action } from '../../engine/actions/action.ts';
import { actions } from '../../engine/actions/registry.ts';
import { scriptAction } from '../../engine/actions/script-run.ts';
import type { Azure } from '../../engine/azure-calls.ts';
import type { RunId } from '../../engine/ids.ts';
import { canonicalJson } from '../../engine/json.ts';
import type { StepBody } from '../../engine/language/runbook.ts';
import type { Plan } from '../../engine/plan/plan-record.ts';
import { advance } from '../../engine/run/advance.ts';
import { sendCommand } from '../../engine/run/command.ts';
import { LEASE_TIMES } from '../../engine/run/holder.ts';
import type { RunRecord, StepRecord } from '../../engine/run/record.ts';
import { hasEnded } from '../../engine/run/run-state.ts';
import { startRun } from '../../engine/run/start.ts';
import type { Engine } from '../../engine/run/turn.ts';
import type { Target } from '../../engine/target.ts';
import { memoryPorts } from '../support/memory-ports.ts';
import { step, testPlan } from '../support/plan.ts';

/** Runs one step as a run of its own with the whole engine, until it has ended or waits for a person. Answers the record of its leaf. */
export type StepRun = (body: StepBody, target?: Target) => Promise<StepRecord>;

/** A run and its steps, as the store has them at the end. */
export interface PlanRun {
  readonly run: RunRecord;
  readonly steps: readonly StepRecord[];
}

/** How an engine keeps time: `timeScale` divides all its waits; `quietTimes` makes the quiet time longer again. */
export interface Pace {
  readonly timeScale: number;
  readonly quietTimes?: number;
  /** What a person says about a step that nobody can tell of: asked once, then the run goes on. */
  readonly askedAbout?: (record: StepRecord) => Promise<'again' | 'succeeded' | 'failed'>;
}

/** Makes runs of one step against an estate. */
export function stepRuns(azure: Azure, pace: Pace): StepRun {
  const carryOut = planRuns(azure, pace);
  return async (body, target) => {
    const sets =
      target === undefined ? {} : { machines: { onEmpty: 'fail', onUnreachable: 'record', targets: [{ ...target, key: 'one' }] } as const };
    const definition = { steps: [step('only', body, target === undefined ? {} : { target: { kind: 'set', set: 'machines' } })] };
    const { run, steps } = await carryOut(testPlan(definition, { sets, actions: actionsOf(body) }));
    const leaf = steps.find(({ node }) => node === 'leaf');
    if (leaf === undefined) throw new Error(`the run is ${run.state} and has no step: ${run.reason ?? ''}`);
    return leaf;
  };
}

/** Makes whole runs against an estate. Each ends, or waits for a person. */
export function planRuns(azure: Azure, { timeScale, quietTimes = 1, askedAbout }: Pace): (plan: Plan) => Promise<PlanRun> {
  const quiet = (action: Action): Action => (action.effect === 'read' ? action : { ...action, quietMs: action.quietMs * quietTimes });
  const quietActions = new Map([...actions].map(([name, action]) => [name, quiet(action)]));
  return async (plan) => {
    const ports = {
      ...memoryPorts(systemClock),
      azure,
      shell: createShell({ runCommand: createRunCommandShell(azure) }),
    };
    const engine: Engine = {
      ports,
      actions: quietActions,
      script: (effect, via) => quiet(scriptAction(effect, via)),
      times: LEASE_TIMES,
      stops: { now: () => ({ freezes: [] }) },
      timeScale,
      worker: 'worker-1',
    };
    const runId = randomUUID() as RunId;
    const text = canonicalJson(plan);
    const requester = { id: 'alice', name: 'alice', kind: 'token', groups: [] } as const;
    await startRun(ports, { plan: { plan, text, hash: ports.ids.sha256(text) }, runId, requester, trigger: 'test', freezeExempt: false });
    let person = askedAbout;
    for (;;) {
      const visit = await advance(engine, runId, new AbortController().signal);
      if (visit === 'unsupported') throw new Error('this engine cannot carry the run out');
      const stored = await ports.store.readRun(runId);
      if (stored === undefined) throw new Error('the run is gone');
      const { run, steps } = stored;
      const leaf = steps.find(({ node }) => node === 'leaf');
      if (run.state === 'unknown' && person !== undefined && leaf !== undefined) {
        const as = await person(leaf);
        person = undefined;
        const word = { kind: 'resolve', runId, step: leaf.path, as, by: requester, atMs: Date.now(), reason: 'looked at Azure' } as const;
        await sendCommand(ports, randomUUID(), { ...word, by: { ...requester, groups: [] } });
        continue;
      }
      if (hasEnded(run.state) || ['unknown', 'paused'].includes(run.state)) return stored;
      await systemClock.sleep(Math.max(0, run.wakeAtMs - Date.now()));
    }
  };
}

/** The action of a step as a plan pins it; a script has none. */
function actionsOf(body: StepBody): Plan['actions'] {
  const action = body.kind === 'uses' ? actions.get(body.action) : undefined;
  return action === undefined ? {} : { [action.name]: action.effect };
}
