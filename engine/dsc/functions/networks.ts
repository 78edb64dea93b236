import ipaddr from 'ipaddr.js';
import { fail } from '../expression/problem.ts';
import type { Value } from '../expression/value.ts';
import { type DscFunction, INTEGER, integerArgument, STRING, textArgument } from './function.ts';

/** Functions about address ranges, IPv4 and IPv6. */
export const NETWORK_FUNCTIONS: readonly DscFunction[] = [
  {
    name: 'parseCidr',
    syntax: "parseCidr('10.0.0.0/16')",
    summary: 'The network, netmask, broadcast (IPv4 only), firstUsable, lastUsable and cidr of a range',
    args: [STRING],
    call: ([range]) => described(rangeFrom(textArgument(range))),
  },
  {
    name: 'cidrSubnet',
    syntax: "cidrSubnet('10.0.0.0/16', prefix, index)",
    summary: 'One of the ranges with a longer prefix that a range holds',
    args: [STRING, INTEGER, INTEGER],
    call: ([range, prefix, index]) => subnet(rangeFrom(textArgument(range)), integerArgument(prefix), integerArgument(index)),
  },
  {
    name: 'cidrHost',
    syntax: "cidrHost('10.0.0.0/24', index)",
    summary: 'One of the usable addresses of a range; 0 is the first. A /32 and a /128 have none',
    args: [STRING, INTEGER],
    call: ([range, index]) => host(rangeFrom(textArgument(range)), integerArgument(index)),
  },
];

interface Range {
  readonly network: bigint;
  readonly bits: 32 | 128;
  readonly prefix: number;
}

const CIDR = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/;

function rangeFrom(text: string): Range {
  const [, address = '', length = ''] = CIDR.exec(text) ?? [];
  const bits =
    ipaddr.IPv4.isValidFourPartDecimal(address) && !/(^|\.)0\d/.test(address)
      ? 32
      : ipaddr.IPv6.isValid(address) && address.includes(':')
        ? 128
        : undefined;
  const prefix = Number(length);
  if (bits === undefined || prefix > bits)
    return fail(`"${text.slice(0, 60)}" is no range of addresses`, { hint: 'such as 10.0.0.0/16 or 2001:db8::/32' });
  const value = ipaddr
    .parse(address)
    .toByteArray()
    .reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
  const rest = BigInt(bits - prefix);
  return { network: (value >> rest) << rest, bits, prefix };
}

function sizeOf({ bits, prefix }: Range): bigint {
  return 1n << BigInt(bits - prefix);
}

/** The first and the last usable address: a range of two has both, one of one has itself. */
function usable(range: Range): readonly [first: bigint, last: bigint] {
  const end = range.network + sizeOf(range) - 1n;
  if (sizeOf(range) <= 2n) return [range.network, end];
  // IPv6 has no broadcast, so only the network's own address is taken.
  return [range.network + 1n, range.bits === 32 ? end - 1n : end];
}

function described(range: Range): Value {
  const { network, bits, prefix } = range;
  const [first, last] = usable(range);
  const mask = ((1n << BigInt(prefix)) - 1n) << BigInt(bits - prefix);
  const broadcast: [string, Value][] = bits === 32 ? [['broadcast', addressText(network + sizeOf(range) - 1n, bits)]] : [];
  return new Map<string, Value>([
    ['network', addressText(network, bits)],
    ['netmask', addressText(mask, bits)],
    ...broadcast,
    ['firstUsable', addressText(first, bits)],
    ['lastUsable', addressText(last, bits)],
    ['cidr', BigInt(prefix)],
  ]);
}

function subnet(range: Range, prefix: bigint, index: bigint): string {
  const { bits } = range;
  if (prefix < BigInt(range.prefix) || prefix > BigInt(bits)) return fail(`the prefix of a part must be ${range.prefix} to ${bits}`);
  const count = 1n << (prefix - BigInt(range.prefix));
  if (index < 0n || index >= count) return fail(`the range has ${count} parts of /${prefix}: ${index} is none of them`);
  const start = range.network + (index << (BigInt(bits) - prefix));
  return `${addressText(start, bits)}/${prefix}`;
}

function host(range: Range, index: bigint): string {
  if (sizeOf(range) === 1n) return fail(`a /${range.prefix} has no usable address`);
  const [first, last] = usable(range);
  const address = first + index;
  return index < 0n || address > last
    ? fail(`the range has ${last - first + 1n} usable addresses: ${index} is none of them`)
    : addressText(address, range.bits);
}

function addressText(value: bigint, bits: 32 | 128): string {
  const bytes = Array.from({ length: bits / 8 }, (_, index) => Number((value >> BigInt(bits - 8 * (index + 1))) & 255n));
  return bits === 32 ? bytes.join('.') : new ipaddr.IPv6(bytes).toRFC5952String();
}
