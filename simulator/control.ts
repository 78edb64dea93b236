import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { catalogue } from './faults/deeds.ts';
import { armFault, disarmFaults } from './faults/faults.ts';
import { FAULT_SETS, armSet } from './faults/sets.ts';
import { machineFile, machineOrders, writeMachineFile } from './control-machines.ts';
import { costView, worldView } from './control-world.ts';
import { PLANTS, plantNamed } from './plants.ts';
import { servedOperations } from './routing.ts';
import type { World } from './world.ts';

interface Asked {
  readonly world: World;
  readonly query: URLSearchParams;
  readonly parts: readonly string[];
  readonly body: () => unknown;
  readonly text: string;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
}

type Perform = (asked: Asked) => Reply;

const BODY_MAX_BYTES = 1024 * 1024;

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
  ['GET', 'clock', ({ world }) => ({ status: 200, body: clockView(world) })],
  ['POST', 'clock', moveClock],
  ['POST', 'items/*/replication', setReplication],
  ['GET', 'machines/*/files/**', ({ world, parts }) => machineFile(world, parts)],
  ['PUT', 'machines/*/files/**', ({ world, parts, text }) => writeMachineFile(world, parts, text)],
];

/** Serves the control API on its own loopback port; every call needs the bearer token. Returns the server once it listens. */
export async function serveControl(world: World, given: { readonly port: number; readonly token: string }): Promise<Server> {
  const server = createServer((asked, answer) => {
    serve(world, given.token, asked, answer).catch((error: unknown) => reply(answer, { status: 500, body: { error: String(error) } }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(given.port, '127.0.0.1', resolve);
  });
  return server;
}

async function serve(world: World, token: string, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  if (!same(asked.headers.authorization ?? '', `Bearer ${token}`))
    return reply(answer, { status: 401, body: { error: 'the bearer token is missing or wrong' } });
  const url = new URL(asked.url ?? '/', 'http://localhost');
  const parts = url.pathname.split('/').slice(1).map(decodeURIComponent);
  const text = await readBody(asked);
  if (text === undefined) return reply(answer, { status: 413, body: { error: 'too large' } });
  const found =
    parts[0] === 'control'
      ? CALLS.find(([method, path]) => method === asked.method && matches(path.split('/'), parts.slice(1)))
      : undefined;
  if (found === undefined) return reply(answer, { status: 404, body: { error: `no such call: ${asked.method} ${url.pathname}` } });
  try {
    const body = (): unknown => JSON.parse(text === '' ? '{}' : text);
    return reply(answer, found[2]({ world, query: url.searchParams, parts: parts.slice(1), body, text }));
  } catch (error) {
    return reply(answer, { status: 400, body: { error: error instanceof Error ? error.message : String(error) } });
  }
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
  else if (typeof given.advanceMs === 'number' && given.advanceMs >= 0) world.clock.advance(given.advanceMs);
  else throw new Error('give advanceMs, or until: "next"');
  return { status: 200, body: clockView(world) };
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
