import { powerAction } from './azure-vm-power.ts';

/** Starts a virtual machine. */
export const azureVmStart = powerAction({
  name: 'azure.vm.start@1',
  summary: 'Start a virtual machine',
  operation: 'vm.start',
  goal: 'running',
  onTheWay: 'starting',
  undo: 'azure.vm.deallocate@1',
});
