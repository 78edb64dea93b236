import { join } from 'node:path';
import { standing } from '../faults/faults.ts';
import { lockOver, lockedText } from '../access/locks.ts';
import { diskId, machineId, networkResourceId } from '../arm-ids.ts';
import { boot, halt } from '../machine/boot.ts';
import { captureFiles } from '../machine/points.ts';
import { removeRoot, rootFromEstate, rootFromManifest } from '../machine/root.ts';
import { planted } from '../plants.ts';
import { DURATIONS } from '../times.ts';
import { advance } from '../transition.ts';
import { diskChanged, diskGone, diskListed, disksOf } from './disk-view.ts';
import { listLater, listNow } from '../lists.ts';
import { keyOf, locationOf } from '../world.ts';
import { freeAddress, inSpace, nextRealAddress } from '../network/addresses.ts';
import { nicChanged, nicGone, nicListed } from '../network/nic-view.ts';
import { POWER, type PowerEvent } from './power-state.ts';
import { machineBody, statusOnlyBody } from './machine-view.ts';
import type { EstateMachine } from '../estate.ts';
import type { Manifest } from '../machine/points.ts';
import type { Machine, Network, Nic, World } from '../world.ts';

/** Makes a machine of the estate: files, interface, and its power as the estate says. */
export function machineFromEstate(world: World, given: EstateMachine, network: Network): Machine {
  const defaults = world.estate.machineDefaults;
  const machine = record(world, {
    name: given.name,
    group: given.group,
    hostname: given.name,
    role: given.role,
    tags: given.tags,
    size: given.size ?? defaults.size,
    network,
    address: given.address,
    nic: `${given.name}-nic`,
    createdMs: world.clock.nowMs() - DURATIONS.jobKept * 3,
    deleteOption: given.detach ? 'Detach' : 'Delete',
  });
  if (!machine.bare) rootFromEstate(world, machine);
  if ((given.power ?? defaults.power) === 'running') {
    machine.power = 'running';
    machine.agentReady = !machine.bare;
    boot(world, machine);
  }
  listNow(world, 'virtualMachines', machine.key, machineBody(world, machine, false));
  listNow(world, 'virtualMachines/status', machine.key, statusOnlyBody(world, machine));
  for (const disk of disksOf(world, machine)) diskListed(world, disk);
  for (const nic of nicsOf(world, machine)) nicListed(world, nic);
  return machine;
}

/** Makes a machine from the files that another one had, in a network; it is not powered on yet. */
export function replicaMachine(
  world: World,
  source: Machine,
  wanted: { readonly name: string; readonly nic: string; readonly group: string; readonly network: Network; readonly files: Manifest },
): Machine {
  const machine = record(world, {
    name: wanted.name,
    group: wanted.group,
    hostname: source.hostname,
    role: source.role,
    tags: source.tags,
    size: source.size,
    network: wanted.network,
    address: freeAddress(world, wanted.network),
    nic: wanted.nic,
    createdMs: world.clock.nowMs(),
    deleteOption: 'Delete',
  });
  machine.provisioning = 'Creating';
  rootFromManifest(world, machine, wanted.files);
  changed(world, machine);
  for (const nic of nicsOf(world, machine)) nicChanged(world, nic);
  return machine;
}

type Given = Pick<
  Machine,
  'name' | 'group' | 'hostname' | 'role' | 'tags' | 'size' | 'network' | 'address' | 'nic' | 'createdMs' | 'deleteOption'
> &
  Partial<Pick<Machine, 'location'>>;

/** A machine with new disks and a new interface. */
function record(world: World, given: Given): Machine {
  const { osDiskGb, dataDisksGb } = world.estate.machineDefaults;
  const machine = bareRecord(world, given);
  machine.osDisk = addDisk(world, machine, { name: `${given.name}_OsDisk_1`, sizeGb: osDiskGb, os: true }).name;
  machine.dataDisks = dataDisksGb.map(
    (sizeGb, lun) => addDisk(world, machine, { name: `${given.name}_DataDisk_${lun}`, sizeGb, os: false }).name,
  );
  world.nics.set(keyOf(given.group, given.nic), {
    name: given.nic,
    group: given.group,
    location: machine.location,
    network: given.network,
    subnet: given.network.subnets.find(({ prefix }) => inSpace({ space: prefix }, given.address))?.name ?? '',
    address: given.address,
    isStatic: false,
    securityGroup: undefined,
    machine: machine.key,
    tags: {},
    provisioning: 'Succeeded',
    version: 0,
  });
  return machine;
}

/** A machine without disks and interface: they are there already and are put into it. */
export function bareRecord(world: World, given: Given): Machine {
  const key = keyOf(given.group, given.name);
  const machine: Machine = {
    ...given,
    key,
    location: given.location ?? locationOf(world, given.group),
    vmId: world.draws.nextUuid(`vm:${key}`),
    image: world.estate.machineDefaults.image,
    realAddress: nextRealAddress(world),
    osDisk: '',
    dataDisks: [],
    root: join(world.stateFolder, 'machines', key.replace('/', '.')),
    bare: world.estate.machineDefaults.bare,
    power: 'deallocated',
    powerChangedMs: given.createdMs,
    provisioning: 'Succeeded',
    agentReady: false,
    bootedMs: 0,
    boots: 0,
    patches: undefined,
    watcher: undefined,
    services: new Map(),
    scripts: new Set(),
    runCommands: new Map(),
  };
  world.machines.set(key, machine);
  return machine;
}

function addDisk(
  world: World,
  machine: Machine,
  given: { readonly name: string; readonly sizeGb: number; readonly os: boolean },
): { readonly name: string } {
  const { group, location, key, createdMs } = machine;
  const disk = {
    ...given,
    group,
    location,
    createdMs,
    createOption: 'FromImage',
    sourceId: undefined,
    tags: {},
    owner: key,
    files: undefined,
  };
  world.disks.set(keyOf(group, given.name), disk);
  return disk;
}

/** Powers a machine on; `after` runs when it runs. The agent reports itself ready some time later. */
export function powerOn(world: World, machine: Machine, after: () => void, slow = 1): void {
  move(world, machine, 'start');
  const durationMs = slow * world.draws.between(`start:${machine.key}`, DURATIONS.startLow, DURATIONS.startHigh);
  world.clock.after(durationMs, () => {
    if (!exists(world, machine)) return;
    machine.provisioning = 'Succeeded';
    move(world, machine, 'started');
    boot(world, machine);
    const { boots } = machine;
    world.clock.after(DURATIONS.agentReady, () => {
      if (!exists(world, machine) || machine.power !== 'running' || machine.boots !== boots) return;
      if (silent(world, machine)) return;
      machine.agentReady = !machine.bare;
      changed(world, machine);
      for (const command of machine.runCommands.values()) command.agentReady();
    });
    after();
  });
}

function silent(world: World, machine: Machine): boolean {
  const key = `/${machine.key}/`;
  return standing(world, 'agentNever', key) !== undefined || standing(world, 'bootFails', key) !== undefined;
}

/** A start that finds no room: the machine falls back to where it was. */
export function refuseStart(world: World, machine: Machine, given: { readonly slow: number; readonly after: () => void }): void {
  const back = machine.power === 'stopped' ? 'kept' : 'refused';
  move(world, machine, 'start');
  const durationMs = given.slow * world.draws.between(`start:${machine.key}`, DURATIONS.startLow, DURATIONS.startHigh);
  world.clock.after(durationMs, () => {
    if (!exists(world, machine)) return;
    machine.provisioning = 'Failed';
    move(world, machine, back);
    given.after();
  });
}

/** Takes a machine's power and its place; `after` runs when it is deallocated. */
export function powerOff(world: World, machine: Machine, after: () => void, slow = 1): void {
  move(world, machine, 'deallocate');
  machine.agentReady = false;
  halt(world, machine);
  const durationMs = slow * world.draws.between(`deallocate:${machine.key}`, DURATIONS.deallocateLow, DURATIONS.deallocateHigh);
  world.clock.after(durationMs, () => {
    if (!exists(world, machine)) return;
    machine.provisioning = 'Succeeded';
    move(world, machine, 'deallocated');
    after();
  });
}

/** Stops a machine and starts it again; `after` runs when it runs. */
export function restart(world: World, machine: Machine, after: () => void): void {
  move(world, machine, 'restart');
  machine.agentReady = false;
  halt(world, machine);
  world.clock.after(DURATIONS.restartStop, () => {
    if (!exists(world, machine)) return;
    move(world, machine, 'stopped');
    powerOn(world, machine, after);
  });
}

/**
 * Deletes a machine with its interface, disks and files, at once, except what a lock holds: a locked machine stays with all that belongs
 * to it. Returns what Azure says about each thing that stayed.
 */
export function removeMachine(world: World, machine: Machine): readonly string[] {
  const own = keptBack(world, machineId(world, machine.group, machine.name));
  if (own.length > 0) return own;
  const parts = [
    {
      id: networkResourceId(world, { group: machine.group, type: 'networkInterfaces', name: machine.nic }),
      drop: () => dropNic(world, machine),
    },
    ...[machine.osDisk, ...machine.dataDisks].map((name) => ({
      id: diskId(world, machine.group, name),
      drop: () => dropDisk(world, machine, name),
    })),
  ];
  const kept = parts.flatMap(({ id, drop }) => {
    const locked = keptBack(world, id);
    if (locked.length === 0) drop();
    return locked;
  });
  if (kept.length > 0) detach(world, machine);
  dropMachine(world, machine);
  return kept;
}

function keptBack(world: World, id: string): readonly string[] {
  const lock = lockOver(world, id, 'delete');
  return lock === undefined ? [] : [lockedText(id, 'delete', lock)];
}

function dropDisk(world: World, { group }: Machine, name: string): void {
  world.disks.delete(keyOf(group, name));
  diskGone(world, { group, name });
}

function dropNic(world: World, machine: Machine): void {
  for (const nic of nicsOf(world, machine)) {
    world.nics.delete(keyOf(nic.group, nic.name));
    nicGone(world, nic);
  }
}

/** What of a machine's disks and interface is still there belongs to nobody from now on. */
function detach(world: World, machine: Machine): void {
  for (const disk of disksOf(world, machine)) {
    disk.owner = undefined;
    if (disk.os && !machine.bare) disk.files = captureFiles(world, machine.root);
    diskChanged(world, disk);
  }
  for (const nic of nicsOf(world, machine)) {
    nic.machine = undefined;
    nicChanged(world, nic);
  }
}

function nicsOf(world: World, machine: Machine): readonly Nic[] {
  const nic = world.nics.get(keyOf(machine.group, machine.nic));
  return nic === undefined ? [] : [nic];
}

/** Deletes a machine; what it says shall be detached stays, with the files on its OS disk. */
export function deleteMachine(world: World, machine: Machine): void {
  if (machine.deleteOption === 'Delete' || planted(world, 'E14')) return void removeMachine(world, machine);
  detach(world, machine);
  dropMachine(world, machine);
}

function dropMachine(world: World, machine: Machine): void {
  machine.agentReady = false;
  world.machines.delete(machine.key);
  halt(world, machine);
  removeRoot(world, machine);
  listLater(world, 'virtualMachines', machine.key, undefined);
  listLater(world, 'virtualMachines/status', machine.key, undefined);
}

/** Tells the lists that a machine is different now. */
export function changed(world: World, machine: Machine): void {
  if (!exists(world, machine)) return;
  for (const disk of disksOf(world, machine)) diskChanged(world, disk);
  listLater(world, 'virtualMachines', machine.key, machineBody(world, machine, false));
  listLater(world, 'virtualMachines/status', machine.key, statusOnlyBody(world, machine));
}

/** Whether a machine is still the one of its name. */
export function exists(world: World, machine: Machine): boolean {
  return world.machines.get(machine.key) === machine;
}

/** Moves a machine's power by its table, and tells the lists. */
export function move(world: World, machine: Machine, event: PowerEvent): void {
  machine.power = advance(POWER, machine.power, event);
  machine.powerChangedMs = world.clock.nowMs();
  changed(world, machine);
}
