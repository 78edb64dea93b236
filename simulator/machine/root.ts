import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, lchownSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeEstateFiles } from './estate-files.ts';
import { OWN_FOLDERS, walk } from './files.ts';
import { linkImage } from './image.ts';
import { ownerOf } from './owner.ts';
import { restoreFiles } from './points.ts';
import { enableUnit } from './units.ts';
import type { Machine, World } from '../world.ts';
import type { Manifest } from './points.ts';

const DEVICES = [
  ['null', '3'],
  ['zero', '5'],
  ['urandom', '9'],
] as const;
const SCRATCH_FOLDERS = ['run', 'tmp', 'dev', 'proc'] as const;
/** Folders that every Debian has, so that scripts find them. */
const USUAL_FOLDERS = ['var/lib', 'var/log', 'var/tmp', 'home/azureuser'] as const;

/** Makes the root folder of a machine from the estate's files. */
export function rootFromEstate(world: World, machine: Machine): void {
  if (world.journal.replaying()) return;
  bareRoot(world, machine.root);
  writeEstateFiles(world, machine);
  for (const tool of world.estate.lacks[machine.name] ?? []) removeTool(machine.root, tool);
  const enabled = world.estate.machines.find((each) => each.name === machine.name)?.units ?? [];
  for (const unit of enabled) enableUnit(machine.root, unit);
  own(machine.root, [...OWN_FOLDERS, ...SCRATCH_FOLDERS]);
}

/** Takes one tool of the image away from a machine. */
function removeTool(root: string, tool: string): void {
  for (const folder of ['usr/local/sbin', 'usr/bin']) rmSync(join(root, folder, tool), { force: true });
}

/** Makes the root folder of a machine from the files of a recovery point. */
export function rootFromManifest(world: World, machine: Machine, manifest: Manifest): void {
  if (!world.journal.replaying()) writeRoot(world, machine.root, manifest);
}

/** Writes a root folder with the files of a manifest, in the place of whatever is there. */
export function writeRoot(world: World, root: string, manifest: Manifest): void {
  bareRoot(world, root);
  refillRoot(world, root, manifest);
}

/** Writes what is a machine's own into a root folder that has its image and devices. */
export function refillRoot(world: World, root: string, manifest: Manifest): void {
  for (const name of [...OWN_FOLDERS, ...SCRATCH_FOLDERS, ...USUAL_FOLDERS]) mkdirSync(join(root, name), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o777);
  restoreFiles(world, root, manifest);
  own(root, [...OWN_FOLDERS, ...SCRATCH_FOLDERS]);
}

/** Makes a root folder for trying out what this host can contain: the folder, and the file in it that a contained shell is to run. */
export function probeRoot(world: World): [root: string, file: string] {
  const root = join(world.stateFolder, 'probe');
  bareRoot(world, root);
  writeFileSync(join(root, 'tmp/probe'), 'echo lost > /dev/null\necho contained\n');
  own(root, [...OWN_FOLDERS, ...SCRATCH_FOLDERS]);
  return [root, '/tmp/probe'];
}

/** Removes a machine's files. */
export function removeRoot(world: World, machine: Machine): void {
  if (!world.journal.replaying()) rmSync(machine.root, { recursive: true, force: true });
}

/** Empties the folders that do not outlive a boot. */
export function emptyScratch(root: string): void {
  for (const name of ['run', 'tmp']) {
    const folder = join(root, name);
    for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true });
  }
  mkdirSync(join(root, 'run/sim/units'), { recursive: true });
  mkdirSync(join(root, 'run/sim/scripts'), { recursive: true });
  own(root, ['run']);
}

function bareRoot(world: World, root: string): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true, mode: 0o755 });
  linkImage(world.imageFolder, world.imageFiles, root);
  for (const name of [...OWN_FOLDERS, ...SCRATCH_FOLDERS, ...USUAL_FOLDERS]) mkdirSync(join(root, name), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o777);
  // Own namespaces bind the host's devices over these files; a changed root needs devices of its own.
  for (const [device, minor] of DEVICES)
    if (world.isolation === 'userns' || !makeDevice(join(root, 'dev', device), minor)) writeFileSync(join(root, 'dev', device), '');
  for (const [device] of DEVICES) chmodSync(join(root, 'dev', device), 0o666);
}

/** Makes a memory device where this user may and the file system allows it to be used. */
function makeDevice(file: string, minor: string): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('mknod', [file, 'c', '1', minor], { stdio: 'ignore' });
    closeSync(openSync(file, 'r+'));
    return true;
  } catch {
    rmSync(file, { force: true });
    return false;
  }
}

function own(root: string, folders: readonly string[]): void {
  const owner = ownerOf();
  if (owner === undefined) return;
  for (const folder of folders) {
    lchownSync(join(root, folder), owner.uid, owner.gid);
    walk(join(root, folder), (file) => lchownSync(file, owner.uid, owner.gid));
  }
}
