import { assembleMachine } from '../compute/assembly.ts';
import { exists, powerOn } from '../compute/machines.ts';
import { machineId } from '../arm-ids.ts';
import { nextFree } from '../network/addresses.ts';
import { subnetById } from '../network/find.ts';
import { networkId } from '../network/ids.ts';
import { nicChanged } from '../network/nic-view.ts';
import { DURATIONS } from '../times.ts';
import { keyOf } from '../world.ts';
import type { Answer } from '../route.ts';
import type { Disk, Machine, Nic, World } from '../world.ts';
import { invalidInput } from './find.ts';
import type { BackupItem } from './item.ts';
import type { MachineWanted } from './restore-body.ts';

/** Where a restore puts a machine. The subnet is found again when its time has come. */
export interface MachinePlace {
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly subnetId: string;
}

/** Why a restore has failed. */
export interface RestoreFailure {
  readonly code: string;
  readonly message: string;
}

/** What becomes of the machine once its disks are there. */
export interface MachineCourse {
  readonly slow: number;
  readonly failure: RestoreFailure | undefined;
  readonly ended: (failure: RestoreFailure | undefined) => void;
}

const MACHINE_ID = /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Compute\/virtualMachines\/([^/]+)$/i;
const VM_NAME = /^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?$/;

/** Where a request wants its machine, or why it cannot be there. The codes of these refusals are assumed: no public recording shows them. */
export function machinePlace(world: World, item: BackupItem, wanted: MachineWanted & { readonly group: string }): MachinePlace | Answer {
  const { group, region, targetVirtualMachineId, virtualNetworkId, subnetId } = wanted;
  const [, , name = ''] = MACHINE_ID.exec(targetVirtualMachineId) ?? [];
  if (!VM_NAME.test(name) || machineId(world, group, name).toLowerCase() !== targetVirtualMachineId.toLowerCase())
    return invalidInput('The target virtual machine is none of the target resource group, or its name is not valid.');
  if (world.machines.has(keyOf(group, name)))
    return invalidInput(`A virtual machine '${name}' exists in the target resource group already.`);
  if (region.toLowerCase() !== item.vault.location) return invalidInput('The region of the restore is not the region of the vault.');
  const place = subnetById(world, subnetId);
  if (place === undefined || networkId(world, place.network).toLowerCase() !== virtualNetworkId.toLowerCase())
    return invalidInput('The subnet was not found in the virtual network of the request.');
  if (place.network.location !== item.vault.location) return invalidInput('The virtual network is not in the region of the restore.');
  return { name, group, location: item.vault.location, subnetId };
}

/**
 * Makes the machine from its disks and powers it on. It has an interface of its own, none of the tags of its source, and what belongs to
 * it stays when it is deleted. What was made before a failure stays: nobody but the caller cleans up.
 */
export function makeMachine(
  world: World,
  given: { readonly item: BackupItem; readonly place: MachinePlace; readonly disks: { readonly os: Disk; readonly data: readonly Disk[] } },
  course: MachineCourse,
): void {
  const { item, place, disks } = given;
  const { name, group } = place;
  if (world.machines.has(keyOf(group, name)))
    return course.ended({ code: 'UserErrorVirtualMachineExists', message: `A virtual machine '${name}' exists in '${group}' already.` });
  const nic = makeNic(world, place);
  if (nic === undefined)
    return course.ended({ code: 'InvalidResourceReference', message: `Subnet ${place.subnetId} was not found, or has no address left.` });
  const createMs = course.slow * DURATIONS.vmCreate;
  const { failure } = course;
  if (failure !== undefined) return void world.clock.after(createMs, () => course.ended(failure));
  const { hostname, role, size } = item.machine;
  const machine = assembleMachine(world, { name, group, hostname, role, size, tags: {}, deleteOption: 'Detach' }, { ...disks, nic });
  if (machine.key === item.machine.key) item.machine = machine;
  world.clock.after(createMs, () => start(world, machine, course));
}

/** A machine that somebody deletes while it is being made never runs, and its restore does not wait for ever. */
function start(world: World, machine: Machine, { slow, ended }: MachineCourse): void {
  const preempted = { code: 'OperationPreempted', message: `VM '${machine.name}' was deleted while it was being created.` };
  const check = (): void => (exists(world, machine) ? undefined : ended(preempted));
  if (!exists(world, machine)) return check();
  powerOn(world, machine, () => ended(undefined), slow);
  world.clock.after(slow * DURATIONS.startHigh * 1.1, check);
}

function makeNic(world: World, { name: machineName, group, location, subnetId }: MachinePlace): Nic | undefined {
  const place = subnetById(world, subnetId);
  const address =
    place === undefined || place.network.provisioning === 'Deleting' ? undefined : nextFree(world, place.network, place.subnet);
  if (place === undefined || address === undefined) return undefined;
  const name = `${machineName}-nic-${world.draws.nextUuid(`restored-nic:${keyOf(group, machineName)}`).replaceAll('-', '')}`;
  const nic: Nic = {
    name,
    group,
    location,
    network: place.network,
    subnet: place.subnet.name,
    address,
    isStatic: false,
    securityGroup: undefined,
    machine: undefined,
    tags: {},
    provisioning: 'Succeeded',
    version: 0,
  };
  world.nics.set(keyOf(group, name), nic);
  nicChanged(world, nic);
  return nic;
}
