import type { VirtualMachineRunCommandInstanceView } from '@azure/arm-compute';
import { isShown } from './shown.ts';
import type { SdkClients } from './azure-sdk.ts';
import type { RunningSimulator } from './simulator.ts';

/** A script for a machine of the simulated shop. */
export interface ScriptOrder {
  readonly group?: string;
  readonly location?: string;
  readonly machine: string;
  readonly name: string;
  readonly script: string;
}

/** Runs a script by managed run command with the unmodified SDK and gives its instance view when it has ended. */
export async function runOnMachine(
  given: { readonly azure: SdkClients; readonly simulator: RunningSimulator },
  order: ScriptOrder,
): Promise<VirtualMachineRunCommandInstanceView> {
  const { group = 'rg-shop-weu', location = 'westeurope', machine, name, script } = order;
  const { azure, simulator } = given;
  const commands = azure.compute.virtualMachineRunCommands;
  await commands
    .createOrUpdate(group, machine, name, { location, source: { script }, timeoutInSeconds: 60, asyncExecution: true })
    .submitted();
  const view = async (): Promise<VirtualMachineRunCommandInstanceView> =>
    (await commands.getByVirtualMachine(group, machine, name, { expand: 'instanceView' })).instanceView ?? {};
  await simulator.until(async () => isShown(view));
  await simulator.until(async () => !['Pending', 'Running'].includes((await view()).executionState ?? ''));
  return view();
}
