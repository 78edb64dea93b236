import { powerAction } from './azure-vm-power.ts';

/** Stops a virtual machine and gives its hardware back: a machine that is only stopped is still billed. */
export const azureVmDeallocate = powerAction({
  name: 'azure.vm.deallocate@1',
  summary: 'Stop a virtual machine and release its hardware',
  operation: 'vm.deallocate',
  goal: 'deallocated',
  onTheWay: 'deallocating',
  undo: 'azure.vm.start@1',
});
