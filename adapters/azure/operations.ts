import type { AzureOperation } from '../../engine/azure-operations.ts';
import { armIdPart } from '../../engine/ids.ts';
import { triggerBackup } from './backup.ts';
import type { CallOptions } from './call-options.ts';
import type { Clients } from './clients.ts';
import { createCollection, createDisk, createRestorePoint, deleteDisk, deleteRestorePoint, tagDisk } from './disks.ts';
import { cleanUpPlan, commitPlan, failOverPlan, testFailoverPlan } from './recovery-plans.ts';
import { createNic, deleteNic, setSecurityRules } from './network.ts';
import { restoreDisks } from './restores.ts';
import { setEndpoint } from './resources.ts';
import { switchProtection } from './reversed-protection.ts';
import { deleteRunCommand, putRunCommand } from './run-command.ts';
import { cleanUpTestFailover, testFailover } from './site-recovery.ts';
import { createVm, deallocateVm, deleteVm, installPatches, restartVm, startVm, swapDisks } from './virtual-machines.ts';

/** The ARM id of the resource that an operation is sent to. */
function resourceOf(operation: AzureOperation): string {
  if ('diskId' in operation) return operation.diskId;
  if (operation.kind === 'backup.restoreDisks') return operation.itemId;
  if ('pointId' in operation) return operation.pointId;
  if ('nicId' in operation && operation.kind !== 'vm.create') return operation.nicId;
  if ('securityGroupId' in operation) return operation.securityGroupId;
  if ('endpointId' in operation) return operation.endpointId;
  if ('vmId' in operation) return operation.vmId;
  return 'planId' in operation ? operation.planId : operation.itemId;
}

/** Makes the one SDK call of an operation. What it returns or throws tells nothing: the recorded answer does. */
export async function send(all: Clients, operation: AzureOperation, options: CallOptions): Promise<void> {
  const clients = all.submit(armIdPart(resourceOf(operation), 'subscriptions') ?? '');
  switch (operation.kind) {
    case 'vm.start':
      return startVm(clients, operation.vmId, options);
    case 'vm.deallocate':
      return deallocateVm(clients, operation.vmId, options);
    case 'vm.restart':
      return restartVm(clients, operation.vmId, options);
    case 'vm.delete':
      return deleteVm(clients, operation.vmId, options);
    case 'vm.create':
      return createVm(clients, operation, options);
    case 'vm.swapDisks':
      return swapDisks(clients, operation, options);
    case 'vm.installPatches':
      return installPatches(clients, operation, options);
    case 'disk.create':
      return createDisk(clients, operation, options);
    case 'disk.tag':
      return tagDisk(clients, operation, options);
    case 'disk.delete':
      return deleteDisk(clients, operation.diskId, options);
    case 'nic.create':
      return createNic(all, operation, options);
    case 'nic.delete':
      return deleteNic(all, operation.nicId, options);
    case 'nsg.setRules':
      return setSecurityRules(all, operation, options);
    case 'trafficManager.setEndpoint':
      return setEndpoint(all, operation, options);
    case 'restorePoints.create':
      return createCollection(clients, operation, options);
    case 'restorePoint.create':
      return createRestorePoint(clients, operation, options);
    case 'restorePoint.delete':
      return deleteRestorePoint(clients, operation.pointId, options);
    case 'runCommand.put':
      return putRunCommand(clients, operation, options);
    case 'runCommand.delete':
      return deleteRunCommand(clients, operation, options);
    case 'backup.trigger':
      return triggerBackup(clients, operation, options);
    case 'backup.restoreDisks':
      return restoreDisks(clients, operation, options);
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
