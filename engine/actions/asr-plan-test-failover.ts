import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { sameArmId } from '../ids.ts';
import { effectAction } from './action.ts';
import { allows } from './asr-item-state.ts';
import { planQuestions } from './asr-plan-change.ts';
import { type MadeMachine, verifyMade } from './asr-plan-made.ts';
import { POINT_INPUT, missingPoint, planPoint } from './asr-plan-point.ts';
import { wrongDirection } from './asr-plan-state.ts';
import { networkOf, testMachineId } from './asr-test-machine.ts';

const inputSchema = z.strictObject({
  plan: z.string().min(1).describe('ARM id of the recovery plan'),
  network: z.string().min(1).describe('ARM id of the isolated network in the region that takes over'),
  direction: z
    .enum(['PrimaryToRecovery', 'RecoveryToPrimary'])
    .default('PrimaryToRecovery')
    .describe('As seen from the sites that the plan was made for'),
  ...POINT_INPUT,
});

const COPY: MadeMachine = {
  shows: (item) => allows(item, 'TestFailoverCleanup'),
  id: testMachineId,
  shown: (name) => `a test failover of ${name}`,
  called: (name) => `the test machine of ${name}`,
  observed: 'Test machines run',
};

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
  undo: { action: 'asr.plan.test-failover-cleanup@1', same: ['plan'] },
  ...planQuestions<z.infer<typeof inputSchema>>({
    verb: 'test failover',
    word: 'TestFailover',
    shows: COPY.shows,
    needs: 'every machine',
    whenReached: 'refuse',
    whenBusy: 'refuse',
    made: COPY,
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
  verify: (ports, context, ended) =>
    verifyMade(ports, context, {
      made: COPY,
      ended,
      fits: ({ nic }) => {
        const network = networkOf(nic);
        return network === undefined || sameArmId(network, context.input.network)
          ? undefined
          : `is in ${network}, not in the network asked for`;
      },
    }),
});
