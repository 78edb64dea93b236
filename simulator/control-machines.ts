import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeOwned } from './machine/owner.ts';
import type { Machine, World } from './world.ts';

interface FileReply {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
}

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

function locate(world: World, parts: readonly string[]): { readonly machine: Machine; readonly path: string } | undefined {
  const machine = [...world.machines.values()].find((each) => each.name === parts[1]);
  const path = parts.slice(3);
  if (machine === undefined || path.some((part) => part === '' || part === '.' || part === '..' || part.includes('/'))) return undefined;
  return { machine, path: path.join('/') };
}
