import { createServer } from 'node:net';
import type { Server } from 'node:net';
import type { Estate } from '../estate.ts';
import type { Network, Subnet, World } from '../world.ts';

/*
 * Machines of reachable networks answer on loopback addresses that are also what ARM reports, because clients have no other way to reach them.
 * Several simulators can run on one computer: each claims a block, and the second number of every loopback address moves by it.
 */

const BLOCKS = 10;
const CLAIM_PORT = 17_007;
const ISOLATED_FIRST = 120;

/** The block of loopback addresses a simulator has claimed for as long as it runs. */
export interface AddressBlock {
  readonly number: number;
  readonly release: () => void;
}

/** Claims the first free block, or the one that a world lives in. Throws when all are taken, or that one is. */
export async function claimBlock(wanted?: number): Promise<AddressBlock> {
  if (wanted !== undefined) {
    const server = await tryClaim(`127.${ISOLATED_FIRST + wanted}.0.1`);
    if (server === undefined)
      throw new Error(`another simulator runs at the addresses of this world (127.${ISOLATED_FIRST + wanted}.0.0/16)`);
    return { number: wanted, release: () => void server.close() };
  }
  for (let number = 0; number < BLOCKS; number += 1) {
    const server = await tryClaim(`127.${ISOLATED_FIRST + number}.0.1`);
    if (server !== undefined) return { number, release: () => void server.close() };
  }
  throw new Error(`${BLOCKS} simulators run on this computer already; there is no block of loopback addresses left`);
}

async function tryClaim(host: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(CLAIM_PORT, host, () => resolve(server));
  });
}

/** The estate with every loopback address moved into a block. */
export function moveEstate(estate: Estate, block: number): Estate {
  const moved = (address: string): string => address.replace(/^127\.(\d+)\./, (_whole, second: string) => `127.${Number(second) + block}.`);
  return {
    ...estate,
    networks: estate.networks.map((network) => ({
      ...network,
      space: moved(network.space),
      dns: network.dns.map(moved),
      rules: network.rules.map((rule) => ({ ...rule, source: moved(rule.source), destination: moved(rule.destination) })),
    })),
    machines: estate.machines.map((machine) => ({ ...machine, address: moved(machine.address) })),
    trafficManager: estate.trafficManager.map((profile) =>
      profile.front === undefined ? profile : { ...profile, front: { ...profile.front, address: moved(profile.front.address) } },
    ),
  };
}

/** The prefix of the unpublished addresses of a block's isolated networks. */
export function isolatedPrefix(block: number): string {
  return `127.${ISOLATED_FIRST + block}`;
}

/** The next address of a network that no interface has. Throws when it has none. */
export function freeAddress(world: World, network: Network): string {
  const address = nextFree(world, network, network.subnets[0]);
  if (address === undefined) throw new Error(`${network.name} has no address left`);
  return address;
}

/** The next address of a subnet that no interface has; the first three of it belong to Azure. Undefined when there is none. */
export function nextFree(world: World, network: Network, subnet: Subnet | undefined): string | undefined {
  if (subnet === undefined) return undefined;
  const taken = new Set([...world.nics.values()].filter((nic) => nic.network === network).map((nic) => nic.address));
  const { first, last } = rangeOf(subnet.prefix);
  for (let number = first + 4; number < Math.min(last, first + 65_000); number += 1) {
    const address = addressOf(number);
    const tail = number % 256;
    if (tail !== 0 && tail !== 255 && !taken.has(address)) return address;
  }
  return undefined;
}

/** Where the machines of this world and the customers' front reach a machine: an address that nobody publishes. */
export function nextRealAddress(world: World): string {
  const number = world.isolatedAddresses.next;
  world.isolatedAddresses.next += 1;
  return `${world.isolatedAddresses.prefix}.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`;
}

/** Whether an address lies in an address space. */
export function inSpace({ space }: { readonly space: string }, address: string): boolean {
  const { first, last } = rangeOf(space);
  const number = numberOf(address);
  return first <= number && number <= last;
}

/** Whether two prefixes share an address. */
export function overlap(one: string, other: string): boolean {
  const [left, right] = [rangeOf(one), rangeOf(other)];
  return left.first <= right.last && right.first <= left.last;
}

/** Whether all of a prefix lies in another one. */
export function contains(outer: string, inner: string): boolean {
  const [around, within] = [rangeOf(outer), rangeOf(inner)];
  return around.first <= within.first && within.last <= around.last;
}

/** A prefix as it should be written: with the first of its addresses. */
export function canonical(prefix: string): string {
  return `${addressOf(rangeOf(prefix).first)}/${prefix.split('/')[1] ?? '32'}`;
}

/** The addresses of a prefix as numbers; a text without a length is one address. */
function rangeOf(prefix: string): { readonly first: number; readonly last: number } {
  const [base = '', bits = '32'] = prefix.split('/');
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(numberOf(base) / size) * size;
  return { first, last: first + size - 1 };
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
