import { machineId } from '../arm-ids.ts';
import { armError, refusal } from '../arm-errors.ts';
import { fateOf } from '../faults/fate.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { DURATIONS } from '../times.ts';
import { follow } from '../transition.ts';
import { powerOff, powerOn, refuseStart } from './machines.ts';
import { POWER } from './power-state.ts';
import type { Fate } from '../faults/fate.ts';
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
  const ended = (): void => {
    moveOperation(world, operation, 'succeed');
    world.ledger.newPeriod(resource, OPERATIONS[verb === 'start' ? 'deallocate' : 'start']);
  };
  run(world, machine, { verb, operation, ended, fate: fateOf(world, request.call, OPERATIONS[verb]) });
  return { ...answer, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** The change itself, as faults have ordered it. */
function run(
  world: World,
  machine: Machine,
  given: { readonly verb: 'start' | 'deallocate'; readonly operation: Operation; readonly ended: () => void; readonly fate: Fate },
): void {
  const { verb, operation, ended, fate } = given;
  if (fate.stuck) return;
  if (fate.wrong) return void world.clock.after(DURATIONS.startHigh * fate.slow, () => moveOperation(world, operation, 'succeed'));
  machine.provisioning = 'Updating';
  if (verb === 'deallocate') return powerOff(world, machine, ended, fate.slow);
  const { failure } = fate;
  if (failure === undefined) return powerOn(world, machine, ended, fate.slow);
  const after = (): void => {
    operation.error = { code: failure.code, message: failure.message };
    moveOperation(world, operation, 'fail');
    world.ledger.newPeriod(machineId(world, machine.group, machine.name), OPERATIONS.start);
  };
  return refuseStart(world, machine, { slow: fate.slow, after });
}

/** An operation that joined another one ends when the machine has come to rest. */
function endWith(world: World, machine: Machine, operation: Operation): void {
  world.clock.after(1000, () => {
    if (machine.power === 'starting' || machine.power === 'deallocating') endWith(world, machine, operation);
    else moveOperation(world, operation, 'succeed');
  });
}
