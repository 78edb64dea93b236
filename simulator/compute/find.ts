import { armError, resourceNotFound } from '../arm-errors.ts';
import { machineId } from '../arm-ids.ts';
import { isReadable } from '../lists.ts';
import { param } from '../route.ts';
import { keyOf } from '../world.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, World } from '../world.ts';

/** The refusal of a request below a subscription or resource group that does not exist; undefined when both exist. */
export function scopeRefusal(world: World, call: Call): Answer | undefined {
  const { subscriptionId, resourceGroupName } = call.params;
  if (subscriptionId !== undefined && subscriptionId.toLowerCase() !== world.subscriptionId) {
    return armError(404, 'SubscriptionNotFound', `The subscription '${subscriptionId}' could not be found.`);
  }
  if (resourceGroupName === undefined) return undefined;
  const group = world.resourceGroups.get(resourceGroupName.toLowerCase());
  const makes = call.method === 'PUT' || call.method === 'PATCH';
  if (group?.state === 'Deleting' && makes)
    return armError(
      409,
      'ResourceGroupBeingDeleted',
      `The resource group '${group.name}' is in deprovisioning state and cannot perform this operation.`,
    );
  if (group !== undefined || (makes && /\/resourceGroups\/[^/]+$/i.test(call.path))) return undefined;
  return armError(404, 'ResourceGroupNotFound', `Resource group '${resourceGroupName}' could not be found.`);
}

/** The refusal of a request for a machine whose region is down; undefined when it may be asked. */
export function regionRefusal(world: World, call: Call): Answer | undefined {
  const { resourceGroupName, vmName } = call.params;
  if (resourceGroupName === undefined || vmName === undefined || world.downRegion === undefined) return undefined;
  const machine = world.machines.get(keyOf(resourceGroupName, vmName));
  if (machine?.location !== world.downRegion) return undefined;
  return armError(
    503,
    'ServiceUnavailable',
    `The compute service of ${machine.location} is temporarily unavailable. Please try again later.`,
  );
}

/** The machine a request names, or the answer that there is none. */
export function findMachine(world: World, call: Call): Machine | Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'vmName');
  return world.machines.get(keyOf(group, name)) ?? resourceNotFound('Microsoft.Compute/virtualMachines', name, group);
}

/** The same for a read, which does not see for a moment what was just put. */
export function readMachine(world: World, call: Call): Machine | Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine) || isReadable(world, machineId(world, machine.group, machine.name))) return machine;
  return resourceNotFound('Microsoft.Compute/virtualMachines', machine.name, machine.group);
}

/** Tells a machine from an answer. */
export function isMachine(found: Machine | Answer): found is Machine {
  return 'vmId' in found;
}
