import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import type { AzureReplicationItem } from '../azure-calls.ts';
import { effectAction } from './action.ts';
import { isFailedOver } from './asr-item-state.ts';
import { planQuestions } from './asr-plan-change.ts';
import { type MadeMachine, verifyMade } from './asr-plan-made.ts';
import { POINT_INPUT, missingPoint, planPoint } from './asr-plan-point.ts';
import { wrongDirection } from './asr-plan-state.ts';

const inputSchema = z.strictObject({
  plan: z.string().min(1).describe('ARM id of the recovery plan'),
  direction: z.enum(['PrimaryToRecovery', 'RecoveryToPrimary']).describe('As seen from the sites that the plan was made for'),
  shutdown_primary: z.boolean().describe('Shut the machines down first where they run now: a planned move; false when that site is lost'),
  ...POINT_INPUT,
});

type Input = z.infer<typeof inputSchema>;

const MOVED: MadeMachine = {
  shows: hasMoved,
  id: (item) => item.recoveryVmId,
  point: (item) => item.failoverPointId,
  shown: (name) => `that ${name} has failed over`,
  called: (name) => `${name} at the other site`,
  observed: 'Machines run at the other site',
};

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
    made: MOVED,
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
  verify: (ports, context, ended) => verifyMade(ports, context, { made: MOVED, ended }),
});

function hasMoved(item: AzureReplicationItem): boolean {
  return isFailedOver(item) && item.activeLocation?.toLowerCase() === 'recovery';
}
