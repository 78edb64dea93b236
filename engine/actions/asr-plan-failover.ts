import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureReplicationItem } from '../azure-calls.ts';
import type { JsonObject } from '../json.ts';
import { VERIFY_POLL_MS } from '../limits.ts';
import type { Target } from '../target.ts';
import type { ActionContext, ActionPorts, VerifyOutcome } from './action.ts';
import { effectAction } from './action.ts';
import { isFailedOver } from './asr-item-state.ts';
import { jobResult } from './asr-job.ts';
import { planQuestions } from './asr-plan-change.ts';
import { POINT_INPUT, brokenGroup, missingPoint, planPoint, usedPoints } from './asr-plan-point.ts';
import { planMachineSource, readPlan, wrongDirection } from './asr-plan-state.ts';
import { readTestMachine, testMachineTarget } from './asr-test-machine.ts';
import { unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

const inputSchema = z.strictObject({
  plan: z.string().min(1).describe('ARM id of the recovery plan'),
  direction: z.enum(['PrimaryToRecovery', 'RecoveryToPrimary']).describe('As seen from the sites that the plan was made for'),
  shutdown_primary: z.boolean().describe('Shut the machines down first where they run now: a planned move; false when that site is lost'),
  ...POINT_INPUT,
});

type Input = z.infer<typeof inputSchema>;

/**
 * Fails all machines of a plan over, group by group: they run at the other site afterwards. Azure-to-Azure protection has no planned
 * failover of its own; a planned move is this action with the machines shut down first and the latest point.
 */
export const asrPlanFailover = effectAction({
  name: 'asr.plan.failover@1',
  summary: 'Fail the machines of a recovery plan over to the other site',
  effect: 'guarded',
  severity: 'severe',
  target: 'none',
  input: inputSchema,
  result: { recovery_points: { map: 'timestamp' }, changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 14_400_000,
  permissions: rightsOf('sr.plan', 'sr.item', 'sr.points', 'sr.jobs', 'sr.plan.failover', 'vm.get', 'nic.get'),
  produces: true,
  ...planQuestions<Input>({
    verb: 'failover',
    word: 'UnplannedFailover',
    shows: hasMoved,
    needs: 'every machine',
    whenReached: 'refuse',
    whenBusy: 'refuse',
    refusal: async (ports, { input, signal }, state) =>
      wrongDirection(state, input.direction) ?? (await missingPoint(ports, input.recovery_point, { state, signal })),
    operation: (input) => ({
      kind: 'sr.plan.failover',
      planId: input.plan,
      direction: input.direction,
      shutdownPrimary: input.shutdown_primary,
      ...planPoint(input),
    }),
  }),
  verify,
});

async function verify(ports: ActionPorts, context: ActionContext<Input>, ended: JsonObject | undefined): Promise<VerifyOutcome> {
  const { input, signal } = context;
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  const read = await readPlan(ports, input.plan, signal);
  if (read.kind === 'problem') return unansweredRead(read.what, read.problem);
  const produced: Target[] = [];
  for (const machine of read.machines) {
    const { friendlyName, recoveryVmId } = machine.item;
    if (!hasMoved(machine.item) || recoveryVmId === undefined)
      return notYet(`Site Recovery does not show that ${friendlyName} has failed over`);
    const seen = await readTestMachine(ports, recoveryVmId, signal);
    if (seen.kind === 'unanswered') return seen;
    if (seen.kind === 'missing') return notYet(`${friendlyName} does not exist at the other site`);
    if (seen.vm.powerState?.toLowerCase() !== 'running')
      return notYet(`${friendlyName} is ${seen.vm.powerState ?? 'in an unknown power state'}`);
    produced.push(testMachineTarget(planMachineSource(read, machine), seen.vm, seen.nic));
  }
  const broken = brokenGroup(read, input, ended);
  if (broken !== undefined) return notYet(broken);
  return {
    kind: 'succeeded',
    result: { recovery_points: usedPoints(ended), ...jobResult(ended) },
    produced,
    observations: [{ at: ports.clock.nowMs(), what: 'Machines run at the other site', data: { machines: produced.map(({ id }) => id) } }],
  };
}

function hasMoved(item: AzureReplicationItem): boolean {
  return isFailedOver(item) && item.activeLocation?.toLowerCase() === 'recovery';
}
