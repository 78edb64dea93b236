import { machineId } from '../arm-ids.ts';
import { armError, refusal } from '../arm-errors.ts';
import { fateOf } from '../faults/fate.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { DURATIONS } from '../times.ts';
import { follow } from '../transition.ts';
import { powerOff, powerOn, refuseStart } from './machines.ts';
import { POWER } from './power-state.ts';
import { stopMachine } from './stop.ts';
import type { Fate } from '../faults/fate.ts';
import type { Operation } from '../operations.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, World } from '../world.ts';
import type { MachinePower } from './power-state.ts';

/** What a request may want of a machine's power. */
export type PowerVerb = 'start' | 'deallocate' | 'powerOff';

interface Verb {
  readonly operation: string;
  /** States in which the request joins what is under way, or finds nothing to do. */
  readonly joins: readonly MachinePower[];
  /** Operations that may have an effect again once this one has ended. */
  readonly reopens: readonly string[];
}

const VERBS: Readonly<Record<PowerVerb, Verb>> = {
  start: {
    operation: 'VirtualMachines_Start',
    joins: ['starting', 'running'],
    reopens: ['VirtualMachines_Deallocate', 'VirtualMachines_PowerOff'],
  },
  deallocate: { operation: 'VirtualMachines_Deallocate', joins: ['deallocating', 'deallocated'], reopens: ['VirtualMachines_Start'] },
  // A machine that has given its place back does not take it again in order to be off.
  powerOff: {
    operation: 'VirtualMachines_PowerOff',
    joins: ['stopping', 'stopped', 'deallocating', 'deallocated'],
    reopens: ['VirtualMachines_Start'],
  },
};

/** A machine that has kept its place is not placed again: it starts in this share of the time. */
const WARM_START = 0.25;

/** Answers POST start, deallocate and powerOff: starts the change, joins the one under way, or refuses while another one is. */
export function changePower(world: World, machine: Machine, request: { readonly verb: PowerVerb; readonly call: Call }): Answer {
  const resource = machineId(world, machine.group, machine.name);
  const { verb, call } = request;
  const hard = call.query.get('skipShutdown') ?? 'false';
  if (verb === 'powerOff' && !/^(true|false)$/i.test(hard))
    return refusal(resource, armError(400, 'InvalidParameter', `The value '${hard}' of parameter skipShutdown is invalid.`));
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
  const joins = VERBS[verb].joins.includes(machine.power);
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
    for (const other of VERBS[verb].reopens) world.ledger.newPeriod(resource, other);
  };
  const fate = fateOf(world, call, VERBS[verb].operation);
  run(world, machine, { verb, hard: hard.toLowerCase() === 'true', operation, ended, fate });
  return { ...answer, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** The change itself, as faults have ordered it. */
function run(
  world: World,
  machine: Machine,
  given: {
    readonly verb: PowerVerb;
    readonly hard: boolean;
    readonly operation: Operation;
    readonly ended: () => void;
    readonly fate: Fate;
  },
): void {
  const { verb, hard, operation, ended, fate } = given;
  if (fate.stuck) return;
  if (fate.wrong) return void world.clock.after(DURATIONS.startHigh * fate.slow, () => moveOperation(world, operation, 'succeed'));
  machine.provisioning = 'Updating';
  switch (verb) {
    case 'deallocate':
      return powerOff(world, machine, ended, fate.slow);
    case 'powerOff':
      return stopMachine(world, machine, { hard, slow: fate.slow, after: ended });
    case 'start':
      return start(world, machine, { operation, ended, fate });
  }
}

function start(
  world: World,
  machine: Machine,
  given: { readonly operation: Operation; readonly ended: () => void; readonly fate: Fate },
): void {
  const { operation, ended, fate } = given;
  const { failure } = fate;
  const slow = fate.slow * (machine.power === 'stopped' ? WARM_START : 1);
  if (failure === undefined) return powerOn(world, machine, ended, slow);
  const after = (): void => {
    operation.error = { code: failure.code, message: failure.message };
    moveOperation(world, operation, 'fail');
    world.ledger.newPeriod(machineId(world, machine.group, machine.name), VERBS.start.operation);
  };
  return refuseStart(world, machine, { slow, after });
}

/** An operation that joined another one ends when the machine has come to rest. */
function endWith(world: World, machine: Machine, operation: Operation): void {
  world.clock.after(1000, () => {
    if (['starting', 'deallocating', 'stopping'].includes(machine.power)) endWith(world, machine, operation);
    else moveOperation(world, operation, 'succeed');
  });
}
