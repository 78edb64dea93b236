import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { journalText, putJournal, readJournal } from './journal.ts';
import { bringUp, remember, remembered, wake } from './life.ts';
import { halt } from './machine/boot.ts';
import { OWN_FOLDERS } from './machine/files.ts';
import { readFiles } from './machine/points.ts';
import { refillRoot, writeRoot } from './machine/root.ts';
import type { Birth, ControlInput } from './life.ts';
import type { Manifest } from './machine/points.ts';
import type { World } from './world.ts';

/** Snapshots of the whole world: its state, the files of its machines, its clock and its random streams. */
export interface Snapshots {
  readonly take: (name: string) => SnapshotNote;
  /** Puts the world back as it was. Throws when there is no such snapshot. */
  readonly restore: (name: string) => SnapshotNote;
  readonly list: () => readonly SnapshotNote[];
}

/** What is told of a snapshot. */
export interface SnapshotNote {
  readonly name: string;
  /** The instant of the world. */
  readonly at: string;
  readonly machines: number;
}

interface Snapshot {
  readonly atMs: number;
  readonly machines: Readonly<Record<string, Manifest>>;
}

/** Folders that a snapshot keeps beside a machine's own: what runs is written in them. */
const KEPT_FOLDERS = [...OWN_FOLDERS, 'run', 'tmp'];
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

/** Makes the snapshots of a world. */
export function makeSnapshots(world: World, birth: Birth, control: (world: World, input: ControlInput) => void): Snapshots {
  const home = join(world.stateFolder, 'snapshots');
  const folderOf = (name: string): string => {
    if (!NAME.test(name)) throw new Error(`name: "${name}" is no name of a snapshot (letters, digits, dots and dashes)`);
    return join(home, name);
  };
  const read = (name: string): Snapshot => {
    const file = join(folderOf(name), 'snapshot.json');
    if (!existsSync(file)) throw new Error(`there is no snapshot ${name}`);
    return JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
  };
  const note = (name: string, { atMs, machines }: Snapshot): SnapshotNote => ({
    name,
    at: new Date(atMs).toISOString(),
    machines: Object.keys(machines).length,
  });
  return {
    take: (name) => {
      const folder = folderOf(name);
      const snapshot = snapshotOf(world);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'journal.jsonl'), journalText(world.stateFolder), { mode: 0o600 });
      writeFileSync(join(folder, 'ledger.jsonl'), readFileSync(join(world.stateFolder, 'ledger.jsonl')));
      writeFileSync(join(folder, 'snapshot.json'), JSON.stringify(snapshot), { mode: 0o600 });
      return note(name, snapshot);
    },
    restore: (name) => {
      const snapshot = read(name);
      putBack(world, birth, { folder: folderOf(name), snapshot, control });
      return note(name, snapshot);
    },
    list: () => (existsSync(home) ? readdirSync(home).map((name) => note(name, read(name))) : []),
  };
}

function snapshotOf(world: World): Snapshot {
  const atMs = world.clock.settle();
  const machines = [...world.machines.values()]
    .filter(({ bare }) => !bare)
    .map((machine) => [machine.key, readFiles(world, machine.root, KEPT_FOLDERS)] as const);
  return { atMs, machines: Object.fromEntries(machines) };
}

/** The world that goes ends first; the value stays the same one, since everybody holds it. */
function putBack(
  world: World,
  birth: Birth,
  given: { readonly folder: string; readonly snapshot: Snapshot; readonly control: (world: World, input: ControlInput) => void },
): void {
  const { folder, snapshot } = given;
  const { stateFolder, endpoint, contentDigests } = world;
  for (const machine of world.machines.values()) halt(world, machine);
  world.clock.stop();
  world.journal.close();
  world.ledger.close();
  putJournal(stateFolder, readFileSync(join(folder, 'journal.jsonl'), 'utf8'));
  writeFileSync(join(stateFolder, 'ledger.jsonl'), readFileSync(join(folder, 'ledger.jsonl')));
  const recorded = readJournal(stateFolder);
  const generation = world.generation + 1;
  bringUp(birth, { recorded, generation, control: given.control, instead: world });
  world.endpoint = endpoint;
  for (const [file, known] of contentDigests) world.contentDigests.set(file, known);
  world.clock.replayTo(snapshot.atMs);
  putRootsBack(world, snapshot);
  const offsetMs = snapshot.atMs - Date.now();
  const before = remembered(stateFolder);
  if (before !== undefined) remember(stateFolder, { ...before, offsetMs, generation });
  wake(world, { offsetMs, machinesRun: false });
}

/** Roots that nothing has touched stay as they are; of the others only what is a machine's own is written again. */
function putRootsBack(world: World, snapshot: Snapshot): void {
  const machines = [...world.machines.values()].filter(({ bare }) => !bare);
  const roots = new Set(machines.map(({ root }) => basename(root)));
  const home = join(world.stateFolder, 'machines');
  for (const name of readdirSync(home)) if (!roots.has(name)) rmSync(join(home, name), { recursive: true, force: true });
  for (const { key, root } of machines) {
    const files = snapshot.machines[key] ?? [];
    if (!existsSync(root)) writeRoot(world, root, files);
    else if (JSON.stringify(readFiles(world, root, KEPT_FOLDERS)) !== JSON.stringify(files)) {
      for (const folder of KEPT_FOLDERS) rmSync(join(root, folder), { recursive: true, force: true });
      refillRoot(world, root, files);
    }
  }
}
