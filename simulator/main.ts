import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AddressInfo } from 'node:net';
import { certificateOf } from './certificate.ts';
import { makeClock } from './clock.ts';
import { serveControl } from './control.ts';
import { estateFile, loadEstate } from './estate.ts';
import { armFault } from './faults/faults.ts';
import { serveArm } from './https.ts';
import { makeIdentity } from './identity.ts';
import { openLedger } from './ledger.ts';
import { halt } from './machine/boot.ts';
import { buildImage } from './machine/image.ts';
import { probeIsolation } from './machine/isolation.ts';
import { probeRoot } from './machine/root.ts';
import { openFronts } from './network/front.ts';
import { claimBlock, isolatedPrefix, moveEstate } from './network/addresses.ts';
import { USAGE, readOptions } from './options.ts';
import { populate } from './populate.ts';
import { makeDraws } from './random.ts';
import { servedOperations } from './routing.ts';
import type { Identity } from './identity.ts';
import type { LoadedEstate } from './estate.ts';
import type { Options } from './options.ts';
import type { World } from './world.ts';

async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(USAGE);
    return;
  }
  let options: Options;
  let loaded: LoadedEstate;
  try {
    options = readOptions(process.argv.slice(2));
    loaded = loadEstate(estateFile(options.estate));
  } catch (error) {
    process.stderr.write(`runward-simulator: ${error instanceof Error ? error.message : String(error)}\nSee runward-simulator --help\n`);
    process.exitCode = 2;
    return;
  }
  await start(options, loaded);
}

async function start(options: Options, loaded: LoadedEstate): Promise<void> {
  process.umask(0o022);
  const stateFolder = resolve(options.stateFolder ?? mkdtempSync(join(tmpdir(), 'runward-simulator-')));
  mkdirSync(stateFolder, { recursive: true });
  // Scripts run as another user when the simulator is root, and that user must be able to pass through.
  if (process.getuid?.() === 0) chmodSync(stateFolder, 0o711);
  const block = await claimBlock();
  const world = makeWorld(
    options,
    { estate: moveEstate(loaded.estate, block.number), filesFolder: loaded.filesFolder },
    { stateFolder, block: block.number },
  );
  const identity = makeIdentity(world.estate.principals);
  const certificate = await certificateOf(stateFolder, options.names);
  const controlToken = randomBytes(32).toString('base64url');
  const controlTokenFile = join(stateFolder, 'control-token');
  writeFileSync(controlTokenFile, controlToken, { mode: 0o600 });

  world.isolation = probeIsolation(options.isolation, ...probeRoot(world));
  populate(world);
  await openFronts(world);
  if (options.faultsFile !== undefined)
    for (const fault of JSON.parse(readFileSync(options.faultsFile, 'utf8')) as unknown[]) armFault(world, fault, servedOperations());
  const arm = await serveArm(world, { identity, certificate, port: options.port });
  const control = await serveControl(world, { port: options.controlPort, token: controlToken });

  const stop = (): void => {
    world.clock.stop();
    for (const machine of world.machines.values()) halt(world, machine);
    world.ledger.close();
    block.release();
    arm.closeAllConnections();
    control.closeAllConnections();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  announce(world, {
    control: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
    controlTokenFile,
    caFile: certificate.caFile,
    identity,
  });
}

function makeWorld(options: Options, loaded: LoadedEstate, given: { readonly stateFolder: string; readonly block: number }): World {
  const { stateFolder } = given;
  const imageFolder = join(stateFolder, 'image');
  const contentFolder = join(stateFolder, 'content');
  // Each start is a new world: what an earlier one left in the folder goes, its ledger stays beside the new one.
  for (const folder of [imageFolder, contentFolder, join(stateFolder, 'machines')]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  }
  const ledgerFile = join(stateFolder, 'ledger.jsonl');
  if (existsSync(ledgerFile)) renameSync(ledgerFile, join(stateFolder, 'ledger.previous.jsonl'));
  const seed = options.seed ?? loaded.estate.seed;
  return {
    options,
    ...loaded,
    estate: { ...loaded.estate, seed },
    stateFolder,
    imageFolder,
    imageFiles: buildImage(imageFolder, options.curl),
    contentFolder,
    contentDigests: new Map(),
    clock: makeClock(options.pace, options.startMs),
    draws: makeDraws(seed),
    ledger: openLedger(stateFolder),
    faults: [],
    plants: new Set(options.plants),
    unmatched: [],
    lastElements: new Map(),
    counts: new Map(),
    disks: new Map(),
    securityRules: new Map(),
    endpoints: new Map(),
    collections: new Map(),
    lists: new Map(),
    listDue: new Map(),
    subscriptionId: loaded.estate.subscriptions[0]?.id ?? '',
    locks: new Map(),
    machines: new Map(),
    networks: new Map(),
    nics: new Map(),
    vaults: new Map(),
    operations: new Map(),
    isolatedAddresses: { next: 0, prefix: isolatedPrefix(given.block) },
    isolation: 'none',
    downRegion: undefined,
    endpoint: '',
  };
}

/** One JSON line with all that a client needs; then, if asked for, the same as settings of the environment. */
function announce(
  world: World,
  given: {
    readonly control: string;
    readonly controlTokenFile: string;
    readonly caFile: string;
    readonly identity: Identity;
  },
): void {
  const principal = announcedPrincipal(world);
  const { clientId } = principal;
  const { pace } = world.options;
  const ready = {
    ready: true,
    endpoint: world.endpoint,
    authorityHost: world.endpoint,
    caFile: given.caFile,
    tenantId: world.estate.tenant,
    clientId,
    principal: principal.name,
    clientSecret: given.identity.secretOf(clientId),
    ...federatedTokenFile(world, principal, given.identity),
    subscriptionId: world.subscriptionId,
    control: given.control,
    controlTokenFile: given.controlTokenFile,
    isolation: world.isolation,
    machines: world.machines.size,
    estate: world.estate.estate,
    seed: world.estate.seed,
    scale: pace.kind === 'scaled' ? pace.scale : 'fixed',
    addressRanges: world.estate.networks.filter((network) => network.reachable).map((network) => network.space),
    state: world.stateFolder,
    pid: process.pid,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  if (!world.options.printEnv) return;
  const settings = {
    ARM_ENDPOINT: ready.endpoint,
    AUTHORITY_HOST: ready.authorityHost,
    CA_FILE: ready.caFile,
    TENANT_ID: ready.tenantId,
    CLIENT_ID: ready.clientId,
  };
  for (const [name, value] of Object.entries(settings)) process.stdout.write(`RUNWARD_AZURE_${name}=${value}\n`);
}

function announcedPrincipal(world: World): World['estate']['principals'][number] {
  const wanted = world.options.principal;
  const found = world.estate.principals.find(({ name }) => wanted === undefined || name === wanted);
  if (found === undefined) throw new Error(`--principal: the estate has no principal ${wanted}`);
  return found;
}

/** Where the token of a workload lies that may sign in as this principal, as its cluster would have put it there. */
function federatedTokenFile(
  world: World,
  principal: World['estate']['principals'][number],
  identity: Identity,
): { readonly federatedTokenFile?: string } {
  if (principal.federatedSubject === undefined) return {};
  const file = join(world.stateFolder, `federated-token-${principal.name}`);
  writeFileSync(file, identity.federatedToken(world, principal), { mode: 0o600 });
  return { federatedTokenFile: file };
}

await main().catch((error: unknown) => {
  process.stderr.write(`runward-simulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
