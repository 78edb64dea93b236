import { armError } from '../arm-errors.ts';
import { listed } from '../lists.ts';
import { computeStatus, findOperation, isOperation, operationResult } from '../operations.ts';
import { paged } from '../paging.ts';
import { param } from '../route.ts';
import { ACTION_RUN_COMMAND, ACTION_RUN_COMMAND_BODY, postRunCommand } from './action-run-command.ts';
import { findMachine, isMachine, readMachine } from './find.ts';
import { instanceView, machineBody } from './machine-view.ts';
import {
  CREATE_BODY,
  CREATE_OPERATION,
  DELETE_OPERATION,
  RESTART_OPERATION,
  UPDATE_BODY,
  UPDATE_OPERATION,
  patchVm,
  postRestart,
  putVm,
  removeVm,
} from './machine-requests.ts';
import { PATCHES_BODY, PATCHES_OPERATION, postPatches } from './patches.ts';
import { changePower, type PowerVerb } from './power.ts';
import { REDEPLOY_OPERATION, REIMAGE_BODY, REIMAGE_OPERATION, postRedeploy, postReimage } from './renewals.ts';
import { RUN_COMMAND_BODY, deleteRunCommand, getRunCommand, listRunCommands, putRunCommand } from './run-command-requests.ts';
import type { Answer, Call, Route } from '../route.ts';
import type { World } from '../world.ts';

const apiVersions = ['2026-04-01'];
const PROVIDER = '/subscriptions/{subscriptionId}/providers/Microsoft.Compute';
const MACHINES = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/virtualMachines';
const MACHINE = `${MACHINES}/{vmName}`;
const RUN_COMMAND = `${MACHINE}/runCommands/{runCommandName}`;
const MACHINES_A_PAGE = 100;

/** The operations of the compute provider that are served. */
export const COMPUTE_ROUTES: readonly Route[] = [
  { operation: 'VirtualMachines_Get', method: 'GET', path: MACHINE, apiVersions, handle: getMachine },
  { operation: 'VirtualMachines_InstanceView', method: 'GET', path: `${MACHINE}/instanceView`, apiVersions, handle: getInstanceView },
  { operation: 'VirtualMachines_List', method: 'GET', path: MACHINES, apiVersions, handle: listGroup },
  { operation: 'VirtualMachines_ListAll', method: 'GET', path: `${PROVIDER}/virtualMachines`, apiVersions, handle: listAll },
  { operation: 'VirtualMachines_Start', method: 'POST', path: `${MACHINE}/start`, apiVersions, handle: power('start') },
  { operation: 'VirtualMachines_Deallocate', method: 'POST', path: `${MACHINE}/deallocate`, apiVersions, handle: power('deallocate') },
  { operation: 'VirtualMachines_PowerOff', method: 'POST', path: `${MACHINE}/powerOff`, apiVersions, handle: power('powerOff') },
  { operation: RESTART_OPERATION, method: 'POST', path: `${MACHINE}/restart`, apiVersions, handle: postRestart },
  { operation: REDEPLOY_OPERATION, method: 'POST', path: `${MACHINE}/redeploy`, apiVersions, handle: postRedeploy },
  {
    operation: REIMAGE_OPERATION,
    method: 'POST',
    path: `${MACHINE}/reimage`,
    apiVersions,
    body: REIMAGE_BODY,
    bodyOptional: true,
    handle: postReimage,
  },
  {
    operation: ACTION_RUN_COMMAND,
    method: 'POST',
    path: `${MACHINE}/runCommand`,
    apiVersions,
    body: ACTION_RUN_COMMAND_BODY,
    handle: postRunCommand,
  },
  { operation: DELETE_OPERATION, method: 'DELETE', path: MACHINE, apiVersions, handle: removeVm },
  { operation: CREATE_OPERATION, method: 'PUT', path: MACHINE, apiVersions, body: CREATE_BODY, handle: putVm },
  { operation: UPDATE_OPERATION, method: 'PATCH', path: MACHINE, apiVersions, body: UPDATE_BODY, handle: patchVm },
  {
    operation: PATCHES_OPERATION,
    method: 'POST',
    path: `${MACHINE}/installPatches`,
    apiVersions,
    body: PATCHES_BODY,
    handle: postPatches,
  },
  {
    operation: 'VirtualMachineRunCommands_CreateOrUpdate',
    method: 'PUT',
    path: RUN_COMMAND,
    apiVersions,
    body: RUN_COMMAND_BODY,
    handle: putRunCommand,
  },
  { operation: 'VirtualMachineRunCommands_GetByVirtualMachine', method: 'GET', path: RUN_COMMAND, apiVersions, handle: getRunCommand },
  { operation: 'VirtualMachineRunCommands_Delete', method: 'DELETE', path: RUN_COMMAND, apiVersions, handle: deleteRunCommand },
  {
    operation: 'VirtualMachineRunCommands_ListByVirtualMachine',
    method: 'GET',
    path: `${MACHINE}/runCommands`,
    apiVersions,
    handle: listRunCommands,
  },
  {
    operation: 'ComputeOperations_Get',
    method: 'GET',
    path: `${PROVIDER}/locations/{location}/operations/{operationId}`,
    apiVersions,
    handle: getOperation,
  },
];

function getMachine(world: World, call: Call): Answer {
  const machine = readMachine(world, call);
  if (!isMachine(machine)) return machine;
  const expand = call.query.get('$expand');
  if (expand !== null && expand !== 'instanceView' && expand !== 'userData') {
    return armError(400, 'InvalidParameter', `The value '${expand}' of $expand is invalid.`);
  }
  return { status: 200, body: machineBody(world, machine, expand === 'instanceView') };
}

function getInstanceView(world: World, call: Call): Answer {
  const machine = readMachine(world, call);
  return isMachine(machine) ? { status: 200, body: instanceView(world, machine) } : machine;
}

function listGroup(world: World, call: Call): Answer {
  const part = `/resourcegroups/${param(call, 'resourceGroupName').toLowerCase()}/`;
  const bodies = listed(world, 'virtualMachines').filter((body) => (body as { readonly id: string }).id.toLowerCase().includes(part));
  return paged(world, call, { bodies, most: MACHINES_A_PAGE });
}

function listAll(world: World, call: Call): Answer {
  const bodies = listed(world, call.query.get('statusOnly') === 'true' ? 'virtualMachines/status' : 'virtualMachines');
  return paged(world, call, { bodies, most: MACHINES_A_PAGE });
}

function power(verb: PowerVerb): Route['handle'] {
  return (world, call) => {
    const machine = findMachine(world, call);
    return isMachine(machine) ? changePower(world, machine, { verb, call }) : machine;
  };
}

function getOperation(world: World, call: Call): Answer {
  const operation = findOperation(world, call, param(call, 'operationId'));
  if (!isOperation(operation)) return operation;
  return call.query.get('monitor') === 'true' ? operationResult(world, operation, 10) : computeStatus(world, operation);
}
