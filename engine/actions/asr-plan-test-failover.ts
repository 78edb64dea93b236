import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { sameArmId } from '../ids.ts';
import type { JsonObject } from '../json.ts';
import { VERIFY_POLL_MS } from '../limits.ts';
import type { Target } from '../target.ts';
import type { ActionContext, ActionPorts, VerifyOutcome } from './action.ts';
import { effectAction } from './action.ts';
import { allows } from './asr-item-state.ts';
import { jobResult } from './asr-job.ts';
import { planQuestions } from './asr-plan-change.ts';
import { POINT_INPUT, brokenGroup, missingPoint, planPoint, usedPoints } from './asr-plan-point.ts';
import { type PlanMachine, planMachineSource, readPlan, wrongDirection } from './asr-plan-state.ts';
import { networkOf, readTestMachine, testMachineId, testMachineTarget } from './asr-test-machine.ts';
import { unansweredRead } from './azure-answer.ts';
import { pacedMs } from './pace.ts';

const inputSchema = z.strictObject({
  plan: z.string().min(1).describe('ARM id of the recovery plan'),
  network: z.string().min(1).describe('ARM id of the isolated network in the region that takes over'),
  direction: z
    .enum(['PrimaryToRecovery', 'RecoveryToPrimary'])
    .default('PrimaryToRecovery')
    .describe('As seen from the sites that the plan was made for'),
  ...POINT_INPUT,
});

type Context = ActionContext<z.infer<typeof inputSchema>>;

/** Starts copies of all machines of a plan in an isolated network, group by group; the machines themselves are not touched. */
export const asrPlanTestFailover = effectAction({
  name: 'asr.plan.test-failover@1',
  summary: 'Test failover of a recovery plan into an isolated network',
  effect: 'guarded',
  severity: 'moderate',
  target: 'none',
  input: inputSchema,
  result: { recovery_points: { map: 'timestamp' }, changed: 'bool', adopted: 'bool', job: 'string' },
  timeoutMs: 14_400_000,
  permissions: rightsOf('sr.plan', 'sr.item', 'sr.points', 'sr.jobs', 'sr.plan.testFailover', 'vm.get', 'nic.get'),
  produces: true,
  ...planQuestions<z.infer<typeof inputSchema>>({
    verb: 'test failover',
    word: 'TestFailover',
    shows: (item) => allows(item, 'TestFailoverCleanup'),
    needs: 'every machine',
    whenReached: 'refuse',
    whenBusy: 'refuse',
    refusal: async (ports, { input, signal }, state) =>
      wrongDirection(state, input.direction) ?? (await missingPoint(ports, input.recovery_point, { state, signal })),
    operation: (input) => ({
      kind: 'sr.plan.testFailover',
      planId: input.plan,
      direction: input.direction,
      networkId: input.network,
      ...planPoint(input),
    }),
  }),
  verify,
});

async function verify(ports: ActionPorts, context: Context, ended: JsonObject | undefined): Promise<VerifyOutcome> {
  const { input, signal } = context;
  const notYet = (message: string): VerifyOutcome => ({ kind: 'not_yet', message, retryAfterMs: pacedMs(context, VERIFY_POLL_MS) });
  const read = await readPlan(ports, input.plan, signal);
  if (read.kind === 'problem') return unansweredRead(read.what, read.problem);
  const produced: Target[] = [];
  for (const machine of read.machines) {
    const seen = await readCopy(ports, context, machine);
    if (typeof seen === 'string') return notYet(seen);
    if (seen.kind === 'unanswered') return seen;
    produced.push(testMachineTarget(planMachineSource(read, machine), seen.vm, seen.nic));
  }
  const broken = brokenGroup(read, input, ended);
  if (broken !== undefined) return notYet(broken);
  const data = { machines: produced.map(({ id }) => id), network: input.network };
  return {
    kind: 'succeeded',
    result: { recovery_points: usedPoints(ended), ...jobResult(ended) },
    produced,
    observations: [{ at: ports.clock.nowMs(), what: 'Test machines run', data }],
  };
}

/** The copy of one machine, once it runs in the network that was asked for; a sentence says what is missing. */
async function readCopy(ports: ActionPorts, { input, signal }: Context, { item }: PlanMachine) {
  const name = item.friendlyName;
  if (!allows(item, 'TestFailoverCleanup')) return `Site Recovery does not show a test failover of ${name}`;
  const vmId = testMachineId(item);
  if (vmId === undefined) return `Site Recovery does not name the test machine of ${name}`;
  const seen = await readTestMachine(ports, vmId, signal);
  if (seen.kind === 'unanswered') return seen;
  if (seen.kind === 'missing') return `the test machine of ${name} does not exist`;
  if (seen.vm.powerState?.toLowerCase() !== 'running') return `${seen.vm.name} is ${seen.vm.powerState ?? 'in an unknown power state'}`;
  const network = networkOf(seen.nic);
  if (network !== undefined && !sameArmId(network, input.network)) return `${seen.vm.name} is in ${network}, not in the network asked for`;
  return seen;
}
