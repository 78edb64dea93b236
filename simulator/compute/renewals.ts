import { z } from 'zod';
import { armError, refusal } from '../arm-errors.ts';
import { machineId } from '../arm-ids.ts';
import { halt } from '../machine/boot.ts';
import { rootFromManifest } from '../machine/root.ts';
import { moveOperation } from '../operations.ts';
import { DURATIONS } from '../times.ts';
import { findMachine, isMachine } from './find.ts';
import { begin } from './machine-requests.ts';
import { exists, move, powerOn, restart } from './machines.ts';
import type { Answer, Call } from '../route.ts';
import type { Machine, World } from '../world.ts';

export const REDEPLOY_OPERATION = 'VirtualMachines_Redeploy';
export const REIMAGE_OPERATION = 'VirtualMachines_Reimage';

/** Body of a new image; the disks of this world are none that Azure calls ephemeral. */
export const REIMAGE_BODY = z.strictObject({ tempDisk: z.literal(false).optional() });

/** POST redeploy: another host, where the machine comes up with its disks as they were. */
export function postRedeploy(world: World, call: Call): Answer {
  return renew(world, call, { operation: REDEPLOY_OPERATION, again: (machine, ended) => restart(world, machine, ended) });
}

/** POST reimage: the OS disk is as its image was; what somebody has put on it is gone, the data disks stay. */
export function postReimage(world: World, call: Call): Answer {
  const again = (machine: Machine, ended: () => void): void => {
    move(world, machine, 'restart');
    machine.agentReady = false;
    halt(world, machine);
    world.clock.after(DURATIONS.reimage, () => {
      if (!exists(world, machine)) return;
      if (!machine.bare) rootFromManifest(world, machine, []);
      move(world, machine, 'stopped');
      powerOn(world, machine, ended);
    });
  };
  return renew(world, call, { operation: REIMAGE_OPERATION, again });
}

/** Each request does it once more: compute has no name for it. */
function renew(
  world: World,
  call: Call,
  given: { readonly operation: string; readonly again: (machine: Machine, ended: () => void) => void },
): Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine)) return machine;
  const resource = machineId(world, machine.group, machine.name);
  if (machine.power !== 'running')
    return refusal(resource, armError(409, 'OperationNotAllowed', `VM '${machine.name}' is ${machine.power}: it must be running.`));
  const { operation, answer } = begin(world, machine, () => ({ status: 200 }));
  machine.provisioning = 'Updating';
  given.again(machine, () => {
    moveOperation(world, operation, 'succeed');
    world.ledger.newPeriod(resource, given.operation);
  });
  return { ...answer, effect: { effect: 'started', resource, operationId: operation.id } };
}
