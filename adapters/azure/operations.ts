import type { AzureOperation } from '../../engine/azure-operations.ts';
import { triggerBackup } from './backup.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientSet } from './clients.ts';
import { cleanUpPlan, commitPlan, failOverPlan, testFailoverPlan } from './recovery-plans.ts';
import { switchProtection } from './reversed-protection.ts';
import { deleteRunCommand, putRunCommand } from './run-command.ts';
import { cleanUpTestFailover, testFailover } from './site-recovery.ts';
import { deallocateVm, startVm } from './virtual-machines.ts';

/** The ARM id of the resource that an operation is sent to. */
export function resourceOf(operation: AzureOperation): string {
  if ('vmId' in operation) return operation.vmId;
  return 'planId' in operation ? operation.planId : operation.itemId;
}

/** Makes the one SDK call of an operation. What it returns or throws tells nothing: the recorded answer does. */
export async function send(clients: ClientSet, operation: AzureOperation, options: CallOptions): Promise<void> {
  switch (operation.kind) {
    case 'vm.start':
      return startVm(clients, operation.vmId, options);
    case 'vm.deallocate':
      return deallocateVm(clients, operation.vmId, options);
    case 'runCommand.put':
      return putRunCommand(clients, operation, options);
    case 'runCommand.delete':
      return deleteRunCommand(clients, operation, options);
    case 'backup.trigger':
      return triggerBackup(clients, operation, options);
    case 'sr.testFailover':
      return testFailover(clients, operation, options);
    case 'sr.testFailoverCleanup':
      return cleanUpTestFailover(clients, operation, options);
    case 'sr.plan.testFailover':
      return testFailoverPlan(clients, operation, options);
    case 'sr.plan.testFailoverCleanup':
      return cleanUpPlan(clients, operation, options);
    case 'sr.plan.failover':
      return failOverPlan(clients, operation, options);
    case 'sr.plan.commit':
      return commitPlan(clients, operation.planId, options);
    case 'sr.switchProtection':
      return switchProtection(clients, operation, options);
  }
}
