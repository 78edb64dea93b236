import type { AzureReplicationItem } from '../azure-calls.ts';
import type { JsonObject } from '../json.ts';
import { VERIFY_POLL_MS } from '../limits.ts';
import type { Target } from '../target.ts';
import type { ActionContext, ActionPorts, Unanswered, VerifyOutcome } from './action.ts';
import { jobResult } from './asr-job.ts';
import { brokenGroup, spreadMs, usedPoints } from './asr-plan-point.ts';
import { type PlanState, planMachineSource, readPlan } from './asr-plan-state.ts';
import { readTestMachine, testMachineTarget } from './asr-test-machine.ts';
import { unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

/** What a change of a plan makes of each of its machines: a copy, or the machine itself at the other site. */
export interface MadeMachine {
  /** True for a machine that Site Recovery shows as changed. */
  readonly shows: (item: AzureReplicationItem) => boolean;
  /** The ARM id of what was made of it; undefined when Site Recovery does not tell. */
  readonly id: (item: AzureReplicationItem) => string | undefined;
  /** The recovery point that Site Recovery keeps with the machine, for jobs that do not tell it. */
  readonly point?: (item: AzureReplicationItem) => string | undefined;
  /** For people, after "Site Recovery does not show". */
  readonly shown: (name: string) => string;
  /** For people: what is made, for example "the test machine of web-01". */
  readonly called: (name: string) => string;
  readonly observed: string;
}

type Seen = Extract<Awaited<ReturnType<typeof readTestMachine>>, { readonly kind: 'found' }>;

/**
 * Every machine of the plan was made and runs, and those of one replication group started from one point. `fits` says what is wrong with a
 * machine that runs.
 */
export async function verifyMade(
  ports: ActionPorts,
  context: ActionContext<{ readonly plan: string; readonly multi_vm_sync: boolean }>,
  asked: { readonly made: MadeMachine; readonly ended: JsonObject | undefined; readonly fits?: (seen: Seen) => string | undefined },
): Promise<VerifyOutcome> {
  const { made, ended, fits } = asked;
  const { input, signal } = context;
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  const read = await readPlan(ports, input.plan, signal);
  if (read.kind === 'problem') return unansweredRead(read.what, read.problem);
  const produced: Target[] = [];
  for (const machine of read.machines) {
    const name = machine.item.friendlyName;
    if (!made.shows(machine.item)) return notYet(`Site Recovery does not show ${made.shown(name)}`);
    const vmId = made.id(machine.item);
    if (vmId === undefined) return notYet(`Site Recovery does not name ${made.called(name)}`);
    const seen = await readTestMachine(ports, vmId, signal);
    if (seen.kind === 'unanswered') return seen;
    if (seen.kind === 'missing') return notYet(`${made.called(name)} does not exist`);
    const wrong =
      seen.vm.powerState?.toLowerCase() === 'running' ? fits?.(seen) : `is ${seen.vm.powerState ?? 'in an unknown power state'}`;
    if (wrong !== undefined) return notYet(`${seen.vm.name} ${wrong}`);
    produced.push(testMachineTarget(planMachineSource(read, machine), seen.vm, seen.nic));
  }
  const used = await usedPoints(ports, read, { ended, signal, ...(made.point === undefined ? {} : { point: made.point }) });
  const broken = brokenGroup(read, input, used);
  if (broken !== undefined) return notYet(broken);
  return {
    kind: 'succeeded',
    result: { recovery_points: used, ...jobResult(ended) },
    produced,
    observations: [
      {
        at: ports.clock.nowMs(),
        what: made.observed,
        data: { machines: produced.map(({ id }) => id), point_spread_s: Math.round(spreadMs(Object.values(used)) / 1000) },
      },
    ],
  };
}

/** The machines that exist although the change has failed as a whole, whatever their power state: somebody must look after them. */
export async function madeSoFar(
  ports: ActionPorts,
  state: PlanState,
  at: { readonly made: MadeMachine; readonly signal: AbortSignal },
): Promise<readonly Target[] | Unanswered> {
  const targets: Target[] = [];
  for (const machine of state.machines) {
    const vmId = at.made.shows(machine.item) ? at.made.id(machine.item) : undefined;
    if (vmId === undefined) continue;
    const seen = await readTestMachine(ports, vmId, at.signal);
    if (seen.kind === 'unanswered') return seen;
    if (seen.kind === 'found') targets.push(testMachineTarget(planMachineSource(state, machine), seen.vm, seen.nic));
  }
  return targets;
}
