import { diskChanged } from './disk-view.ts';
import { z } from 'zod';
import { armError, refusal, resourceNotFound } from '../arm-errors.ts';
import { diskId, machineId, networkResourceId } from '../arm-ids.ts';
import { readLater } from '../lists.ts';
import { computeHeaders, moveOperation, openOperation } from '../operations.ts';
import { rootFromManifest } from '../machine/root.ts';
import { captureFiles } from '../machine/points.ts';
import { DURATIONS } from '../times.ts';
import { keyOf } from '../world.ts';
import { assembleMachine } from './assembly.ts';
import { findMachine, isMachine } from './find.ts';
import { machineBody } from './machine-view.ts';
import { changed, deleteMachine, exists, powerOn, restart } from './machines.ts';
import { param } from '../route.ts';
import type { Operation } from '../operations.ts';
import type { Answer, Call } from '../route.ts';
import type { Disk, Machine, Nic, World } from '../world.ts';

export const RESTART_OPERATION = 'VirtualMachines_Restart';
export const DELETE_OPERATION = 'VirtualMachines_Delete';
export const CREATE_OPERATION = 'VirtualMachines_CreateOrUpdate';
export const UPDATE_OPERATION = 'VirtualMachines_Update';

const reference = z.strictObject({ id: z.string() });
const attached = { managedDisk: reference, createOption: z.literal('Attach'), deleteOption: z.enum(['Delete', 'Detach']).optional() };

/** Body of a machine that is made from disks and an interface that exist. */
export const CREATE_BODY = z.strictObject({
  location: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  zones: z.array(z.string()).optional(),
  properties: z.strictObject({
    hardwareProfile: z.strictObject({ vmSize: z.string() }),
    storageProfile: z.strictObject({
      osDisk: z.strictObject({ osType: z.enum(['Linux', 'Windows']), ...attached }),
      dataDisks: z.array(z.strictObject({ lun: z.int().nonnegative(), ...attached })).optional(),
    }),
    networkProfile: z.strictObject({
      networkInterfaces: z
        .array(
          z.strictObject({
            id: z.string(),
            properties: z.strictObject({ primary: z.boolean(), deleteOption: z.enum(['Delete', 'Detach']).optional() }),
          }),
        )
        .length(1),
    }),
  }),
});

/** Body of an update that puts other disks into a machine. */
export const UPDATE_BODY = z.strictObject({
  properties: z.strictObject({
    storageProfile: z.strictObject({
      osDisk: z.strictObject({ name: z.string(), createOption: z.string(), managedDisk: reference }).optional(),
      dataDisks: z
        .array(
          z.strictObject({ lun: z.int().nonnegative(), name: z.string().optional(), createOption: z.string(), managedDisk: reference }),
        )
        .optional(),
    }),
  }),
});

/** Opens the operation of a change, with the answer that names it. */
export function begin(world: World, machine: Machine, result: () => Answer): { readonly operation: Operation; readonly answer: Answer } {
  const operation = openOperation(world, world.draws.nextUuid('compute-operation'), result);
  const answer = { status: 202, headers: computeHeaders(world, operation, machine.location) ?? {} };
  moveOperation(world, operation, 'run');
  return { operation, answer };
}

function idOf(world: World, machine: Machine): string {
  return machineId(world, machine.group, machine.name);
}

function busy(machine: Machine): Answer | undefined {
  if (machine.provisioning === 'Succeeded' || machine.provisioning === 'Failed') return undefined;
  return armError(409, 'OperationNotAllowed', `Another operation is in progress on VM '${machine.name}': it is ${machine.provisioning}.`);
}

/** POST restart: once more for each request, since compute has no name for it. */
export function postRestart(world: World, call: Call): Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine)) return machine;
  const resource = idOf(world, machine);
  if (machine.power !== 'running') {
    return refusal(resource, armError(409, 'OperationNotAllowed', `VM '${machine.name}' is ${machine.power} and cannot be restarted.`));
  }
  const { operation, answer } = begin(world, machine, () => ({ status: 200 }));
  machine.provisioning = 'Updating';
  restart(world, machine, () => {
    moveOperation(world, operation, 'succeed');
    world.ledger.newPeriod(resource, RESTART_OPERATION);
  });
  return { ...answer, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** DELETE of a machine; 204 when there is none. */
export function removeVm(world: World, call: Call): Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine)) return { status: 204 };
  const resource = idOf(world, machine);
  if (machine.provisioning === 'Deleting') {
    const { operation, answer } = begin(world, machine, () => ({ status: 200 }));
    world.clock.after(DURATIONS.vmDeleteHigh, () => moveOperation(world, operation, 'succeed'));
    return { ...answer, effect: { effect: 'none', resource, operationId: operation.id } };
  }
  const { operation, answer } = begin(world, machine, () => ({ status: 200 }));
  machine.provisioning = 'Deleting';
  changed(world, machine);
  world.clock.after(world.draws.between(`delete:${machine.key}`, DURATIONS.vmDeleteLow, DURATIONS.vmDeleteHigh), () => {
    if (exists(world, machine)) deleteMachine(world, machine);
    world.ledger.newPeriod(resource, DELETE_OPERATION);
    world.ledger.newPeriod(resource, CREATE_OPERATION);
    moveOperation(world, operation, 'succeed');
  });
  return { ...answer, effect: { effect: 'started', resource, operationId: operation.id } };
}

/** PUT of a machine from disks and an interface that exist. */
export function putVm(world: World, call: Call): Answer {
  const group = param(call, 'resourceGroupName');
  const name = param(call, 'vmName');
  const resource = machineId(world, group, name);
  const known = world.machines.get(keyOf(group, name));
  if (known !== undefined && call.headers['if-none-match'] === '*')
    return refusal(resource, armError(412, 'PreconditionFailed', `The resource '${name}' already exists.`));
  if (known !== undefined)
    return refusal(resource, armError(409, 'PropertyChangeNotAllowed', `Changing the properties of VM '${name}' is not allowed.`));
  const { properties, tags = {}, location } = call.body as z.infer<typeof CREATE_BODY>;
  const { osDisk, dataDisks = [] } = properties.storageProfile;
  const disks = [osDisk, ...dataDisks.toSorted((left, right) => left.lun - right.lun)].map(({ managedDisk }) =>
    freeDisk(world, managedDisk.id),
  );
  const broken = disks.find((disk) => 'status' in disk);
  if (broken !== undefined && 'status' in broken) return refusal(resource, broken);
  const [os, ...data] = disks.flatMap((disk) => ('status' in disk ? [] : [disk]));
  const wantedNic = properties.networkProfile.networkInterfaces[0];
  const nic = freeNic(world, wantedNic?.id ?? '');
  if ('status' in nic) return refusal(resource, nic);
  if (os === undefined || os.group.toLowerCase() !== group.toLowerCase() || location !== os.location)
    return refusal(resource, armError(400, 'InvalidParameter', 'The disks of this machine are in another place.'));
  const wanted = { name, group, hostname: name, role: 'restored', tags, size: properties.hardwareProfile.vmSize };
  const machine = assembleMachine(world, { ...wanted, deleteOption: osDisk.deleteOption ?? 'Detach' }, { os, data, nic });
  readLater(world, resource);
  const { operation, answer } = begin(world, machine, () => ({ status: 200, body: machineBody(world, machine, false) }));
  world.clock.after(DURATIONS.vmCreate, () => {
    if (exists(world, machine)) return powerOn(world, machine, () => moveOperation(world, operation, 'succeed'));
    operation.error = { code: 'OperationPreempted', message: `VM '${name}' was deleted while it was being created.` };
    return moveOperation(world, operation, 'fail');
  });
  return {
    ...answer,
    status: 201,
    body: machineBody(world, machine, false),
    effect: { effect: 'started', resource, operationId: operation.id },
  };
}

/** PATCH of a machine: other disks are put in; the old ones stay, with the files of the moment. */
export function patchVm(world: World, call: Call): Answer {
  const machine = findMachine(world, call);
  if (!isMachine(machine)) return machine;
  const resource = idOf(world, machine);
  const { storageProfile } = (call.body as z.infer<typeof UPDATE_BODY>).properties;
  if (machine.power !== 'deallocated')
    return refusal(resource, armError(409, 'OperationNotAllowed', `VM '${machine.name}' must be deallocated to swap its OS disk.`));
  const refused = busy(machine);
  if (refused !== undefined) return refusal(resource, refused);
  const os = storageProfile.osDisk === undefined ? undefined : freeDisk(world, storageProfile.osDisk.managedDisk.id, machine);
  if (os !== undefined && 'status' in os) return refusal(resource, os);
  const data = storageProfile.dataDisks?.map(({ managedDisk }) => freeDisk(world, managedDisk.id, machine));
  const broken = data?.find((disk) => 'status' in disk);
  if (broken !== undefined && 'status' in broken) return refusal(resource, broken);
  const { operation, answer } = begin(world, machine, () => ({ status: 200, body: machineBody(world, machine, false) }));
  machine.provisioning = 'Updating';
  world.clock.after(DURATIONS.vmUpdate, () => {
    if (os !== undefined) swapOs(world, machine, os);
    if (data !== undefined)
      swapData(
        world,
        machine,
        data.flatMap((disk) => ('status' in disk ? [] : [disk])),
      );
    machine.provisioning = 'Succeeded';
    changed(world, machine);
    moveOperation(world, operation, 'succeed');
    world.ledger.newPeriod(resource, UPDATE_OPERATION);
  });
  return {
    ...answer,
    status: 200,
    body: machineBody(world, machine, false),
    effect: { effect: 'started', resource, operationId: operation.id },
  };
}

function swapOs(world: World, machine: Machine, os: Disk): void {
  const old = world.disks.get(keyOf(machine.group, machine.osDisk));
  if (old !== undefined && old !== os) {
    old.files = captureFiles(world, machine.root);
    old.owner = undefined;
    diskChanged(world, old);
  }
  rootFromManifest(world, machine, os.files ?? []);
  os.owner = machine.key;
  machine.osDisk = os.name;
}

function swapData(world: World, machine: Machine, disks: readonly Disk[]): void {
  for (const name of machine.dataDisks) {
    const old = world.disks.get(keyOf(machine.group, name));
    if (old === undefined || disks.includes(old)) continue;
    old.owner = undefined;
    diskChanged(world, old);
  }
  for (const disk of disks) disk.owner = machine.key;
  machine.dataDisks = disks.map((disk) => disk.name);
}

/** A disk that may be put into a machine, or the refusal. */
function freeDisk(world: World, id: string, machine?: Machine): Disk | Answer {
  const disk = [...world.disks.values()].find((each) => diskId(world, each.group, each.name).toLowerCase() === id.toLowerCase());
  if (disk === undefined) return resourceNotFound('Microsoft.Compute/disks', id.split('/').at(-1) ?? '', id.split('/')[4] ?? '');
  if (disk.owner === undefined || disk.owner === machine?.key) return disk;
  return armError(409, 'AttachDiskWhileBeingDetached', `Disk '${disk.name}' is attached to another VM.`);
}

function freeNic(world: World, id: string): Nic | Answer {
  const nic = [...world.nics.values()].find(
    (each) =>
      networkResourceId(world, { group: each.group, type: 'networkInterfaces', name: each.name }).toLowerCase() === id.toLowerCase(),
  );
  if (nic === undefined) return resourceNotFound('Microsoft.Network/networkInterfaces', id.split('/').at(-1) ?? '', id.split('/')[4] ?? '');
  if (nic.provisioning === 'Deleting')
    return armError(409, 'AnotherOperationInProgress', `Network interface '${nic.name}' is being deleted.`);
  return nic.machine === undefined ? nic : armError(400, 'NicInUse', `Network interface '${nic.name}' is used by an existing resource.`);
}
