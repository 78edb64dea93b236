import { z } from 'zod';
import { machineId } from '../arm-ids.ts';
import { armError, refusal } from '../arm-errors.ts';
import { fateOf } from '../faults/fate.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { isReadable, listed, listLater, readLater } from '../lists.ts';
import { param } from '../route.ts';
import { DURATIONS } from '../times.ts';
import { exists } from './machines.ts';
import { findMachine, isMachine } from './find.ts';
import { endOperation, runCommandBody, startRunCommand } from './run-command.ts';
import type { Operation } from '../operations.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, World } from '../world.ts';
import type { RunCommand } from './run-command.ts';

const RUN_COMMANDS_MAX = 25;
const TIMEOUT_DEFAULT_SECONDS = 3600;
const TYPE = 'Microsoft.Compute/virtualMachines/runCommands';

const parameter = z.strictObject({ name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), value: z.string() });
const readOnly = z.unknown().optional();

/** The body of a PUT. Blob targets, other users and gallery scripts are not served; read-only parts are ignored, as Azure does. */
export const RUN_COMMAND_BODY = z.strictObject({
  id: readOnly,
  name: readOnly,
  type: readOnly,
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  properties: z.strictObject({
    source: z.strictObject({ script: z.string() }),
    parameters: z.array(parameter).optional(),
    protectedParameters: z.array(parameter).optional(),
    asyncExecution: z.boolean().optional(),
    timeoutInSeconds: z.int().positive().max(5_184_000).optional(),
    treatFailureAsDeploymentFailure: z.boolean().optional(),
    provisioningState: readOnly,
    instanceView: readOnly,
  }),
});

/** PUT: puts the run command on the machine and runs it; the same name again replaces it and runs again. */
export function putRunCommand(world: World, call: Call): Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine)) return machine;
  const name = param(call, 'runCommandName');
  const resource = runCommandId(world, machine, name);
  const body = call.body as z.infer<typeof RUN_COMMAND_BODY>;
  const known = machine.runCommands.get(name.toLowerCase());
  const refused = refuse(machine, { name, location: body.location, known });
  if (refused !== undefined) return refusal(resource, refused);

  known?.cancel();
  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({ status: 200 }));
  const command = startRunCommand(world, machine, {
    order: {
      name,
      location: machine.location,
      tags: body.tags ?? {},
      script: body.properties.source.script,
      parameters: body.properties.parameters ?? [],
      protectedParameters: body.properties.protectedParameters ?? [],
      asyncExecution: body.properties.asyncExecution ?? false,
      timeoutInSeconds: body.properties.timeoutInSeconds ?? TIMEOUT_DEFAULT_SECONDS,
      treatFailureAsDeploymentFailure: body.properties.treatFailureAsDeploymentFailure ?? false,
    },
    number: (known?.number ?? 0) + 1,
    replaces: known !== undefined,
    fate: fateOf(world, call, 'VirtualMachineRunCommands_CreateOrUpdate'),
    provisioned: (failed) => {
      endOperation(operation, failed);
      moveOperation(world, operation, failed ? 'fail' : 'succeed');
      changed(world, machine, command);
    },
  });
  machine.runCommands.set(name.toLowerCase(), command);
  changed(world, machine, command);
  if (known === undefined) readLater(world, resource);
  const headers = computeHeaders(world, operation, machine.location) ?? {};
  moveOperation(world, operation, 'run');
  return {
    status: known === undefined ? 201 : 200,
    headers,
    body: runCommandBody(resource, command, false),
    effect: { effect: known === undefined ? 'started' : 'replaced', resource, operationId: operation.id },
  };
}

function refuse(
  machine: Machine,
  wanted: { readonly name: string; readonly location: string; readonly known: RunCommand | undefined },
): Answer | undefined {
  if (machine.power !== 'running') {
    return armError(409, 'OperationNotAllowed', `Cannot modify extensions in the VM when the VM is not running.`);
  }
  if (wanted.location.toLowerCase().replaceAll(' ', '') !== machine.location) {
    return armError(400, 'InvalidParameter', `The location '${wanted.location}' of the run command differs from the location of the VM.`);
  }
  if (wanted.known?.provisioning === 'Deleting') return armError(409, 'Conflict', `The run command '${wanted.name}' is being deleted.`);
  if (wanted.known === undefined && machine.runCommands.size >= RUN_COMMANDS_MAX) {
    return armError(409, 'OperationNotAllowed', `A VM can have at most ${RUN_COMMANDS_MAX} run commands.`);
  }
  return undefined;
}

/** GET of one run command; `$expand=instanceView` shows the execution. */
export function getRunCommand(world: World, call: Call): Answer {
  const found = findRunCommand(world, call);
  if ('status' in found) return found;
  const id = runCommandId(world, found.machine, found.command.order.name);
  if (!isReadable(world, id)) return missing(found.machine, found.command.order.name);
  const expand = call.query.get('$expand');
  if (expand !== null && expand !== 'instanceView')
    return armError(400, 'InvalidParameter', `The value '${expand}' of $expand is invalid.`);
  return {
    status: 200,
    body: runCommandBody(id, found.command, expand !== null),
  };
}

/** GET of the run commands of a machine. */
export function listRunCommands(world: World, call: Call): Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine)) return machine;
  return { status: 200, body: { value: listed(world, listOf(machine)) } };
}

/** DELETE: kills a script that runs, and removes the run command. */
export function deleteRunCommand(world: World, call: Call): Answer {
  const found = findRunCommand(world, call);
  const name = param(call, 'runCommandName');
  if ('status' in found) {
    const machine = findMachine(world, call);
    return isMachine(machine) ? { status: 204, effect: { effect: 'none', resource: runCommandId(world, machine, name) } } : machine;
  }
  const { machine, command } = found;
  const resource = runCommandId(world, machine, command.order.name);
  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({ status: 200 }));
  const answer = { status: 202, headers: computeHeaders(world, operation, machine.location) ?? {} };
  moveOperation(world, operation, 'run');
  if (command.provisioning === 'Deleting') {
    waitGone(world, { machine, command, operation });
    return { ...answer, effect: { effect: 'none', resource, operationId: operation.id } };
  }
  command.cancel();
  command.provisioning = 'Deleting';
  changed(world, machine, command);
  world.clock.after(DURATIONS.runCommandDelete, () => {
    if (isThere(world, machine, command)) {
      machine.runCommands.delete(name.toLowerCase());
      listLater(world, listOf(machine), command.order.name, undefined);
    }
    moveOperation(world, operation, 'succeed');
    world.ledger.newPeriod(resource, 'VirtualMachineRunCommands_Delete');
  });
  return { ...answer, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** Tells the list of a machine's run commands that one of them is different now. */
function changed(world: World, machine: Machine, command: RunCommand): void {
  if (!isThere(world, machine, command)) return;
  const { name } = command.order;
  listLater(world, listOf(machine), name, runCommandBody(runCommandId(world, machine, name), command, false));
}

function isThere(world: World, machine: Machine, command: RunCommand): boolean {
  return exists(world, machine) && machine.runCommands.get(command.order.name.toLowerCase()) === command;
}

/** The list that shows the run commands of this machine, and of no later one of its name. */
function listOf(machine: Machine): string {
  return `run commands ${machine.vmId}`;
}

function waitGone(world: World, given: { readonly machine: Machine; readonly command: RunCommand; readonly operation: Operation }): void {
  world.clock.after(DURATIONS.runCommandDelete, () => moveOperation(world, given.operation, 'succeed'));
}

function findRunCommand(world: World, call: Call): { readonly machine: Machine; readonly command: RunCommand } | Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine)) return machine;
  const name = param(call, 'runCommandName');
  const command = machine.runCommands.get(name.toLowerCase());
  if (command !== undefined) return { machine, command };
  return missing(machine, name);
}

function missing(machine: Machine, name: string): Answer {
  return armError(404, 'ResourceNotFound', `The entity '${TYPE}/${name}' was not found on VM '${machine.name}'.`);
}

function runCommandId(world: World, machine: Machine, name: string): string {
  return `${machineId(world, machine.group, machine.name)}/runCommands/${name}`;
}
