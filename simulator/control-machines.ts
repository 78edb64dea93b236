import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeOwned } from './machine/owner.ts';
import { readUnit, startUnit } from './machine/units.ts';
import { syncWorkloads } from './machine/workload.ts';
import type { Machine, World } from './world.ts';

interface FileReply {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
}

const FULL_BYTES = 16 * 1024 * 1024;
const ORDERS = 'var/lib/shop/orders.jsonl';

/** A file of a machine as text: machines/NAME/files/PATH. */
export function machineFile(world: World, parts: readonly string[]): FileReply {
  const found = locate(world, parts);
  if (found === undefined || !existsSync(join(found.machine.root, found.path)))
    return { status: 404, body: { error: 'no such machine or file' } };
  const file = join(found.machine.root, found.path);
  // A link could lead out of the machine; the truth behind the API is told of files only.
  if (!lstatSync(file).isFile()) return { status: 404, body: { error: 'not a file' } };
  return { status: 200, text: readFileSync(file, 'utf8') };
}

/** Writes a file of a machine by hand: drift, damage, data. */
export function writeMachineFile(world: World, parts: readonly string[], text: string): FileReply {
  const found = locate(world, parts);
  if (found === undefined) return { status: 404, body: { error: 'no such machine' } };
  if (world.journal.replaying()) return { status: 204 };
  mkdirSync(dirname(join(found.machine.root, found.path)), { recursive: true });
  writeOwned(found.machine.root, found.path, text);
  return { status: 204 };
}

/** The orders that each database machine holds. */
export function machineOrders(world: World): Readonly<Record<string, readonly unknown[]>> {
  const orders: Record<string, readonly unknown[]> = {};
  for (const machine of world.machines.values()) {
    const file = join(machine.root, ORDERS);
    if (!existsSync(file)) continue;
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    orders[machine.name] = lines.map((line) => JSON.parse(line) as unknown);
  }
  return orders;
}

/** Stops a unit as a crash does, or starts it as a boot does; the ports follow. */
export function setMachineUnit(
  world: World,
  parts: readonly string[],
  given: { readonly unit?: unknown; readonly state?: unknown },
): FileReply {
  const found = locate(world, [...parts.slice(0, 2), 'files']);
  if (found === undefined) return { status: 404, body: { error: 'no such machine' } };
  const { machine } = found;
  const unit = typeof given.unit === 'string' ? readUnit(machine.root, given.unit) : undefined;
  if (unit === undefined) throw new Error(`unit: ${machine.name} has no unit ${String(given.unit)}`);
  if (given.state !== 'failed' && given.state !== 'active') throw new Error('state: "failed" or "active"');
  if (world.journal.replaying()) return { status: 204 };
  for (const mark of ['active', 'failed']) rmSync(join(machine.root, 'run/sim/units', `${unit.name}.${mark}`), { force: true });
  if (given.state === 'active') startUnit(machine.root, unit, `by-hand-${Date.now()}`);
  else writeOwned(machine.root, `run/sim/units/${unit.name}.failed`, 'by hand\n');
  syncWorkloads(world, machine);
  return { status: 204 };
}

const DRIFT = 'etc/sysctl.d/99-by-hand.conf';
const FULL = 'var/lib/shop/full';

/** Damage by hand: `drift` changes a setting, `service` stops every unit that serves, `disk` fills the disk with a file. */
export function breakWay(world: World, parts: readonly string[], how: unknown): FileReply {
  const found = locate(world, [...parts.slice(0, 2), 'files']);
  if (found === undefined) return { status: 404, body: { error: 'no such machine' } };
  const { machine } = found;
  const file = (path: string, text: string): FileReply =>
    writeMachineFile(world, ['machines', machine.name, 'files', ...path.split('/')], text);
  switch (how) {
    case 'drift':
      return file(DRIFT, 'net.ipv4.ip_forward = 1\n');
    case 'disk':
      return file(FULL, 'x'.repeat(FULL_BYTES));
    case 'service':
      for (const unit of machine.services.keys()) setMachineUnit(world, parts, { unit, state: 'failed' });
      return { status: 204 };
  }
  throw new Error('how: "drift", "service" or "disk"');
}

function locate(world: World, parts: readonly string[]): { readonly machine: Machine; readonly path: string } | undefined {
  const machine = [...world.machines.values()].find((each) => each.name === parts[1]);
  const path = parts.slice(3);
  if (machine === undefined || path.some((part) => part === '' || part === '.' || part === '..' || part.includes('/'))) return undefined;
  return { machine, path: path.join('/') };
}
