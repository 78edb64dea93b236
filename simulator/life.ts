import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeClock } from './clock.ts';
import { armFault } from './faults/faults.ts';
import { openJournal, readJournal } from './journal.ts';
import { ledgerLines, openLedger } from './ledger.ts';
import { attach } from './machine/boot.ts';
import { probeIsolation } from './machine/isolation.ts';
import { writeHosts } from './machine/names.ts';
import { probeRoot } from './machine/root.ts';
import { noteLook } from './network/alerts.ts';
import { isolatedPrefix } from './network/addresses.ts';
import { decide } from './perform.ts';
import { populate } from './populate.ts';
import { makeDraws } from './random.ts';
import { findRoute, servedOperations } from './routing.ts';
import type { LoadedEstate } from './estate.ts';
import type { Beginning, Input, Recorded, RequestInput } from './journal.ts';
import type { Options } from './options.ts';
import type { World } from './world.ts';

/** What a world is made of. */
export interface Birth {
  readonly options: Options;
  readonly loaded: LoadedEstate;
  readonly stateFolder: string;
  readonly block: number;
  readonly beginning: Beginning;
  readonly image: { readonly folder: string; readonly files: readonly string[] };
}

/** What a state folder remembers beside the journal. */
export interface Remembered {
  readonly port: number;
  readonly controlPort: number;
  /** How far a wall clock is off this computer's, since a world was put back. */
  readonly offsetMs: number;
  readonly generation: number;
}

const REMEMBERED = 'life.json';

/** Empties a state folder of an earlier world. Its ledger stays beside the new one. */
export function forget(stateFolder: string): void {
  for (const name of ['content', 'machines', 'snapshots', 'journal.jsonl', REMEMBERED])
    rmSync(join(stateFolder, name), { recursive: true, force: true });
  for (const name of ['content', 'machines']) mkdirSync(join(stateFolder, name));
  const ledgerFile = join(stateFolder, 'ledger.jsonl');
  if (existsSync(ledgerFile)) renameSync(ledgerFile, join(stateFolder, 'ledger.previous.jsonl'));
}

/** What a world has to be the same in to be continued. */
export function beginningOf(options: Options, loaded: LoadedEstate): Omit<Beginning, 'block'> {
  const { pace, secondTestFailover, marks, retryAfterZero, curl } = options;
  const seed = options.seed ?? loaded.estate.seed;
  const settings = {
    estate: loaded.estate.estate,
    estateDigest: createHash('sha256').update(JSON.stringify(loaded.estate)).digest('hex'),
    seed,
    clock: options.startMs === undefined ? 'wall' : 'manual',
    pace,
    secondTestFailover,
    marks,
    retryAfterZero,
    curl,
  };
  return { seed, startMs: options.startMs ?? Date.now(), settings };
}

/** The world that a state folder remembers, when it can be continued; throws an error that says in what it is another one. */
export function recordedWorld(stateFolder: string, wanted: Omit<Beginning, 'block'>): Recorded | undefined {
  const recorded = readJournal(stateFolder);
  if (recorded === undefined) return undefined;
  const [is, shall] = [recorded.beginning.settings, wanted.settings];
  const differs = Object.keys(shall).filter((key) => JSON.stringify(shall[key]) !== JSON.stringify(is[key]));
  if (differs.length === 0) return recorded;
  const told = differs.map((key) => `${key} ${JSON.stringify(is[key])}, not ${JSON.stringify(shall[key])}`);
  throw new Error(`${stateFolder} holds a world with ${told.join('; ')}. Start it with the same, or begin a new one with --fresh.`);
}

/** Makes a world: a new one, or one that has lived through what is recorded of it, in place of another one if there is one. Its clock stands until `wake`. */
export function bringUp(
  birth: Birth,
  given: {
    readonly recorded: Recorded | undefined;
    readonly generation: number;
    readonly control: (world: World, input: ControlInput) => void;
    readonly instead?: World;
  },
): World {
  const { recorded } = given;
  const world: World = Object.assign(given.instead ?? {}, emptyWorld(birth, recorded, given.generation));
  const possible = probeIsolation(birth.options.isolation, ...probeRoot(world));
  world.isolation = world.journal.seen(() => possible);
  if (world.isolation !== possible) throw new Error(`the world ran scripts with ${world.isolation}, and this computer has ${possible}`);
  populate(world);
  const { faultsFile } = birth.options;
  if (faultsFile !== undefined)
    for (const fault of world.journal.seen(() => JSON.parse(readFileSync(faultsFile, 'utf8')) as unknown[]))
      armFault(world, fault, servedOperations());
  for (const input of recorded?.inputs ?? []) {
    world.clock.replayTo(input.atMs);
    world.clock.at(input.atMs, () => relive(world, input, given.control));
  }
  world.journal.caughtUp();
  return world;
}

export type ControlInput = Extract<Input, { readonly kind: 'control' }>;

function relive(world: World, input: Input, control: (world: World, input: ControlInput) => void): void {
  switch (input.kind) {
    case 'tick':
      return undefined;
    case 'request':
      return again(world, input.request);
    case 'control':
      return control(world, input);
    case 'look':
      return noteLook(world, input.rule, input.well);
    case 'script':
      return world.journal.scriptEnded(input.number, input.end);
  }
}

function again(world: World, request: RequestInput): void {
  const { text, ...asked } = request;
  const query = new URLSearchParams(request.rawQuery);
  const found = findRoute(request.method, request.path, query);
  if ('refused' in found)
    throw new Error(`the journal holds a request that this simulator does not serve: ${request.method} ${request.path}`);
  const call = { ...asked, query, params: found.params, apiVersion: found.apiVersion, endpoint: world.endpoint };
  decide(world, { route: found.route, call, text });
}

function emptyWorld(birth: Birth, recorded: Recorded | undefined, generation: number): World {
  const { options, loaded, stateFolder, block } = birth;
  const beginning = recorded?.beginning ?? birth.beginning;
  const contentFolder = join(stateFolder, 'content');
  return {
    options,
    ...loaded,
    estate: { ...loaded.estate, seed: beginning.seed },
    stateFolder,
    imageFolder: birth.image.folder,
    imageFiles: birth.image.files,
    contentFolder,
    contentDigests: new Map(),
    clock: makeClock(options.pace, { startMs: beginning.startMs, manual: options.startMs !== undefined }),
    journal: openJournal({ folder: stateFolder, contentFolder, beginning, recorded }),
    generation,
    draws: makeDraws(beginning.seed),
    ledger: openLedger(stateFolder, recorded === undefined ? [] : ledgerLines(stateFolder)),
    faults: [],
    plants: new Set(options.plants),
    unmatched: [],
    lastElements: new Map(),
    counts: new Map(),
    disks: new Map(),
    securityGroups: new Map(),
    routeTables: new Map(),
    natGateways: new Map(),
    endpoints: new Map(),
    gone: new Set(),
    resourceGroups: new Map(),
    listTimes: new Map(),
    alerts: [],
    alertRules: new Map(),
    watched: new Set(),
    diskSnapshots: new Map(),
    actionScripts: new Set(),
    collections: new Map(),
    lists: new Map(),
    listDue: new Map(),
    readDue: new Map(),
    subscriptionId: loaded.estate.subscriptions[0]?.id ?? '',
    locks: new Map(),
    buckets: new Map(),
    machines: new Map(),
    networks: new Map(),
    nics: new Map(),
    vaults: new Map(),
    operations: new Map(),
    isolatedAddresses: { next: 0, prefix: isolatedPrefix(block) },
    isolation: 'none',
    downRegion: undefined,
    endpoint: '',
  };
}

/** Lets a world go on: ports of running machines open, scripts that died with the simulator have ended, time passes. */
export function wake(world: World, given: { readonly offsetMs: number; readonly machinesRun: boolean }): void {
  const { clock, journal } = world;
  const ticked = (atMs: number): void => journal.input({ kind: 'tick', atMs });
  clock.play({ offsetMs: given.offsetMs, ticked });
  if (given.machinesRun) return;
  for (const machine of world.machines.values()) if (!machine.bare && machine.power === 'running') attach(world, machine);
  writeHosts(world);
  for (const number of journal.openScripts()) {
    const atMs = clock.settle();
    const end = { how: 'killed', exitCode: 137, output: '', error: '' } as const;
    journal.input({ kind: 'script', atMs, number, end });
    clock.at(atMs, () => journal.scriptEnded(number, end));
  }
}

/** What a state folder remembers beside the journal; undefined when it remembers nothing. */
export function remembered(stateFolder: string): Remembered | undefined {
  const file = join(stateFolder, REMEMBERED);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Remembered) : undefined;
}

/** Writes down what a state folder is to remember beside the journal. */
export function remember(stateFolder: string, what: Remembered): void {
  writeFileSync(join(stateFolder, REMEMBERED), JSON.stringify(what));
}
