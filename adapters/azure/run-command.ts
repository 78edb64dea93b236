import type { AzureRunCommand } from '../../engine/azure-calls.ts';
import type { RunCommandPut } from '../../engine/azure-operations.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientSet } from './clients.ts';
import { vmPath } from './resource-paths.ts';
import { stitched } from './stitch.ts';
import { timeOf } from './times.ts';

/**
 * Creates a managed run command. With `asyncExecution` provisioning ends as soon as the script starts, so its end is read from
 * the instance view; a script that fails must not make the resource fail.
 */
export async function putRunCommand(clients: ClientSet, put: RunCommandPut, options: CallOptions): Promise<void> {
  const body = {
    location: put.location,
    source: { script: put.script },
    parameters: pairsOf(put.parameters),
    protectedParameters: pairsOf(put.protectedParameters),
    timeoutInSeconds: Math.ceil(put.timeoutMs / 1000),
    asyncExecution: true,
    treatFailureAsDeploymentFailure: false,
  };
  await clients.compute.virtualMachineRunCommands.createOrUpdate(...vmPath(put.vmId), put.name, body, options).submitted();
}

/** Deletes a managed run command. */
export async function deleteRunCommand(
  clients: ClientSet,
  command: { readonly vmId: string; readonly name: string },
  options: CallOptions,
): Promise<void> {
  await clients.compute.virtualMachineRunCommands.delete(...vmPath(command.vmId), command.name, options).submitted();
}

/** Reads a managed run command with its instance view. */
export async function getRunCommand(
  clients: ClientSet,
  command: { readonly vmId: string; readonly name: string },
  abortSignal: AbortSignal,
): Promise<AzureRunCommand> {
  const [resourceGroup, vm] = vmPath(command.vmId);
  const found = await clients.compute.virtualMachineRunCommands.getByVirtualMachine(resourceGroup, vm, command.name, {
    expand: 'instanceView',
    abortSignal,
  });
  const view = found.instanceView;
  return {
    name: command.name,
    executionState: view?.executionState,
    exitCode: view?.exitCode,
    output: view?.output ?? '',
    error: view?.error ?? '',
    executionMessage: view?.executionMessage || undefined,
    startedAtMs: timeOf(view?.startTime),
  };
}

/** Reads the names of a machine's managed run commands. */
export async function listRunCommands(clients: ClientSet, vmId: string, abortSignal: AbortSignal): Promise<readonly string[]> {
  const found = await stitched(() => clients.compute.virtualMachineRunCommands.listByVirtualMachine(...vmPath(vmId), { abortSignal }));
  return [...found.values()].flatMap(({ name }) => name ?? []);
}

function pairsOf(values: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
