import { machineId } from '../arm-ids.ts';
import { armError, refusal } from '../arm-errors.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { follow } from '../transition.ts';
import { powerOff, powerOn } from './machines.ts';
import { POWER } from './power-state.ts';
import type { Operation } from '../operations.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, World } from '../world.ts';

const OPERATIONS = { start: 'VirtualMachines_Start', deallocate: 'VirtualMachines_Deallocate' } as const;
const JOINS = { start: ['starting', 'running'], deallocate: ['deallocating', 'deallocated'] } as const;

/** Answers POST start and deallocate: starts the change, joins the one under way, or refuses while the opposite one is. */
export function changePower(
  world: World,
  machine: Machine,
  request: { readonly verb: 'start' | 'deallocate'; readonly call: Call },
): Answer {
  const resource = machineId(world, machine.group, machine.name);
  const { verb } = request;
  if (machine.provisioning === 'Deleting' || machine.provisioning === 'Creating') {
    return refusal(
      resource,
      armError(
        409,
        'OperationNotAllowed',
        `The operation cannot be performed while VM '${machine.name}' is ${machine.provisioning.toLowerCase()}.`,
      ),
    );
  }
  const joins = (JOINS[verb] as readonly string[]).includes(machine.power);
  if (!joins && follow(POWER, machine.power, verb) === undefined) {
    return refusal(
      resource,
      armError(409, 'OperationNotAllowed', `Another operation is in progress on VM '${machine.name}': it is ${machine.power}.`),
    );
  }

  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), () => ({ status: 200 }));
  const answer = { status: 202, headers: computeHeaders(world, operation, machine.location) ?? {} };
  moveOperation(world, operation, 'run');
  if (joins) {
    endWith(world, machine, operation);
    return { ...answer, effect: { effect: 'none', resource, operationId: operation.id } };
  }
  machine.provisioning = 'Updating';
  const ended = (): void => {
    moveOperation(world, operation, 'succeed');
    world.ledger.newPeriod(resource, OPERATIONS[verb === 'start' ? 'deallocate' : 'start']);
  };
  if (verb === 'start') powerOn(world, machine, ended);
  else powerOff(world, machine, ended);
  return { ...answer, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** An operation that joined another one ends when the machine has come to rest. */
function endWith(world: World, machine: Machine, operation: Operation): void {
  world.clock.after(1000, () => {
    if (machine.power === 'starting' || machine.power === 'deallocating') endWith(world, machine, operation);
    else moveOperation(world, operation, 'succeed');
  });
}
