import { z } from 'zod';
import { rightsOf } from '../azure-rights.ts';
import { readAction } from './action.ts';
import { failed, failedRead } from './azure-answer.ts';

/** Power state, size and guest agent of a virtual machine. */
export const azureVmGet = readAction({
  name: 'azure.vm.get@1',
  summary: 'Read the state of a virtual machine',
  effect: 'read',
  severity: 'mild',
  target: 'vm',
  input: z.strictObject({}),
  result: { power_state: 'string', provisioning_state: 'string', agent_status: 'string', size: 'string', zone: 'string' },
  timeoutMs: 60_000,
  permissions: rightsOf('vm.get'),
  read: async ({ azure }, { target, signal }) => {
    if (!target) return failed('target_missing', 'this action needs a virtual machine as its target');
    const vm = await azure.read({ kind: 'vm.get', vmId: target.id }, signal);
    if (vm.kind !== 'found') return failedRead(`virtual machine ${target.name}`, vm);
    const { powerState, provisioningState, agentStatus, size, zone } = vm.value;
    return {
      kind: 'succeeded',
      result: {
        power_state: powerState ?? null,
        provisioning_state: provisioningState ?? null,
        agent_status: agentStatus ?? null,
        size: size ?? null,
        zone: zone ?? null,
      },
    };
  },
});
