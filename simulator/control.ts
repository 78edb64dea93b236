import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { catalogue } from './faults/deeds.ts';
import { armFault, disarmFaults } from './faults/faults.ts';
import { FAULT_SETS, armSet } from './faults/sets.ts';
import { breakWay, machineFile, machineOrders, setMachineUnit, writeMachineFile } from './control-machines.ts';
import { costView, worldView } from './control-world.ts';
import { PLANTS, plantNamed } from './plants.ts';
import { servedOperations } from './routing.ts';
import type { Snapshots } from './snapshots.ts';
import type { World } from './world.ts';

interface Asked {
  readonly world: World;
  readonly query: URLSearchParams;
  readonly parts: readonly string[];
  readonly body: () => unknown;
  readonly text: string;
  readonly snapshots: Snapshots | undefined;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
}

type Perform = (asked: Asked) => Reply;

const BODY_MAX_BYTES = 1024 * 1024;
const KEEP_ALIVE_MS = 120_000;

/** Each call of the control API: its method and path, where `*` stands for one part and `**` for all that follow. */
const CALLS: readonly (readonly [string, string, Perform])[] = [
  ['GET', 'healthz', () => ({ status: 200, body: { status: 'ok' } })],
  ['GET', 'ledger', ledger],
  ['GET', 'doubles', ({ world }) => ({ status: 200, body: { doubles: world.ledger.doubles() } })],
  ['GET', 'world', ({ world }) => ({ status: 200, body: worldView(world) })],
  ['GET', 'orders', ({ world }) => ({ status: 200, body: machineOrders(world) })],
  ['GET', 'unmatched', unmatched],
  ['GET', 'metrics', ({ world }) => ({ status: 200, body: { operations: Object.fromEntries(world.counts) } })],
  ['GET', 'faults/catalogue', () => ({ status: 200, body: { faults: catalogue(), sets: FAULT_SETS, operations: servedOperations() } })],
  [
    'GET',
    'faults',
    ({ world }) => ({ status: 200, body: { faults: world.faults.map(({ fault, seen, struck }) => ({ ...fault, seen, struck })) } }),
  ],
  ['POST', 'faults', ({ world, body }) => ({ status: 201, body: armFault(world, body(), servedOperations()) })],
  ['POST', 'fault-sets/*', ({ world, parts }) => ({ status: 201, body: { faults: armSet(world, parts[1] ?? '', servedOperations()) } })],
  ['DELETE', 'faults', disarm],
  ['DELETE', 'faults/*', disarm],
  ['POST', 'region/*/down', ({ world, parts }) => takeDown(world, parts[1] ?? '')],
  ['POST', 'region/*/up', ({ world, parts }) => letUp(world, parts[1] ?? '')],
  ['GET', 'plants', ({ world }) => ({ status: 200, body: { planted: [...world.plants], known: PLANTS } })],
  ['PUT', 'plants/*', ({ world, parts }) => plant(world, parts[1] ?? '', true)],
  ['DELETE', 'plants/*', ({ world, parts }) => plant(world, parts[1] ?? '', false)],
  ['GET', 'cost', ({ world }) => ({ status: 200, body: costView(world) })],
  ['GET', 'snapshots', ({ snapshots }) => ({ status: 200, body: { snapshots: snapshots?.list() ?? [] } })],
  ['GET', 'seed', ({ world }) => ({ status: 200, body: { seed: world.draws.seed() } })],
  ['POST', 'seed', reseed],
  ['GET', 'clock', ({ world }) => ({ status: 200, body: clockView(world) })],
  ['POST', 'clock', moveClock],
  ['POST', 'items/*/replication', setReplication],
  ['GET', 'machines/*/files/**', ({ world, parts }) => machineFile(world, parts)],
  ['POST', 'machines/*/break', breakMachine],
  ['POST', 'machines/*/unit', setUnit],
  ['POST', 'machines/*/write', writeFile],
  ['PUT', 'machines/*/files/**', ({ world, parts, text }) => writeMachineFile(world, parts, text)],
];

/** Calls that are about the world as a whole, and are no part of what it lives through. */
const OUTER_CALLS: readonly (readonly [string, string, Perform])[] = [
  ['POST', 'snapshot', ({ body, snapshots }) => ({ status: 201, body: snapshots?.take(nameIn(body())) })],
  ['POST', 'restore', ({ body, snapshots }) => ({ status: 200, body: snapshots?.restore(nameIn(body())) })],
];

/** Serves the control API on its own loopback port; every call needs the bearer token. Returns the server once it listens. */
export async function serveControl(
  world: World,
  given: { readonly port: number; readonly token: string; readonly snapshots: Snapshots },
): Promise<Server> {
  const server = createServer((asked, answer) => {
    serve(world, given, asked, answer).catch((error: unknown) => reply(answer, { status: 500, body: { error: String(error) } }));
  });
  // A test that is busy elsewhere for a while uses its connection again just when the five seconds of Node are over: longer is safer.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(given.port, '127.0.0.1', resolve);
  });
  return server;
}

async function serve(
  world: World,
  given: { readonly token: string; readonly snapshots: Snapshots },
  asked: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  if (!same(asked.headers.authorization ?? '', `Bearer ${given.token}`))
    return reply(answer, { status: 401, body: { error: 'the bearer token is missing or wrong' } });
  const text = await readBody(asked);
  if (text === undefined) return reply(answer, { status: 413, body: { error: 'too large' } });
  const method = asked.method ?? 'GET';
  const path = asked.url ?? '/';
  const call = { method, path, text };
  if (callOf(OUTER_CALLS, call) !== undefined) return reply(answer, answerTo(world, OUTER_CALLS, { ...call, snapshots: given.snapshots }));
  const atMs = world.clock.settle();
  if (method !== 'GET') world.journal.input({ kind: 'control', atMs, ...call });
  return reply(
    answer,
    world.clock.at(atMs, () => answerTo(world, CALLS, { ...call, snapshots: given.snapshots })),
  );
}

interface ControlCall {
  readonly method: string;
  readonly path: string;
  readonly text: string;
}

/** Does once more what a call of the control API did to a world. */
export function repeatControl(world: World, call: ControlCall): void {
  answerTo(world, CALLS, { ...call, snapshots: undefined });
}

function answerTo(world: World, calls: typeof CALLS, call: ControlCall & { readonly snapshots: Snapshots | undefined }): Reply {
  const { method, path, text, snapshots } = call;
  const { searchParams: query, pathname } = new URL(path, 'http://localhost');
  const found = callOf(calls, call);
  if (found === undefined) return { status: 404, body: { error: `no such call: ${method} ${pathname}` } };
  try {
    const body = (): unknown => JSON.parse(text === '' ? '{}' : text);
    return found.perform({ world, query, parts: found.parts, body, text, snapshots });
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

function callOf(
  calls: typeof CALLS,
  given: Pick<ControlCall, 'method' | 'path'>,
): { readonly perform: Perform; readonly parts: readonly string[] } | undefined {
  const [first, ...parts] = new URL(given.path, 'http://localhost').pathname.split('/').slice(1).map(decodeURIComponent);
  if (first !== 'control') return undefined;
  const found = calls.find(([method, path]) => method === given.method && matches(path.split('/'), parts));
  return found === undefined ? undefined : { perform: found[2], parts };
}

function nameIn(body: unknown): string {
  const { name } = body as { readonly name?: unknown };
  if (typeof name !== 'string') throw new Error('name: give the snapshot a name');
  return name;
}

function breakMachine({ world, parts, body }: Asked): Reply {
  const { how } = body() as { readonly how?: unknown };
  return breakWay(world, parts, how);
}

function setUnit({ world, parts, body }: Asked): Reply {
  return setMachineUnit(world, parts, body() as { readonly unit?: unknown; readonly state?: unknown });
}

function writeFile({ world, parts, body }: Asked): Reply {
  const { path, text } = body() as { readonly path?: unknown; readonly text?: unknown };
  if (typeof path !== 'string' || !path.startsWith('/') || typeof text !== 'string') throw new Error('give path (from /) and text');
  return writeMachineFile(world, ['machines', parts[1] ?? '', 'files', ...path.slice(1).split('/')], text);
}

function reseed({ world, body }: Asked): Reply {
  const { seed } = body() as { readonly seed?: unknown };
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed) || seed < 0) throw new Error('seed: a whole number from 0');
  world.draws.reseed(seed);
  return { status: 200, body: { seed } };
}

function matches(wanted: readonly string[], given: readonly string[]): boolean {
  if (wanted.at(-1) === '**')
    return given.length >= wanted.length && wanted.slice(0, -1).every((part, place) => part === '*' || part === given[place]);
  return wanted.length === given.length && wanted.every((part, place) => part === '*' || part === given[place]);
}

function ledger({ world, query }: Asked): Reply {
  const since = Number(query.get('since') ?? '0');
  const resource = query.get('resource')?.toLowerCase();
  const entries = world.ledger
    .entries()
    .filter((entry) => entry.n > since && (resource === undefined || entry.resource.toLowerCase().includes(resource)));
  return { status: 200, body: { entries } };
}

function unmatched({ world }: Asked): Reply {
  const gaps = [...world.machines.values()].flatMap((machine) => {
    const found = machineFile(world, ['machines', machine.name, 'files', 'run', 'sim', 'unmatched']);
    return (found.text ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((call) => ({ machine: machine.name, call }));
  });
  return { status: 200, body: { requests: world.unmatched, shims: gaps } };
}

function disarm({ world, parts }: Asked): Reply {
  const id = parts[1];
  const count = disarmFaults(world, id);
  if (id !== undefined && count === 0) return { status: 404, body: { error: `no fault ${id}` } };
  return { status: 204 };
}

/** A region goes down as a fault does, so that it stands among the faults and can be taken back like one. */
function takeDown(world: World, region: string): Reply {
  if (!world.estate.resourceGroups.some(({ location }) => location === region))
    return { status: 404, body: { error: `the estate has nothing in ${region}` } };
  return { status: 201, body: armFault(world, { id: `region/${region}`, do: { regionDown: region } }, servedOperations()) };
}

function letUp(world: World, region: string): Reply {
  const count = disarmFaults(world, `region/${region}`);
  return count === 0 ? { status: 404, body: { error: `${region} is not down` } } : { status: 204 };
}

function plant(world: World, name: string, wanted: boolean): Reply {
  if (wanted) world.plants.add(plantNamed(name));
  else world.plants.delete(plantNamed(name));
  return { status: 204 };
}

function clockView(world: World): unknown {
  return { nowMs: world.clock.nowMs(), manual: world.clock.manual, nextMs: world.clock.nextMs() ?? null };
}

function moveClock({ world, body }: Asked): Reply {
  const given = body() as { readonly advanceMs?: unknown; readonly until?: unknown };
  if (given.until === 'next') world.clock.advance(Math.max(0, (world.clock.nextMs() ?? world.clock.nowMs()) - world.clock.nowMs()));
  else if (given.until === 'idle') settleDown(world);
  else if (typeof given.advanceMs === 'number' && given.advanceMs >= 0) world.clock.advance(given.advanceMs);
  else throw new Error('give advanceMs, or until: "next" or "idle"');
  return { status: 200, body: clockView(world) };
}

const IDLE_STEP_MS = 1000;
const IDLE_STEPS_MAX = 20_000;

/** Moves a manual clock on until no operation and no job is under way. */
function settleDown(world: World): void {
  const busy = (): boolean =>
    [...world.operations.values()].some(({ state }) => state === 'accepted' || state === 'running') ||
    [...world.vaults.values()].some((vault) =>
      [...vault.jobs.values(), ...vault.backupJobs.values(), ...vault.restoreJobs.values(), ...vault.protectionJobs.values()].some(
        ({ state }) => state === 'NotStarted' || state === 'InProgress',
      ),
    );
  for (let step = 0; busy(); step += 1) {
    if (step === IDLE_STEPS_MAX) throw new Error('something is still under way; is it stuck by a fault?');
    world.clock.advance(world.clock.paced(IDLE_STEP_MS));
  }
}

/** Stops or resumes the replication of an item: no new points come, and its RPO grows. */
function setReplication({ world, parts, body }: Asked): Reply {
  const { state } = body() as { readonly state?: unknown };
  if (state !== 'stopped' && state !== 'running') throw new Error('state is "stopped" or "running"');
  const item = [...world.vaults.values()].flatMap((vault) => [...vault.items.values()]).find((each) => each.name === parts[1]);
  if (item === undefined) return { status: 404, body: { error: `no item ${parts[1]}` } };
  item.replicating = state === 'running';
  return { status: 200, body: { item: item.name, state } };
}

function same(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

function reply(answer: ServerResponse, given: Reply): void {
  answer.statusCode = given.status;
  if (given.text !== undefined) {
    answer.setHeader('content-type', 'text/plain; charset=utf-8');
    return void answer.end(given.text);
  }
  if (given.body === undefined) return void answer.end();
  answer.setHeader('content-type', 'application/json; charset=utf-8');
  return void answer.end(JSON.stringify(given.body));
}

async function readBody(asked: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of asked) {
    bytes += (part as Buffer).length;
    if (bytes > BODY_MAX_BYTES) return undefined;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}
