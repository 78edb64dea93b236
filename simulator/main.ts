import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { AddressInfo } from 'node:net';
import { certificateOf } from './certificate.ts';
import { repeatControl, serveControl } from './control.ts';
import { estateFile, estateSchema, loadEstate } from './estate.ts';
import { serveArm } from './https.ts';
import { makeIdentity } from './identity.ts';
import { identityKeys } from './identity-keys.ts';
import { beginningOf, bringUp, forget, recordedWorld, remember, remembered, wake } from './life.ts';
import { halt } from './machine/boot.ts';
import { buildImage } from './machine/image.ts';
import { openFronts } from './network/front.ts';
import { claimBlock, moveEstate } from './network/addresses.ts';
import { USAGE, readOptions } from './options.ts';
import { makeSnapshots } from './snapshots.ts';
import type { Identity } from './identity.ts';
import type { LoadedEstate } from './estate.ts';
import type { Recorded } from './journal.ts';
import type { Birth } from './life.ts';
import type { Options } from './options.ts';
import type { World } from './world.ts';

async function main(): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(USAGE);
    return;
  }
  if (process.argv.includes('--print-schema')) {
    process.stdout.write(`${JSON.stringify(estateSchema(), null, 2)}\n`);
    return;
  }
  if (process.argv[2] === 'estate') return checkEstate(process.argv.slice(3));
  let options: Options;
  let loaded: LoadedEstate;
  try {
    options = readOptions(process.argv.slice(2));
    loaded = loadEstate(estateFile(options.estate));
    announcedPrincipal(loaded.estate, options.principal);
    if (options.faultsFile !== undefined && !Array.isArray(readFaults(options.faultsFile)))
      throw new Error(`--faults: ${options.faultsFile} is no list`);
  } catch (error) {
    return complain(error);
  }
  await start(options, loaded);
}

function readFaults(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`--faults: ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** `estate check FILE|NAME`: says what is wrong with an estate and where, all at once, without starting anything. */
function checkEstate([verb, given]: readonly string[]): void {
  if (verb !== 'check' || given === undefined) {
    process.stderr.write('usage: runward-simulator estate check FILE|NAME\n');
    process.exitCode = 2;
    return;
  }
  try {
    const { estate } = loadEstate(estateFile(given));
    process.stdout.write(
      `${estate.estate}: ${estate.machines.length} machines, ${estate.vaults.length} vaults, ${estate.principals.length} principals\n`,
    );
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function start(options: Options, loaded: LoadedEstate): Promise<void> {
  process.umask(0o022);
  const stateFolder = resolve(options.stateFolder ?? mkdtempSync(join(tmpdir(), 'runward-simulator-')));
  mkdirSync(stateFolder, { recursive: true });
  // Scripts run as another user when the simulator is root, and that user must be able to pass through.
  if (process.getuid?.() === 0) chmodSync(stateFolder, 0o711);
  const beginning = beginningOf(options, loaded);
  let recorded: Recorded | undefined;
  try {
    recorded = options.fresh ? undefined : recordedWorld(stateFolder, beginning);
  } catch (error) {
    return complain(error);
  }
  const block = await claimBlock(recorded?.beginning.block);
  if (recorded === undefined) forget(stateFolder);
  const birth: Birth = {
    options,
    loaded: { estate: moveEstate(loaded.estate, block.number), filesFolder: loaded.filesFolder },
    stateFolder,
    block: block.number,
    beginning: { ...beginning, block: block.number },
    image: newImage(stateFolder, options),
  };
  const before = remembered(stateFolder);
  const generation = recorded === undefined ? 0 : (before?.generation ?? 0) + 1;
  const world = bringUp(birth, { recorded, generation, control: repeatControl });
  await openFronts(world);
  const identity = makeIdentity(world.estate.principals, identityKeys(stateFolder, recorded !== undefined));
  const certificate = await certificateOf(stateFolder, options.names);
  const control = { token: controlToken(stateFolder, recorded !== undefined), snapshots: makeSnapshots(world, birth, repeatControl) };
  // A client that follows an operation has its address: a world that goes on listens where it did.
  const arm = await serveArm(world, { identity, certificate, port: options.port === 0 ? (before?.port ?? 0) : options.port });
  const controlPort = options.controlPort === 0 ? (before?.controlPort ?? 0) : options.controlPort;
  const controlServer = await serveControl(world, { ...control, port: controlPort });
  const offsetMs = before?.offsetMs ?? 0;
  remember(stateFolder, { port: portOf(arm), controlPort: portOf(controlServer), offsetMs, generation });
  wake(world, { offsetMs, machinesRun: recorded === undefined });

  const stop = (): void => {
    world.clock.stop();
    for (const machine of world.machines.values()) halt(world, machine);
    world.ledger.close();
    world.journal.close();
    block.release();
    arm.closeAllConnections();
    controlServer.closeAllConnections();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  announce(world, {
    control: `http://127.0.0.1:${portOf(controlServer)}`,
    controlTokenFile: join(stateFolder, TOKEN_FILE),
    caFile: certificate.caFile,
    identity,
  });
}

const TOKEN_FILE = 'control-token';

function controlToken(stateFolder: string, goesOn: boolean): string {
  const file = join(stateFolder, TOKEN_FILE);
  if (goesOn && existsSync(file)) return readFileSync(file, 'utf8');
  const token = randomBytes(32).toString('base64url');
  writeFileSync(file, token, { mode: 0o600 });
  return token;
}

function newImage(stateFolder: string, options: Options): Birth['image'] {
  const folder = join(stateFolder, 'image');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return { folder, files: buildImage(folder, options.curl) };
}

function portOf(server: { readonly address: () => unknown }): number {
  return (server.address() as AddressInfo).port;
}

function complain(error: unknown): void {
  process.stderr.write(`runward-simulator: ${error instanceof Error ? error.message : String(error)}\nSee runward-simulator --help\n`);
  process.exitCode = 2;
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
  const principal = announcedPrincipal(world.estate, world.options.principal);
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

function announcedPrincipal({ principals }: World['estate'], wanted: string | undefined): World['estate']['principals'][number] {
  const found = principals.find(({ name }) => wanted === undefined || name === wanted);
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
