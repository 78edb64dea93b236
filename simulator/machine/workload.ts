import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { openDoors } from './doors.ts';
import { resolveHost } from './names.ts';
import { writeOwned } from './owner.ts';
import { activeGeneration, readUnit, unitEnvironment } from './units.ts';
import type { Doors } from './doors.ts';
import type { Machine, World } from '../world.ts';

/** A unit that serves: its listener, and the start it belongs to. */
export interface Service extends Doors {
  readonly generation: string;
}

const ORDERS = 'var/lib/shop/orders.jsonl';
const UPSTREAM_TIMEOUT_MS = 3000;
/** So many answers count for the error rate that the web tier tells. */
const ANSWERS_RATED = 100;

/** Opens and closes the ports of a machine so that they agree with the state of its units. */
export function syncWorkloads(world: World, machine: Machine): void {
  if (world.journal.replaying()) return;
  if (machine.power !== 'running' || machine.location === world.downRegion) return closeWorkloads(machine);
  const units = new Set([...machine.services.keys(), ...activeUnits(machine.root)]);
  for (const name of units) {
    const generation = activeGeneration(machine.root, name);
    const service = machine.services.get(name);
    if (service !== undefined && service.generation === generation) continue;
    service?.close();
    machine.services.delete(name);
    if (generation !== undefined) openWorkload(world, machine, { name, generation });
  }
}

/** Closes every port of a machine. */
export function closeWorkloads(machine: Machine): void {
  for (const service of machine.services.values()) service.close();
  machine.services.clear();
}

function activeUnits(root: string): readonly string[] {
  const folder = join(root, 'run/sim/units');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.active'))
    .map((file) => file.slice(0, -'.active'.length));
}

function openWorkload(world: World, machine: Machine, start: { readonly name: string; readonly generation: string }): void {
  const unit = readUnit(machine.root, start.name);
  if (unit?.workload === undefined || unit.port === undefined) return;
  const site = { world, machine, environment: unitEnvironment(machine.root, unit), lastAnswers: [] };
  const serve = SERVED[unit.workload];
  if (serve === undefined) return;
  const server = createServer((asked, answer) => {
    serve(site, asked, answer).catch((error: unknown) => send(answer, 500, { status: 'failing', reason: String(error) }));
  });
  const mark = (name: string, text: string): void => {
    // The machine may have been deleted while the port was opened.
    if (existsSync(join(machine.root, 'run/sim/units'))) writeOwned(machine.root, `run/sim/units/${start.name}.${name}`, `${text}\n`);
  };
  const doors = openDoors(world, machine, {
    service: server,
    port: unit.port,
    // The shim that started the unit waits for this mark, so that "started" means "answers".
    opened: () => mark('up', start.generation),
    failed: (error) => mark('error', error.message),
  });
  machine.services.set(start.name, { ...doors, generation: start.generation });
}

interface Site {
  readonly world: World;
  readonly machine: Machine;
  readonly environment: Readonly<Record<string, string>>;
  /** Status of its last answers for customers. */
  readonly lastAnswers: number[];
}

type Serve = (site: Site, asked: IncomingMessage, answer: ServerResponse) => Promise<void>;

const SERVED: Readonly<Record<string, Serve>> = { web: serveWeb, app: serveApp, db: serveDatabase };

async function serveWeb(site: Site, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const upstreams = (site.environment['UPSTREAM'] ?? '').split(/[\s,]+/).filter((text) => text !== '');
  if (asked.url === '/') return send(answer, 200, { shop: 'open', machine: site.machine.hostname });
  if (asked.url === '/internal/slo')
    return send(answer, 200, { error_rate: errorRate(site.lastAnswers), answers: site.lastAnswers.length });
  await passOn(site, upstreams, asked, answer);
  site.lastAnswers.push(answer.statusCode);
  site.lastAnswers.splice(0, site.lastAnswers.length - ANSWERS_RATED);
}

function errorRate(answers: readonly number[]): number {
  return answers.length === 0 ? 0 : answers.filter((status) => status >= 500).length / answers.length;
}

async function serveApp(site: Site, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const host = site.environment['DB_HOST'];
  return passOn(site, host === undefined ? [] : [`${host}:${site.environment['DB_PORT'] ?? '5432'}`], asked, answer);
}

async function serveDatabase(site: Site, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const file = join(site.machine.root, ORDERS);
  if (asked.url === '/healthz') return send(answer, 200, { status: 'ok', by: [site.machine.hostname] });
  if (asked.url !== '/orders') return send(answer, 404, { status: 'unknown' });
  const orders = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
  if (asked.method !== 'POST')
    return send(answer, 200, {
      count: orders.length,
      last: orders.at(-1) === undefined ? null : (JSON.parse(orders.at(-1) ?? '') as unknown),
    });
  const order = {
    number: orders.length + 1,
    at: new Date(site.world.clock.nowMs()).toISOString(),
    machine: site.machine.hostname,
    order: await readText(asked),
  };
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(order)}\n`);
  return send(answer, 201, order);
}

/** Asks the tier below; the first of its machines that answers decides. */
async function passOn(site: Site, upstreams: readonly string[], asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const body = await readText(asked);
  for (const upstream of upstreams) {
    const found = await ask(site, upstream, { method: asked.method ?? 'GET', path: asked.url ?? '/', body });
    if (found === undefined || found.status >= 500) continue;
    const parsed = JSON.parse(found.text) as Record<string, unknown>;
    const by = Array.isArray(parsed['by']) ? { by: [site.machine.hostname, ...(parsed['by'] as unknown[])] } : {};
    return send(answer, found.status, { ...parsed, ...by });
  }
  return send(answer, 503, {
    status: 'failing',
    by: [site.machine.hostname],
    reason: `no answer from ${upstreams.join(', ') || 'any upstream'}`,
  });
}

async function ask(
  site: Site,
  upstream: string,
  wanted: { readonly method: string; readonly path: string; readonly body: string },
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  const [host = '', port = '80'] = upstream.split(':');
  const address = resolveHost(site.world, site.machine, host);
  if (address === undefined) return undefined;
  return new Promise((resolve) => {
    const sent = request(
      {
        host: address,
        port,
        localAddress: site.machine.realAddress,
        path: wanted.path,
        method: wanted.method,
        timeout: UPSTREAM_TIMEOUT_MS,
        agent: false,
      },
      (reply) => {
        readText(reply).then(
          (text) => resolve({ status: reply.statusCode ?? 500, text }),
          () => resolve(undefined),
        );
      },
    );
    sent.on('error', () => resolve(undefined));
    sent.on('timeout', () => sent.destroy());
    sent.end(wanted.body);
  });
}

async function readText(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

async function send(answer: ServerResponse, status: number, body: unknown): Promise<void> {
  answer.writeHead(status, { 'content-type': 'application/json', server: 'shop' });
  answer.end(`${JSON.stringify(body)}\n`);
}
